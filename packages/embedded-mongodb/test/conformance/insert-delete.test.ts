import { BSON, type Document, Long, MinKey, ObjectId, Timestamp } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, conformsEach, type Deviating, failure, keepTypes, openBench, typed } from "./servers.ts";

const bench = await openBench();
const megabyte = 1024 * 1024;

// Source: MongoDB manual, "insert" (command); "MongoDB Limits and Thresholds".
describe("an insert", () => {
  conforms("puts the _id first", async () => {
    const docs = await bench.filled([]);
    await docs.insertOne({ a: 1, _id: 5 as never });
    expect(Object.keys((await docs.findOne({})) ?? {})).toEqual(["_id", "a"]);
  });
  conforms("makes an _id when the driver sends none", async () => {
    const docs = await bench.filled([]);
    await bench.db.command({ insert: docs.collectionName, documents: [{ a: 1 }] });
    expect((await docs.findOne({}))?._id).toBeInstanceOf(ObjectId);
  });
  conformsEach<Deviating & { title: string; id: unknown }>(
    [
      { title: "a long", id: Long.fromString("9007199254740993") },
      { title: "an empty document", id: {} },
      { title: "a document", id: { b: 1, a: 2 } },
      { title: "an empty string", id: "" },
      { title: "false", id: false },
      { title: "MinKey", id: new MinKey() },
      { title: "a date", id: new Date(0) },
    ],
    ({ title }) => `takes ${title} for an _id`,
    async ({ id }) => {
      const docs = await bench.filled([]);
      await docs.insertOne({ _id: id as never, a: 1 });
      expect(typed(await docs.findOne({ _id: id as never }, keepTypes))).toEqual(typed({ _id: id, a: 1 }));
      expect(await failure(() => docs.insertOne({ _id: id as never }))).toMatchObject({ code: 11000 });
    },
  );
  conformsEach<Deviating & { title: string; id: unknown }>(
    [
      { title: "an array", deviates: { secantus: "accepts it" }, id: [1] },
      { title: "a regular expression", deviates: { secantus: "accepts it" }, id: /a/ },
      { title: "a document with a field that begins with a dollar", id: { $a: 1 } },
    ],
    ({ title }) => `refuses ${title} for an _id`,
    async ({ id }) => {
      const docs = await bench.filled([]);
      const { code } = await failure(() => docs.insertOne({ _id: id as never }));
      expect([2, 52, 53]).toContain(code);
      expect(await docs.countDocuments()).toBe(0);
    },
  );
  conforms(
    "fills an empty timestamp at the top, and no other",
    async () => {
      const docs = await bench.filled([]);
      const zero = new Timestamp({ t: 0, i: 0 });
      await docs.insertOne({ at: zero, in: { at: zero } });
      const found = await docs.findOne({});
      expect(found?.at.high).toBeGreaterThan(1_000_000_000);
      expect(found?.in.at.high).toBe(0);
    },
    { documentdb: "gives another result", secantus: "gives another result" },
  );
  conforms("keeps names with dots and dollars below the top", async () => {
    const docs = await bench.filled([]);
    await docs.insertOne({ _id: 1 as never, "a.b": 1, $c: 2, d: { "e.f": 3, $g: 4 } });
    expect(await docs.findOne({})).toEqual({ _id: 1, "a.b": 1, $c: 2, d: { "e.f": 3, $g: 4 } });
  });
  conforms("keeps a field called __proto__", async () => {
    const docs = await bench.filled([]);
    const given = JSON.parse('{"_id": 1, "__proto__": {"x": 1}, "constructor": 2}');
    await docs.insertOne(given);
    const text = BSON.EJSON.stringify((await docs.findOne({})) ?? {}, { relaxed: true });
    expect(text).toBe('{"_id":1,"__proto__":{"x":1},"constructor":2}');
  });
  conforms(
    "takes a document of 16 MiB less a little, and refuses a greater one with 2",
    async () => {
      const docs = await bench.filled([]);
      await docs.insertOne({ _id: 1 as never, text: "x".repeat(16 * megabyte - 100) });
      const documents = [{ _id: 2, text: "x".repeat(16 * megabyte) }];
      const reply = await bench.db.command({ insert: docs.collectionName, documents });
      expect(reply).toMatchObject({ n: 0, writeErrors: [{ index: 0, code: 2 }] });
      expect(await docs.countDocuments()).toBe(1);
    },
    {
      documentdb: "answers: Size 16777241 is larger than MaxDocumentSize 16777216",
      secantus: "gives another result",
    },
  );
  conforms("takes 40 MB of documents in one message", async () => {
    const docs = await bench.filled([]);
    const text = "x".repeat(10 * megabyte);
    await docs.insertMany([{ text }, { text }, { text }, { text }]);
    expect(await docs.countDocuments()).toBe(4);
  });
  conforms("refuses a batch of none with 16", async () => {
    const docs = await bench.filled([]);
    const run = () => bench.db.command({ insert: docs.collectionName, documents: [] });
    expect(await failure(run)).toMatchObject({ code: 16 });
  });
  conforms(
    "refuses a batch of more than 100,000 with 16",
    async () => {
      const docs = await bench.filled([]);
      const documents = Array.from({ length: 100_001 }, () => ({}));
      const run = () => bench.db.command({ insert: docs.collectionName, documents });
      expect(await failure(run)).toMatchObject({ code: 16 });
      expect(await docs.countDocuments()).toBe(0);
    },
    { secantus: "accepts it" },
  );
  conforms("without acknowledgement is done all the same", async () => {
    const docs = await bench.filled([]);
    const result = await docs.insertOne({ _id: 1 as never }, { writeConcern: { w: 0 } });
    expect(result.acknowledged).toBe(false);
    // A later command on the same pool of connections may overtake it, so ask until it is there.
    await expect.poll(() => docs.countDocuments()).toBe(1);
  });
  conforms(
    "makes its collection and database",
    async () => {
      const db = bench.client.db(`${bench.db.databaseName}_new`);
      await db.collection("made").insertOne({ a: 1 });
      expect((await db.listCollections().toArray()).map(({ name }) => name)).toEqual(["made"]);
      await db.dropDatabase();
      expect(await db.listCollections().toArray()).toEqual([]);
    },
    { documentdb: "answers: BSON element 'cursor' is missing" },
  );
});

