/**
 * Collations (sources: MongoDB manual, "Collation", "Collation and Index Use", "db.createCollection()"; ICU user guide,
 * "Collation: Concepts"). Every case asks for a comparison that bytes would answer otherwise.
 */
import type { CollationOptions, Collection, Document } from "mongodb";
import { beforeAll, describe, expect } from "vitest";
import { deviationsOf } from "./deviations.ts";
import { shown } from "./finds.ts";
import { conforms, conformsEach, type Deviating, failure, openBench, server } from "./servers.ts";

const { db, filled } = await openBench();

interface Sorts extends Deviating {
  by: CollationOptions;
  gives: string[];
}

function sorts(cases: readonly Sorts[]): void {
  const told = cases.map((item) => ({
    ...item,
    deviates: item.deviates ?? deviationsOf(`sort > ${shown(item.by)} ${item.gives.join(" ")}`),
  }));
  conformsEach(
    told,
    ({ by, gives }) => `${shown(by)} sorts ${gives.join(" ")}`,
    async ({ by, gives }) => {
      const collection = await filled([...gives].reverse().map((s) => ({ s })));
      const found = await collection.find({}).collation(by).sort({ s: 1 }).toArray();
      expect(found.map(({ s }) => s)).toEqual(gives);
      const back = await collection.find({}).collation(by).sort({ s: -1 }).toArray();
      expect(back.map(({ s }) => s)).toEqual([...gives].reverse());
    },
  );
}

describe("sort", () => {
  sorts([
    { by: { locale: "simple" }, gives: ["B", "a", "b", "é", "ü"] },
    { by: { locale: "en" }, gives: ["a", "A", "b", "B"] },
    { by: { locale: "en", caseFirst: "upper" }, gives: ["A", "a", "B", "b"] },
    { by: { locale: "en" }, gives: ["cote", "coté", "côte", "côté"] },
    { by: { locale: "sv" }, gives: ["a", "z", "å", "ä", "ö"] },
    { by: { locale: "de" }, gives: ["a", "ä", "o", "ö", "z"] },
    { by: { locale: "de@collation=phonebook" }, gives: ["Ad", "Ä", "Af"] },
    { by: { locale: "es@collation=traditional" }, gives: ["cz", "ch", "d"] },
    { by: { locale: "zh" }, gives: ["阿", "波", "中"] },
    { by: { locale: "en", numericOrdering: true }, gives: ["a2", "a10", "a100"] },
    { by: { locale: "en" }, gives: ["a10", "a100", "a2"] },
    { by: { locale: "en", alternate: "shifted", strength: 4 }, gives: ["di lu", "di-lu", "dilu", "dim"] },
    { by: { locale: "en", strength: 1, caseLevel: true, caseFirst: "upper" }, gives: ["A", "a", "B"] },
  ]);
});

const texts = [
  "cafe",
  "Cafe",
  "café",
  "CAFÉ",
  "ca-fe",
  "caf",
  "cafeteria",
  "",
  "straße",
  "strasse",
  "a10",
  "a2",
];

interface Matches extends Deviating {
  by: CollationOptions;
  finds: Document;
  gives: string[];
}

