/**
 * Stages that write, measure or make up documents (source: MongoDB manual, "Aggregation Stages").
 */
import type { Document } from "mongodb";
import { describe, expect } from "vitest";
import { deviationsOf } from "./deviations.ts";
import { conforms, failure, openBench } from "./servers.ts";

const { db, filled } = await openBench();
const states = (title: string, run: () => Promise<void>): void =>
  conforms(title, run, deviationsOf(`output of pipelines > ${title}`));
const numbers = (length: number): Document[] => Array.from({ length }, (_, at) => ({ _id: at, n: at }));

describe("output", () => {
  states("$out replaces a collection as a whole and keeps its indexes", async () => {
    const [from, to] = [await filled(numbers(3)), await filled([{ _id: 9, n: 9 }] as Document[])];
    await to.createIndex({ n: 1 });
    expect(
      await from.aggregate([{ $match: { n: { $gt: 0 } } }, { $out: to.collectionName }]).toArray(),
    ).toEqual([]);
    expect(await to.find().toArray()).toEqual([
      { _id: 1, n: 1 },
      { _id: 2, n: 2 },
    ]);
    expect(await to.indexes()).toHaveLength(2);
  });

  states("$out leaves what was there when it fails", async () => {
    const [from, to] = [await filled(numbers(3)), await filled([{ _id: 9, n: 9 }] as Document[])];
    await to.createIndex({ same: 1 }, { unique: true });
    const pipeline = [{ $addFields: { same: 1 } }, { $out: to.collectionName }];
    expect((await failure(() => from.aggregate(pipeline).toArray())).code).toBe(11000);
    expect(await to.find().toArray()).toEqual([{ _id: 9, n: 9 }]);
  });

  for (const [whenMatched, gives] of [
    ["merge", { _id: 1, n: 1, old: true }],
    ["replace", { _id: 1, n: 1 }],
    ["keepExisting", { _id: 1, n: 7, old: true }],
    [[{ $set: { sum: { $add: ["$n", "$$new.n"] } } }], { _id: 1, n: 7, old: true, sum: 8 }],
  ] as const)
    states(`$merge with ${JSON.stringify(whenMatched)} gives ${JSON.stringify(gives)}`, async () => {
      const [from, to] = [
        await filled(numbers(3)),
        await filled([{ _id: 1, n: 7, old: true }] as Document[]),
      ];
      await from
        .aggregate([{ $merge: { into: to.collectionName, whenMatched: whenMatched as "merge" } }])
        .toArray();
      expect(await to.findOne({ n: gives.n })).toEqual(gives);
      expect(await to.countDocuments()).toBe(3);
    });

  states("$merge discards or refuses what matches nothing", async () => {
    const [from, to] = [await filled(numbers(3)), await filled([{ _id: 1, n: 7 }] as Document[])];
    await from.aggregate([{ $merge: { into: to.collectionName, whenNotMatched: "discard" } }]).toArray();
    expect(await to.find().toArray()).toEqual([{ _id: 1, n: 1 }]);
    const refusing = [{ $merge: { into: to.collectionName, whenNotMatched: "fail" as const } }];
    expect((await failure(() => from.aggregate(refusing).toArray())).code).toBe(13113);
    const unknown = [{ $merge: { into: to.collectionName, on: "n" } }];
    expect((await failure(() => from.aggregate(unknown).toArray())).code).toBe(51183);
  });

  states("$sample gives as many different documents as it is asked for", async () => {
    const from = await filled(numbers(20));
    const some = await from.aggregate([{ $sample: { size: 5 } }]).toArray();
    expect(new Set(some.map(({ _id }) => _id)).size).toBe(5);
    expect(await from.aggregate([{ $sample: { size: 50 } }]).toArray()).toHaveLength(20);
    expect((await failure(() => from.aggregate([{ $sample: { size: -1 } }]).toArray())).code).toBe(28747);
  });

  states("$documents makes up documents", async () => {
    expect(await db.aggregate([{ $documents: [{ a: 1 }, { a: { $add: [1, 1] } }] }]).toArray()).toEqual([
      { a: 1 },
      { a: 2 },
    ]);
  });

  states("$collStats counts, $indexStats names the indexes", async () => {
    const from = await filled(numbers(4));
    await from.createIndex({ n: 1 });
    expect(await from.aggregate([{ $collStats: { count: {} } }]).toArray()).toMatchObject([{ count: 4 }]);
    const names = (await from.aggregate([{ $indexStats: {} }]).toArray()).map(({ name }) => name);
    expect(names.sort()).toEqual(["_id_", "n_1"]);
  });
});

