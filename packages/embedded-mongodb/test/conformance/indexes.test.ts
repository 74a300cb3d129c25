import type { Document, Hint, IndexSpecification } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, conformsEach, type Deviating, failure, openBench } from "./servers.ts";

const bench = await openBench();

async function create(name: string, ...indexes: Document[]): Promise<Document> {
  return bench.db.command({ createIndexes: name, indexes });
}

// Source: MongoDB manual, "createIndexes", "listIndexes", "dropIndexes".
describe("indexes", () => {
  conforms(
    "are counted before and after, and made with their collection",
    async () => {
      expect(await create("made", { key: { a: 1 }, name: "a_1" })).toMatchObject({
        numIndexesBefore: 1,
        numIndexesAfter: 2,
        createdCollectionAutomatically: true,
        ok: 1,
      });
      expect(await create("made", { key: { a: 1 }, name: "a_1" })).toMatchObject({
        numIndexesBefore: 2,
        numIndexesAfter: 2,
        note: "all indexes already exist",
      });
    },
    { documentdb: "gives another result" },
  );
  conforms(
    "are listed with their options",
    async () => {
      const docs = await bench.filled([]);
      await docs.createIndexes([
        { key: { a: 1, b: -1 } },
        { key: { c: 1 }, unique: true, name: "only" },
        { key: { d: 1 }, sparse: true },
        { key: { e: 1 }, expireAfterSeconds: 60 },
        { key: { f: 1 }, partialFilterExpression: { g: { $gt: 1 } } },
        { key: { h: 1 }, hidden: true },
      ]);
      expect(await docs.indexes()).toEqual([
        { v: 2, key: { _id: 1 }, name: "_id_" },
        { v: 2, key: { a: 1, b: -1 }, name: "a_1_b_-1" },
        { v: 2, key: { c: 1 }, name: "only", unique: true },
        { v: 2, key: { d: 1 }, name: "d_1", sparse: true },
        { v: 2, key: { e: 1 }, name: "e_1", expireAfterSeconds: 60 },
        { v: 2, key: { f: 1 }, name: "f_1", partialFilterExpression: { g: { $gt: 1 } } },
        { v: 2, key: { h: 1 }, name: "h_1", hidden: true },
      ]);
    },
    { documentdb: "answers: hidden indexes are not supported yet.", secantus: "gives another result" },
  );
  conforms(
    "are dropped by name, by key, by several names and all at once",
    async () => {
      const docs = await bench.filled([]);
      const names = () => docs.indexes().then((list) => list.map(({ name }) => name));
      const keys: IndexSpecification[] = [{ a: 1 }, { b: 1 }, { c: 1 }, { d: 1 }, { e: 1 }];
      for (const key of keys) await docs.createIndex(key);
      expect(await docs.dropIndex("a_1")).toMatchObject({ nIndexesWas: 6, ok: 1 });
      expect(await bench.db.command({ dropIndexes: docs.collectionName, index: { b: 1 } })).toMatchObject({
        nIndexesWas: 5,
      });
      await bench.db.command({ dropIndexes: docs.collectionName, index: ["c_1", "d_1"] });
      expect(await names()).toEqual(["_id_", "e_1"]);
      await docs.dropIndexes();
      expect(await names()).toEqual(["_id_"]);
    },
    {
      documentdb: "gives another result",
      secantus: "answers: BSON field 'dropIndexes.index' is the wrong type 'array', expected typ",
    },
  );
  conformsEach<Deviating & { title: string; run: (name: string) => Promise<unknown>; code: number }>(
    [
      {
        title: "dropping what is not there",
        run: (name) => bench.db.collection(name).dropIndex("b_1"),
        code: 27,
      },
      {
        title: "dropping a key that is not there",
        run: (name) => bench.db.command({ dropIndexes: name, index: { b: 1 } }),
        code: 27,
      },
      {
        title: "dropping the index of _id",
        run: (name) => bench.db.collection(name).dropIndex("_id_"),
        code: 72,
      },
      {
        title: "dropping in a collection there is not",
        run: () => bench.db.collection("none").dropIndex("a_1"),
        code: 26,
      },
      {
        title: "listing in a collection there is not",
        run: () => bench.db.collection("none").listIndexes().toArray(),
        code: 26,
      },
      {
        title: "the name of another index",
        run: (name) => create(name, { key: { b: 1 }, name: "a_1" }),
        code: 86,
      },
      {
        title: "the name with other options",
        run: (name) => create(name, { key: { a: 1 }, name: "a_1", unique: true }),
        code: 86,
      },
      {
        title: "the key under another name",
        run: (name) => create(name, { key: { a: 1 }, name: "other" }),
        code: 85,
      },
      {
        title: "the key with another expiry",
        deviates: { secantus: "accepts it" },
        run: (name) => create(name, { key: { a: 1 }, name: "other", expireAfterSeconds: 5 }),
        code: 85,
      },
      { title: "no key", run: (name) => create(name, { key: {}, name: "x" }), code: 67 },
      {
        title: "a direction of 0",
        deviates: { secantus: "accepts it" },
        run: (name) => create(name, { key: { b: 0 }, name: "x" }),
        code: 67,
      },
      {
        title: "a kind there is not",
        run: (name) => create(name, { key: { b: "fast" }, name: "x" }),
        code: 67,
      },
      {
        title: "a direction that is a document",
        deviates: { secantus: "answers 1" },
        run: (name) => create(name, { key: { b: { c: 1 } }, name: "x" }),
        code: 67,
      },
      {
        title: "a path with an empty name",
        deviates: { secantus: "accepts it" },
        run: (name) => create(name, { key: { "b..c": 1 }, name: "x" }),
        code: 67,
      },
      {
        title: "a path with a dollar",
        deviates: { secantus: "accepts it" },
        run: (name) => create(name, { key: { "b.$c": 1 }, name: "x" }),
        code: 67,
      },
      { title: "no name", run: (name) => create(name, { key: { b: 1 } }), code: 9 },
      {
        title: "an option there is not",
        deviates: { secantus: "answers 40415" },
        run: (name) => create(name, { key: { b: 1 }, name: "x", fast: true }),
        code: 197,
      },
      {
        title: "sparse and partial at once",
        deviates: { documentdb: "answers 197", secantus: "accepts it" },
        run: (name) =>
          create(name, { key: { b: 1 }, name: "x", sparse: true, partialFilterExpression: { b: 1 } }),
        code: 67,
      },
      {
        title: "a partial filter with $ne",
        deviates: { secantus: "accepts it" },
        run: (name) => create(name, { key: { b: 1 }, name: "x", partialFilterExpression: { b: { $ne: 1 } } }),
        code: 67,
      },
      {
        title: "an expiry on two fields",
        deviates: { secantus: "accepts it" },
        run: (name) => create(name, { key: { b: 1, c: 1 }, name: "x", expireAfterSeconds: 5 }),
        code: 67,
      },
      {
        title: "a negative expiry",
        deviates: { secantus: "accepts it" },
        run: (name) => create(name, { key: { b: 1 }, name: "x", expireAfterSeconds: -1 }),
        code: 67,
      },
      {
        title: "no index at all",
        deviates: { secantus: "accepts it" },
        run: (name) => create(name),
        code: 2,
      },
    ],
    ({ title, code }) => `refuse ${title}, with ${code}`,
    async ({ run, code }) => {
      const docs = await bench.filled([{ a: 1 }]);
      await docs.createIndex({ a: 1 });
      expect(await failure(() => run(docs.collectionName))).toMatchObject({ code });
      expect((await docs.indexes()).map(({ name }) => name)).toEqual(["_id_", "a_1"]);
    },
  );
  conforms("may differ in their partial filter for the same key", async () => {
    const docs = await bench.filled([]);
    await docs.createIndex({ a: 1 }, { name: "low", partialFilterExpression: { a: { $lt: 5 } } });
    await docs.createIndex({ a: 1 }, { name: "high", partialFilterExpression: { a: { $gt: 5 } } });
    expect(await docs.indexes()).toHaveLength(3);
  });
});

