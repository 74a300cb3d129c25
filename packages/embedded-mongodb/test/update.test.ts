import { type Document, Double, Long, MongoClient } from "mongodb";
import { afterAll, expect, test } from "vitest";
import { freshDatabase } from "./setup/database.ts";

const database = await freshDatabase();
const client = new MongoClient(database.url, { promoteValues: true });
const docs = client.db().collection<Document & { _id: number }>("docs");
afterAll(async () => {
  await client.close();
  await database.drop();
});

const cases: [string, Document, Document | Document[], Document, Document?][] = [
  [
    "$set makes what is missing",
    { a: 1 },
    { $set: { "b.c": 2, "d.0": 3 } },
    { a: 1, b: { c: 2 }, d: { "0": 3 } },
  ],
  ["$set fills arrays with null", { a: [1] }, { $set: { "a.3": 2 } }, { a: [1, null, null, 2] }],
  ["$unset", { a: 1, b: [1, 2] }, { $unset: { a: "", "b.0": "" } }, { b: [null, 2] }],
  [
    "$inc and $mul",
    { a: 1, b: 3 },
    { $inc: { a: 2, n: 4 }, $mul: { b: 2, m: 3 } },
    { a: 3, b: 6, m: 0, n: 4 },
  ],
  ["$min and $max", { a: 5, b: 5 }, { $min: { a: 3 }, $max: { b: 3, c: 1 } }, { a: 3, b: 5, c: 1 }],
  ["$push", { a: [3, 1] }, { $push: { a: { $each: [2, 9], $sort: 1, $slice: 3 } } }, { a: [1, 2, 3] }],
  [
    "$push at a position",
    { a: [1, 4] },
    { $push: { a: { $each: [2, 3], $position: 1 } } },
    { a: [1, 2, 3, 4] },
  ],
  ["$addToSet", { a: [1, 2] }, { $addToSet: { a: { $each: [2, 3] } } }, { a: [1, 2, 3] }],
  [
    "$pull",
    { a: [{ x: 1 }, { x: 2 }], b: [1, 5, 9] },
    { $pull: { a: { x: 1 }, b: { $gt: 4 } } },
    { a: [{ x: 2 }], b: [1] },
  ],
  [
    "$pullAll and $pop",
    { a: [1, 2, 1], b: [1, 2] },
    { $pullAll: { a: [1] }, $pop: { b: -1 } },
    { a: [2], b: [2] },
  ],
  ["$rename", { a: 1, b: 2 }, { $rename: { a: "c.d" } }, { b: 2, c: { d: 1 } }],
  ["$bit", { a: 13 }, { $bit: { a: { and: 10 } } }, { a: 8 }],
  ["positional $", { a: [1, 2, 3] }, { $set: { "a.$": 9 } }, { a: [1, 9, 3] }, { a: 2 }],
  [
    "all positional $[]",
    { a: [{ q: 1 }, { q: 2 }] },
    { $inc: { "a.$[].q": 10 } },
    { a: [{ q: 11 }, { q: 12 }] },
  ],
  ["a pipeline", { a: 1 }, [{ $set: { b: { $add: ["$a", 1] } } }, { $unset: "a" }], { b: 2 }],
];
test.each(cases)("%s", async (_, before, update, after, filter = {}) => {
  await docs.deleteMany({});
  await docs.insertOne({ _id: 1, ...before });
  await docs.updateOne({ _id: 1, ...filter }, update);
  expect(await docs.findOne({ _id: 1 })).toEqual({ _id: 1, ...after });
});

test("array filters choose elements by name", async () => {
  await docs.deleteMany({});
  await docs.insertOne({ _id: 1, a: [{ q: 1 }, { q: 5 }] });
  await docs.updateOne(
    { _id: 1 },
    { $set: { "a.$[big].big": true } },
    { arrayFilters: [{ "big.q": { $gt: 2 } }] },
  );
  expect(await docs.findOne()).toEqual({ _id: 1, a: [{ q: 1 }, { q: 5, big: true }] });
});

test("numbers keep their types through updates", async () => {
  await docs.deleteMany({});
  await docs.insertOne({ _id: 1, i: 2147483647, l: Long.fromNumber(1), d: new Double(1) });
  await docs.updateOne({ _id: 1 }, { $inc: { i: 1, l: 1, d: 1 } });
  const types = { i: { $type: "$i" }, l: { $type: "$l" }, d: { $type: "$d" }, _id: 0 };
  expect(await docs.aggregate([{ $project: types }]).next()).toEqual({ i: "long", l: "long", d: "double" });
});

test("an upsert starts from the filter's equalities", async () => {
  await docs.deleteMany({});
  const filter = { _id: 7, "a.b": 1, $and: [{ c: { $eq: 2 } }], d: { $gt: 5 }, e: { $in: [3] } };
  const result = await docs.updateOne(filter, { $set: { z: 1 }, $setOnInsert: { y: 2 } }, { upsert: true });
  expect(result).toMatchObject({ upsertedCount: 1, upsertedId: 7, matchedCount: 0 });
  expect(await docs.findOne({ _id: 7 })).toEqual({ _id: 7, a: { b: 1 }, c: 2, e: 3, y: 2, z: 1 });
});

const refused: [Document, Document, number][] = [
  [{ a: 1 }, { $set: { _id: 2 } }, 66],
  [{ a: 1 }, { $set: { "a.b": 1 } }, 28],
  [{ a: "x" }, { $inc: { a: 1 } }, 14],
  [{ a: 1 }, { $push: { a: 1 } }, 2],
  [{ a: 1 }, { $nothing: { a: 1 } }, 9],
  [{ a: 1 }, { $set: { b: 1 }, $inc: { b: 1 } }, 40],
];
test.each(refused)("on %j the update %j is refused", async (before, update, code) => {
  await docs.deleteMany({});
  await docs.insertOne({ _id: 1, ...before });
  await expect(docs.updateOne({ _id: 1 }, update)).rejects.toMatchObject({ code });
  expect(await docs.findOne()).toEqual({ _id: 1, ...before });
});

test("of two hundred conditional updates on one document exactly as many succeed as it allows", async () => {
  await docs.deleteMany({});
  await docs.insertOne({ _id: 1, left: 7 });
  const takes = Array.from({ length: 200 }, () =>
    docs.updateOne({ _id: 1, left: { $gte: 1 } }, { $inc: { left: -1 } }),
  );
  expect((await Promise.all(takes)).filter((result) => result.modifiedCount === 1)).toHaveLength(7);
  expect(await docs.findOne()).toEqual({ _id: 1, left: 0 });
});