const matches: readonly Matches[] = [
  { by: { locale: "simple" }, finds: { s: "cafe" }, gives: ["cafe"] },
  { by: { locale: "en" }, finds: { s: "cafe" }, gives: ["cafe"] },
  { by: { locale: "en", strength: 1 }, finds: { s: "cafe" }, gives: ["cafe", "Cafe", "café", "CAFÉ"] },
  { by: { locale: "en", strength: 2 }, finds: { s: "cafe" }, gives: ["cafe", "Cafe"] },
  { by: { locale: "en", strength: 1, caseLevel: true }, finds: { s: "cafe" }, gives: ["cafe", "café"] },
  { by: { locale: "en", strength: 2, caseLevel: true }, finds: { s: "cafe" }, gives: ["cafe"] },
  {
    by: { locale: "en", strength: 2, alternate: "shifted" },
    finds: { s: "cafe" },
    gives: ["cafe", "Cafe", "ca-fe"],
  },
  {
    by: { locale: "en", strength: 2, alternate: "shifted", maxVariable: "space" },
    finds: { s: "c afe" },
    gives: ["cafe", "Cafe"],
  },
  { by: { locale: "en", strength: 3, alternate: "shifted" }, finds: { s: "cafe" }, gives: ["cafe", "ca-fe"] },
  { by: { locale: "en", strength: 4, alternate: "shifted" }, finds: { s: "cafe" }, gives: ["cafe"] },
  { by: { locale: "en", strength: 1 }, finds: { s: "strasse" }, gives: ["straße", "strasse"] },
  {
    by: { locale: "en", strength: 1 },
    finds: { s: { $eq: "CAFE" } },
    gives: ["cafe", "Cafe", "café", "CAFÉ"],
  },
  {
    by: { locale: "en", strength: 1 },
    finds: { s: { $ne: "CAFE" } },
    gives: ["ca-fe", "caf", "cafeteria", "", "straße", "strasse", "a10", "a2"],
  },
  {
    by: { locale: "en", strength: 2 },
    finds: { s: { $in: ["CAF", "CAFETERIA", 5] } },
    gives: ["caf", "cafeteria"],
  },
  {
    by: { locale: "en", strength: 2 },
    finds: { s: { $nin: ["CAFE", "CAFÉ", "STRASSE"] } },
    gives: ["ca-fe", "caf", "cafeteria", "", "straße", "a10", "a2"],
  },
  { by: { locale: "en", strength: 1 }, finds: { s: { $gt: "CAFE", $lt: "d" } }, gives: ["cafeteria"] },
  {
    by: { locale: "en", strength: 1 },
    finds: { s: { $gte: "CAFE", $lt: "d" } },
    gives: ["cafe", "Cafe", "café", "CAFÉ", "cafeteria"],
  },
  { by: { locale: "en", numericOrdering: true }, finds: { s: { $gt: "a2", $lt: "b" } }, gives: ["a10"] },
  { by: { locale: "en", numericOrdering: true }, finds: { s: { $lte: "a2", $gt: "" } }, gives: ["a2"] },
  { by: { locale: "en", strength: 1 }, finds: { s: /^CAFE/ }, gives: [] },
  {
    by: { locale: "en", strength: 1 },
    finds: { s: { $not: { $eq: "CAFE" }, $regex: "^caf" } },
    gives: ["caf", "cafeteria"],
  },
  { by: { locale: "en", strength: 2 }, finds: { list: "CAF" }, gives: ["caf"] },
  { by: { locale: "en", strength: 2 }, finds: { list: { $all: ["CAF", "Y"] } }, gives: ["caf"] },
  { by: { locale: "en", strength: 2 }, finds: { list: { $elemMatch: { $eq: "CAF" } } }, gives: ["caf"] },
  { by: { locale: "en", strength: 2 }, finds: { of: { word: "CAF" } }, gives: ["caf"] },
  { by: { locale: "en", strength: 2 }, finds: { of: { WORD: "caf" } }, gives: [] },
  { by: { locale: "en", strength: 2 }, finds: { $or: [{ s: "CAF" }, { s: "A2" }] }, gives: ["caf", "a2"] },
  { by: { locale: "en", strength: 2 }, finds: { $expr: { $eq: ["$s", "CAF"] } }, gives: ["caf"] },
  {
    by: { locale: "en", strength: 2 },
    finds: { $expr: { $in: ["$s", ["CAF", "A2"]] } },
    gives: ["caf", "a2"],
  },
];

const titleOf = ({ by, finds }: Matches): string => `collation > ${shown(by)} ${shown(finds)}`;

// Whatever index there is, and whatever its collation, the answer is the same.
const indexes: Readonly<Record<string, CollationOptions | undefined>> = {
  "without an index": undefined,
  "with an index of bytes": { locale: "simple" },
  "with an index of strength 1": { locale: "en", strength: 1 },
  "with an index of strength 2": { locale: "en", strength: 2 },
  "with an index of numbers": { locale: "en", numericOrdering: true },
};

for (const [about, of] of Object.entries(indexes)) {
  describe(`filters ${about}`, () => {
    let collection: Collection<Document>;
    beforeAll(async () => {
      // On a server without collations of indexes only the first of these groups is run.
      if (of && server === "documentdb") return;
      collection = await filled(texts.map((s) => ({ s, list: [s, "y"], of: { word: s } })));
      if (!of) return;
      for (const path of ["s", "list", "of"]) await collection.createIndex({ [path]: 1 }, { collation: of });
    });
    conformsEach(
      matches.map((item) => ({
        ...item,
        deviates: of
          ? { documentdb: "has no collations of indexes", ...deviationsOf(titleOf(item)) }
          : deviationsOf(titleOf(item)),
      })),
      ({ by, finds, gives }) => `${shown(by)} ${shown(finds)} finds ${gives.join(" ") || "nothing"}`,
      async ({ by, finds, gives }) => {
        const found = await collection.find(finds).collation(by).toArray();
        expect(found.map(({ s }) => s).sort()).toEqual([...gives].sort());
        expect(await collection.countDocuments(finds, { collation: by })).toBe(gives.length);
        expect(
          (await db.command({ count: collection.collectionName, query: finds, collation: { ...by } })).n,
        ).toBe(gives.length);
      },
    );
  });
}