// Source: MongoDB manual, "Unique Indexes", "Sparse Indexes", "Partial Indexes".
describe("a unique index", () => {
  interface Row extends Deviating {
    title: string;
    options?: Document;
    key?: IndexSpecification;
    there: Document;
    added: Document;
    refused: boolean;
  }
  conformsEach<Row>(
    [
      {
        title: "the same value",
        deviates: { documentdb: "answers 1" },
        there: { a: 1 },
        added: { a: 1 },
        refused: true,
      },
      {
        title: "the same value in another type of number",
        deviates: { documentdb: "answers 1" },
        there: { a: 1 },
        added: { a: 1.0 },
        refused: true,
      },
      { title: "another type", there: { a: 1 }, added: { a: "1" }, refused: false },
      {
        title: "a second missing field",
        deviates: { documentdb: "answers 1" },
        there: { b: 1 },
        added: { b: 2 },
        refused: true,
      },
      {
        title: "null beside a missing field",
        deviates: { documentdb: "answers 1" },
        there: { b: 1 },
        added: { a: null },
        refused: true,
      },
      {
        title: "a second missing field when sparse",
        options: { sparse: true },
        there: { b: 1 },
        added: { b: 2 },
        refused: false,
      },
      {
        title: "a second null when sparse",
        deviates: { documentdb: "answers 1" },
        options: { sparse: true },
        there: { a: null },
        added: { a: null },
        refused: true,
      },
      {
        title: "an element of another array",
        deviates: { documentdb: "answers 1" },
        there: { a: [1, 2] },
        added: { a: [2, 3] },
        refused: true,
      },
      { title: "an array with a value twice", there: { a: [5] }, added: { a: [1, 1] }, refused: false },
      {
        title: "the same outside a partial filter",
        options: { partialFilterExpression: { on: true } },
        there: { a: 1 },
        added: { a: 1, on: true },
        refused: false,
      },
      {
        title: "the same inside a partial filter",
        deviates: { documentdb: "answers 1" },
        options: { partialFilterExpression: { on: true } },
        there: { a: 1, on: true },
        added: { a: 1, on: true },
        refused: true,
      },
      {
        title: "half of a compound key",
        key: { a: 1, b: 1 },
        there: { a: 1, b: 1 },
        added: { a: 1, b: 2 },
        refused: false,
      },
      {
        title: "all of a compound key",
        deviates: { documentdb: "answers 1" },
        key: { a: 1, b: 1 },
        there: { a: 1, b: 1 },
        added: { b: 1, a: 1 },
        refused: true,
      },
      {
        title: "the same below",
        deviates: { documentdb: "answers 1" },
        key: { "a.b": 1 },
        there: { a: { b: 1 } },
        added: { a: [{ b: 1 }] },
        refused: true,
      },
      {
        title: "the same document",
        deviates: { documentdb: "answers 1" },
        there: { a: { x: 1, y: 2 } },
        added: { a: { x: 1, y: 2 } },
        refused: true,
      },
      {
        title: "a document with its fields in another order",
        there: { a: { x: 1, y: 2 } },
        added: { a: { y: 2, x: 1 } },
        refused: false,
      },
    ],
    ({ title, refused }) => `${refused ? "refuses" : "takes"} ${title}`,
    async ({ options = {}, key = { a: 1 }, there, added, refused }) => {
      const docs = await bench.filled([{ ...there }]);
      await docs.createIndex(key, { unique: true, ...options });
      if (refused) expect(await failure(() => docs.insertOne({ ...added }))).toMatchObject({ code: 11000 });
      else await docs.insertOne({ ...added });
      expect(await docs.countDocuments()).toBe(refused ? 1 : 2);
      if (!refused) return;
      // An update into it is refused as well, and the other way round it can not be made.
      await docs.dropIndexes();
      await docs.insertOne({ ...added });
      expect(await failure(() => docs.createIndex(key, { unique: true, ...options }))).toMatchObject({
        code: 11000,
      });
      expect(await docs.indexes()).toHaveLength(1);
    },
  );
  conforms(
    "refuses an update and an upsert into a key that is taken",
    async () => {
      const docs = await bench.filled([
        { _id: 1, a: 1 },
        { _id: 2, a: 2 },
      ]);
      await docs.createIndex({ a: 1 }, { unique: true });
      for (const run of [
        () => docs.updateOne({ _id: 2 as never }, { $set: { a: 1 } }),
        () => docs.updateOne({ _id: 3 as never }, { $set: { a: 1 } }, { upsert: true }),
        () => docs.replaceOne({ _id: 2 as never }, { a: 1 }),
        () => docs.findOneAndUpdate({ _id: 2 as never }, { $inc: { a: -1 } }),
      ])
        expect(await failure(run)).toMatchObject({ code: 11000 });
      expect(await docs.find().sort({ _id: 1 }).toArray()).toEqual([
        { _id: 1, a: 1 },
        { _id: 2, a: 2 },
      ]);
    },
    { documentdb: "answers 1" },
  );
  conforms("gives the key free when its document goes", async () => {
    const docs = await bench.filled([{ _id: 1, a: 1 }]);
    await docs.createIndex({ a: 1 }, { unique: true });
    await docs.deleteOne({ _id: 1 as never });
    await docs.insertOne({ a: 1 });
    await docs.updateOne({ a: 1 }, { $set: { a: 2 } });
    await docs.insertOne({ a: 1 });
    expect(await docs.countDocuments()).toBe(2);
  });
  conforms(
    "over two arrays at once is refused with 171",
    async () => {
      const docs = await bench.filled([{ a: [1], b: 1 }]);
      await docs.createIndex({ a: 1, b: 1 });
      expect(await failure(() => docs.insertOne({ a: [1], b: [2] }))).toMatchObject({ code: 171 });
    },
    { documentdb: "accepts it", secantus: "accepts it" },
  );
  conforms(
    "can be prepared and made of one that is not, by collMod",
    async () => {
      const docs = await bench.filled([
        { _id: 1, a: 1 },
        { _id: 2, a: 1 },
      ]);
      await docs.createIndex({ a: 1 });
      const change = (index: Document) =>
        bench.db.command({ collMod: docs.collectionName, index: { keyPattern: { a: 1 }, ...index } });
      expect(await failure(() => change({ unique: true }))).toMatchObject({ code: 72 });
      await change({ prepareUnique: true });
      expect(await failure(() => docs.insertOne({ a: 1 }))).toMatchObject({ code: 11000 });
      await expect(change({ unique: true })).rejects.toMatchObject({
        code: 359,
        errorResponse: { violations: [{ ids: [1, 2] }] },
      });
      await docs.deleteOne({ _id: 2 as never });
      expect(await change({ unique: true })).toMatchObject({ unique_new: true });
      expect((await docs.indexes())[1]).toMatchObject({ name: "a_1", unique: true });
    },
    {
      documentdb: "answers: index must be created with buildAsUnique option to be eligible for pre",
      secantus: "answers 359",
    },
  );
});

