import { type AnyBulkWriteOperation, type Document, MongoBulkWriteError } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, openBench } from "./servers.ts";

const bench = await openBench();

async function bulkError(run: () => Promise<unknown>): Promise<MongoBulkWriteError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof MongoBulkWriteError) return error;
    throw error;
  }
  throw new Error("it succeeded, but an error was expected");
}

// Source: MongoDB driver specification, "CRUD API", bulkWrite; MongoDB manual, "Bulk Write Operations".
describe("a bulk write", () => {
  const mixed: AnyBulkWriteOperation<Document>[] = [
    { insertOne: { document: { _id: 1 as never, a: 1 } } },
    { insertOne: { document: { _id: 2 as never, a: 1 } } },
    { updateOne: { filter: { _id: 1 as never }, update: { $set: { b: 1 } } } },
    { updateMany: { filter: { a: 1 }, update: { $set: { b: 1 } } } },
    { replaceOne: { filter: { _id: 9 as never }, replacement: { c: 1 }, upsert: true } },
    { deleteOne: { filter: { _id: 2 as never } } },
    { deleteMany: { filter: { _id: { $gt: 5 as never } } } },
  ];
  for (const ordered of [true, false]) {
    conforms(`counts what each kind did, ${ordered ? "ordered" : "unordered"}`, async () => {
      const docs = await bench.filled([]);
      const result = await docs.bulkWrite(mixed, { ordered });
      expect(result).toMatchObject({
        insertedCount: 2,
        matchedCount: 3,
        modifiedCount: 2,
        upsertedCount: 1,
        deletedCount: 2,
        insertedIds: { 0: 1, 1: 2 },
        upsertedIds: { 4: 9 },
      });
      expect(await docs.find().toArray()).toEqual([{ _id: 1, a: 1, b: 1 }]);
    });
  }

  conforms(
    "stops at a duplicate key when ordered, with its index, key and message",
    async () => {
      const docs = await bench.filled([{ _id: 0, x: 1 }]);
      await docs.createIndex({ x: 1 }, { unique: true });
      const namespace = `${bench.db.databaseName}.${docs.collectionName}`;
      const error = await bulkError(() =>
        docs.bulkWrite([
          { insertOne: { document: { x: 2 } } },
          { insertOne: { document: { x: 1 } } },
          { insertOne: { document: { x: 3 } } },
        ]),
      );
      expect(error.code).toBe(11000);
      expect(error.result.insertedCount).toBe(1);
      const [first, ...others] = [error.writeErrors].flat();
      expect(others).toEqual([]);
      expect(first?.index).toBe(1);
      expect(first?.errmsg).toBe(
        `E11000 duplicate key error collection: ${namespace} index: x_1 dup key: { x: 1 }`,
      );
      expect(await docs.countDocuments()).toBe(2);
    },
    { documentdb: "gives another result" },
  );

  conforms("goes on after errors when unordered and tells each", async () => {
    const docs = await bench.filled([{ _id: 1 }, { _id: 3 }]);
    const error = await bulkError(() =>
      docs.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }, { _id: 4 }] as Document[], { ordered: false }),
    );
    expect([error.writeErrors].flat().map(({ index, code }) => [index, code])).toEqual([
      [0, 11000],
      [2, 11000],
    ]);
    expect(error.result.insertedCount).toBe(2);
    expect(await docs.countDocuments()).toBe(4);
  });

  conforms("tells the place of an error over batches of several kinds", async () => {
    const docs = await bench.filled([{ _id: 1, a: "x" }]);
    const error = await bulkError(() =>
      docs.bulkWrite([
        { insertOne: { document: { _id: 2 as never } } },
        { updateOne: { filter: { _id: 1 as never }, update: { $inc: { a: 1 } } } },
        { deleteMany: { filter: {} } },
      ]),
    );
    expect([error.writeErrors].flat()[0]).toMatchObject({ index: 1, code: 14 });
    expect(await docs.countDocuments()).toBe(2);
  });

  conforms(
    "of a compound key tells all its fields in order",
    async () => {
      const docs = await bench.filled([{ a: 1, b: "x" }]);
      await docs.createIndex({ b: 1, a: -1 }, { unique: true });
      const error = await bulkError(() => docs.insertMany([{ a: 1, b: "x" }]));
      const [first] = [error.writeErrors].flat();
      expect(first?.errmsg).toContain('index: b_1_a_-1 dup key: { b: "x", a: 1 }');
      const reply = await bench.db.command({ insert: docs.collectionName, documents: [{ a: 1, b: "x" }] });
      expect(reply.writeErrors[0]).toMatchObject({ keyPattern: { b: 1, a: -1 }, keyValue: { b: "x", a: 1 } });
    },
    { documentdb: "gives another result" },
  );

  conforms("upserts by several statements, telling each _id", async () => {
    const docs = await bench.filled([]);
    const result = await docs.bulkWrite([
      { updateOne: { filter: { _id: 1 as never }, update: { $set: { a: 1 } }, upsert: true } },
      { updateOne: { filter: { _id: 1 as never }, update: { $set: { a: 2 } }, upsert: true } },
      { updateMany: { filter: { _id: 3 as never }, update: { $set: { a: 1 } }, upsert: true } },
    ]);
    expect(result).toMatchObject({ matchedCount: 1, modifiedCount: 1, upsertedIds: { 0: 1, 2: 3 } });
  });

  conforms("without acknowledgement is done all the same", async () => {
    const docs = await bench.filled([]);
    await docs.bulkWrite([{ insertOne: { document: { a: 1 } } }], { writeConcern: { w: 0 } });
    await expect.poll(() => docs.countDocuments()).toBe(1);
  });
});
