import type { Document } from "mongodb";
import { describe, expect } from "vitest";
import { conforms, conformsEach, type Deviating, failure, openBench } from "./servers.ts";

const bench = await openBench();
const { db } = bench;

/** A collection whose documents have numbers for an `_id`. */
type Numbered = Document & { _id: number };

const listed = (filter: Document = {}): Promise<Document[]> => db.listCollections(filter).toArray();

// Source: MongoDB manual, "create", "drop", "listCollections", "renameCollection", "Naming Restrictions".
describe("a collection", () => {
  conforms("is listed with its options and its index of _id", async () => {
    await db.createCollection("plain");
    const [plain] = await listed({ name: "plain" });
    expect(plain).toMatchObject({
      name: "plain",
      type: "collection",
      options: {},
      info: { readOnly: false },
      idIndex: { v: 2, key: { _id: 1 }, name: "_id_" },
    });
    expect(plain?.info.uuid).toBeDefined();
    expect(await db.listCollections({ name: "plain" }, { nameOnly: true }).toArray()).toEqual([
      { name: "plain", type: "collection" },
    ]);
    expect(await listed({ name: "none" })).toEqual([]);
  });
  conforms(
    "may be made again with the same options, with others it is refused with 48",
    async () => {
      await db.createCollection("again");
      await db.createCollection("again");
      expect(await failure(() => db.createCollection("again", { capped: true, size: 4096 }))).toMatchObject({
        code: 48,
      });
    },
    { documentdb: "accepts it" },
  );
  conforms(
    "is dropped with its documents and indexes, and again without complaint",
    async () => {
      const docs = await bench.filled([{ a: 1 }]);
      await docs.createIndex({ a: 1 });
      expect(await db.command({ drop: docs.collectionName })).toMatchObject({
        nIndexesWas: 2,
        ns: docs.namespace,
      });
      expect(await listed({ name: docs.collectionName })).toEqual([]);
      expect(await docs.countDocuments()).toBe(0);
      expect(await docs.drop()).toBe(true);
    },
    { documentdb: "gives another result", secantus: "gives another result" },
  );
  conforms("is renamed with its documents and indexes", async () => {
    const docs = await bench.filled([{ a: 1 }]);
    await docs.createIndex({ a: 1 });
    const renamed = await docs.rename("renamed");
    expect(await renamed.countDocuments()).toBe(1);
    expect(await renamed.indexes()).toHaveLength(2);
    expect(await listed({ name: docs.collectionName })).toEqual([]);
  });
  conforms("takes the place of another only with dropTarget", async () => {
    const from = await bench.filled([{ a: 1 }]);
    const to = await bench.filled([{ a: 2 }]);
    expect(await failure(() => from.rename(to.collectionName))).toMatchObject({ code: 48 });
    await from.rename(to.collectionName, { dropTarget: true });
    expect(await to.find({}, { projection: { _id: 0 } }).toArray()).toEqual([{ a: 1 }]);
  });
  conformsEach<Deviating & { title: string; run: () => Promise<unknown>; code: number }>(
    [
      { title: "renaming what is not there", run: () => db.collection("none").rename("some"), code: 26 },
      { title: "a name with a dollar", run: () => db.command({ create: "a$b" }), code: 73 },
      { title: "a name that begins with a dot", run: () => db.command({ create: ".a" }), code: 73 },
      { title: "an empty name", run: () => db.command({ create: "" }), code: 73 },
      {
        title: "a name that is too long",
        deviates: { secantus: "accepts it" },
        run: () => db.command({ create: "x".repeat(250) }),
        code: 73,
      },
      {
        title: "capped without a size",
        deviates: { documentdb: "accepts it" },
        run: () => db.command({ create: "x", capped: true }),
        code: 72,
      },
      {
        title: "a size without capped",
        deviates: { documentdb: "accepts it" },
        run: () => db.command({ create: "x", size: 1000 }),
        code: 72,
      },
      {
        title: "an option there is not",
        deviates: { documentdb: "accepts it" },
        run: () => db.command({ create: "x", fast: true }),
        code: 40415,
      },
      { title: "collMod of what is not there", run: () => db.command({ collMod: "none" }), code: 26 },
      { title: "validate of what is not there", run: () => db.command({ validate: "none" }), code: 26 },
    ],
    ({ title, code }) => `refuses ${title}, with ${code}`,
    async ({ run, code }) => {
      expect(await failure(run)).toMatchObject({ code });
    },
  );
  conforms("may have dots, spaces and letters of every script in its name", async () => {
    for (const name of ["a.b.c", "two words", "магазин", "商店", "system_x"]) {
      await db.collection(name).insertOne({ _id: 1 as never });
      expect(await db.collection(name).findOne()).toEqual({ _id: 1 });
    }
    expect((await listed()).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["a.b.c", "магазин", "商店"]),
    );
  });
});

