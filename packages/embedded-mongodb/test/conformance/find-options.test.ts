/**
 * Options of `find` (source: MongoDB manual, "find (database command)").
 */

import type { Document } from "mongodb";
import { Long } from "mongodb";
import { describe, expect } from "vitest";
import { deviationsOf } from "./deviations.ts";
import { shown } from "./finds.ts";
import { conforms, conformsEach, type Deviating, failure, openBench } from "./servers.ts";

const { db, filled } = await openBench();
const documents = Array.from(
  { length: 10 },
  (_, at) => ({ _id: at, n: at % 5, s: "abcdefghij"[at] }) as Document,
);

interface Options extends Deviating {
  options: Document;
  ids?: readonly number[];
  fails?: number;
}

describe("options", async () => {
  const collection = await filled(documents);
  await collection.createIndex({ n: 1, s: 1 });
  const cases: readonly Options[] = [
    { options: { limit: 3 }, ids: [0, 1, 2] },
    { options: { skip: 8 }, ids: [8, 9] },
    { options: { skip: 2, limit: 2 }, ids: [2, 3] },
    { options: { skip: 20 }, ids: [] },
    { options: { limit: 0 }, ids: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
    { options: { limit: 4, singleBatch: true, batchSize: 2 }, ids: [0, 1] },
    { options: { filter: { n: 4 }, hint: { n: 1, s: 1 } }, ids: [4, 9] },
    { options: { filter: { n: 4 }, hint: "n_1_s_1" }, ids: [4, 9] },
    { options: { filter: { n: 4 }, hint: { $natural: -1 } }, ids: [9, 4] },
    {
      options: { min: { n: 3, s: "d" }, max: { n: 4, s: "j" }, hint: { n: 1, s: 1 } },
      ids: [3, 8, 4],
      deviates: { documentdb: "takes no notice of min and max" },
    },
    {
      options: { filter: { _id: { $ne: 4 } }, min: { n: 4, s: "" }, hint: "n_1_s_1" },
      ids: [9],
      deviates: { documentdb: "takes no notice of min and max" },
    },
    {
      options: { min: { n: 3, s: "d" } },
      fails: 51173,
      deviates: { documentdb: "takes no notice of min and max", secantus: "answers 51174" },
    },
    {
      options: { max: { n: 3 }, hint: { n: 1, s: 1 } },
      fails: 51174,
      deviates: { documentdb: "takes no notice of min and max", secantus: "takes them" },
    },
    { options: { sort: { $natural: -1 }, limit: 2 }, ids: [9, 8] },
    { options: { filter: { $expr: { $eq: ["$n", "$$wanted"] } }, let: { wanted: 3 } }, ids: [3, 8] },
    {
      options: { filter: { $expr: { $eq: ["$n", "$$wanted"] } }, let: { wanted: { $add: [1, 1] } } },
      ids: [2, 7],
    },
    { options: { filter: { n: 1 }, comment: { any: "thing" } }, ids: [1, 6] },
    { options: { filter: { n: { $in: [0, 1] } }, sort: { n: -1, s: 1 } }, ids: [1, 6, 0, 5] },
    { options: { filter: { n: 4 }, hint: "nope_1" }, fails: 2 },
    { options: { filter: { n: 4 }, hint: { nope: 1 } }, fails: 2 },
    { options: { skip: "1" }, fails: 14 },
    { options: { limit: "1" }, fails: 14 },
    { options: { batchSize: "1" }, fails: 14 },
    { options: { filter: 1 }, fails: 14 },
    { options: { sort: 1 }, fails: 14 },
    { options: { projection: 1 }, fails: 14 },
    { options: { let: 1 }, fails: 14 },
    { options: { nope: 1 }, fails: 40415 },
    { options: { filter: { $expr: { $eq: ["$n", "$$other"] } } }, fails: 17276 },
  ];
  conformsEach(
    cases.map((item) => ({
      ...item,
      deviates: item.deviates ?? deviationsOf(`options of find > ${shown(item.options)}`),
    })),
    ({ options, ids, fails }) =>
      `${shown(options)} ${ids ? `finds ${ids.join(" ")}` : `fails with ${fails}`}`,
    async ({ options, ids, fails }) => {
      const find = () => db.command({ find: collection.collectionName, ...options });
      if (!ids) {
        expect((await failure(find)).code).toBe(fails);
        return;
      }
      const { cursor } = await find();
      expect(cursor.firstBatch.map(({ _id }: Document) => _id)).toEqual(ids);
    },
  );
});

const states = (title: string, run: () => Promise<void>): void =>
  conforms(title, run, deviationsOf(`options of find > ${title}`));

states(
  "returnKey shows the fields of the index only, showRecordId adds a number of its own to each",
  async () => {
    const collection = await filled(documents);
    await collection.createIndex({ n: 1, s: 1 });
    const keys = await collection.find({ n: 4 }, { hint: { n: 1, s: 1 }, returnKey: true }).toArray();
    expect(keys).toEqual([
      { n: 4, s: "e" },
      { n: 4, s: "j" },
    ]);
    const numbered = await collection.find({}, { showRecordId: true, promoteLongs: false }).toArray();
    const numbers = new Set(numbered.map(({ $recordId }) => String(Long.fromValue($recordId))));
    expect(numbers.size).toBe(10);
  },
);

states("batchSize 0 opens a cursor that has given nothing yet", async () => {
  const { collectionName } = await filled(documents);
  const { cursor } = await db.command({ find: collectionName, batchSize: 0 }, { promoteLongs: false });
  expect(cursor.firstBatch).toEqual([]);
  const next = await db.command({ getMore: cursor.id, collection: collectionName, batchSize: 4 });
  expect(next.cursor.nextBatch).toHaveLength(4);
  await db.command({ killCursors: collectionName, cursors: [cursor.id] });
});