interface Refuses extends Deviating {
  by: Document;
  code: number;
}

describe("a collation is refused", () => {
  const cases: readonly Refuses[] = [
    { by: { strength: 1 }, code: 40414 },
    { by: { locale: "en", nope: 1 }, code: 40415 },
    { by: { locale: "xx" }, code: 2 },
    { by: { locale: "" }, code: 2 },
    { by: { locale: "en_ZZ_nowhere!" }, code: 2 },
    { by: { locale: 5 }, code: 14 },
    { by: { locale: "en", strength: 0 }, code: 2 },
    { by: { locale: "en", strength: 6 }, code: 2 },
    { by: { locale: "en", strength: "1" }, code: 14 },
    { by: { locale: "en", caseLevel: "yes" }, code: 14 },
    { by: { locale: "en", caseFirst: "both" }, code: 2 },
    { by: { locale: "en", alternate: "none" }, code: 2 },
    { by: { locale: "en", maxVariable: "all" }, code: 2 },
    { by: { locale: "en", strength: 1, caseFirst: "upper" }, code: 2 },
    { by: { locale: "en", strength: 1, backwards: true }, code: 2 },
    { by: { locale: "simple", strength: 1 }, code: 2 },
  ];
  conformsEach(
    cases.map((item) => ({ ...item, deviates: deviationsOf(`refused collation > ${shown(item.by)}`) })),
    ({ by, code }) => `${shown(by)} with ${code}`,
    async ({ by, code }) => {
      const { collectionName } = await filled([{ s: "a" }]);
      expect((await failure(() => db.command({ find: collectionName, collation: by }))).code).toBe(code);
      expect(
        (await failure(() => db.command({ distinct: collectionName, key: "s", collation: by }))).code,
      ).toBe(code);
      const aggregate = { aggregate: collectionName, pipeline: [], cursor: {}, collation: by };
      expect((await failure(() => db.command(aggregate))).code).toBe(code);
    },
  );
});

const any: CollationOptions = { locale: "en", strength: 1 };
const other = (title: string, run: () => Promise<void>): void =>
  conforms(title, run, deviationsOf(`collations > ${title}`));

