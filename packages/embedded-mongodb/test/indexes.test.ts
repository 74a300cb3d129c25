import { type Document, MongoBulkWriteError, MongoClient } from "mongodb";
import mongoose from "mongoose";
import { afterAll, expect, test } from "vitest";
import { freshDatabase, outside } from "./setup/database.ts";

const database = await freshDatabase();
const client = new MongoClient(database.url);
const db = client.db();
afterAll(async () => {
  await client.close();
  await database.drop();
});

function stages(plan: Document): string[] {
  const inner: Document[] = plan.inputStages ?? (plan.inputStage ? [plan.inputStage] : []);
  return [plan.stage, ...(plan.indexName ? [plan.indexName] : []), ...inner.flatMap(stages)];
}

test("an index gives the same documents as reading them all", async () => {
  const plain = db.collection<Document>("plain");
  const indexed = db.collection<Document>("indexed");
  const values = [null, 1, 2, 2.5, "a", "b", [1, 3], [], true, new Date(5), { x: 1 }];
  const rows = values.flatMap((a, i) => values.map((b, j) => ({ _id: i * 100 + j, a, b })));
  await Promise.all([plain.insertMany(rows as never), indexed.insertMany(rows as never)]);
  await indexed.createIndexes([{ key: { a: 1, c: -1 } }, { key: { a: -1, _id: 1 } }]);
  const filters: Document[] = [
    { a: 2 },
    { a: { $gt: 1 } },
    { a: { $gte: 1, $lt: 3 } },
    { a: { $in: [1, "a", null] } },
    { a: null },
    { a: [] },
    { a: [1, 3] },
    { $or: [{ a: 1 }, { a: "b" }] },
    { a: { $lt: "b" } },
    { a: { x: 1 } },
    // One server of this protocol finds nothing by a regular expression on an indexed field; MongoDB does.
    ...(outside ? [] : [{ a: /^a/ }]),
  ];
  for (const filter of filters) {
    const ids = async (from: typeof plain): Promise<unknown[]> =>
      (await from.find(filter).sort({ _id: 1 }).toArray()).map((doc) => doc._id);
    expect(await ids(indexed), JSON.stringify(filter)).toEqual(await ids(plain));
    const order = async (from: typeof plain): Promise<unknown[]> =>
      (await from.find(filter).sort({ a: -1, _id: 1 }).toArray()).map((doc) => doc._id);
    expect(await order(indexed), `sorted ${JSON.stringify(filter)}`).toEqual(await order(plain));
  }
});

// MongoDB does not promise the form of a plan, and other servers choose theirs.
test.skipIf(outside)("the planner uses the index that fits, also for a sort and for $or", async () => {
  const orders = db.collection("orders");
  await orders.insertMany(
    Array.from({ length: 50 }, (_, n) => ({ n, shop: n % 3, state: n % 2 ? "open" : "paid" })),
  );
  await orders.createIndexes([
    { key: { shop: 1, n: -1 }, name: "by_shop" },
    { key: { state: 1 }, name: "open_only", partialFilterExpression: { state: "open" } },
  ]);
  const plan = async (filter: Document, sort: Document = {}): Promise<string[]> =>
    stages(
      (
        await orders
          .find(filter)
          .sort(sort as never)
          .explain()
      ).queryPlanner.winningPlan,
    );
  expect(await plan({ shop: 1 }, { n: -1 })).toEqual(["FETCH", "IXSCAN", "by_shop"]);
  expect(await plan({ shop: 1, n: { $gt: 4 } })).toContain("by_shop");
  expect(await plan({ state: "open" })).toContain("open_only");
  expect(await plan({ state: "paid" })).toEqual(["COLLSCAN"]);
  expect(await plan({ n: 4 })).toEqual(["COLLSCAN"]);
  expect(await plan({ $or: [{ shop: 1 }, { state: "open" }] })).toEqual(
    expect.arrayContaining(["by_shop", "open_only"]),
  );
  const sorted = await orders.find({ shop: 1 }).sort({ n: -1 }).limit(3).toArray();
  expect(sorted.map((doc) => doc.n)).toEqual([49, 46, 43]);
});

test("a unique index refuses the second, says which, and leaves nothing behind", async () => {
  const people = db.collection<Document>("people");
  await people.createIndex({ email: 1 }, { unique: true, sparse: true });
  await people.insertMany([{ email: "a@b" }, {}, {}]);
  // MongoDB documents the code only; DocumentDB has other words and does not give the key.
  const words = {
    keyPattern: { email: 1 },
    keyValue: { email: "a@b" },
    message: `E11000 duplicate key error collection: ${db.databaseName}.people index: email_1 dup key: { email: "a@b" }`,
  };
  await expect(people.insertOne({ email: "a@b" })).rejects.toMatchObject({
    code: 11000,
    ...(outside ? {} : words),
  });
  const changed = people.findOneAndUpdate({ email: { $exists: false } }, { $set: { email: "a@b" } });
  // DocumentDB passes PostgreSQL's own words on, with a code of its own; SecantusDB says where it happened first.
  if (outside) await expect(changed).rejects.toThrow("duplicate key");
  else await expect(changed).rejects.toMatchObject({ code: 11000 });
  expect(await people.countDocuments()).toBe(3);
  const long = "x".repeat(5000);
  await people.insertMany([{ email: `${long}1` }, { email: `${long}2` }]);
  await expect(people.insertOne({ email: `${long}1` })).rejects.toMatchObject({ code: 11000 });
  expect(await people.find({ email: `${long}2` }).toArray()).toHaveLength(1);
});

