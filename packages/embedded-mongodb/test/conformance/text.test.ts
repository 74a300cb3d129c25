import type { Collection, Document } from "mongodb";
import { beforeAll, describe, expect } from "vitest";
import { conforms, failure, openBench } from "./servers.ts";

const bench = await openBench();

// The articles are ours; what is expected follows MongoDB's manual, "$text" and "Text Search Languages".
const articles = [
  { _id: 1, subject: "coffee", author: "ada", views: 50 },
  { _id: 2, subject: "Coffee Shopping", author: "eve", views: 5 },
  { _id: 3, subject: "Baking a cake", author: "ada", views: 90 },
  { _id: 4, subject: "baking", author: "bob", views: 100 },
  { _id: 5, subject: "Café con Leche", author: "ada", views: 200 },
  { _id: 6, subject: "coffee and cream", author: "eve", views: 10 },
  { _id: 7, subject: "tea", notes: ["without coffee", "with milk"], views: 1 },
];

const search = ($search: string, more: Document = {}): Document => ({ $text: { $search, ...more } });

function words(title: string, run: () => Promise<void>, documentdb?: string): void {
  conforms(title, run, { secantus: "has no text indexes", documentdb });
}

async function ids(docs: Collection<Document>, filter: Document): Promise<number[]> {
  const found = await docs.find(filter).project({ _id: 1 }).toArray();
  return found.map(({ _id }) => Number(_id)).sort((a, b) => a - b);
}

describe("$text", () => {
  let docs: Collection<Document>;
  beforeAll(async () => {
    docs = await bench.filled(articles);
    await docs.createIndex({ subject: "text" });
  });

  words("finds documents that have any of the words, in any case and without their endings", async () => {
    expect(await ids(docs, search("coffee"))).toEqual([1, 2, 6]);
    expect(await ids(docs, search("COFFEE tea"))).toEqual([1, 2, 6, 7]);
    expect(await ids(docs, search("bake"))).toEqual([3, 4]);
    expect(await ids(docs, search("baked cakes"))).toEqual([3, 4]);
  });
  words(
    "leaves out documents with a negated word or phrase",
    async () => {
      expect(await ids(docs, search("coffee -shop"))).toEqual([1, 6]);
      expect(await ids(docs, search('coffee -"and cream"'))).toEqual([1, 2]);
      expect(await ids(docs, search("-coffee"))).toEqual([]);
    },
    "finds all that have not the word when only negated ones are asked for",
  );
  words("finds phrases as they are written", async () => {
    expect(await ids(docs, search('"coffee shop"'))).toEqual([2]);
    expect(await ids(docs, search('"coffee and cream"'))).toEqual([6]);
    expect(await ids(docs, search('"cream coffee"'))).toEqual([]);
  });
  words(
    "heeds case and diacritics only when asked to",
    async () => {
      expect(await ids(docs, search("cafe"))).toEqual([5]);
      expect(await ids(docs, search("CAFÉ"))).toEqual([5]);
      expect(await ids(docs, search("cafe", { $diacriticSensitive: true }))).toEqual([]);
      expect(await ids(docs, search("Coffee", { $caseSensitive: true }))).toEqual([2]);
      expect(await ids(docs, search("Bake", { $caseSensitive: true }))).toEqual([3]);
    },
    "heeds diacritics always",
  );
  words("finds no common words, except in a language without any", async () => {
    expect(await ids(docs, search("and a"))).toEqual([]);
    expect(await ids(docs, search("and", { $language: "none" }))).toEqual([]);
  });
  words("goes with other conditions and stands in $and and $or", async () => {
    expect(await ids(docs, { ...search("coffee"), views: { $gt: 9 } })).toEqual([1, 6]);
    expect(await ids(docs, { $and: [search("coffee"), { author: "eve" }] })).toEqual([2, 6]);
  });
  words(
    "scores a word by its share of the field and its frequency",
    async () => {
      const scored = await docs
        .find(search("coffee"))
        .project({ score: { $meta: "textScore" } })
        .sort({ score: { $meta: "textScore" } })
        .toArray();
      expect(scored.map(({ _id, score }) => [_id, score])).toEqual([
        [1, 1],
        [2, 0.75],
        [6, 0.75],
      ]);
      // Alone, $meta takes nothing else away.
      expect(scored[0]).toEqual({ ...articles[0], score: 1 });
    },
    "scores in its own way",
  );
  words(
    "scores in projections that include and that exclude",
    async () => {
      const score = { $meta: "textScore" };
      expect(await docs.findOne(search("tea"), { projection: { _id: 0, subject: 1, score } })).toEqual({
        subject: "tea",
        score: 1.1,
      });
      expect(await docs.findOne(search("tea"), { projection: { notes: 0, score } })).toEqual({
        _id: 7,
        subject: "tea",
        views: 1,
        score: 1.1,
      });
    },
    "scores in its own way",
  );
  words(
    "scores in sorts with a limit, and with a sort by a field",
    async () => {
      const best = docs.find(search("coffee cream")).sort({ score: { $meta: "textScore" } });
      expect((await best.limit(1).toArray()).map(({ _id }) => _id)).toEqual([6]);
      const byViews = await docs
        .find(search("coffee"))
        .sort({ views: 1 })
        .project({ _id: 1, score: { $meta: "textScore" } })
        .toArray();
      expect(byViews).toEqual([
        { _id: 2, score: 0.75 },
        { _id: 6, score: 0.75 },
        { _id: 1, score: 1 },
      ]);
    },
    "scores in its own way",
  );
  words(
    "scores in the stages of an aggregation",
    async () => {
      const score = { $meta: "textScore" };
      expect(
        await docs
          .aggregate([
            { $match: search("coffee cream") },
            { $sort: { score, _id: 1 } },
            { $project: { subject: 1, score } },
            { $match: { score: { $gt: 1 } } },
          ])
          .toArray(),
      ).toEqual([{ _id: 6, subject: "coffee and cream", score: 1.5 }]);
      expect(
        await docs
          .aggregate([
            { $match: search("coffee") },
            { $group: { _id: score, n: { $sum: 1 } } },
            { $sort: { _id: 1 } },
          ])
          .toArray(),
      ).toEqual([
        { _id: 0.75, n: 2 },
        { _id: 1, n: 1 },
      ]);
    },
    "scores in its own way",
  );
  words(
    "selects what is counted, changed and removed",
    async () => {
      const own = await bench.filled(articles);
      await own.createIndex({ subject: "text" });
      expect(await own.countDocuments(search("coffee"))).toBe(3);
      expect(await own.distinct("author", search("bake"))).toEqual(["ada", "bob"]);
      expect(await own.updateMany(search("coffee"), { $set: { hot: true } })).toMatchObject({
        modifiedCount: 3,
      });
      expect(await own.updateOne(search("cake"), { $set: { hot: true } })).toMatchObject({
        modifiedCount: 1,
      });
      const best = await own.findOneAndDelete(search("coffee cream"), {
        sort: { score: { $meta: "textScore" } },
        projection: { score: { $meta: "textScore" } },
      });
      expect(best).toMatchObject({ _id: 6, score: 1.5 });
      expect(await own.deleteMany(search("coffee"))).toMatchObject({ deletedCount: 2 });
      expect(await ids(own, {})).toEqual([3, 4, 5, 7]);
    },
    "knows no score in findAndModify",
  );
  words(
    "is refused without a text index, and where no search begins",
    async () => {
      const bare = await bench.filled(articles);
      const text = search("coffee");
      expect((await failure(() => bare.find(text).toArray())).code).toBe(27);
      expect((await failure(() => bare.countDocuments(text))).code).toBe(27);
      expect((await failure(() => bare.deleteMany(text))).code).toBe(27);
      expect((await failure(() => docs.aggregate([{ $limit: 3 }, { $match: text }]).toArray())).code).toBe(
        17313,
      );
      expect((await failure(() => docs.find({ $nor: [text] }).toArray())).code).toBe(2);
      const score = { $meta: "textScore" };
      expect((await failure(() => docs.find({}).project({ score }).toArray())).code).toBe(40218);
    },
    "refuses with a code of its own",
  );
  words(
    "is refused when it is not well formed",
    async () => {
      for (const operand of ["coffee", { $search: "a", $language: "klingon" }, { $search: "a", $unknown: 1 }])
        expect((await failure(() => docs.find({ $text: operand } as Document).toArray())).code).toBeOneOf([
          2, 9, 14,
        ]);
      expect(
        (await failure(() => docs.find({ $text: { $search: 1 } } as Document).toArray())).code,
      ).toBeOneOf([2, 14]);
    },
    "takes fields that there are not",
  );
});