describe("commands", () => {
  other("distinct keeps one of the values that are equal", async () => {
    const collection = await filled(["b", "a", "A", "á", 5].map((s) => ({ s })));
    const values = await collection.distinct("s", {}, { collation: any });
    expect(values).toHaveLength(3);
    const letters = values.map((value) => String(value).normalize("NFD").charAt(0).toLowerCase());
    expect(letters.sort()).toEqual(["5", "a", "b"]);
  });

  other("an update, its array filters and its $pull compare by it", async () => {
    const collection = await filled([
      { _id: 1, s: "Ada", list: ["x", "X", "y"] },
      { _id: 2, s: "Bob", list: [] },
    ] as Document[]);
    const updated = await collection.updateMany({ s: "ADA" }, { $set: { seen: true } }, { collation: any });
    expect(updated.matchedCount).toBe(1);
    const pull: Document = { $pull: { list: "x" } };
    await collection.updateOne({ s: "ada" }, pull, { collation: any });
    expect(await collection.findOne({ seen: true })).toMatchObject({ _id: 1, list: ["y"] });
    await collection.updateOne(
      { s: "ada" },
      { $set: { "list.$[one]": "z" } },
      { collation: any, arrayFilters: [{ one: "Y" }] },
    );
    expect(await collection.findOne({ seen: true })).toMatchObject({ list: ["z"] });
  });

  other("$addToSet adds nothing that is equal by it", async () => {
    const collection = await filled([{ s: "Ada", list: ["x"] }]);
    await collection.updateOne({}, { $addToSet: { list: "X" } }, { collation: any });
    expect((await collection.findOne({}))?.list).toEqual(["x"]);
  });

  other("a delete and a findAndModify look for text by it", async () => {
    const collection = await filled(["a", "B", "c", "á"].map((s) => ({ s })));
    const taken = await collection.findOneAndUpdate(
      { s: { $gte: "A" } },
      { $set: { taken: true } },
      { collation: { locale: "en", strength: 2 }, sort: { s: -1 } },
    );
    expect(taken?.s).toBe("c");
    expect((await collection.deleteMany({ s: "A" }, { collation: any })).deletedCount).toBe(2);
    expect((await collection.deleteOne({ s: "b" }, { collation: any })).deletedCount).toBe(1);
    expect((await collection.findOneAndDelete({ s: "C" }, { collation: any }))?.s).toBe("c");
  });

  other("each stage of a pipeline compares by it", async () => {
    const collection = await filled([
      { _id: 1, s: "a", n: 1 },
      { _id: 2, s: "B", n: 2 },
      { _id: 3, s: "A", n: 3 },
      { _id: 4, s: "b", n: 4 },
      { _id: 5, s: "c", n: 5 },
    ] as Document[]);
    const run = (pipeline: Document[]): Promise<Document[]> =>
      collection.aggregate(pipeline, { collation: any }).toArray();
    expect(await run([{ $match: { s: "A" } }, { $sort: { n: 1 } }, { $project: { n: 1, _id: 0 } }])).toEqual([
      { n: 1 },
      { n: 3 },
    ]);
    expect((await run([{ $addFields: { x: 1 } }, { $match: { s: "A" } }])).map(({ n }) => n).sort()).toEqual([
      1, 3,
    ]);
    expect((await run([{ $sort: { s: 1, n: 1 } }])).map(({ n }) => n)).toEqual([1, 3, 2, 4, 5]);
    expect(
      (await run([{ $group: { _id: "$s", sum: { $sum: "$n" } } }])).map(({ sum }) => sum).sort(),
    ).toEqual([4, 5, 6]);
    expect((await run([{ $sortByCount: "$s" }])).map(({ count }) => count)).toEqual([2, 2, 1]);
    expect(
      await run([
        { $match: { _id: 1 } },
        { $project: { eq: { $eq: ["$s", "A"] }, cmp: { $cmp: ["$s", "B"] } } },
      ]),
    ).toEqual([{ _id: 1, eq: true, cmp: -1 }]);
    expect(await run([{ $group: { _id: null, least: { $min: "$s" }, most: { $max: "$s" } } }])).toMatchObject(
      [{ most: "c" }],
    );
    const joined = await run([
      { $match: { _id: 5 } },
      { $addFields: { s: "C" } },
      { $lookup: { from: collection.collectionName, localField: "s", foreignField: "s", as: "same" } },
    ]);
    expect(joined[0]?.same).toHaveLength(1);
    const set = await run([{ $group: { _id: null, all: { $addToSet: "$s" } } }]);
    expect(set[0]?.all).toHaveLength(3);
  });
});

const full = {
  locale: "en",
  caseLevel: false,
  caseFirst: "off",
  strength: 2,
  numericOrdering: false,
  alternate: "non-ignorable",
  maxVariable: "punct",
  normalization: false,
  backwards: false,
  version: "57.1",
};

