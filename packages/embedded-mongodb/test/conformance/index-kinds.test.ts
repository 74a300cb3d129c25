import type { Document } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, conformsEach, type Deviating, failure, openBench } from "./servers.ts";

const bench = await openBench();

interface Listed extends Deviating {
  about: string;
  index: Document;
  /** What `listIndexes` tells beside the version and the name. */
  listed: Document;
}

const english = { default_language: "english", language_override: "language", textIndexVersion: 3 };
const words = { _fts: "text", _ftsx: 1 };

// Source: MongoDB manual, "createIndexes", "Text Indexes", "Geospatial Indexes", "Hashed Indexes", "Wildcard Indexes".
const kinds: readonly Listed[] = [
  {
    about: "of words",
    index: { key: { subject: "text", about: "text" }, weights: { subject: 5 } },
    listed: { key: words, weights: { about: 1, subject: 5 }, ...english },
    deviates: { documentdb: "tells another version", secantus: "has no text indexes" },
  },
  {
    about: "of words in another language, between other fields",
    index: {
      key: { kind: 1, text: "text", rank: -1 },
      default_language: "french",
      language_override: "idioma",
    },
    listed: {
      key: { kind: 1, ...words, rank: -1 },
      weights: { text: 1 },
      ...english,
      default_language: "french",
      language_override: "idioma",
    },
    deviates: { documentdb: "tells another version", secantus: "has no text indexes" },
  },
  {
    about: "of every word",
    index: { key: { "$**": "text" } },
    listed: { key: words, weights: { "$**": 1 }, ...english },
    deviates: { documentdb: "tells another version", secantus: "has no text indexes" },
  },
  {
    about: "of places on the sphere",
    index: { key: { at: "2dsphere", kind: 1 }, sparse: true },
    listed: { key: { at: "2dsphere", kind: 1 }, sparse: true, "2dsphereIndexVersion": 3 },
    deviates: { documentdb: "takes no further field", secantus: "holds the same index for another" },
  },
  {
    about: "of places on a plane",
    index: { key: { at: "2d" }, bits: 20, min: -10, max: 10 },
    listed: { key: { at: "2d" }, bits: 20, min: -10, max: 10 },
  },
  {
    about: "of hashes",
    index: { key: { a: "hashed", b: 1 } },
    listed: { key: { a: "hashed", b: 1 } },
    deviates: { secantus: "has no hashed indexes" },
  },
  {
    about: "of every field",
    index: { key: { "$**": 1 }, wildcardProjection: { a: 1, "b.c": 1 } },
    listed: { key: { "$**": 1 }, wildcardProjection: { a: 1, "b.c": 1 } },
    deviates: { documentdb: "tells it in another form" },
  },
  {
    about: "of every field below one",
    index: { key: { "a.$**": 1 } },
    listed: { key: { "a.$**": 1 } },
    deviates: { documentdb: "tells a storage engine" },
  },
];

describe("an index", () => {
  conformsEach(
    kinds,
    ({ about }) => `${about} is listed as it was made, made again without a change, and dropped`,
    async ({ index, listed }) => {
      const docs = await bench.filled([{ a: 1 }]);
      const make = () =>
        bench.db.command({ createIndexes: docs.collectionName, indexes: [{ ...index, name: "it" }] });
      expect(await make()).toMatchObject({ numIndexesAfter: 2 });
      expect(await make()).toMatchObject({ numIndexesAfter: 2 });
      const [, made] = await docs.indexes();
      expect(made).toEqual({ v: 2, name: "it", ...listed });
      // What is listed makes the same index again, as a restored backup does.
      const copy = await bench.filled([{ a: 1 }]);
      await bench.db.command({ createIndexes: copy.collectionName, indexes: [made] });
      expect((await copy.indexes())[1]).toEqual(made);
      await docs.dropIndex("it");
      expect(await docs.indexes()).toHaveLength(1);
    },
  );
});

interface Refused extends Deviating {
  index: Document;
  code: number;
}
const refused: readonly Refused[] = [
  { index: { key: { a: "nonsense" } }, code: 67 },
  { index: { key: { a: "text", b: 1, c: "text" } }, code: 67 },
  { index: { key: { a: "text" }, default_language: "klingon" }, code: 67 },
  { index: { key: { a: "text" }, weights: { a: 0 } }, code: 67, deviates: { documentdb: "accepts it" } },
  { index: { key: { a: "hashed" }, unique: true }, code: 16764, deviates: { secantus: "refuses with 67" } },
  {
    index: { key: { a: "hashed", b: "hashed" } },
    code: 31303,
    deviates: { documentdb: "refuses with 67", secantus: "refuses with 67" },
  },
  {
    index: { key: { "$**": 1 }, sparse: true },
    code: 67,
    deviates: { documentdb: "refuses with 197", secantus: "refuses with another code" },
  },
  {
    index: { key: { "$**": 1 }, unique: true },
    code: 67,
    deviates: { documentdb: "refuses with 9", secantus: "refuses with another code" },
  },
  { index: { key: { "$**": 1 }, wildcardProjection: {} }, code: 9 },
  {
    index: { key: { "a.$**": 1 }, wildcardProjection: { a: 1 } },
    code: 9,
    deviates: { secantus: "accepts it" },
  },
  { index: { key: { a: 1 }, wildcardProjection: { a: 1 } }, code: 2 },
];

describe("an index that makes no sense", () => {
  conformsEach(
    refused,
    ({ index, code }) => `is refused: ${JSON.stringify(index)} with ${code}`,
    async ({ index, code }) => {
      const docs = await bench.filled([{ z: 1 }]);
      const make = () =>
        bench.db.command({ createIndexes: docs.collectionName, indexes: [{ ...index, name: "it" }] });
      expect((await failure(make)).code).toBe(code);
      expect(await docs.indexes()).toHaveLength(1);
    },
  );
});