// Source: MongoDB manual, "listDatabases", "dropDatabase".
conforms(
  "databases are listed by name and size, and gone when they are dropped",
  async () => {
    const other = bench.client.db(`${db.databaseName}_x`);
    await other.collection("c").insertOne({ a: 1 });
    const filter = { name: other.databaseName };
    const { databases } = await db.admin().listDatabases({ filter });
    expect(databases).toMatchObject([{ name: other.databaseName, empty: false }]);
    expect((await db.admin().listDatabases({ filter, nameOnly: true })).databases).toEqual([
      { name: other.databaseName },
    ]);
    expect(await other.command({ dropDatabase: 1 })).toMatchObject({ dropped: other.databaseName, ok: 1 });
    expect((await db.admin().listDatabases({ filter })).databases).toEqual([]);
    expect(await other.dropDatabase()).toBe(true);
  },
  { documentdb: "gives another result" },
);

// Source: MongoDB manual, "System Collections", "The Local Database", "dropDatabase".
conforms(
  "the server's own databases are always there, and admin is not dropped",
  async () => {
    const { databases } = await db.admin().listDatabases({ nameOnly: true });
    const names = databases.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["admin", "config", "local"]));
    expect(new Set(names).size).toBe(names.length);
    expect(await failure(() => bench.client.db("admin").command({ dropDatabase: 1 }))).toMatchObject({
      code: 20,
    });
  },
  { documentdb: "lists only those with data", secantus: "lists local only" },
);

// Source: MongoDB manual, "Capped Collections".
describe("a capped collection", () => {
  conforms(
    "keeps the newest up to its number",
    async () => {
      const docs = await db.createCollection<Numbered>("capped_max", { capped: true, size: 100_000, max: 3 });
      await docs.insertMany([1, 2, 3, 4, 5].map((n) => ({ _id: n })));
      expect((await docs.find().toArray()).map(({ _id }) => _id)).toEqual([3, 4, 5]);
      expect((await docs.find().sort({ $natural: -1 }).toArray()).map(({ _id }) => _id)).toEqual([5, 4, 3]);
      expect(await docs.isCapped()).toBe(true);
      expect((await listed({ name: "capped_max" }))[0]?.options).toMatchObject({ capped: true, max: 3 });
    },
    { documentdb: "gives another result", secantus: "gives another result" },
  );
  conforms(
    "keeps the newest up to its size",
    async () => {
      const docs = await db.createCollection<Numbered>("capped_size", { capped: true, size: 8192 });
      const text = "x".repeat(1000);
      await docs.insertMany(Array.from({ length: 30 }, (_, n) => ({ _id: n, text })));
      const ids = (await docs.find().toArray()).map(({ _id }) => _id);
      expect(ids.at(-1)).toBe(29);
      expect(ids.length).toBeGreaterThan(3);
      expect(ids.length).toBeLessThan(9);
    },
    { documentdb: "gives another result", secantus: "gives another result" },
  );
});

