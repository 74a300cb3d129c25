import { type Document, Double, Long } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, conformsEach, type Deviating, failure, keepTypes, openBench, typed } from "./servers.ts";

const bench = await openBench();

/** An upsert into an empty collection, and the document it makes. */
interface Upsert extends Deviating {
  title: string;
  filter: Document;
  update: Document | Document[];
  made: Document;
}

// Source: MongoDB manual, "db.collection.update()", Upsert Behavior; "$setOnInsert".
describe("an upsert that finds nothing", () => {
  conformsEach<Upsert>(
    [
      {
        title: "takes equalities of the filter and the update",
        filter: { _id: 1, a: 2 },
        update: { $set: { b: 3 } },
        made: { _id: 1, a: 2, b: 3 },
      },
      {
        title: "makes documents of dotted equalities",
        filter: { _id: 1, "a.b": 2 },
        update: { $set: { "a.c": 3 } },
        made: { _id: 1, a: { b: 2, c: 3 } },
      },
      {
        title: "takes $eq",
        filter: { _id: 1, a: { $eq: 2 } },
        update: { $set: { b: 3 } },
        made: { _id: 1, a: 2, b: 3 },
      },
      {
        title: "takes an $in of one value",
        filter: { _id: 1, a: { $in: [2] } },
        update: { $set: { b: 3 } },
        made: { _id: 1, a: 2, b: 3 },
      },
      {
        title: "leaves other conditions out",
        filter: { _id: 1, a: { $gt: 2 }, c: { $in: [1, 2] } },
        update: { $set: { b: 3 } },
        made: { _id: 1, b: 3 },
      },
      {
        title: "takes equalities inside $and",
        filter: { $and: [{ _id: 1 }, { a: 2 }] },
        update: { $set: { b: 3 } },
        made: { _id: 1, a: 2, b: 3 },
      },
      {
        title: "leaves out an $or of several",
        filter: { _id: 1, $or: [{ a: 1 }, { a: 2 }] },
        update: { $set: { b: 3 } },
        made: { _id: 1, b: 3 },
      },
      {
        title: "applies $setOnInsert",
        filter: { _id: 1 },
        update: { $set: { a: 1 }, $setOnInsert: { b: 2 } },
        made: { _id: 1, a: 1, b: 2 },
      },
      {
        title: "lets $setOnInsert give the _id",
        filter: { a: 1 },
        update: { $setOnInsert: { _id: 5 } },
        made: { _id: 5, a: 1 },
      },
      {
        title: "increments from nothing",
        filter: { _id: 1 },
        update: { $inc: { n: 2 } },
        made: { _id: 1, n: 2 },
      },
      {
        title: "increments what the filter says",
        filter: { _id: 1, n: 5 },
        update: { $inc: { n: 2 } },
        made: { _id: 1, n: 7 },
      },
      {
        title: "pushes into a new array",
        filter: { _id: 1 },
        update: { $push: { a: 1 } },
        made: { _id: 1, a: [1] },
      },
      {
        title: "runs a pipeline on what the filter says",
        filter: { _id: 1, a: 2 },
        update: [{ $set: { b: { $add: ["$a", 1] } } }],
        made: { _id: 1, a: 2, b: 3 },
      },
      {
        title: "keeps the type of an _id",
        filter: { _id: Long.fromNumber(1) },
        update: { $set: { a: 1 } },
        made: { _id: Long.fromNumber(1), a: 1 },
      },
      {
        title: "takes a document as _id",
        filter: { _id: { x: 1, y: 2 } },
        update: { $set: { a: 1 } },
        made: { _id: { x: 1, y: 2 }, a: 1 },
      },
    ],
    ({ title }) => title,
    async ({ filter, update, made }) => {
      const docs = await bench.filled([]);
      const result = await docs.updateOne(filter, update, { upsert: true });
      expect(result).toMatchObject({ matchedCount: 0, modifiedCount: 0, upsertedCount: 1 });
      expect(typed(result.upsertedId)).toEqual(
        typed((await docs.findOne({}, { projection: { _id: 1 } }))?._id),
      );
      expect(typed(await docs.findOne({}, keepTypes))).toEqual(typed(made));
    },
  );

  conformsEach<Deviating & { title: string; filter: Document; update: Document; code: number }>(
    [
      {
        title: "one path with two values",
        deviates: { documentdb: "answers 419430429" },
        filter: { $and: [{ a: 1 }, { a: 2 }] },
        update: { $set: { b: 1 } },
        code: 54,
      },
      { title: "an _id other than the filter's", filter: { _id: 1 }, update: { $set: { _id: 2 } }, code: 66 },
      {
        title: "a path through a value of the filter",
        filter: { a: 1 },
        update: { $set: { "a.b": 1 } },
        code: 28,
      },
    ],
    ({ title, code }) => `refuses ${title} with ${code}`,
    async ({ filter, update, code }) => {
      const docs = await bench.filled([]);
      expect(await failure(() => docs.updateOne(filter, update, { upsert: true }))).toMatchObject({ code });
      expect(await docs.countDocuments()).toBe(0);
    },
  );

  conforms("makes an ObjectId when nobody gives an _id", async () => {
    const docs = await bench.filled([]);
    const { upsertedId } = await docs.updateOne({ a: 1 }, { $set: { b: 1 } }, { upsert: true });
    expect(await docs.findOne({})).toEqual({ _id: upsertedId, a: 1, b: 1 });
    expect(upsertedId?._bsontype).toBe("ObjectId");
  });
});

