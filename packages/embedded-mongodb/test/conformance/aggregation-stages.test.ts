/**
 * Aggregation stages, each with what it gives in order (source: MongoDB manual, "Aggregation Stages").
 */
import { Decimal128, type Document, Double, Long } from "mongodb";
import { describe, expect } from "vitest";
import { deviationsOf } from "./deviations.ts";
import { shown } from "./finds.ts";
import { conforms, conformsEach, failure, keepTypes, openBench, typed } from "./servers.ts";

const bench = await openBench();

type StageCase = readonly [pipeline: Document[], gives: readonly unknown[] | number];

function pipelines(about: string, documents: readonly Document[], cases: readonly StageCase[]): void {
  describe(about, () => {
    conformsEach(
      cases.map(([pipeline, gives]) => ({
        pipeline,
        gives,
        deviates: deviationsOf(`${about} > ${shown(pipeline)}`),
      })),
      ({ pipeline }) => shown(pipeline),
      async ({ pipeline, gives }) => {
        const { collectionName } = await bench.filled(documents);
        const run = () =>
          bench.db.collection(collectionName, keepTypes).aggregate(pipeline, keepTypes).toArray();
        if (typeof gives === "number") expect((await failure(run)).code).toBe(gives);
        else expect(typed(await run())).toEqual(typed(gives));
      },
    );
  });
}

const sales = [
  { _id: 1, item: "a", n: 2, price: 10, tags: ["x", "y"] },
  { _id: 2, item: "b", n: 1, price: 20.5, tags: [] },
  { _id: 3, item: "a", n: 5, price: new Double(30), tags: ["x"] },
  { _id: 4, item: "c", n: Long.fromNumber(3), price: null },
];

pipelines("stages on single documents", sales, [
  [
    [{ $match: { item: "a" } }, { $project: { n: 1 } }],
    [
      { _id: 1, n: 2 },
      { _id: 3, n: 5 },
    ],
  ],
  [[{ $match: { _id: 1 } }, { $project: { _id: 0, double: { $multiply: ["$n", 2] } } }], [{ double: 4 }]],
  [[{ $match: { _id: 1 } }, { $project: { tags: 0, price: 0 } }], [{ _id: 1, item: "a", n: 2 }]],
  [[{ $match: { _id: 1 } }, { $project: { a: { b: "$n" }, _id: 0 } }], [{ a: { b: 2 } }]],
  [
    [{ $match: { _id: 2 } }, { $set: { n: 9, "x.y": 1 } }, { $unset: ["tags", "price"] }],
    [{ _id: 2, item: "b", n: 9, x: { y: 1 } }],
  ],
  [
    [{ $match: { _id: 2 } }, { $addFields: { n: "$$REMOVE", tags: "$missing" } }],
    [{ _id: 2, item: "b", price: 20.5 }],
  ],
  [[{ $match: { _id: 1 } }, { $replaceRoot: { newRoot: { t: "$tags" } } }], [{ t: ["x", "y"] }]],
  [[{ $match: { _id: 1 } }, { $replaceWith: "$n" }], 40228],
  [
    [{ $sort: { _id: -1 } }, { $skip: 1 }, { $limit: 2 }, { $project: { _id: 1 } }],
    [{ _id: 3 }, { _id: 2 }],
  ],
  [
    [{ $sort: { item: -1, n: -1 } }, { $project: { _id: 1 } }],
    [{ _id: 4 }, { _id: 2 }, { _id: 3 }, { _id: 1 }],
  ],
  [[{ $count: "all" }], [{ all: 4 }]],
  [[{ $match: { item: "z" } }, { $count: "all" }], []],
  [[{ $limit: 0 }], 15958],
  [[{ $skip: -1 }], 5107200],
  [[{ $sort: {} }], 15976],
  [[{ $sort: { a: 2 } }], 15975],
  [[{ $project: {} }], 51272],
  [[{ $project: { a: 1, b: 0 } }], 31254],
  [[{ $project: { a: 0, b: 1 } }], 31253],
  [[{ $project: { a: 1, "a.b": 1 } }], 31249],
  [[{ $count: "" }], 40156],
  [[{ $nope: 1 }], 40324],
  [[{ $match: {}, $limit: 1 }], 40323],
  [[{ $unset: "" }], 40352],
]);

