/** Sources: https://mongoosejs.com/docs/{queries,tutorials/lean,tutorials/findoneandupdate}.html, api/querycursor */
import { Schema } from "mongoose";
import { beforeEach, expect, test } from "vitest";
import { conforms } from "../conformance/servers.ts";
import { useMongoose } from "./with-mongoose.ts";

const db = useMongoose();
const Lamp = db.model(
  "Lamp",
  new Schema({
    n: { type: Number, index: true },
    colour: { type: String, default: "white" },
    bulbs: [{ watt: Number, on: Boolean }],
    hidden: { type: String, select: false },
  }),
);

const LAMPS = 250;
beforeEach(async () => {
  await Lamp.insertMany(
    Array.from({ length: LAMPS }, (_, n) => ({
      n,
      colour: ["red", "blue"][n % 2],
      bulbs: [{ watt: n, on: false }],
      hidden: "x",
    })),
  );
});

test("helpers of a query become operators", async () => {
  const found = await Lamp.where("n")
    .gte(10)
    .lt(20)
    .where("colour")
    .in(["red"])
    .select("n -_id")
    .sort("-n")
    .skip(1)
    .limit(2)
    .lean();
  expect(found).toEqual([{ n: 16 }, { n: 14 }]);
  expect(
    await Lamp.find()
      .or([{ n: 3 }, { n: { $gt: 248 } }])
      .nor([{ n: 249 }])
      .countDocuments(),
  ).toBe(1);
  expect(await Lamp.countDocuments({ bulbs: { $elemMatch: { watt: { $gt: 247 }, on: false } } })).toBe(2);
  expect(await Lamp.findOne({ n: 1 }).slice("bulbs", 1).lean()).toMatchObject({ bulbs: [{ watt: 1 }] });
  expect((await Lamp.distinct("colour", { n: { $lt: 5 } })).sort()).toEqual(["blue", "red"]);
  expect(await Lamp.estimatedDocumentCount()).toBe(LAMPS);
  expect(await Lamp.exists({ n: 7 })).toHaveProperty("_id");
  expect(await Lamp.findOne({ n: 7 }).select("+hidden").lean()).toMatchObject({ hidden: "x" });
  expect(await Lamp.findOne({ n: 7 }).lean()).not.toHaveProperty("hidden");
  expect(
    await Lamp.find({ $expr: { $eq: [{ $mod: ["$n", 100] }, 0] } })
      .hint({ _id: 1 })
      .comment("why")
      .maxTimeMS(60_000)
      .lean(),
  ).toHaveLength(3);
});

conforms(
  "a condition may be a function in JavaScript",
  async () => {
    expect(await Lamp.find({ $where: "this.n > 200 && this.colour === 'red'" })).toHaveLength(24);
    expect(await Lamp.find({ colour: "red" }).$where("function () { return this.n < 5; }")).toHaveLength(3);
  },
  { documentdb: "it has no $where", secantus: "it has no $where" },
);

test("lean documents are plain, hydrated ones are not", async () => {
  const lean = await Lamp.findOne().lean().orFail();
  expect(Object.getPrototypeOf(lean)).toBe(Object.prototype);
  expect((await Lamp.findOne().orFail()).isNew).toBe(false);
});

test("a cursor goes through all in batches, by iteration, by events and in parallel", async () => {
  let sum = 0;
  for await (const lamp of Lamp.find().sort("n").batchSize(20).cursor()) sum += lamp.n!;
  const total = (LAMPS * (LAMPS - 1)) / 2;
  expect(sum).toBe(total);
  const seen: number[] = [];
  await Lamp.find()
    .sort("n")
    .cursor({ batchSize: 7 })
    .eachAsync((lamp) => void seen.push(lamp.n!), { parallel: 8 });
  expect(seen.reduce((a, b) => a + b)).toBe(total);
  const batches: number[] = [];
  await Lamp.find()
    .cursor()
    .eachAsync(async (many) => void batches.push(many.length), { batchSize: 100 });
  expect(batches).toEqual([100, 100, 50]);
  const cursor = Lamp.find().sort("n").lean().cursor();
  expect(await cursor.next()).toMatchObject({ n: 0 });
  await cursor.close();
  let counted = 0;
  for await (const group of Lamp.aggregate([{ $match: { n: { $lt: 50 } } }, { $sort: { n: 1 } }]).cursor({
    batchSize: 9,
  }))
    counted += group.n;
  expect(counted).toBe((50 * 49) / 2);
});