describe("windows and gaps", () => {
  states("$setWindowFields sums over a window of a partition", async () => {
    const from = await filled(numbers(6).map((doc) => ({ ...doc, g: Number(doc.n) % 2 })));
    const windows = { documents: ["unbounded", "current"] };
    const found = await from
      .aggregate([
        {
          $setWindowFields: {
            partitionBy: "$g",
            sortBy: { n: 1 },
            output: { sum: { $sum: "$n", window: windows } },
          },
        },
        { $sort: { _id: 1 } },
      ])
      .toArray();
    expect(found.map(({ sum }) => sum)).toEqual([0, 1, 2, 4, 6, 9]);
  });

  states("$fill carries the last value on, and draws a line between two", async () => {
    const from = await filled([{ _id: 1, v: 2 }, { _id: 2 }, { _id: 3, v: 6 }] as Document[]);
    const filledBy = async (method: string) =>
      (await from.aggregate([{ $fill: { sortBy: { _id: 1 }, output: { v: { method } } } }]).toArray()).map(
        ({ v }) => v,
      );
    expect(await filledBy("locf")).toEqual([2, 2, 6]);
    expect(await filledBy("linear")).toEqual([2, 4, 6]);
  });

  states("$densify adds the steps that are missing", async () => {
    const from = await filled([{ n: 0 }, { n: 3 }]);
    const found = await from
      .aggregate([{ $densify: { field: "n", range: { step: 1, bounds: "full" } } }])
      .toArray();
    expect(found.map(({ n }) => n)).toEqual([0, 1, 2, 3]);
  });

  states("$densify goes on to the given upper bound, behind the last document", async () => {
    const at = (hour: number): Date => new Date(Date.UTC(2021, 4, 18, hour));
    const from = await filled([{ ts: at(0) }, { ts: at(4) }, { ts: at(9) }]);
    const range = { step: 2, unit: "hour", bounds: [at(0), at(8)] };
    const found = await from.aggregate([{ $densify: { field: "ts", range } }]).toArray();
    expect(found.map(({ ts }) => ts.getUTCHours()).sort((a, b) => a - b)).toEqual([0, 2, 4, 6, 9]);
  });

  states("$densify takes the whole range in each partition when its bounds are full", async () => {
    const from = await filled([
      { type: "a", v: { n: 0 } },
      { type: "a", v: { n: 2.5 } },
      { type: "b", v: { n: 4 } },
    ]);
    const spec = { field: "v.n", partitionByFields: ["type"], range: { step: 1, bounds: "full" } };
    const found = await from.aggregate([{ $densify: spec }, { $sort: { type: 1, "v.n": 1 } }]).toArray();
    const steps = (type: string): number[] => found.filter((doc) => doc.type === type).map(({ v }) => v.n);
    expect(steps("a")).toEqual([0, 1, 2, 2.5, 3, 4]);
    expect(steps("b")).toEqual([0, 1, 2, 3, 4]);
  });

  states("$densify takes each partition's own range when its bounds are of partitions", async () => {
    const from = await filled([
      { type: "a", n: 0 },
      { type: "a", n: 2 },
      { type: "b", n: 5 },
    ]);
    const spec = { field: "n", partitionByFields: ["type"], range: { step: 1, bounds: "partition" } };
    const found = await from.aggregate([{ $densify: spec }]).toArray();
    expect(found.map(({ type, n }) => [type, n])).toEqual([
      ["a", 0],
      ["a", 1],
      ["a", 2],
      ["b", 5],
    ]);
    const alone = { field: "n", range: { step: 1, bounds: "partition" } };
    expect((await failure(() => from.aggregate([{ $densify: alone }]).toArray())).code).toBe(5733408);
  });
});
