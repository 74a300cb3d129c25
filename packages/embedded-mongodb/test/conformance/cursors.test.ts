import { type Collection, type Document, Long } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, failure, openBench } from "./servers.ts";

const bench = await openBench();
const numbers = (count: number): Document[] => Array.from({ length: count }, (_, n) => ({ _id: n }));

async function find(docs: Collection<Document>, command: Document): Promise<Document> {
  return (await bench.db.command({ find: docs.collectionName, ...command }, { promoteLongs: false })).cursor;
}

async function more(docs: Collection<Document>, id: Long, command: Document = {}): Promise<Document> {
  const reply = await bench.db.command(
    { getMore: id, collection: docs.collectionName, ...command },
    { promoteLongs: false },
  );
  return reply.cursor;
}

// Source: MongoDB manual, "find", "getMore", "killCursors", "Cursors".
describe("a cursor", () => {
  conforms("gives 101 documents first when nobody says how many", async () => {
    const docs = await bench.filled(numbers(150));
    const cursor = await find(docs, {});
    expect(cursor.firstBatch).toHaveLength(101);
    expect(cursor.ns).toBe(docs.namespace);
    const rest = await more(docs, cursor.id);
    expect(rest.nextBatch).toHaveLength(49);
    expect(rest.id.isZero()).toBe(true);
  });
  conforms("gives as many as asked for in each batch, and none for 0", async () => {
    const docs = await bench.filled(numbers(7));
    const cursor = await find(docs, { batchSize: 0 });
    expect(cursor.firstBatch).toEqual([]);
    expect((await more(docs, cursor.id, { batchSize: 3 })).nextBatch).toHaveLength(3);
    expect((await more(docs, cursor.id, { batchSize: 2 })).nextBatch).toHaveLength(2);
    expect((await more(docs, cursor.id)).nextBatch).toEqual([{ _id: 5 }, { _id: 6 }]);
  });
  conforms(
    "ends with one batch when asked to, and with a negative limit",
    async () => {
      const docs = await bench.filled(numbers(9));
      for (const command of [
        { batchSize: 3, singleBatch: true },
        { limit: 3, singleBatch: true },
      ]) {
        const cursor = await find(docs, command);
        expect(cursor.firstBatch).toHaveLength(3);
        expect(cursor.id.isZero()).toBe(true);
      }
      expect(await docs.find().limit(-3).toArray()).toHaveLength(3);
    },
    { secantus: "gives another result" },
  );
  conforms(
    "is not there any more when it is exhausted or killed, with 43",
    async () => {
      const docs = await bench.filled(numbers(5));
      const { id } = await find(docs, { batchSize: 2 });
      expect(
        await bench.db.command(
          { killCursors: docs.collectionName, cursors: [id, Long.fromNumber(1)] },
          { promoteLongs: false },
        ),
      ).toMatchObject({
        cursorsKilled: [id],
        cursorsNotFound: [Long.fromNumber(1)],
        cursorsAlive: [],
        cursorsUnknown: [],
      });
      expect(await failure(() => more(docs, id))).toMatchObject({ code: 43 });
      const exhausted = await find(docs, { batchSize: 4 });
      expect((await more(docs, exhausted.id)).id.isZero()).toBe(true);
      expect(await failure(() => more(docs, exhausted.id))).toMatchObject({ code: 43 });
    },
    { secantus: "gives another result" },
  );
  conforms(
    "belongs to its collection, with 13",
    async () => {
      const docs = await bench.filled(numbers(5));
      const other = await bench.filled([]);
      const { id } = await find(docs, { batchSize: 2 });
      expect(await failure(() => more(other, id))).toMatchObject({ code: 13 });
    },
    { documentdb: "accepts it", secantus: "answers 43" },
  );
  conforms("splits what does not fit into one reply of 16 MB", async () => {
    const text = "x".repeat(6 * 1024 * 1024);
    const docs = await bench.filled([{ text }, { text }, { text }, { text }]);
    const cursor = await find(docs, { batchSize: 10 });
    expect(cursor.firstBatch.length).toBeLessThan(4);
    expect(cursor.id.isZero()).toBe(false);
    expect(await docs.find().toArray()).toHaveLength(4);
  });
  conforms("goes on through documents that are written and removed meanwhile", async () => {
    const docs = await bench.filled(numbers(50));
    const seen: number[] = [];
    for await (const doc of docs.find().batchSize(10)) {
      const id = Number(doc._id);
      seen.push(id);
      if (id % 10 === 0) await docs.deleteOne({ _id: (id + 40) as never });
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(45);
  });
  conforms("of an aggregation and of listIndexes comes in batches too", async () => {
    const docs = await bench.filled(numbers(5));
    expect(await docs.aggregate([{ $sort: { _id: -1 } }], { batchSize: 2 }).toArray()).toHaveLength(5);
    await docs.createIndexes([{ key: { a: 1 } }, { key: { b: 1 } }]);
    expect(await docs.listIndexes({ batchSize: 1 }).toArray()).toHaveLength(3);
  });
  conforms("takes the options that change no result", async () => {
    const docs = await bench.filled(numbers(3));
    const options = { noCursorTimeout: true, allowDiskUse: true, allowPartialResults: true, comment: "why" };
    expect(await docs.find({}, options).toArray()).toHaveLength(3);
  });
  conforms(
    "is gone with its collection",
    async () => {
      const docs = await bench.filled(numbers(5));
      const { id } = await find(docs, { batchSize: 2 });
      await docs.drop();
      expect((await failure(() => more(docs, id))).code).toSatisfy((code) => code === 43 || code === 175);
    },
    { documentdb: "accepts it" },
  );
  conforms(
    "gives only the index's fields with returnKey, and record numbers with showRecordId",
    async () => {
      const docs = await bench.filled([{ _id: 1, a: 5, b: 6 }]);
      await docs.createIndex({ a: 1 });
      expect(await docs.find({ a: 5 }, { returnKey: true }).toArray()).toEqual([{ a: 5 }]);
      const [doc] = await docs.find({}, { showRecordId: true }).toArray();
      expect(doc).toHaveProperty("$recordId");
    },
    { documentdb: "answers: The key returnKey is currently not supported" },
  );
});

// Source: MongoDB manual, "Tailable Cursors"; driver specification, "find, getMore and killCursors commands".
describe("a tailable cursor", () => {
  async function capped(name: string): Promise<Collection<Document>> {
    return bench.db.createCollection<Document>(name, { capped: true, size: 100_000 });
  }
  conforms(
    "stays open at the end, and goes on with what is written later",
    async () => {
      const docs = await capped("tail");
      await docs.insertMany(numbers(2));
      const cursor = await find(docs, { tailable: true });
      expect(cursor.firstBatch).toHaveLength(2);
      const empty = await more(docs, cursor.id);
      expect(empty.nextBatch).toEqual([]);
      expect(empty.id).toEqual(cursor.id);
      await docs.insertOne({ _id: 2 as never });
      expect((await more(docs, cursor.id)).nextBatch).toEqual([{ _id: 2 }]);
    },
    { documentdb: "answers: cursor id 0 not found", secantus: "does not always wait" },
  );
  conforms(
    "waits for the next document with awaitData",
    async () => {
      const docs = await capped("await");
      await docs.insertMany(numbers(1));
      const cursor = await find(docs, { tailable: true, awaitData: true });
      const waiting = more(docs, cursor.id, { maxTimeMS: 20_000 });
      await docs.insertOne({ _id: 1 as never });
      expect((await waiting).nextBatch).toEqual([{ _id: 1 }]);
      expect((await more(docs, cursor.id, { maxTimeMS: 1 })).nextBatch).toEqual([]);
    },
    { documentdb: "answers: cursor id 0 not found", secantus: "does not always wait" },
  );
  conforms(
    "passes over as many as it is told to, and gives no more than it is told to, over all batches",
    async () => {
      const docs = await capped("limited");
      await docs.insertMany(numbers(3));
      const cursor = await find(docs, { tailable: true, skip: 1, limit: 3 });
      expect(cursor.firstBatch).toEqual([{ _id: 1 }, { _id: 2 }]);
      await docs.insertMany([{ _id: 3 }, { _id: 4 }] as never);
      expect((await more(docs, cursor.id)).nextBatch).toEqual([{ _id: 3 }]);
      expect((await more(docs, cursor.id)).nextBatch).toEqual([]);
    },
    { documentdb: "answers: cursor id 0 not found", secantus: "gives another result" },
  );
  conforms(
    "has no order but the natural one, and no single batch, with 2",
    async () => {
      const docs = await capped("ordered");
      await docs.insertMany(numbers(2));
      for (const odd of [{ sort: { _id: 1 } }, { sort: { $natural: -1 } }, { singleBatch: true }])
        expect(await failure(() => find(docs, { tailable: true, ...odd }))).toMatchObject({ code: 2 });
      const { firstBatch } = await find(docs, { tailable: true, sort: { $natural: 1 } });
      expect(firstBatch).toEqual(numbers(2));
    },
    { documentdb: "accepts it", secantus: "accepts it" },
  );
  conforms(
    "is lost with 136, and closed, when the document it stands at is overwritten",
    async () => {
      const docs = await bench.db.createCollection<Document>("round", { capped: true, size: 4096, max: 2 });
      await docs.insertMany(numbers(2));
      const cursor = await find(docs, { tailable: true });
      await docs.insertOne({ _id: 2 as never });
      expect((await more(docs, cursor.id)).nextBatch).toEqual([{ _id: 2 }]);
      await docs.insertMany([{ _id: 3 }, { _id: 4 }] as never);
      expect(await failure(() => more(docs, cursor.id))).toMatchObject({ code: 136 });
      expect(await failure(() => more(docs, cursor.id))).toMatchObject({ code: 43 });
    },
    { documentdb: "answers: cursor id 0 not found" },
  );
  conforms(
    "is not kept on a collection without documents",
    async () => {
      const docs = await capped("vacant");
      const cursor = await find(docs, { tailable: true, awaitData: true });
      expect(cursor.firstBatch).toEqual([]);
      expect(BigInt(cursor.id)).toBe(0n);
    },
    { secantus: "keeps it" },
  );
  conforms(
    "of a collection that is not capped is refused with 2",
    async () => {
      const docs = await bench.filled([{ a: 1 }]);
      expect(await failure(() => find(docs, { tailable: true }))).toMatchObject({ code: 2 });
    },
    { documentdb: "accepts it" },
  );
  conforms(
    "alone may say how long a getMore waits",
    async () => {
      const docs = await bench.filled(numbers(5));
      const { id } = await find(docs, { batchSize: 1 });
      expect(await failure(() => more(docs, id, { maxTimeMS: 100 }))).toMatchObject({ code: 2 });
    },
    { documentdb: "accepts it" },
  );
});

// Source: MongoDB manual, "maxTimeMS"; error 50, MaxTimeMSExpired.
describe("a time limit", () => {
  const slow = [
    { $set: { all: { $range: [0, 2000] } } },
    { $unwind: "$all" },
    { $group: { _id: "$all", n: { $sum: 1 } } },
  ];
  conforms("ends an aggregation with 50", async () => {
    const docs = await bench.filled(numbers(1000));
    const run = () => docs.aggregate(slow, { maxTimeMS: 5 }).toArray();
    expect(await failure(run)).toMatchObject({ code: 50 });
  });
  conforms("ends a find, a count and an update with 50", async () => {
    const docs = await bench.filled(numbers(3000));
    const heavy = {
      $expr: {
        $gt: [
          { $size: { $filter: { input: { $range: [0, 500] }, cond: { $gt: ["$$this", "$_id"] } } } },
          1000,
        ],
      },
    };
    const runs = [
      () => docs.find(heavy, { maxTimeMS: 5 }).toArray(),
      () => docs.countDocuments(heavy, { maxTimeMS: 5 }),
      () => docs.findOneAndUpdate(heavy, { $set: { a: 1 } }, { maxTimeMS: 5 }),
    ];
    for (const run of runs) expect(await failure(run)).toMatchObject({ code: 50 });
  });
  conforms(
    "of 0 is none, and a negative one is refused with 2",
    async () => {
      const docs = await bench.filled(numbers(3));
      expect(await docs.find({}, { maxTimeMS: 0 }).toArray()).toHaveLength(3);
      const run = () => bench.db.command({ find: docs.collectionName, maxTimeMS: -1 });
      expect(await failure(run)).toMatchObject({ code: 2 });
    },
    { documentdb: "accepts it" },
  );
});