describe("a text index", () => {
  words(
    "weighs its fields",
    async () => {
      const docs = await bench.filled([
        { _id: 1, title: "red mug", text: "blue" },
        { _id: 2, title: "blue mug", text: "red" },
      ]);
      await docs.createIndex({ title: "text", text: "text" }, { weights: { title: 10 } });
      const score = { $meta: "textScore" };
      const found = await docs.find(search("red")).project({ score }).sort({ score }).toArray();
      expect(found.map(({ _id }) => _id)).toEqual([1, 2]);
      expect(found[0]?.score).toBeCloseTo(7.5);
      expect(found[1]?.score).toBeCloseTo(1.1);
    },
    "scores in its own way",
  );
  words("of every field searches arrays and documents inside documents", async () => {
    const docs = await bench.filled(articles);
    await docs.createIndex({ "$**": "text" });
    expect(await ids(docs, search("milk"))).toEqual([7]);
    expect(await ids(docs, search("coffee"))).toEqual([1, 2, 6, 7]);
    expect(await ids(docs, search("eve"))).toEqual([2, 6]);
  });
  words(
    "takes a document's language from its field",
    async () => {
      const docs = await bench.filled([
        { _id: 1, text: "the mugs" },
        { _id: 2, text: "the mugs", language: "none" },
        { _id: 3, text: "mug", language: "none" },
      ]);
      await docs.createIndex({ text: "text" });
      expect(await ids(docs, search("mugs"))).toEqual([1, 3]);
      expect(await ids(docs, search("mugs", { $language: "none" }))).toEqual([2]);
      expect((await failure(() => docs.insertOne({ text: "a", language: 1 }))).code).toBe(17261);
    },
    "refuses with a code of its own",
  );
});
