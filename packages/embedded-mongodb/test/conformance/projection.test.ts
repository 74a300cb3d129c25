/**
 * Projections of `find` (source: MongoDB manual, "Project Fields to Return from Query", "$slice (projection)",
 * "$elemMatch (projection)", "$ (projection)", "Projection Restrictions"): what is shown of one document.
 */
import type { Document } from "mongodb";
import { describe, expect } from "vitest";
import { deviationsOf } from "./deviations.ts";
import { shown } from "./finds.ts";
import { conformsEach, failure, openBench } from "./servers.ts";

const { filled } = await openBench();
const one = {
  _id: 1,
  a: 1,
  b: { c: 2, d: { e: 3 } },
  list: [1, 2, 3, 4, 5],
  docs: [
    { k: "x", n: 1 },
    { k: "y", n: 2 },
    { k: "y", n: 3 },
  ],
  none: null,
};
const collection = await filled([one]);

interface Shows {
  fields: Document;
  filter?: Document;
  gives?: Document;
  fails?: number;
}

function shows(about: string, cases: readonly Shows[]): void {
  const titleOf = ({ fields, filter }: Shows): string =>
    filter ? `${shown(filter)} ${shown(fields)}` : shown(fields);
  describe(about, () =>
    conformsEach(
      cases.map((item) => ({ ...item, deviates: deviationsOf(`${about} > ${titleOf(item)}`) })),
      (item) => `${titleOf(item)} ${item.gives ? `shows ${shown(item.gives)}` : `fails with ${item.fails}`}`,
      async ({ fields, filter = {}, gives, fails }) => {
        const find = () => collection.find(filter).project(fields).toArray();
        if (!gives) {
          expect((await failure(find)).code).toBe(fails);
          return;
        }
        const [doc] = await find();
        expect(doc).toEqual(gives);
        expect(Object.keys(doc ?? {})).toEqual(Object.keys(gives));
      },
    ),
  );
}

const { a, b, list, docs, none } = one;
shows("fields shown and left out", [
  { fields: { a: 1 }, gives: { _id: 1, a } },
  { fields: { a: true, _id: 0 }, gives: { a } },
  { fields: { a: 0.5, _id: false }, gives: { a } },
  { fields: { none: 1, a: 1 }, gives: { _id: 1, a, none } },
  { fields: { missing: 1 }, gives: { _id: 1 } },
  { fields: { _id: 1 }, gives: { _id: 1 } },
  { fields: { _id: 0 }, gives: { a, b, list, docs, none } },
  { fields: { a: 0 }, gives: { _id: 1, b, list, docs, none } },
  { fields: { "b.c": 1 }, gives: { _id: 1, b: { c: 2 } } },
  { fields: { b: { c: 1 } }, gives: { _id: 1, b: { c: 2 } } },
  { fields: { "b.c": 0, list: 0, docs: 0, none: 0 }, gives: { _id: 1, a, b: { d: { e: 3 } } } },
  { fields: { "b.d.e": 1, "b.c": 1 }, gives: { _id: 1, b } },
  { fields: { "a.x": 1 }, gives: { _id: 1 } },
  { fields: { "docs.n": 1, _id: 0 }, gives: { docs: [{ n: 1 }, { n: 2 }, { n: 3 }] } },
  { fields: { "list.x": 1, _id: 0 }, gives: { list: [] } },
  {
    fields: { "docs.n": 0, _id: 0, list: 0, b: 0 },
    gives: { a, docs: [{ k: "x" }, { k: "y" }, { k: "y" }], none },
  },
  { fields: { "docs.0": 1, _id: 0 }, gives: { docs: [{}, {}, {}] } },
  { fields: { a: 1, b: 0 }, fails: 31254 },
  { fields: { b: 0, a: 1 }, fails: 31253 },
  { fields: { "b.c": 1, b: 1 }, fails: 31250 },
  { fields: { b: 1, "b.c": 1 }, fails: 31249 },
  { fields: { "": 1 }, fails: 40352 },
  { fields: { "b.": 1 }, fails: 40353 },
  { fields: { "b..c": 1 }, fails: 15998 },
  { fields: { $a: 1 }, fails: 16410 },
  { fields: { "b.$c": 1 }, fails: 16410 },
]);

shows("parts of arrays", [
  { fields: { list: { $slice: 2 }, docs: 0, b: 0 }, gives: { _id: 1, a, list: [1, 2], none } },
  { fields: { list: { $slice: -2 }, a: 1 }, gives: { _id: 1, a, list: [4, 5] } },
  { fields: { list: { $slice: [1, 2] }, a: 1 }, gives: { _id: 1, a, list: [2, 3] } },
  { fields: { list: { $slice: [-2, 1] }, a: 1 }, gives: { _id: 1, a, list: [4] } },
  { fields: { list: { $slice: [9, 1] }, a: 1 }, gives: { _id: 1, a, list: [] } },
  { fields: { list: { $slice: [-9, 2] }, a: 1 }, gives: { _id: 1, a, list: [1, 2] } },
  { fields: { a: { $slice: 1 }, b: 0, docs: 0, list: 0 }, gives: { _id: 1, a, none } },
  { fields: { list: { $slice: [1, 0] } }, fails: 28724 },
  { fields: { list: { $slice: [1, -1] } }, fails: 28724 },
  { fields: { list: { $slice: "1" } }, fails: 28667 },
  { fields: { docs: { $elemMatch: { k: "y" } } }, gives: { _id: 1, docs: [{ k: "y", n: 2 }] } },
  { fields: { docs: { $elemMatch: { k: "z" } } }, gives: { _id: 1 } },
  { fields: { list: { $elemMatch: { $gt: 2 } }, a: 1 }, gives: { _id: 1, a, list: [3] } },
  { fields: { "b.c": { $elemMatch: { k: 1 } } }, fails: 31275 },
  { fields: { docs: { $elemMatch: 1 } }, fails: 31274 },
  { fields: { "docs.$": 1 }, filter: { "docs.k": "y" }, gives: { _id: 1, docs: [{ k: "y", n: 2 }] } },
  { fields: { "list.$": 1, a: 1 }, filter: { list: { $gt: 3 } }, gives: { _id: 1, a, list: [4] } },
  {
    fields: { "docs.$": 1 },
    filter: { docs: { $elemMatch: { k: "y", n: 3 } } },
    gives: { _id: 1, docs: [{ k: "y", n: 3 }] },
  },
  { fields: { "docs.$": 1, "list.$": 1 }, filter: { list: 1 }, fails: 31276 },
  { fields: { "docs.$.n": 1 }, filter: { "docs.k": "y" }, fails: 31394 },
  { fields: { "list.$": 1 }, filter: { a: 1 }, fails: 51246 },
]);

shows("computed fields", [
  { fields: { sum: { $add: ["$a", "$b.c"] } }, gives: { _id: 1, sum: 3 } },
  { fields: { a: 1, b: "$b.c" }, gives: { _id: 1, a, b: 2 } },
  { fields: { a: { $literal: 1 }, _id: 0 }, gives: { a: 1 } },
  { fields: { b: { c: "$a" } }, gives: { _id: 1, b: { c: 1 } } },
  { fields: { x: "text" }, gives: { _id: 1, x: "text" } },
  { fields: { x: ["$a", 2] }, gives: { _id: 1, x: [1, 2] } },
  { fields: { x: "$missing" }, gives: { _id: 1 } },
  { fields: { a: { $nope: 1 } }, fails: 31325 },
  { fields: { a: 0, x: { $add: [1, 1] } }, fails: 31252 },
]);
