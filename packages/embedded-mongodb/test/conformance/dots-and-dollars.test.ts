import type { Document } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, conformsEach, type Deviating, openBench } from "./servers.ts";

const bench = await openBench();

/** A document with a field whose name is also that of a path or an operator. */
interface Named extends Deviating {
  title: string;
  made: Document;
}
const named: readonly Named[] = [
  { title: "a dollar in front", made: { $a: 1 } },
  { title: "a dot", made: { "a.b": 1 } },
  { title: "a dollar in front, in a document within", made: { foo: { $a: 1 } } },
  { title: "a dot, in a document within", made: { foo: { "a.b": 1 } } },
  { title: "a name of a reference, without the others", made: { foo: { $db: "shop" } } },
];

// Source: MongoDB manual, "Field Names with Periods and Dollar Signs"; driver specification, "CRUD", Dots and Dollars.
describe("a field's name may have", () => {
  conformsEach(
    named,
    ({ title }) => `${title}, in what is inserted`,
    async ({ made }) => {
      const docs = await bench.filled([]);
      await docs.insertOne({ _id: 1, ...made } as never);
      await docs.insertMany([{ _id: 2, ...made }] as never);
      await docs.bulkWrite([{ insertOne: { document: { _id: 3, ...made } as never } }]);
      expect(await docs.find().toArray()).toEqual([1, 2, 3].map((_id) => ({ _id, ...made })));
    },
  );
  conformsEach(
    named.filter(({ made }) => made.$a === undefined),
    ({ title }) => `${title}, in what replaces`,
    async ({ made }) => {
      const docs = await bench.filled([1, 2, 3].map((_id) => ({ _id, old: true })));
      await docs.replaceOne({ _id: 1 as never }, made);
      await docs.findOneAndReplace({ _id: 2 as never }, made);
      await docs.bulkWrite([{ replaceOne: { filter: { _id: 3 as never }, replacement: made } }]);
      await docs.replaceOne({ _id: 4 as never }, made, { upsert: true });
      expect(await docs.find().toArray()).toEqual([1, 2, 3, 4].map((_id) => ({ _id, ...made })));
    },
  );
});

const setting = (field: string, input: string): Document => ({
  $setField: { field: { $literal: field }, value: 1, input },
});

describe("$setField writes in an update by pipeline", () => {
  conformsEach<Named & { update: Document }>(
    [
      {
        title: "a dollar in front",
        update: { $replaceWith: setting("$a", "$$ROOT") },
        made: { foo: {}, $a: 1 },
      },
      { title: "a dot", update: { $replaceWith: setting("a.b", "$$ROOT") }, made: { foo: {}, "a.b": 1 } },
      {
        title: "a dollar within",
        update: { $set: { foo: setting("$a", "$foo") } },
        made: { foo: { $a: 1 } },
      },
      {
        title: "a dot within",
        update: { $set: { foo: setting("a.b", "$foo") } },
        made: { foo: { "a.b": 1 } },
      },
    ],
    ({ title }) => title,
    async ({ update, made }) => {
      const docs = await bench.filled([1, 2, 3].map((_id) => ({ _id, foo: {} })));
      await docs.updateOne({ _id: 1 as never }, [update]);
      await docs.updateMany({ _id: 2 as never }, [update]);
      await docs.findOneAndUpdate({ _id: 3 as never }, [update]);
      expect(await docs.find().toArray()).toEqual([1, 2, 3].map((_id) => ({ _id, ...made })));
    },
  );
});

// Source: MongoDB manual, "The _id Field"; driver specification, "CRUD", Create with null ids.
conforms("an _id may be null, however it is written, and it stays null", async () => {
  const ways: ((docs: Awaited<ReturnType<typeof bench.filled>>) => Promise<unknown>)[] = [
    // The driver's own insertOne puts an ObjectId there.
    (docs) => bench.db.command({ insert: docs.collectionName, documents: [{ _id: null }] }),
    (docs) => docs.updateOne({ _id: null as never }, { $unset: { a: "" } }, { upsert: true }),
    (docs) => docs.updateMany({ _id: null as never }, { $unset: { a: "" } }, { upsert: true }),
    (docs) => docs.updateOne({ a: 1 }, { $setOnInsert: { _id: null } } as never, { upsert: true }),
    (docs) => docs.replaceOne({ _id: null as never }, {}, { upsert: true }),
    (docs) => docs.findOneAndReplace({ _id: null as never }, { a: 1 }, { upsert: true }),
    (docs) => docs.findOneAndUpdate({ _id: null as never }, { $set: { a: 1 } }, { upsert: true }),
  ];
  for (const write of ways) {
    const docs = await bench.filled([]);
    await write(docs);
    expect(await docs.countDocuments({ _id: { $type: "null" } } as never)).toBe(1);
    await docs.replaceOne({ _id: null as never }, { b: 1 });
    expect(await docs.find().toArray()).toEqual([{ _id: null, b: 1 }]);
  }
});