pipelines("$unwind", sales, [
  [
    [{ $unwind: "$tags" }, { $project: { tags: 1 } }],
    [
      { _id: 1, tags: "x" },
      { _id: 1, tags: "y" },
      { _id: 3, tags: "x" },
    ],
  ],
  [
    [
      { $match: { _id: { $gte: 2 } } },
      { $unwind: { path: "$tags", includeArrayIndex: "at", preserveNullAndEmptyArrays: true } },
      { $project: { tags: 1, at: 1 } },
    ],
    [
      { _id: 2, at: null },
      { _id: 3, tags: "x", at: Long.fromNumber(0) },
      { _id: 4, at: null },
    ],
  ],
  [[{ $match: { _id: 1 } }, { $unwind: "$item" }, { $project: { item: 1 } }], [{ _id: 1, item: "a" }]],
  [[{ $unwind: "tags" }], 28818],
  [[{ $unwind: {} }], 28812],
  [[{ $unwind: { path: "$tags", x: 1 } }], 28811],
  [[{ $unwind: { path: "$tags", includeArrayIndex: "$a" } }], 28822],
  [[{ $unwind: { path: "$tags", preserveNullAndEmptyArrays: 1 } }], 28809],
]);

const last = { $sort: { _id: 1 } };
pipelines("$group and its accumulators", sales, [
  [
    [{ $group: { _id: "$item", n: { $sum: "$n" } } }, last],
    [
      { _id: "a", n: 7 },
      { _id: "b", n: 1 },
      { _id: "c", n: Long.fromNumber(3) },
    ],
  ],
  [
    [{ $group: { _id: null, n: { $sum: "$n" }, price: { $sum: "$price" }, count: { $sum: 1 } } }],
    [{ _id: null, n: Long.fromNumber(11), price: 60.5, count: 4 }],
  ],
  [
    [{ $group: { _id: null, avg: { $avg: "$n" }, min: { $min: "$price" }, max: { $max: "$price" } } }],
    [{ _id: null, avg: 2.75, min: 10, max: new Double(30) }],
  ],
  [[{ $group: { _id: null, c: { $count: {} } } }], [{ _id: null, c: 4 }]],
  [
    [
      last,
      { $group: { _id: "$item", f: { $first: "$n" }, l: { $last: "$n" }, p: { $push: "$_id" } } },
      last,
      { $limit: 1 },
    ],
    [{ _id: "a", f: 2, l: 5, p: [1, 3] }],
  ],
  [
    [{ $group: { _id: { i: "$item" } } }, { $sort: { "_id.i": 1 } }],
    [{ _id: { i: "a" } }, { _id: { i: "b" } }, { _id: { i: "c" } }],
  ],
  [[{ $group: { _id: "$missing", s: { $sum: 1 } } }], [{ _id: null, s: 4 }]],
  [
    [
      {
        $group: {
          _id: null,
          t: { $top: { sortBy: { n: -1 }, output: "$_id" } },
          b: { $bottom: { sortBy: { n: -1 }, output: "$_id" } },
        },
      },
    ],
    [{ _id: null, t: 3, b: 2 }],
  ],
  [
    [
      {
        $group: {
          _id: null,
          t: { $topN: { n: 2, sortBy: { n: -1 }, output: "$_id" } },
          b: { $bottomN: { n: 2, sortBy: { n: -1 }, output: "$_id" } },
        },
      },
    ],
    [{ _id: null, t: [3, 4], b: [1, 2] }],
  ],
  [
    [
      last,
      {
        $group: {
          _id: null,
          f: { $firstN: { n: 2, input: "$_id" } },
          l: { $lastN: { n: 2, input: "$_id" } },
        },
      },
    ],
    [{ _id: null, f: [1, 2], l: [3, 4] }],
  ],
  [
    [
      {
        $group: {
          _id: null,
          f: { $minN: { n: 2, input: "$price" } },
          l: { $maxN: { n: 2, input: "$price" } },
        },
      },
    ],
    [{ _id: null, f: [10, 20.5], l: [new Double(30), 20.5] }],
  ],
  [[{ $match: { item: "a" } }, { $group: { _id: null, p: { $stdDevPop: "$n" } } }], [{ _id: null, p: 1.5 }]],
  [
    [{ $group: { _id: null, m: { $median: { input: "$_id", method: "approximate" } } } }],
    [{ _id: null, m: new Double(2) }],
  ],
  [
    [{ $group: { _id: null, m: { $percentile: { input: "$_id", p: [0.5, 1], method: "approximate" } } } }],
    [{ _id: null, m: [new Double(2), new Double(4)] }],
  ],
  [
    [{ $group: { _id: "$item", m: { $mergeObjects: { k: "$_id" } } } }, last, { $limit: 1 }],
    [{ _id: "a", m: { k: 3 } }],
  ],
  [[{ $sortByCount: "$item" }, { $limit: 1 }], [{ _id: "a", count: 2 }]],
  [[{ $group: { n: { $sum: 1 } } }], 15955],
  [[{ $group: { _id: 1, n: 5 } }], 40234],
  [[{ $group: { _id: 1, n: { $nope: 1 } } }], 15952],
  [[{ $group: { _id: 1, n: { $sum: 1, $avg: 1 } } }], 40238],
  [[{ $group: { _id: 1, "a.b": { $sum: 1 } } }], 40235],
  [[{ $group: 1 }], 15947],
]);

