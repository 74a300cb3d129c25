import type { Collection, Document } from "mongodb";
import { expect } from "vitest";
import { conformsEach, type Deviating, openBench } from "./servers.ts";

const bench = await openBench();

/** One call with a comment: what it gives, and what it leaves of the documents. */
interface Commented extends Deviating {
  title: string;
  run: (docs: Collection<Document>, comment: unknown) => Promise<unknown>;
  gives?: unknown;
  leaves?: Document[];
}
const one = { _id: 1 as never };
const before = [
  { _id: 1, x: 11 },
  { _id: 2, x: 22 },
];
const bulk = { matchedCount: 1, deletedCount: 0 };

// Source: MongoDB manual, the `comment` field of each command; driver specification, "CRUD", comment.
conformsEach<Commented>(
  [
    {
      title: "find",
      run: (docs, comment) => docs.find({}, { comment: comment as never }).toArray(),
      gives: before,
    },
    {
      title: "getMore",
      run: (docs, comment) => docs.find({}, { comment: comment as never, batchSize: 1 }).toArray(),
      gives: before,
    },
    { title: "aggregate", run: (docs, comment) => docs.aggregate([], { comment }).toArray(), gives: before },
    { title: "countDocuments", run: (docs, comment) => docs.countDocuments({}, { comment }), gives: 2 },
    { title: "count", run: (docs, comment) => docs.estimatedDocumentCount({ comment }), gives: 2 },
    { title: "distinct", run: (docs, comment) => docs.distinct("x", {}, { comment }), gives: [11, 22] },
    {
      title: "insert",
      run: (docs, comment) => docs.insertOne({ _id: 3 as never }, { comment }),
      leaves: [...before, { _id: 3 }],
    },
    {
      title: "update",
      run: (docs, comment) => docs.updateMany(one, { $set: { x: 1 } }, { comment }),
      leaves: [
        { _id: 1, x: 1 },
        { _id: 2, x: 22 },
      ],
    },
    {
      title: "delete",
      run: (docs, comment) => docs.deleteOne(one, { comment }),
      leaves: [{ _id: 2, x: 22 }],
    },
    {
      title: "findAndModify",
      run: (docs, comment) => docs.findOneAndDelete(one, { comment }),
      gives: { _id: 1, x: 11 },
      leaves: [{ _id: 2, x: 22 }],
    },
    {
      title: "several writes at once",
      run: (docs, comment) => docs.bulkWrite([{ replaceOne: { filter: one, replacement: {} } }], { comment }),
      gives: expect.objectContaining(bulk),
      leaves: [{ _id: 1 }, { _id: 2, x: 22 }],
    },
    {
      title: "listIndexes and createIndexes",
      run: async (docs, comment) => {
        await docs.createIndex({ x: 1 }, { comment: comment as never });
        return (await docs.listIndexes({ comment }).toArray()).map(({ name }) => name);
      },
      gives: ["_id_", "x_1"],
    },
  ],
  ({ title }) => `${title} takes a comment of any type`,
  async ({ run, gives, leaves }) => {
    for (const comment of ["why", { why: "so" }, 1, null, ["a"]]) {
      const docs = await bench.filled(before);
      const given = await run(docs, comment);
      if (gives !== undefined) expect(given).toEqual(gives);
      expect(await docs.find().toArray()).toEqual(leaves ?? before);
    }
  },
);