// Source: MongoDB manual, "Views".
describe("a view", () => {
  const goods = [
    { _id: 1, kind: "mug", price: 5 },
    { _id: 2, kind: "mug", price: 9 },
    { _id: 3, kind: "cap", price: 7 },
  ];
  async function view(name: string, pipeline: Document[]) {
    const source = await bench.filled(goods);
    return db.createCollection<Document>(name, { viewOn: source.collectionName, pipeline });
  }
  const mugs = [{ $match: { kind: "mug" } }, { $set: { double: { $multiply: ["$price", 2] } } }];

  conforms(
    "is found in, counted and aggregated as a collection",
    async () => {
      const docs = await view("view_read", mugs);
      expect(await docs.find({ double: { $gt: 10 } }).toArray()).toEqual([
        { _id: 2, kind: "mug", price: 9, double: 18 },
      ]);
      expect(
        await docs.find({}, { sort: { price: -1 }, limit: 1, projection: { price: 1, _id: 0 } }).toArray(),
      ).toEqual([{ price: 9 }]);
      expect(
        await docs
          .find()
          .skip(1)
          .sort({ _id: 1 })
          .map(({ _id }) => _id)
          .toArray(),
      ).toEqual([2]);
      expect(await docs.findOne({ _id: 1 as never })).toEqual({ _id: 1, kind: "mug", price: 5, double: 10 });
      expect(await docs.countDocuments({ price: 5 })).toBe(1);
      expect(await docs.estimatedDocumentCount()).toBe(2);
      expect(await docs.distinct("double")).toEqual([10, 18]);
      expect(await docs.aggregate([{ $group: { _id: null, sum: { $sum: "$double" } } }]).toArray()).toEqual([
        { _id: null, sum: 28 },
      ]);
      expect(await docs.find().batchSize(1).toArray()).toHaveLength(2);
    },
    { documentdb: "gives another result", secantus: "gives another result" },
  );
  conforms(
    "shows what is written to its collection later",
    async () => {
      const source = await bench.filled(goods);
      const docs = await db.createCollection<Document>("view_live", {
        viewOn: source.collectionName,
        pipeline: mugs,
      });
      await source.insertOne({ _id: 4 as never, kind: "mug", price: 1 });
      expect(await docs.countDocuments()).toBe(3);
    },
    { documentdb: "gives another result" },
  );
  conforms(
    "is joined as a collection",
    async () => {
      await view("view_joined", mugs);
      const docs = await bench.filled([{ _id: 1, of: 2 }]);
      const join = { from: "view_joined", localField: "of", foreignField: "_id", as: "goods" };
      expect(await docs.aggregate([{ $lookup: join }]).toArray()).toEqual([
        { _id: 1, of: 2, goods: [{ _id: 2, kind: "mug", price: 9, double: 18 }] },
      ]);
      const both = await docs.aggregate([{ $unionWith: "view_joined" }]).toArray();
      expect(both).toHaveLength(3);
    },
    { documentdb: "joins nothing", secantus: "joins nothing" },
  );
  conforms(
    "may stand on another view",
    async () => {
      await view("view_base", mugs);
      const docs = await db.createCollection<Document>("view_top", {
        viewOn: "view_base",
        pipeline: [{ $match: { double: 10 } }],
      });
      expect((await docs.find().toArray()).map(({ _id }) => _id)).toEqual([1]);
    },
    { documentdb: "gives another result" },
  );
  conforms(
    "is listed as one, and changed by collMod",
    async () => {
      const docs = await view("view_listed", mugs);
      const [info] = await listed({ name: "view_listed" });
      expect(info).toMatchObject({ type: "view", options: { pipeline: mugs }, info: { readOnly: true } });
      await db.command({ collMod: "view_listed", viewOn: info?.options.viewOn, pipeline: [] });
      expect(await docs.countDocuments()).toBe(3);
      await docs.drop();
      expect(await listed({ name: "view_listed" })).toEqual([]);
    },
    { documentdb: "gives another result", secantus: "gives another result" },
  );
  conforms(
    "is not written to, nor indexed, with 166",
    async () => {
      const docs = await view("view_closed", mugs);
      for (const run of [
        () => docs.insertOne({}),
        () => docs.updateOne({}, { $set: { a: 1 } }),
        () => docs.deleteOne({}),
        () => docs.findOneAndDelete({}),
        () => docs.createIndex({ a: 1 }),
      ])
        expect(await failure(run)).toMatchObject({ code: 166 });
    },
    { documentdb: "accepts it", secantus: "accepts it" },
  );
  conforms(
    "that would write is refused with 167",
    async () => {
      const source = await bench.filled(goods);
      const make = () =>
        db.createCollection("view_out", { viewOn: source.collectionName, pipeline: [{ $out: "x" }] });
      expect(await failure(make)).toMatchObject({ code: 167 });
    },
    { documentdb: "accepts it", secantus: "accepts it" },
  );
});

// Source: MongoDB manual, "Clustered Collections".
conforms(
  "a clustered collection lies in the order of its _id, and is listed as one",
  async () => {
    const docs = await db.createCollection<Numbered>("clustered", {
      clusteredIndex: { key: { _id: 1 }, unique: true, name: "by id" },
    });
    await docs.insertMany([{ _id: 3 }, { _id: 1 }, { _id: 2 }]);
    expect((await docs.find().toArray()).map(({ _id }) => _id)).toEqual([1, 2, 3]);
    expect((await listed({ name: "clustered" }))[0]?.options.clusteredIndex).toMatchObject({
      key: { _id: 1 },
      name: "by id",
      unique: true,
    });
    expect(await docs.indexes()).toMatchObject([
      { key: { _id: 1 }, name: "by id", unique: true, clustered: true },
    ]);
    expect(await failure(() => docs.insertOne({ _id: 1 }))).toMatchObject({ code: 11000 });
  },
  { documentdb: "gives another result", secantus: "gives another result" },
);