describe("the collation of a collection", () => {
  let count = 0;
  const created = (collation: CollationOptions) =>
    db.createCollection<Document>(`own${++count}`, { collation });

  other("is listed in full and is that of its searches", async () => {
    const collection = await created({ locale: "en", strength: 2 });
    await collection.insertMany([{ s: "a" }, { s: "A" }, { s: "á" }]);
    const [listed] = await db.listCollections({ name: collection.collectionName }).toArray();
    expect(listed).toMatchObject({ options: { collation: full } });
    expect(await collection.countDocuments({ s: "A" })).toBe(2);
    expect(await collection.distinct("s")).toHaveLength(2);
    expect((await collection.aggregate([{ $match: { s: "A" } }]).toArray()).length).toBe(2);
    expect((await collection.updateMany({ s: "A" }, { $set: { seen: 1 } })).matchedCount).toBe(2);
  });

  other("gives way to one that a command asks for, also the simple one", async () => {
    const collection = await created({ locale: "en", strength: 2 });
    await collection.insertMany([{ s: "a" }, { s: "A" }, { s: "á" }]);
    expect(await collection.find({ s: "A" }).collation({ locale: "simple" }).toArray()).toHaveLength(1);
    expect(await collection.find({ s: "A" }).collation({ locale: "en", strength: 1 }).toArray()).toHaveLength(
      3,
    );
  });

  other("is that of its indexes, unless they have their own", async () => {
    const collection = await created({ locale: "en", strength: 2 });
    await collection.createIndex({ s: 1 }, { unique: true });
    await collection.createIndex({ t: 1 }, { unique: true, sparse: true, collation: { locale: "simple" } });
    await collection.insertOne({ s: "a", t: "a" });
    expect((await failure(() => collection.insertOne({ s: "A" }))).code).toBe(11000);
    await collection.insertOne({ s: "á", t: "A" });
    const listed = await collection.indexes();
    expect(listed.find(({ name }) => name === "s_1")?.collation).toEqual(full);
    expect(listed.find(({ name }) => name === "_id_")?.collation).toEqual(full);
    expect(listed.find(({ name }) => name === "t_1")?.collation).toBeUndefined();
  });

  other("a simple one is none", async () => {
    const collection = await created({ locale: "simple" });
    const [listed] = await db.listCollections({ name: collection.collectionName }).toArray();
    expect(listed).toMatchObject({ options: {} });
    expect(listed).not.toHaveProperty("options.collation");
  });

  other("of a view is its own, and no command overrides it", async () => {
    const source = await filled([{ s: "a" }, { s: "A" }]);
    const name = `view${++count}`;
    await db.createCollection(name, { viewOn: source.collectionName, pipeline: [], collation: any });
    const view = db.collection<Document>(name);
    expect(await view.find({ s: "A" }).toArray()).toHaveLength(2);
    expect(await view.find({ s: "A" }).collation(any).toArray()).toHaveLength(2);
    expect((await failure(() => view.find({}).collation({ locale: "fr" }).toArray())).code).toBe(167);
  });
});

describe("the collation of an index", () => {
  other("is listed in full", async () => {
    const collection = await filled([{ s: "a" }]);
    await collection.createIndex({ s: 1 }, { collation: { locale: "en", strength: 2 } });
    expect((await collection.indexes()).find(({ name }) => name === "s_1")?.collation).toEqual(full);
  });

  other("keeps apart just what it tells apart", async () => {
    const collection = await filled([{ s: "Straße 12 of the long avenue" }, { s: 5 }, { s: ["x", "y"] }]);
    await collection.createIndex({ s: 1 }, { unique: true, collation: { locale: "en", strength: 2 } });
    const insert = (s: unknown) => () => collection.insertOne({ s });
    for (const taken of ["straße 12 OF the long avenue", 5, "Y", ["z", "X"]])
      expect((await failure(insert(taken))).code).toBe(11000);
    // Long beginnings alike, and differences at the very end.
    await collection.insertOne({ s: "Straße 12 of the long avenue, left" });
    await collection.insertOne({ s: "Straße 12 of the long avenue, right" });
    await collection.insertOne({ s: "Stráße 12 of the long avenue, right" });
    const change = () =>
      collection.updateOne({ s: /left$/ }, { $set: { s: "straße 12 of the long avenue, RIGHT" } });
    expect((await failure(change)).code).toBe(11000);
    expect(await collection.countDocuments()).toBe(6);
  });

  other("is not built over what it takes for equal", async () => {
    const collection = await filled([{ s: "a" }, { s: "b" }, { s: "A" }]);
    const build = () =>
      collection.createIndex({ s: 1 }, { unique: true, collation: { locale: "en", strength: 2 } });
    expect((await failure(build)).code).toBe(11000);
    await collection.deleteOne({ s: "A" });
    await build();
  });

  other("finds what differs only far behind the beginning", async () => {
    const by = { locale: "en", strength: 2 };
    const collection = await filled(
      [1, 2, 3].map((_id) => ({ _id, s: `the very long road ${_id}` })) as Document[],
    );
    await collection.createIndex({ s: 1 }, { collation: by });
    const ids = async (s: Document) =>
      (await collection.find({ s }).collation(by).toArray()).map(({ _id }) => Number(_id)).sort();
    expect(await ids({ $gt: "The very long road 1" })).toEqual([2, 3]);
    expect(await ids({ $lt: "The very long road 3" })).toEqual([1, 2]);
    expect(await ids({ $eq: "The very long road 2" })).toEqual([2]);
  });

  other("stands beside another one on the same field", async () => {
    const collection = await filled([{ s: "a" }]);
    await collection.createIndex({ s: 1 });
    await collection.createIndex({ s: 1 }, { name: "folded", collation: { locale: "en", strength: 2 } });
    expect(await collection.indexes()).toHaveLength(3);
  });
});
