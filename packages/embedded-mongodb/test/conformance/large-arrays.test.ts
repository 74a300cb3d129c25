/**
 * Arrays of more elements than a call of a JavaScript function takes arguments. A document of 16 MB holds a million of
 * them (source: MongoDB manual, "BSON Document Size").
 */
import { describe, expect } from "vitest";
import { conforms, openBench } from "./servers.ts";

const { db, filled } = await openBench();
const many = 200_000;
const upTo = (end: number): { $range: [number, number] } => ({ $range: [0, end] });

describe(`an array of ${many} elements`, () => {
  conforms("is joined and united with others", async () => {
    const [found] = await db
      .aggregate([
        { $documents: [{ all: upTo(many) }] },
        { $project: { joined: { $concatArrays: ["$all", [1]] }, united: { $setUnion: ["$all", [-1, 1]] } } },
        { $project: { joined: { $size: "$joined" }, united: { $size: "$united" } } },
      ])
      .toArray();
    expect(found).toEqual({ joined: many + 1, united: many + 1 });
  });

  conforms("is pushed whole, at the end and at a position", async () => {
    const { collectionName } = await filled([{ a: [-1, -2] }]);
    const docs = db.collection<{ a: number[] }>(collectionName);
    const each = Array.from({ length: many }, (_, index) => index);
    await docs.updateOne({}, { $push: { a: { $each: each } } });
    await docs.updateOne({}, { $push: { a: { $each: each, $position: 1 } } });
    const found = await docs.findOne();
    expect(found?.a).toHaveLength(2 * many + 2);
    expect([found?.a[0], found?.a[1], found?.a[many + 1], found?.a.at(-1)]).toEqual([-1, 0, -2, many - 1]);
  });

  conforms("is opened by distinct", async () => {
    const docs = await filled([{ a: Array.from({ length: many }, (_, index) => index % 7) }]);
    expect(await docs.distinct("a")).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  conforms(
    "is followed by $graphLookup",
    async () => {
      const docs = await filled([{ _id: 0, to: Array.from({ length: many }, () => 1) }, { _id: 1 }]);
      const [found] = await docs
        .aggregate([
          { $match: { _id: 0 } },
          {
            $graphLookup: {
              from: docs.collectionName,
              startWith: 0,
              connectFromField: "to",
              connectToField: "_id",
              as: "reached",
            },
          },
          { $project: { reached: "$reached._id" } },
        ])
        .toArray();
      expect(found?.reached.toSorted()).toEqual([0, 1]);
    },
    { secantus: "answers nothing" },
  );
});