// Source: MongoDB manual, "hint", "Hidden Indexes", "collMod".
describe("a hint", () => {
  conforms(
    "by name, key or $natural changes no result",
    async () => {
      const docs = await bench.filled([
        { a: 1, b: 2 },
        { a: 2, b: 1 },
      ]);
      await docs.createIndex({ a: 1 });
      const hints: Hint[] = ["a_1", { a: 1 }, { $natural: 1 }];
      for (const hint of hints)
        expect(await docs.find({ b: { $gt: 0 } }, { hint }).toArray()).toHaveLength(2);
      expect((await docs.find({}, { hint: { $natural: -1 } }).toArray()).map(({ a }) => a)).toEqual([2, 1]);
    },
    { documentdb: "gives another result" },
  );
  conforms(
    "to an index there is not is refused with 2",
    async () => {
      const docs = await bench.filled([{ a: 1 }]);
      const hints: Hint[] = ["b_1", { b: 1 }];
      for (const hint of hints) {
        for (const run of [
          () => docs.find({}, { hint }).toArray(),
          () => docs.aggregate([], { hint }).toArray(),
          () => docs.find({ a: 1 }, { hint }).count(),
          () => bench.db.command({ findAndModify: docs.collectionName, remove: true, hint }),
        ])
          expect(await failure(run)).toMatchObject({ code: 2 });
      }
      expect(await docs.countDocuments()).toBe(1);
    },
    { documentdb: "answers 115" },
  );
  conforms(
    "to a hidden index is refused until it is shown again",
    async () => {
      const docs = await bench.filled([{ a: 1 }]);
      await docs.createIndex({ a: 1 }, { hidden: true });
      expect(await failure(() => docs.find({}, { hint: "a_1" }).toArray())).toMatchObject({ code: 2 });
      expect(JSON.stringify(await docs.find({ a: 1 }).explain("queryPlanner"))).toContain("COLLSCAN");
      const shown = await bench.db.command({
        collMod: docs.collectionName,
        index: { name: "a_1", hidden: false },
      });
      expect(shown).toMatchObject({ hidden_old: true, hidden_new: false });
      expect(await docs.find({}, { hint: "a_1" }).toArray()).toHaveLength(1);
    },
    { documentdb: "answers: hidden indexes are not supported yet.", secantus: "accepts it" },
  );
});

// Source: MongoDB manual, "TTL Indexes", "collMod".
conforms("an expiry is changed by collMod, which tells the old and the new one", async () => {
  const docs = await bench.filled([{ at: new Date() }]);
  await docs.createIndex({ at: 1 }, { expireAfterSeconds: 3600 });
  const change = { collMod: docs.collectionName, index: { keyPattern: { at: 1 }, expireAfterSeconds: 7200 } };
  expect(await bench.db.command(change)).toMatchObject({
    expireAfterSeconds_old: 3600,
    expireAfterSeconds_new: 7200,
  });
  expect((await docs.indexes())[1]).toMatchObject({ expireAfterSeconds: 7200 });
  const missing = { collMod: docs.collectionName, index: { keyPattern: { b: 1 }, expireAfterSeconds: 1 } };
  expect(await failure(() => bench.db.command(missing))).toMatchObject({ code: 27 });
});
