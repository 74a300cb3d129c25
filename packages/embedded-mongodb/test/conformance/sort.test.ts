/**
 * Sorting (source: MongoDB manual, "Comparison/Sort Order", "cursor.sort()", "Sort with Arrays").
 */

import type { Document, Sort } from "mongodb";
import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "mongodb";
import { describe, expect } from "vitest";
import { deviationsOf } from "./deviations.ts";
import { shown } from "./finds.ts";
import { conforms, conformsEach, failure, openBench } from "./servers.ts";

const { db, filled } = await openBench();

const states = (title: string, run: () => Promise<void>): void =>
  conforms(title, run, deviationsOf(`sort > ${title}`));

/** Values in MongoDB's order; those in one row are equal. */
const ordered: readonly (readonly unknown[])[] = [
  [new MinKey()],
  [[]],
  [null],
  [Number.NaN],
  [Number.NEGATIVE_INFINITY],
  [new Int32(-1)],
  [new Int32(0), new Double(-0), Decimal128.fromString("0.00")],
  [Decimal128.fromString("0.1")],
  [new Double(0.1)],
  [new Int32(1), new Long(1), new Double(1), Decimal128.fromString("1.0")],
  [new Double(9007199254740992)],
  [Long.fromString("9007199254740993")],
  [Number.POSITIVE_INFINITY],
  [""],
  ["A"],
  ["a"],
  ["aa"],
  ["é"],
  ["\uffff"],
  ["\u{10000}"],
  [{}],
  [{ a: 1 }],
  [{ a: 1, b: 1 }],
  [{ a: 2 }],
  [{ b: 1 }],
  [{ a: "" }],
  [new Binary(Buffer.from([9]))],
  [new Binary(Buffer.from([1, 1]))],
  [new Binary(Buffer.from([1, 2]))],
  [new Binary(Buffer.from([1, 1]), 5)],
  [new ObjectId("000000000000000000000001")],
  [new ObjectId("ff0000000000000000000000")],
  [false],
  [true],
  [new Date(-1)],
  [new Date(0)],
  [new Timestamp({ t: 1, i: 1 })],
  [new Timestamp({ t: 1, i: 2 })],
  [new Timestamp({ t: 2, i: 0 })],
  [new BSONRegExp("a", "")],
  [new BSONRegExp("a", "i")],
  [new BSONRegExp("b", "")],
  [new Code("a")],
  [new MaxKey()],
];

const all = ordered.flatMap((row, rank) => row.map((v) => ({ v, rank })));

describe("every type", () => {
  for (const index of [false, true]) {
    for (const sign of [1, -1] as const) {
      const title = `sorts ${sign > 0 ? "up" : "down"} ${index ? "by an index" : "without an index"}`;
      states(title, async () => {
        // A document of one's own order: the sort must not lean on that of insertion.
        const collection = await filled([...all].reverse().filter(({ v }) => !Array.isArray(v)));
        if (index) await collection.createIndex({ v: 1 });
        const found = await collection.find({}).sort({ v: sign }).toArray();
        const ranks = found.map(({ rank }) => rank);
        expect(ranks).toEqual([...ranks].sort((x, y) => sign * (x - y)));
        expect(found).toHaveLength(all.length - 1);
        const byStage = await collection.aggregate([{ $sort: { v: sign } }]).toArray();
        expect(byStage.map(({ rank }) => rank)).toEqual(ranks);
      });
    }
  }
});

interface Sorts {
  by: Document;
  ids: readonly number[];
}

function sorts(about: string, documents: readonly Document[], cases: readonly Sorts[]): void {
  describe(about, async () => {
    const collection = await filled(documents);
    const indexed = await filled(documents);
    conformsEach(
      cases.map((item) => ({ ...item, deviates: deviationsOf(`${about} > ${shown(item.by)}`) })),
      ({ by, ids }) => `${shown(by)} gives ${ids.join(" ")}`,
      async ({ by, ids }) => {
        const sorted = (from: typeof collection) =>
          from
            .find({})
            .sort(by as Sort)
            .project({ _id: 1 })
            .toArray();
        expect((await sorted(collection)).map(({ _id }) => _id)).toEqual(ids);
        await indexed.createIndex(by as Document as { [key: string]: 1 | -1 });
        expect((await sorted(indexed)).map(({ _id }) => _id)).toEqual(ids);
      },
    );
  });
}

sorts(
  "arrays sort by their least element upwards and their greatest downwards",
  [
    { _id: 1, v: [5, 1] },
    { _id: 2, v: 2 },
    { _id: 3, v: [3, 4] },
    { _id: 4, v: [] },
    { _id: 5 },
    { _id: 6, v: [[9], 0] },
  ],
  [
    { by: { v: 1, _id: 1 }, ids: [4, 5, 6, 1, 2, 3] },
    { by: { v: -1, _id: 1 }, ids: [6, 1, 3, 2, 5, 4] },
  ],
);

sorts(
  "several fields",
  [
    { _id: 1, a: 1, b: { c: 2 } },
    { _id: 2, a: 2, b: { c: 1 } },
    { _id: 3, a: 1, b: { c: 1 } },
    { _id: 4, a: 2 },
    { _id: 5, a: 1, b: { c: "x" } },
  ],
  [
    { by: { a: 1, "b.c": 1 }, ids: [3, 1, 5, 4, 2] },
    { by: { a: 1, "b.c": -1 }, ids: [5, 1, 3, 2, 4] },
    { by: { a: -1, "b.c": 1 }, ids: [4, 2, 3, 1, 5] },
    { by: { "b.c": 1, a: 1 }, ids: [4, 3, 2, 1, 5] },
  ],
);

describe("order and errors", () => {
  states("is kept among equals for each page of a sort with a further field", async () => {
    const collection = await filled(
      Array.from({ length: 60 }, (_, at) => ({ _id: 60 - at, g: at % 3 })) as Document[],
    );
    const pages: number[] = [];
    for (let skip = 0; skip < 60; skip += 7) {
      const page = await collection.find({}).sort({ g: 1, _id: 1 }).skip(skip).limit(7).toArray();
      pages.push(...page.map(({ _id }) => Number(_id)));
    }
    const whole = await collection.find({}).sort({ g: 1, _id: 1 }).toArray();
    expect(pages).toEqual(whole.map(({ _id }) => _id));
  });

  for (const [sort, code] of [
    [{ a: 2 }, 15975],
    [{ a: 0 }, 15975],
    [{ a: "up" }, 15974],
    [{ a: null }, 15974],
    [{ "": 1 }, 40352],
    [{ "a.": 1 }, 40353],
    [{ "a..b": 1 }, 15998],
    [{ $a: 1 }, 16410],
  ] as const)
    states(`${shown(sort)} fails with ${code}`, async () => {
      const { collectionName } = await filled([{ a: 1 }]);
      expect((await failure(() => db.command({ find: collectionName, sort }))).code).toBe(code);
    });
});