// Source: MongoDB manual, "delete" (command).
describe("a delete", () => {
  const three = [
    { _id: 1, a: 1 },
    { _id: 2, a: 1 },
    { _id: 3, a: 2 },
  ];
  conforms("removes one or all that match", async () => {
    const docs = await bench.filled(three);
    expect((await docs.deleteOne({ a: 1 })).deletedCount).toBe(1);
    expect((await docs.deleteMany({ a: { $lt: 5 } })).deletedCount).toBe(2);
    expect((await docs.deleteMany({})).deletedCount).toBe(0);
  });
  conforms("goes on after an error only when unordered", async () => {
    const docs = await bench.filled(three);
    const deletes: Document[] = [
      { q: { a: { $none: 1 } }, limit: 0 },
      { q: { _id: 1 }, limit: 1 },
    ];
    const ordered = await bench.db.command({ delete: docs.collectionName, deletes });
    expect(ordered).toMatchObject({ n: 0, writeErrors: [{ index: 0, code: 2 }] });
    const unordered = await bench.db.command({ delete: docs.collectionName, deletes, ordered: false });
    expect(unordered).toMatchObject({ n: 1, writeErrors: [{ index: 0, code: 2 }] });
  });
  conformsEach<Deviating & { title: string; statement: Document; code: number }>(
    [
      { title: "a limit of 2", statement: { q: {}, limit: 2 }, code: 9 },
      { title: "no limit", deviates: { secantus: "accepts it" }, statement: { q: {} }, code: 40414 },
      { title: "no filter", deviates: { secantus: "accepts it" }, statement: { limit: 0 }, code: 40414 },
      { title: "a field there is not", statement: { q: {}, limit: 0, all: true }, code: 40415 },
    ],
    ({ title, code }) => `refuses ${title} with ${code}`,
    async ({ statement, code }) => {
      const docs = await bench.filled(three);
      const run = () => bench.db.command({ delete: docs.collectionName, deletes: [statement] });
      expect(await failure(run)).toMatchObject({ code });
      expect(await docs.countDocuments()).toBe(3);
    },
  );
  conforms(
    "takes a hint, and refuses a wrong one with 2",
    async () => {
      const docs = await bench.filled(three);
      await docs.createIndex({ a: 1 });
      expect(await failure(() => docs.deleteOne({ a: 1 }, { hint: "b_1" }))).toMatchObject({ code: 2 });
      expect((await docs.deleteMany({ a: 1 }, { hint: { a: 1 } })).deletedCount).toBe(2);
    },
    { documentdb: "accepts it" },
  );
  conforms("knows variables", async () => {
    const docs = await bench.filled(three);
    const result = await docs.deleteMany({ $expr: { $eq: ["$a", "$$gone"] } }, { let: { gone: 1 } });
    expect(result.deletedCount).toBe(2);
  });
  conforms("in a collection there is not removes nothing", async () => {
    expect((await bench.db.collection("none").deleteMany({})).deletedCount).toBe(0);
  });
});