test("bulk writes stop at the first error when ordered and go on when not", async () => {
  const bulk = db.collection<{ _id: number; v?: number }>("bulk");
  const inserts = [1, 1, 2].map((_id) => ({ insertOne: { document: { _id } } }));
  const ordered = await bulk.bulkWrite(inserts).catch((error: unknown) => error);
  expect(ordered).toBeInstanceOf(MongoBulkWriteError);
  expect(ordered).toMatchObject({ insertedCount: 1, writeErrors: [{ index: 1, code: 11000 }] });
  await expect(bulk.bulkWrite(inserts, { ordered: false })).rejects.toMatchObject({
    insertedCount: 1,
    code: 11000,
  });
  const mixed = await bulk.bulkWrite([
    { updateMany: { filter: {}, update: { $set: { v: 1 } } } },
    { updateOne: { filter: { _id: 9 }, update: { $set: { v: 2 } }, upsert: true } },
    { deleteOne: { filter: { _id: 1 } } },
  ]);
  expect(mixed).toMatchObject({ matchedCount: 2, modifiedCount: 2, upsertedIds: { 1: 9 }, deletedCount: 1 });
});

test("a cursor goes on over many batches while documents change", async () => {
  const many = db.collection<{ _id: number }>("many");
  await many.insertMany(Array.from({ length: 2500 }, (_, _id) => ({ _id })));
  const seen: number[] = [];
  for await (const { _id } of many.find().batchSize(100)) {
    seen.push(_id);
    if (_id === 500) await many.deleteOne({ _id: 2400 });
  }
  // A cursor is not isolated from writes: it may show what was deleted since, as one that reads a snapshot does.
  const still = seen.filter((_id) => _id !== 2400);
  expect(still).toHaveLength(2499);
  if (!outside) expect(seen).toEqual(still);
  expect(await many.distinct("_id", { _id: { $lt: 3 } })).toEqual([0, 1, 2]);
});

// Source: MongoDB's run_distinct.cpp; the manual does not name an order.
test.skipIf(outside)(
  "distinct values come as they are met, and in the order of an index of the field",
  async () => {
    const docs = db.collection<Document>("metIn");
    await docs.insertMany([{ a: 3 }, { a: [2, 3] }, { a: 1 }]);
    expect(await docs.distinct("a")).toEqual([3, 2, 1]);
    await docs.createIndex({ a: 1 });
    expect(await docs.distinct("a")).toEqual([1, 2, 3]);
  },
);

test("an index of a small collection is made before or after it is dropped, never halfway", async () => {
  const other = await MongoClient.connect(database.url);
  const mine = client.db().collection("droppedWhile");
  const theirs = other.db().collection("droppedWhile");
  for (let round = 0; round < 30; round++)
    await Promise.all([mine.createIndex({ a: 1 }), theirs.drop(), mine.createIndex({ b: 1 }), theirs.drop()]);
  await other.close();
});

test("index conflicts and unknown commands are told by their codes", async () => {
  const c = db.collection("conflicts");
  await c.createIndex({ a: 1 }, { name: "one" });
  await expect(c.createIndex({ a: 1 }, { name: "two" })).rejects.toMatchObject({ code: 85 });
  await expect(c.createIndex({ b: 1 }, { name: "one" })).rejects.toMatchObject({ code: 86 });
  await expect(c.dropIndex("none")).rejects.toMatchObject({ code: 27 });
  await expect(db.command({ nothing: 1 })).rejects.toMatchObject({ code: 59 });
});

// A replica set has transactions, and DocumentDB takes the write as if there were none.
test.skipIf(outside)("a transaction is refused as by a standalone", async () => {
  const session = client.startSession();
  session.startTransaction();
  await expect(db.collection("single").insertOne({ a: 1 }, { session })).rejects.toThrow();
  await session.endSession();
});

test("mongoose models create, validate, populate and find as on any server", async () => {
  const connection = await mongoose.createConnection(database.url).asPromise();
  const Author = connection.model("Author", new mongoose.Schema({ name: { type: String, unique: true } }));
  const Book = connection.model(
    "Book",
    new mongoose.Schema(
      { title: String, author: { type: mongoose.Schema.Types.ObjectId, ref: "Author" }, prices: Map },
      { timestamps: true },
    ),
  );
  await Author.init();
  const author = await Author.create({ name: "Ada" });
  await Book.create({ title: "Engines", author: author._id, prices: { eur: 5 } });
  const book = await Book.findOne({ title: /^Eng/ }).populate("author").orFail();
  expect(book.get("author.name")).toBe("Ada");
  book.title = "Notes";
  await book.save();
  expect(await Book.countDocuments({ title: "Notes" })).toBe(1);
  await expect(Author.create({ name: "Ada" })).rejects.toMatchObject({ code: 11000 });
  await connection.close();
});
