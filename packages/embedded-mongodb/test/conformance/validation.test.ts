import type { Collection, Document } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, conformsEach, type Deviating, failure, openBench } from "./servers.ts";

const bench = await openBench();
let made = 0;

async function guarded(validator: Document, options: Document = {}): Promise<Collection<Document>> {
  return bench.db.createCollection<Document>(`guarded${++made}`, { validator, ...options });
}

const product = {
  $jsonSchema: {
    bsonType: "object",
    required: ["name", "price"],
    properties: {
      name: { bsonType: "string", minLength: 1, description: "what it is called" },
      price: { bsonType: "int", minimum: 0 },
      tags: { bsonType: "array", items: { bsonType: "string" } },
    },
  },
};

// Source: MongoDB manual, "Schema Validation", "$jsonSchema".
describe("a validator", () => {
  conformsEach<Deviating & { title: string; validator: Document; good: Document; bad: Document }>(
    [
      {
        title: "of a condition",
        deviates: { documentdb: "accepts it" },
        validator: { a: { $gt: 5 } },
        good: { a: 6 },
        bad: { a: 5 },
      },
      {
        title: "of existence",
        deviates: { documentdb: "accepts it" },
        validator: { a: { $exists: true } },
        good: { a: null },
        bad: { b: 1 },
      },
      {
        title: "of a type",
        deviates: { documentdb: "accepts it" },
        validator: { a: { $type: "string" } },
        good: { a: "x" },
        bad: { a: 1 },
      },
      {
        title: "of alternatives",
        deviates: { documentdb: "accepts it" },
        validator: { $or: [{ a: 1 }, { b: 1 }] },
        good: { b: 1 },
        bad: { c: 1 },
      },
      {
        title: "of an expression",
        deviates: { documentdb: "accepts it" },
        validator: { $expr: { $lt: ["$from", "$to"] } },
        good: { from: 1, to: 2 },
        bad: { from: 2, to: 1 },
      },
      {
        title: "of a schema's required fields",
        deviates: { documentdb: "accepts it" },
        validator: product,
        good: { name: "mug", price: 5 },
        bad: { name: "mug" },
      },
      {
        title: "of a schema's types",
        deviates: { documentdb: "accepts it" },
        validator: product,
        good: { name: "mug", price: 5, tags: ["x"] },
        bad: { name: "mug", price: "5" },
      },
      {
        title: "of a schema's bounds",
        deviates: { documentdb: "accepts it" },
        validator: product,
        good: { name: "mug", price: 0 },
        bad: { name: "mug", price: -1 },
      },
      {
        title: "of a schema's lengths",
        deviates: { documentdb: "accepts it" },
        validator: product,
        good: { name: "m", price: 1 },
        bad: { name: "", price: 1 },
      },
      {
        title: "of a schema's items",
        deviates: { documentdb: "accepts it" },
        validator: product,
        good: { name: "m", price: 1, tags: [] },
        bad: { name: "m", price: 1, tags: [1] },
      },
    ],
    ({ title }) => `${title} lets the one in and keeps the other out`,
    async ({ validator, good, bad }) => {
      const docs = await guarded(validator);
      await docs.insertOne({ _id: 1 as never, ...good });
      for (const run of [
        () => docs.insertOne({ _id: 2 as never, ...bad }),
        () => docs.replaceOne({ _id: 1 as never }, { ...bad }),
        () => docs.updateOne({ _id: 3 as never }, { $set: { ...bad } }, { upsert: true }),
        () => docs.findOneAndReplace({ _id: 1 as never }, { ...bad }),
        () => docs.bulkWrite([{ insertOne: { document: { _id: 2 as never, ...bad } } }]),
      ])
        expect(await failure(run)).toMatchObject({ code: 121 });
      expect(await docs.find().toArray()).toEqual([{ _id: 1, ...good }]);
    },
  );

  conforms(
    "tells which document failed and why",
    async () => {
      const docs = await guarded({ a: { $gt: 5 } });
      await expect(docs.insertOne({ _id: 1 as never, a: 3 })).rejects.toMatchObject({
        code: 121,
        errInfo: {
          failingDocumentId: 1,
          details: {
            operatorName: "$gt",
            specifiedAs: { a: { $gt: 5 } },
            reason: "comparison failed",
            consideredValue: 3,
          },
        },
      });
    },
    { documentdb: "answers: promise resolved '{ acknowledged: true, insertedId: 1 }' instead of re" },
  );
  conforms(
    "tells which rules of a schema were not met",
    async () => {
      const docs = await guarded(product);
      await expect(docs.insertOne({ _id: 1 as never, name: 5 })).rejects.toMatchObject({
        errInfo: {
          failingDocumentId: 1,
          details: {
            operatorName: "$jsonSchema",
            schemaRulesNotSatisfied: expect.arrayContaining([
              {
                operatorName: "properties",
                propertiesNotSatisfied: [
                  {
                    propertyName: "name",
                    description: "what it is called",
                    details: [
                      {
                        operatorName: "bsonType",
                        specifiedAs: { bsonType: "string" },
                        reason: "type did not match",
                        consideredValue: 5,
                        consideredType: "int",
                      },
                    ],
                  },
                ],
              },
              {
                operatorName: "required",
                specifiedAs: { required: ["name", "price"] },
                missingProperties: ["price"],
              },
            ]),
          },
        },
      });
    },
    { documentdb: "answers: promise resolved '{ acknowledged: true, insertedId: 1 }' instead of re" },
  );
  conforms("is passed by where the client says so", async () => {
    const docs = await guarded({ a: { $exists: true } });
    const bypassDocumentValidation = true;
    await docs.insertOne({ _id: 1 as never }, { bypassDocumentValidation });
    await docs.updateOne({ _id: 1 as never }, { $set: { b: 1 } }, { bypassDocumentValidation });
    await docs.replaceOne({ _id: 2 as never }, { b: 1 }, { upsert: true, bypassDocumentValidation });
    await docs.findOneAndUpdate({ _id: 1 as never }, { $set: { c: 1 } }, { bypassDocumentValidation });
    await docs.bulkWrite([{ insertOne: { document: { _id: 3 as never } } }], { bypassDocumentValidation });
    expect(await docs.countDocuments()).toBe(3);
  });
  conforms(
    "holds for $out and $merge, unless they pass it by",
    async () => {
      const source = await bench.filled([{ _id: 1, b: 1 }]);
      const docs = await guarded({ a: { $exists: true } });
      for (const stage of [{ $merge: docs.collectionName }, { $out: docs.collectionName }]) {
        expect(await failure(() => source.aggregate([stage]).toArray())).toMatchObject({ code: 121 });
        await source.aggregate([stage], { bypassDocumentValidation: true }).toArray();
        expect(await docs.countDocuments()).toBe(1);
        await docs.deleteMany({});
      }
    },
    { documentdb: "accepts it", secantus: "accepts it" },
  );
  conforms("lets all in with the action warn or the level off", async () => {
    for (const options of [{ validationAction: "warn" }, { validationLevel: "off" }]) {
      const docs = await guarded({ a: { $exists: true } }, options);
      await docs.insertOne({ b: 1 });
      expect(await docs.countDocuments()).toBe(1);
    }
  });
  conforms(
    "of level moderate leaves alone what was wrong before",
    async () => {
      const docs = await bench.filled([
        { _id: 1, a: 1 },
        { _id: 2, b: 1 },
      ]);
      const validator = { a: { $exists: true } };
      await bench.db.command({ collMod: docs.collectionName, validator, validationLevel: "moderate" });
      await docs.updateOne({ _id: 2 as never }, { $set: { c: 1 } });
      expect(await failure(() => docs.updateOne({ _id: 1 as never }, { $unset: { a: 1 } }))).toMatchObject({
        code: 121,
      });
      expect(await failure(() => docs.insertOne({ c: 1 }))).toMatchObject({ code: 121 });
      await bench.db.command({ collMod: docs.collectionName, validationLevel: "strict" });
      expect(await failure(() => docs.updateOne({ _id: 2 as never }, { $set: { d: 1 } }))).toMatchObject({
        code: 121,
      });
    },
    { documentdb: "answers 525074461" },
  );
  conforms(
    "is listed with its collection, and taken away by an empty one",
    async () => {
      const docs = await guarded({ a: 1 });
      const options = async () =>
        (await bench.db.listCollections({ name: docs.collectionName }).toArray())[0] as Document;
      expect((await options()).options).toMatchObject({
        validator: { a: 1 },
        validationLevel: "strict",
        validationAction: "error",
      });
      await bench.db.command({ collMod: docs.collectionName, validator: {} });
      await docs.insertOne({ a: 2 });
      expect(await docs.countDocuments()).toBe(1);
    },
    { documentdb: "gives another result", secantus: "gives another result" },
  );
  conforms("does not look at what an update leaves as it is", async () => {
    const docs = await bench.filled([{ _id: 1, b: 1 }]);
    await bench.db.command({ collMod: docs.collectionName, validator: { a: { $exists: true } } });
    expect(await docs.updateOne({ _id: 1 as never }, { $set: { b: 1 } })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 0,
    });
  });
  conformsEach<Deviating & { title: string; options: Document; code: number }>(
    [
      {
        title: "an operator there is not",
        deviates: { documentdb: "accepts it" },
        options: { validator: { a: { $near_to: 1 } } },
        code: 2,
      },
      {
        title: "a level there is not",
        deviates: { documentdb: "accepts it", secantus: "accepts it" },
        options: { validator: { a: 1 }, validationLevel: "high" },
        code: 2,
      },
      {
        title: "an action there is not",
        deviates: { documentdb: "accepts it", secantus: "accepts it" },
        options: { validator: { a: 1 }, validationAction: "stop" },
        code: 2,
      },
      {
        title: "a validator that is no document",
        deviates: { documentdb: "accepts it" },
        options: { validator: 1 },
        code: 14,
      },
    ],
    ({ title, code }) => `refuses ${title}, with ${code}`,
    async ({ options, code }) => {
      const run = () => bench.db.command({ create: `guarded${++made}`, ...options });
      expect(await failure(run)).toMatchObject({ code });
    },
  );
});