describe("a collection", () => {
  conforms(
    "has one text index at most",
    async () => {
      const docs = await bench.filled([]);
      await docs.createIndex({ a: "text" });
      expect((await failure(() => docs.createIndex({ b: "text" }))).code).toBe(85);
      await docs.dropIndex("a_text");
      await docs.createIndex({ b: "text" });
    },
    { documentdb: "refuses with 17194", secantus: "has no text indexes" },
  );
  conforms(
    "can hold its index of words unique, and then takes no word of the same score twice",
    async () => {
      const docs = await bench.filled([{ _id: 1, a: "red apple" }]);
      await docs.createIndex({ a: "text" }, { unique: true });
      expect((await docs.indexes())[1]).toMatchObject({ unique: true, weights: { a: 1 } });
      const again = await failure(() => docs.insertOne({ a: "apples, green" }));
      expect(again.code).toBe(11000);
      await docs.insertOne({ _id: 2, a: "apple" } as Document);
      await docs.deleteOne({ _id: 1 } as Document);
      await docs.insertOne({ a: "apples, green" });
      await docs.dropIndex("a_text");
      await docs.insertOne({ _id: 3, a: "apple" } as Document);
      expect((await failure(() => docs.createIndex({ a: "text" }, { unique: true }))).code).toBe(11000);
    },
    { documentdb: "refuses it", secantus: "has no text indexes" },
  );
  conforms("keeps its index of a name when another of that name is asked for", async () => {
    const docs = await bench.filled([]);
    await docs.createIndex({ a: "2dsphere" }, { name: "it" });
    expect((await failure(() => docs.createIndex({ b: "hashed" }, { name: "it" }))).code).toBe(86);
  });
  conforms(
    "takes no document whose place is none",
    async () => {
      const docs = await bench.filled([{ _id: 1, at: { type: "Point", coordinates: [1, 2] } }]);
      await docs.createIndex({ at: "2dsphere" });
      const wrong: unknown[] = [
        "here",
        { type: "Point", coordinates: [200, 0] },
        { type: "Point", coordinates: ["a", "b"] },
        { type: "Blob", coordinates: [1, 2] },
        {
          type: "Polygon",
          coordinates: [
            [
              [0, 0],
              [1, 1],
              [1, 0],
              [2, 2],
            ],
          ],
        },
        { type: "LineString", coordinates: [[0, 0]] },
      ];
      for (const at of wrong) {
        expect((await failure(() => docs.insertOne({ at }))).code).toBe(16755);
        expect((await failure(() => docs.updateOne({}, { $set: { at } }))).code).toBe(16755);
      }
      await docs.insertMany([
        { at: [3, 4] },
        {},
        { at: null },
        { at: [{ type: "Point", coordinates: [1, 2] }] },
      ]);
      expect(await docs.countDocuments()).toBe(5);
    },
    { documentdb: "refuses with a code of its own", secantus: "refuses with 16572" },
  );
  conforms(
    "gets no index of places when it has what is no place",
    async () => {
      const docs = await bench.filled([{ at: { type: "Point", coordinates: [200, 0] } }]);
      expect((await failure(() => docs.createIndex({ at: "2dsphere" }))).code).toBe(16755);
      expect(await docs.indexes()).toHaveLength(1);
    },
    { secantus: "refuses with 16572" },
  );
  conforms(
    "takes no place outside a plane, and no array where hashes are kept",
    async () => {
      const docs = await bench.filled([]);
      await docs.createIndex({ at: "2d" }, { min: 0, max: 10 });
      await docs.createIndex({ a: "hashed" });
      await docs.insertOne({ at: [1, 2], a: { b: 1 } });
      expect((await failure(() => docs.insertOne({ at: [1, 20] }))).code).toBe(13027);
      expect((await failure(() => docs.insertOne({ a: [1] }))).code).toBe(16766);
    },
    { documentdb: "refuses with a code of its own", secantus: "has no hashed indexes" },
  );
  conforms(
    "is searched rightly whatever kinds of index it has, also with a hint",
    async () => {
      const docs = await bench.filled([
        { _id: 1, a: "x", b: { c: 1 } },
        { _id: 2, a: "y", b: { c: 2 } },
        { _id: 3, b: { c: 1 } },
      ]);
      await docs.createIndexes([
        { key: { a: "hashed" } },
        { key: { "$**": 1 } },
        { key: { at: "2dsphere" } },
      ]);
      const found = (filter: Document, hint?: string) =>
        docs
          .find(filter, hint === undefined ? {} : { hint })
          .sort({ _id: 1 })
          .toArray()
          .then((list) => list.map(({ _id }) => Number(_id)));
      expect(await found({ a: "x" })).toEqual([1]);
      expect(await found({ a: "y" }, "a_hashed")).toEqual([2]);
      expect(await found({ "b.c": 1 })).toEqual([1, 3]);
      expect(await found({ "b.c": 1 }, "$**_1")).toEqual([1, 3]);
      expect(await found({ a: null })).toEqual([3]);
      await docs.updateOne({ a: "x" }, { $set: { a: "z" } });
      await docs.deleteOne({ a: "y" });
      expect(await found({ a: "z" }, "a_hashed")).toEqual([1]);
      expect(await bench.db.command({ validate: docs.collectionName })).toMatchObject({
        valid: true,
        nIndexes: 4,
      });
    },
    { secantus: "has no hashed indexes" },
  );
});