pipelines(
  "buckets and facets",
  [1, 2, 3, 4, 5, 6].map((n) => ({ _id: n, n, x: Decimal128.fromString(`${n}.5`) })),
  [
    [
      [{ $bucket: { groupBy: "$n", boundaries: [1, 3, 6], default: "rest" } }],
      [
        { _id: 1, count: 2 },
        { _id: 3, count: 3 },
        { _id: "rest", count: 1 },
      ],
    ],
    [
      [{ $bucket: { groupBy: "$n", boundaries: [0, 10], output: { s: { $sum: "$x" } } } }],
      [{ _id: 0, s: Decimal128.fromString("24.0") }],
    ],
    [[{ $bucket: { groupBy: "$n", boundaries: [1, 3] } }], 40066],
    [[{ $bucket: { groupBy: "$n", boundaries: [3, 1] } }], 40194],
    [[{ $bucket: { groupBy: "$n", boundaries: [1] } }], 40192],
    [[{ $bucket: { groupBy: "$n" } }], 40198],
    [
      [{ $bucketAuto: { groupBy: "$n", buckets: 3 } }],
      [
        { _id: { min: 1, max: 3 }, count: 2 },
        { _id: { min: 3, max: 5 }, count: 2 },
        { _id: { min: 5, max: 6 }, count: 2 },
      ],
    ],
    [
      [
        {
          $facet: { all: [{ $count: "n" }], big: [{ $match: { n: { $gt: 5 } } }, { $project: { _id: 1 } }] },
        },
      ],
      [{ all: [{ n: 6 }], big: [{ _id: 6 }] }],
    ],
    [[{ $facet: { a: [{ $facet: {} }] } }], 40600],
    [[{ $facet: {} }], 40169],
  ],
);

pipelines(
  "$redact",
  [{ _id: 1, level: 1, inner: { level: 5, s: 1 }, list: [{ level: 1 }, { level: 9 }], flat: 3 }],
  [
    [
      [{ $redact: { $cond: [{ $lte: ["$level", 3] }, "$$DESCEND", "$$PRUNE"] } }],
      [{ _id: 1, level: 1, list: [{ level: 1 }], flat: 3 }],
    ],
    [[{ $redact: "$$KEEP" }, { $project: { flat: 1 } }], [{ _id: 1, flat: 3 }]],
    [[{ $redact: "$$PRUNE" }], []],
    [[{ $redact: 5 }], 17053],
  ],
);

conforms(
  "$lookup joins by field and by pipeline, $unionWith appends, $graphLookup follows",
  async () => {
    const people = await bench.filled([
      { _id: 1, name: "Ada", boss: null },
      { _id: 2, name: "Bob", boss: 1 },
      { _id: 3, name: "Eve", boss: 2 },
    ]);
    const from = people.collectionName;
    const joined = await people
      .aggregate([
        { $lookup: { from, localField: "boss", foreignField: "_id", as: "b" } },
        { $sort: { _id: 1 } },
        { $project: { b: "$b.name" } },
      ])
      .toArray();
    expect(joined).toEqual([
      { _id: 1, b: [] },
      { _id: 2, b: ["Ada"] },
      { _id: 3, b: ["Bob"] },
    ]);
    const correlated = await people
      .aggregate([
        { $match: { _id: 1 } },
        {
          $lookup: {
            from,
            let: { me: "$_id" },
            pipeline: [{ $match: { $expr: { $eq: ["$boss", "$$me"] } } }, { $project: { _id: 1 } }],
            as: "staff",
          },
        },
      ])
      .toArray();
    expect(correlated).toEqual([{ _id: 1, name: "Ada", boss: null, staff: [{ _id: 2 }] }]);
    const union = await people
      .aggregate([
        { $match: { _id: 1 } },
        { $unionWith: { coll: from, pipeline: [{ $match: { _id: 3 } }] } },
        { $project: { _id: 1 } },
      ])
      .toArray();
    expect(union).toEqual([{ _id: 1 }, { _id: 3 }]);
    const chain = await people
      .aggregate([
        { $match: { _id: 3 } },
        {
          $graphLookup: {
            from,
            startWith: "$boss",
            connectFromField: "boss",
            connectToField: "_id",
            as: "up",
            depthField: "d",
          },
        },
        { $unwind: "$up" },
        { $sort: { "up.d": 1 } },
        { $project: { _id: 0, n: "$up.name", d: "$up.d" } },
      ])
      .toArray();
    expect(chain).toEqual([
      { n: "Bob", d: 0 },
      { n: "Ada", d: 1 },
    ]);
  },
  { secantus: "a path through an array gives nothing" },
);