// Source: MongoDB manual, "db.collection.replaceOne()".
describe("a replacement", () => {
  conforms("keeps nothing but the _id", async () => {
    const docs = await bench.filled([{ _id: 1, a: 1, b: 2 }]);
    expect(await docs.replaceOne({ a: 1 }, { c: 3 })).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
    expect(await docs.find().toArray()).toEqual([{ _id: 1, c: 3 }]);
  });
  conforms("takes only the _id of the filter when it inserts", async () => {
    const docs = await bench.filled([]);
    await docs.replaceOne({ _id: 1 as never, a: 1 }, { c: 3 }, { upsert: true });
    expect(await docs.find().toArray()).toEqual([{ _id: 1, c: 3 }]);
  });
  conforms(
    "with the same content modifies nothing",
    async () => {
      const docs = await bench.filled([{ _id: 1, a: 1 }]);
      expect(await docs.replaceOne({}, { a: 1 })).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
    },
    { documentdb: "gives another result" },
  );
  conforms("with another order of fields modifies", async () => {
    const docs = await bench.filled([{ _id: 1, a: 1, b: 2 }]);
    expect(await docs.replaceOne({}, { b: 2, a: 1 })).toMatchObject({ modifiedCount: 1 });
  });
  conforms("with a number of another type modifies", async () => {
    const docs = await bench.filled([{ _id: 1, a: 1 }]);
    expect(await docs.replaceOne({}, { a: new Double(1) })).toMatchObject({ modifiedCount: 1 });
  });
  conforms("of the _id is refused with 66", async () => {
    const docs = await bench.filled([{ _id: 1, a: 1 }]);
    expect(await failure(() => docs.replaceOne({ a: 1 }, { _id: 2 as never }))).toMatchObject({ code: 66 });
  });
  conforms("of many documents is refused with 9", async () => {
    const docs = await bench.filled([{ _id: 1 }]);
    const { db, name } = { db: bench.db, name: docs.collectionName };
    const run = () => db.command({ update: name, updates: [{ q: {}, u: { a: 1 }, multi: true }] });
    const reply = await run();
    expect(reply.writeErrors).toMatchObject([{ index: 0, code: 9 }]);
  });
});