test("findOneAndUpdate gives the document before or after, makes one with defaults, and reports", async () => {
  expect(await Lamp.findOneAndUpdate({ n: 3 }, { $inc: { n: 1000 } })).toMatchObject({ n: 3 });
  expect(
    await Lamp.findOneAndUpdate({ n: 1003 }, { $inc: { n: 1 } }, { returnDocument: "after" })
      .select("n -_id")
      .lean(),
  ).toEqual({ n: 1004 });
  expect(
    await Lamp.findOneAndUpdate({ n: -1 }, { bulbs: [] }, { upsert: true, returnDocument: "after" }).lean(),
  ).toMatchObject({ n: -1, colour: "white" });
  expect(
    await Lamp.findOneAndUpdate({ n: -2 }, {}, { upsert: true, includeResultMetadata: true }),
  ).toMatchObject({
    lastErrorObject: { updatedExisting: false, n: 1, upserted: expect.anything() },
    ok: 1,
  });
  expect(
    await Lamp.findOneAndUpdate({}, { colour: "last" }, { sort: { n: -1 }, returnDocument: "after" }),
  ).toMatchObject({ n: 1004 });
  expect(await Lamp.findOneAndReplace({ n: 5 }, { n: 5.5 }, { returnDocument: "after" })).toMatchObject({
    n: 5.5,
  });
  expect(await Lamp.findOneAndDelete({ n: 6 })).toMatchObject({ n: 6 });
  expect(await Lamp.findByIdAndDelete("0123456789abcdef01234567")).toBeNull();
});

test("updates reach array elements by place, by filter and all at once", async () => {
  await Lamp.updateOne(
    { n: 1 },
    { $push: { bulbs: { $each: [{ watt: 40 }, { watt: 60 }], $sort: { watt: -1 }, $slice: 2 } } },
  );
  await Lamp.updateOne({ n: 1, "bulbs.watt": 40 }, { $set: { "bulbs.$.on": true } });
  await Lamp.updateMany({ n: { $lte: 1 } }, { $inc: { "bulbs.$[].watt": 1 } });
  await Lamp.updateOne(
    { n: 1 },
    { $unset: { "bulbs.$[big].on": 1 } },
    { arrayFilters: [{ "big.watt": { $gt: 50 } }] },
  );
  const bulbs = (await Lamp.findOne({ n: 1 }).select("-_id -bulbs._id").lean().orFail()).bulbs;
  expect(bulbs).toEqual([{ watt: 61 }, { watt: 41, on: true }]);
});

test("aggregation has its helpers, and facets count and page at once", async () => {
  const [facets] = await Lamp.aggregate()
    .match({ n: { $lt: 100 } })
    .facet({
      byColour: [{ $sortByCount: "$colour" }, { $sort: { _id: 1 } }],
      page: [{ $sort: { n: -1 } }, { $limit: 2 }, { $project: { n: 1, _id: 0 } }],
    });
  expect(facets).toEqual({
    byColour: [
      { _id: "blue", count: 50 },
      { _id: "red", count: 50 },
    ],
    page: [{ n: 99 }, { n: 98 }],
  });
  expect(
    await Lamp.aggregate()
      .unwind("bulbs")
      .group({ _id: null, watt: { $sum: "$bulbs.watt" } }),
  ).toMatchObject([{ watt: (LAMPS * (LAMPS - 1)) / 2 }]);
  expect(
    await Lamp.aggregate()
      .match({ n: 1 })
      .lookup({
        from: "lamps",
        let: { n: "$n" },
        pipeline: [{ $match: { $expr: { $eq: ["$n", { $add: ["$$n", 1] }] } } }],
        as: "next",
      })
      .project("next.n"),
  ).toMatchObject([{ next: [{ n: 2 }] }]);
});
