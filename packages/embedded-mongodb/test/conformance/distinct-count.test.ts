/**
 * `distinct` and `count` (source: MongoDB manual, "distinct", "count").
 */

import type { Document } from "mongodb";
import { Decimal128, Long } from "mongodb";
import { describe, expect } from "vitest";
import { deviationsOf } from "./deviations.ts";
import { shown } from "./finds.ts";
import { conforms, conformsEach, failure, openBench } from "./servers.ts";

const { db, filled } = await openBench();
const documents: Document[] = [
  { _id: 1, v: 1, l: [1, 2], d: { x: 1 }, r: [{ k: "a" }, { k: "b" }] },
  { _id: 2, v: Long.fromNumber(1), l: [2, [3]], d: { x: 2 }, r: { k: "c" } },
  { _id: 3, v: Decimal128.fromString("1.0"), l: [], d: null, r: [] },
  { _id: 4, v: "1", l: 5, d: { x: [1, 3] }, r: [{ k: ["a", "z"] }] },
  { _id: 5, v: null },
  { _id: 6 },
];

interface Distinct {
  key: string;
  query?: Document;
  gives: readonly unknown[];
}

describe("distinct", async () => {
  const collection = await filled(documents);
  const cases: readonly Distinct[] = [
    { key: "v", gives: [null, 1, "1"] },
    { key: "l", gives: [1, 2, 5, [3]] },
    { key: "d", gives: [null, { x: 1 }, { x: 2 }, { x: [1, 3] }] },
    { key: "d.x", gives: [1, 2, 3] },
    { key: "r.k", gives: ["a", "b", "c", "z"] },
    { key: "r.0.k", gives: ["a", "z"] },
    { key: "l.0", gives: [1, 2] },
    { key: "missing", gives: [] },
    { key: "v", query: { _id: { $gt: 3 } }, gives: [null, "1"] },
    { key: "v", query: { _id: 99 }, gives: [] },
  ];
  conformsEach(
    cases.map((item) => ({ ...item, deviates: deviationsOf(`distinct > ${item.key} ${shown(item.query)}`) })),
    ({ key, query, gives }) => `${key} of ${shown(query ?? {})} gives ${shown(gives)}`,
    async ({ key, query = {}, gives }) => {
      const values = await collection.distinct(key, query, { promoteValues: true });
      const plain = values.map((value: unknown) =>
        value instanceof Decimal128 ? Number(value.toString()) : value,
      );
      const text = (list: readonly unknown[]): string[] => list.map((value) => shown(value)).sort();
      expect(text(plain)).toEqual(text(gives));
    },
  );
});

describe("count", async () => {
  const collection = await filled(documents);
  const counts: readonly (Document & { n: number })[] = [
    { n: 6 },
    { query: { v: 1 }, n: 3 },
    { query: { v: null }, n: 2 },
    { skip: 2, n: 4 },
    { limit: 4, n: 4 },
    { skip: 4, limit: 4, n: 2 },
    { skip: 9, n: 0 },
    { limit: -3, n: 3 },
    { limit: 0, n: 6 },
    { query: { l: { $exists: true } }, skip: 1, limit: 2, n: 2 },
  ];
  conformsEach(
    counts.map((item) => ({ ...item, deviates: deviationsOf(`count > ${shown(item)}`) })),
    (item) => shown(item),
    async ({ n, deviates: _, ...rest }) => {
      expect((await db.command({ count: collection.collectionName, ...rest })).n).toBe(n);
    },
  );
  const wrong: readonly (Document & { code: number })[] = [
    { count: "c", skip: -1, code: 2 },
    { count: "c", query: 1, code: 14 },
    { count: "c", limit: "1", code: 14 },
    { count: "", code: 73 },
    { count: "c", nope: 1, code: 40415 },
    { distinct: "c", key: 1, code: 14 },
    { distinct: "c", code: 40414 },
    { distinct: "c", key: "a", query: 1, code: 14 },
    { distinct: "c", key: "a", nope: 1, code: 40415 },
  ];
  for (const { code, ...command } of wrong)
    conforms(
      `${shown(command)} fails with ${code}`,
      async () => expect((await failure(() => db.command(command))).code).toBe(code),
      deviationsOf(`count > ${shown(command)}`),
    );
  conforms("of a collection that is not there is zero", async () => {
    expect((await db.command({ count: "nowhere" })).n).toBe(0);
    expect((await db.command({ distinct: "nowhere", key: "a" })).values).toEqual([]);
  });
});