// Source: MongoDB manual, "update" (command), Output.
describe("the update command", () => {
  conforms("tells matched, modified and upserted apart", async () => {
    const docs = await bench.filled([
      { _id: 1, a: 1 },
      { _id: 2, a: 2 },
    ]);
    const reply = await bench.db.command({
      update: docs.collectionName,
      updates: [
        { q: {}, u: { $set: { a: 1 } }, multi: true },
        { q: { _id: 3 }, u: { $set: { a: 1 } }, upsert: true },
        { q: { _id: 9 }, u: { $set: { a: 1 } } },
      ],
    });
    expect(reply).toMatchObject({ n: 3, nModified: 1, ok: 1 });
    expect(reply.upserted).toEqual([{ index: 1, _id: 3 }]);
  });
  conforms("stops at the first error when ordered", async () => {
    const docs = await bench.filled([{ _id: 1, a: "x" }]);
    const updates = [
      { q: { _id: 1 }, u: { $set: { b: 1 } } },
      { q: { _id: 1 }, u: { $inc: { a: 1 } } },
      { q: { _id: 1 }, u: { $set: { c: 1 } } },
    ];
    const reply = await bench.db.command({ update: docs.collectionName, updates });
    expect(reply).toMatchObject({ n: 1, nModified: 1, ok: 1, writeErrors: [{ index: 1, code: 14 }] });
    expect(await docs.findOne()).toEqual({ _id: 1, a: "x", b: 1 });
    const unordered = await bench.db.command({ update: docs.collectionName, updates, ordered: false });
    expect(unordered).toMatchObject({ n: 2, nModified: 1, writeErrors: [{ index: 1, code: 14 }] });
    expect(await docs.findOne()).toEqual({ _id: 1, a: "x", b: 1, c: 1 });
  });
  conforms("changes one document or all that match", async () => {
    const docs = await bench.filled([{ a: 1 }, { a: 1 }, { a: 2 }]);
    expect(await docs.updateOne({ a: 1 }, { $set: { b: 1 } })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 1,
    });
    expect(await docs.updateMany({ a: 1 }, { $set: { b: 1 } })).toMatchObject({
      matchedCount: 2,
      modifiedCount: 1,
    });
  });
  conforms("knows variables in $expr and in pipelines", async () => {
    const docs = await bench.filled([
      { _id: 1, a: 1 },
      { _id: 2, a: 5 },
    ]);
    await docs.updateMany({ $expr: { $gt: ["$a", "$$low"] } }, [{ $set: { b: "$$word" } }], {
      let: { low: { $add: [1, 1] }, word: { $literal: "$x" } },
    });
    expect(await docs.find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 1, a: 1 },
      { _id: 2, a: 5, b: "$x" },
    ]);
  });
  conforms(
    "fails as a whole, with 40324, by a pipeline's stage there is not, when the other updates are done",
    async () => {
      const docs = await bench.filled([{ _id: 1 }, { _id: 2 }]);
      const updates = [1, 2].map((_id) => ({
        q: { _id },
        u: [_id === 1 ? { $set: { a: 1 } } : { $nope: 1 }],
      }));
      const run = () => bench.db.command({ update: docs.collectionName, updates });
      expect(await failure(run)).toMatchObject({ code: 40324 });
      expect(await docs.find().sort({ _id: 1 }).toArray()).toEqual([{ _id: 1, a: 1 }, { _id: 2 }]);
    },
    { documentdb: "accepts it", secantus: "answers 168, as an error of the one write" },
  );
  conforms("is one step for a document: of fifty increments none is lost", async () => {
    const docs = await bench.filled([{ _id: 1, n: 0 }]);
    await Promise.all(
      Array.from({ length: 50 }, () => docs.updateOne({ _id: 1 as never }, { $inc: { n: 1 } })),
    );
    expect(await docs.findOne()).toEqual({ _id: 1, n: 50 });
  });
  conforms(
    "takes a hint by name or key, and refuses a wrong one with 2",
    async () => {
      const docs = await bench.filled([{ _id: 1, a: 1 }]);
      await docs.createIndex({ a: 1 });
      for (const hint of ["a_1", { a: 1 }])
        expect(await docs.updateOne({ a: 1 }, { $inc: { n: 1 } }, { hint })).toMatchObject({
          modifiedCount: 1,
        });
      const wrong = () => docs.updateOne({ a: 1 }, { $inc: { n: 1 } }, { hint: "b_1" });
      expect(await failure(wrong)).toMatchObject({ code: 2 });
    },
    { documentdb: "accepts it" },
  );
});
