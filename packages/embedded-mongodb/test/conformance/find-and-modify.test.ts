import type { Document } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, conformsEach, type Deviating, failure, openBench } from "./servers.ts";

const bench = await openBench();
const people = [
  { _id: 1, name: "Ada", n: 3 },
  { _id: 2, name: "Bob", n: 1 },
  { _id: 3, name: "Eve", n: 2 },
];

/** A findAndModify on three people, and what it answers. */
interface Case extends Deviating {
  title: string;
  command: Document;
  value: Document | null;
  last: Document;
  left?: Document[];
}

// Source: MongoDB manual, "findAndModify" (command).
describe("findAndModify", () => {
  conformsEach<Case>(
    [
      {
        title: "gives the document as it was",
        command: { query: { _id: 1 }, update: { $inc: { n: 1 } } },
        value: { _id: 1, name: "Ada", n: 3 },
        last: { n: 1, updatedExisting: true },
      },
      {
        title: "gives the document as it is with new",
        command: { query: { _id: 1 }, update: { $inc: { n: 1 } }, new: true },
        value: { _id: 1, name: "Ada", n: 4 },
        last: { n: 1, updatedExisting: true },
      },
      {
        title: "takes the first by the sort",
        command: { sort: { n: 1 }, update: { $set: { first: true } } },
        value: { _id: 2, name: "Bob", n: 1 },
        last: { n: 1, updatedExisting: true },
      },
      {
        title: "takes the last by a descending sort",
        command: { query: {}, sort: { n: -1 }, remove: true },
        value: { _id: 1, name: "Ada", n: 3 },
        last: { n: 1 },
      },
      {
        title: "gives only the fields asked for",
        command: { query: { _id: 3 }, update: { $inc: { n: 1 } }, fields: { n: 1, _id: 0 }, new: true },
        value: { n: 3 },
        last: { n: 1, updatedExisting: true },
      },
      {
        title: "removes and gives what it removed",
        command: { query: { _id: 2 }, remove: true },
        value: { _id: 2, name: "Bob", n: 1 },
        last: { n: 1 },
        left: [people[0] as Document, people[2] as Document],
      },
      {
        title: "gives null when nothing is found",
        command: { query: { _id: 9 }, update: { $set: { a: 1 } } },
        value: null,
        last: { n: 0, updatedExisting: false },
      },
      {
        title: "gives null when there is nothing to remove",
        command: { query: { _id: 9 }, remove: true },
        value: null,
        last: { n: 0 },
      },
      {
        title: "gives null for an upsert as it was",
        command: { query: { _id: 9 }, update: { $set: { a: 1 } }, upsert: true },
        value: null,
        last: { n: 1, updatedExisting: false, upserted: 9 },
      },
      {
        title: "gives what an upsert made with new",
        command: { query: { _id: 9, b: 2 }, update: { $set: { a: 1 } }, upsert: true, new: true },
        value: { _id: 9, b: 2, a: 1 },
        last: { n: 1, updatedExisting: false, upserted: 9 },
      },
      {
        title: "replaces",
        command: { query: { _id: 1 }, update: { z: 1 }, new: true },
        value: { _id: 1, z: 1 },
        last: { n: 1, updatedExisting: true },
      },
      {
        title: "runs a pipeline",
        command: { query: { _id: 1 }, update: [{ $set: { m: { $add: ["$n", 1] } } }], new: true },
        value: { _id: 1, name: "Ada", n: 3, m: 4 },
        last: { n: 1, updatedExisting: true },
      },
      {
        title: "knows variables",
        command: {
          query: { $expr: { $eq: ["$name", "$$who"] } },
          let: { who: "Eve" },
          update: { $set: { n: 0 } },
          new: true,
        },
        value: { _id: 3, name: "Eve", n: 0 },
        last: { n: 1, updatedExisting: true },
      },
    ],
    ({ title }) => title,
    async ({ command, value, last, left }) => {
      const docs = await bench.filled(people);
      const reply = await bench.db.command({ findAndModify: docs.collectionName, ...command });
      expect(reply.value).toEqual(value);
      expect(reply.lastErrorObject).toEqual(last);
      if (left) expect(await docs.find().sort({ _id: 1 }).toArray()).toEqual(left);
    },
  );

  conformsEach<Deviating & { title: string; command: Document; code: number }>(
    [
      { title: "neither update nor remove", command: { query: {} }, code: 9 },
      {
        title: "both update and remove",
        command: { query: {}, update: { $set: { a: 1 } }, remove: true },
        code: 9,
      },
      { title: "remove with new", command: { query: {}, remove: true, new: true }, code: 9 },
      { title: "remove with upsert", command: { query: {}, remove: true, upsert: true }, code: 9 },
      { title: "another _id", command: { query: { _id: 1 }, update: { $set: { _id: 2 } } }, code: 66 },
      { title: "an operator there is not", command: { query: {}, update: { $put: { a: 1 } } }, code: 9 },
      {
        title: "an operator in the query there is not",
        command: { query: { a: { $near_to: 1 } }, update: { $set: { a: 1 } } },
        code: 2,
      },
      {
        title: "a field there is not",
        deviates: { documentdb: "answers 2" },
        command: { query: {}, update: { $set: { a: 1 } }, always: true },
        code: 40415,
      },
      { title: "a query that is no document", command: { query: 1, update: { $set: { a: 1 } } }, code: 14 },
    ],
    ({ title, code }) => `refuses ${title} with ${code}`,
    async ({ command, code }) => {
      const docs = await bench.filled(people);
      const run = () => bench.db.command({ findAndModify: docs.collectionName, ...command });
      expect(await failure(run)).toMatchObject({ code });
      expect(await docs.find().sort({ _id: 1 }).toArray()).toEqual(people);
    },
  );

  conforms("takes array filters", async () => {
    const docs = await bench.filled([{ _id: 1, a: [1, 5] }]);
    const update = { $set: { "a.$[e]": 0 } };
    const options = { arrayFilters: [{ e: { $gt: 3 } }], returnDocument: "after" as const };
    expect(await docs.findOneAndUpdate({}, update, options)).toEqual({ _id: 1, a: [1, 0] });
  });

  conforms(
    "tells a duplicate key with its pattern and value",
    async () => {
      const docs = await bench.filled(people);
      await docs.createIndex({ name: 1 }, { unique: true });
      const run = () => docs.findOneAndUpdate({ _id: 1 as never }, { $set: { name: "Bob" } });
      await expect(run).rejects.toMatchObject({
        code: 11000,
        codeName: "DuplicateKey",
        keyPattern: { name: 1 },
        keyValue: { name: "Bob" },
      });
    },
    { documentdb: "answers: expected MongoServerError: conflicting key value v… { …(5) } to match" },
  );

  conforms("hands each document of a queue to one of many callers", async () => {
    const docs = await bench.filled(Array.from({ length: 20 }, (_, n) => ({ _id: n })));
    const taken = await Promise.all(
      Array.from({ length: 30 }, () => docs.findOneAndDelete({}, { sort: { _id: 1 } })),
    );
    const ids = taken.filter((doc) => doc !== null).map((doc) => doc._id);
    expect(new Set(ids).size).toBe(20);
    expect(ids).toHaveLength(20);
  });
});
