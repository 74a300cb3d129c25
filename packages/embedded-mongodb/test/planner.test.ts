import { type Collection, type Document, MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, outside } from "./setup/database.ts";

// What explain tells differs between servers of this protocol in every detail; these are MongoDB's words.
const database = await freshDatabase();
const client = new MongoClient(database.url);
const db = client.db();
let things: Collection<Document>;

const COUNT = 1000;
beforeAll(async () => {
  if (outside) return;
  things = db.collection("things");
  await things.insertMany(
    Array.from({ length: COUNT }, (_, at) => ({
      _id: at as never,
      shelf: at % 50,
      price: at % 97,
      name: `name ${String(at).padStart(4, "0")}`,
      tags: [`t${at % 10}`, "all"],
      ...(at % 100 === 0 ? { rare: at } : {}),
      open: at % 2 === 0,
      day: new Date(at * 1000),
      free: at,
    })),
  );
  await things.createIndexes([
    { key: { shelf: 1, price: 1, name: 1 } },
    { key: { name: 1 } },
    { key: { tags: 1 } },
    { key: { rare: 1 }, sparse: true },
    { key: { price: 1 }, partialFilterExpression: { open: true }, name: "open_price" },
    { key: { day: -1 }, name: "newest" },
  ]);
});
afterAll(async () => {
  await client.close();
  await database.drop();
});

/** The stages of a plan from the outermost to the innermost. */
function chain(plan: Document): string[] {
  return [plan.stage, ...(plan.inputStage ? chain(plan.inputStage) : [])];
}

function innermost(plan: Document): Document {
  return plan.inputStage ? innermost(plan.inputStage) : plan;
}

interface Told {
  stages: string[];
  scan: Document;
  keys: number;
  docs: number;
  returned: number;
}

async function explained(command: Document): Promise<Told> {
  const told = await db.command({ explain: command, verbosity: "executionStats" });
  const { totalKeysExamined: keys, totalDocsExamined: docs, nReturned: returned } = told.executionStats;
  const plan = told.queryPlanner.winningPlan;
  return { stages: chain(plan), scan: innermost(plan), keys, docs, returned };
}

const find = (filter: Document, rest: Document = {}): Promise<Told> =>
  explained({ find: "things", filter, ...rest });

describe.skipIf(outside)("the plan", () => {
  test("a lookup by _id reads one key and one document", async () => {
    expect(await find({ _id: 7 })).toMatchObject({ stages: ["IDHACK"], keys: 1, docs: 1, returned: 1 });
    expect(await find({ _id: { $eq: 7 } })).toMatchObject({ stages: ["IDHACK"] });
    expect(await find({ _id: { $in: [7, 9] } })).toMatchObject({ stages: ["FETCH", "IXSCAN"], docs: 2 });
  });

  test("what no index serves reads the whole collection, and says so", async () => {
    expect(await find({ free: 3 })).toMatchObject({
      stages: ["COLLSCAN"],
      keys: 0,
      docs: COUNT,
      returned: 1,
    });
    expect(await find({})).toMatchObject({ stages: ["COLLSCAN"], docs: COUNT, returned: COUNT });
    expect((await explained({ find: "nowhere", filter: { a: 1 } })).stages).toEqual(["EOF"]);
  });

  test("an equality examines as many documents as it returns", async () => {
    const told = await find({ shelf: 4 });
    expect(told).toMatchObject({ stages: ["FETCH", "IXSCAN"], keys: 20, docs: 20, returned: 20 });
    expect(told.scan).toMatchObject({
      indexName: "shelf_1_price_1_name_1",
      keyPattern: { shelf: 1, price: 1, name: 1 },
      direction: "forward",
      isMultiKey: false,
      indexBounds: { shelf: ["[4, 4]"], price: ["[MinKey, MaxKey]"], name: ["[MinKey, MaxKey]"] },
    });
  });

  test("each prefix of a compound index serves, and a field that is no prefix does not", async () => {
    const two = await find({ shelf: 4, price: { $lt: 50 } });
    expect(two.scan.indexBounds).toMatchObject({ shelf: ["[4, 4]"], price: ["[-inf.0, 50)"] });
    expect(two.docs).toBe(two.returned);
    const three = await find({ shelf: 4, price: 4, name: "name 0004" });
    expect(three).toMatchObject({ keys: 1, docs: 1, returned: 1 });
    expect((await find({ price: 4 })).stages).toEqual(["COLLSCAN"]);
  });

  test("equality, sort, range: the order comes from the index, in both directions", async () => {
    for (const [direction, way] of [
      [1, "forward"],
      [-1, "backward"],
    ] as const) {
      const told = await find({ shelf: 4, name: { $gte: "name 0500" } }, { sort: { price: direction } });
      expect(told.stages).toEqual(["FETCH", "IXSCAN"]);
      expect(told.scan.direction).toBe(way);
      const prices = await things
        .find({ shelf: 4, name: { $gte: "name 0500" } })
        .sort({ price: direction })
        .map(({ price }) => price * direction)
        .toArray();
      expect(prices).toEqual([...prices].sort((a, b) => a - b));
      expect(prices).toHaveLength(10);
    }
  });

  test("backwards the bounds are told from high to low", async () => {
    const told = await find({ shelf: 4, price: { $gt: 20 } }, { sort: { price: -1 } });
    expect(told.scan.indexBounds).toEqual({
      shelf: ["[4, 4]"],
      price: ["[inf.0, 20)"],
      name: ["[MaxKey, MinKey]"],
    });
    const newest = await find({ day: { $gte: new Date(5000) } }, { sort: { day: -1 }, limit: 3 });
    expect(newest.scan.indexBounds).toEqual({
      day: ["[new Date(9223372036854775807), new Date(5000)]"],
    });
    expect(newest).toMatchObject({ stages: ["LIMIT", "FETCH", "IXSCAN"], keys: 3, docs: 3, returned: 3 });
  });

  test("a sort that no index gives is done in memory, and its limit stands in it", async () => {
    const told = await explained({
      find: "things",
      filter: { shelf: 4 },
      sort: { free: 1 },
      skip: 2,
      limit: 5,
      projection: { name: 1 },
    });
    expect(told.stages).toEqual(["PROJECTION_SIMPLE", "SKIP", "SORT", "FETCH", "IXSCAN"]);
    expect(told).toMatchObject({ docs: 20, returned: 5 });
  });

  test("a limit stops the scan", async () => {
    const told = await find({ shelf: { $gte: 10 } }, { limit: 20 });
    expect(told).toMatchObject({ stages: ["LIMIT", "FETCH", "IXSCAN"], keys: 20, docs: 20, returned: 20 });
    const sorted = await find({}, { sort: { name: -1 }, limit: 5 });
    expect(sorted).toMatchObject({ stages: ["LIMIT", "FETCH", "IXSCAN"], docs: 5 });
  });

  test("$in scans one point for each value", async () => {
    const told = await find({ shelf: { $in: [9, 3, 3] } });
    expect(told).toMatchObject({ docs: 40, returned: 40 });
    expect(told.scan.indexBounds.shelf).toEqual(["[3, 3]", "[9, 9]"]);
  });

  test("the values of a unique key are looked up, however much of another index the rest fits", async () => {
    const filter = { _id: { $in: [3, 53, 103] }, shelf: 3, price: { $in: [3, 6, 53] } };
    const { scan, keys, docs, returned } = await explained({ find: "things", filter });
    expect(scan).toMatchObject({ indexName: "_id_" });
    expect([keys, docs, returned]).toEqual([3, 3, 3]);
  });

  test("$or is a union of indexes, and one branch without an index spoils it", async () => {
    const told = await db.command({
      explain: { find: "things", filter: { $or: [{ name: "name 0001" }, { shelf: 3, price: 3 }] } },
      verbosity: "executionStats",
    });
    const plan = told.queryPlanner.winningPlan;
    expect([plan.stage, plan.inputStage.stage]).toEqual(["FETCH", "OR"]);
    expect(plan.inputStage.inputStages.map((scan: Document) => scan.indexName)).toEqual([
      "name_1",
      "shelf_1_price_1_name_1",
    ]);
    expect(told.executionStats.totalDocsExamined).toBe(told.executionStats.nReturned);
    expect((await find({ $or: [{ name: "name 0001" }, { free: 3 }] })).stages).toEqual(["COLLSCAN"]);
  });

  test("the literal beginning of a regular expression is a range, a later one is not", async () => {
    const told = await find({ name: /^name 01/ });
    expect(told).toMatchObject({ docs: 100, returned: 100 });
    expect(told.scan.indexBounds.name).toEqual(['["name 01", "name 02")', "[/^name 01/, /^name 01/]"]);
    expect((await find({ name: /01/ })).docs).toBe(COUNT);
    expect((await find({ name: /^name 01/i })).docs).toBe(COUNT);
  });

  test("an index of arrays is multikey: each document once, and only one bound narrows", async () => {
    const told = await find({ tags: "t3" });
    expect(told).toMatchObject({ keys: 100, docs: 100, returned: 100 });
    expect(told.scan.isMultiKey).toBe(true);
    expect(await find({ tags: { $in: ["t3", "all"] } })).toMatchObject({ keys: 1100, docs: COUNT });
    const bounded = await find({ tags: { $gt: "t3", $lt: "t5" } });
    expect(bounded.scan.indexBounds.tags).toEqual(['("t3", {})']);
  });

  test("a sparse index serves where documents without its field can not match", async () => {
    expect((await find({ rare: 100 })).scan.indexName).toBe("rare_1");
    expect(await find({ rare: { $exists: true } })).toMatchObject({ keys: 10, docs: 10, returned: 10 });
    expect((await find({ rare: null })).stages).toEqual(["COLLSCAN"]);
    expect((await find({ rare: { $ne: 100 } })).stages).toEqual(["COLLSCAN"]);
    expect((await find({}, { sort: { rare: 1 } })).stages).toEqual(["SORT", "COLLSCAN"]);
  });

  test("a partial index serves where the filter implies its expression", async () => {
    expect((await find({ price: 4, open: true })).scan.indexName).toBe("open_price");
    expect((await find({ price: 4, open: { $in: [true] } })).scan.indexName).toBe("open_price");
    expect((await find({ price: 4 })).stages).toEqual(["COLLSCAN"]);
    expect((await find({ price: 4, open: false })).stages).toEqual(["COLLSCAN"]);
  });

  test("a hidden index is kept up and not used until it is shown again", async () => {
    await db.command({ collMod: "things", index: { name: "name_1", hidden: true } });
    expect((await find({ name: "name 0005" })).stages).toEqual(["COLLSCAN"]);
    await db.command({ collMod: "things", index: { name: "name_1", hidden: false } });
    expect((await find({ name: "name 0005" })).scan.indexName).toBe("name_1");
  });

  test("a hint is obeyed, by name, by key and by $natural; an unknown one is refused", async () => {
    expect((await find({ shelf: 4, name: "name 0004" }, { hint: "name_1" })).scan.indexName).toBe("name_1");
    const hinted = await find({ shelf: 4 }, { hint: { name: 1 } });
    expect(hinted.scan.indexName).toBe("name_1");
    expect(hinted).toMatchObject({ keys: COUNT, returned: 20 });
    expect((await find({ shelf: 4 }, { hint: { $natural: -1 } })).scan).toMatchObject({
      stage: "COLLSCAN",
      direction: "backward",
    });
    await expect(find({ shelf: 4 }, { hint: "none" })).rejects.toMatchObject({ code: 2 });
  });

  test("a count reads keys alone where the index says all", async () => {
    const told = await explained({ count: "things", query: { shelf: { $gte: 10, $lt: 20 } } });
    expect(told).toMatchObject({ stages: ["COUNT", "COUNT_SCAN"], keys: 200, docs: 0 });
    expect(await db.command({ count: "things", query: { shelf: { $gte: 10, $lt: 20 } } })).toMatchObject({
      n: 200,
    });
    const more = await explained({ count: "things", query: { shelf: 4, free: { $gt: 500 } } });
    expect(more).toMatchObject({ stages: ["COUNT", "FETCH", "IXSCAN"], docs: 20 });
  });

  test("counting keys gives what counting documents gives, for values of all types", async () => {
    const mixed = db.collection<Document>("mixed");
    const values = [null, Number.NaN, -1, 0, 2.5, 7, "", "a", "b", true, false, new Date(5), { x: 1 }];
    await mixed.insertMany([...values.map((a, at) => ({ _id: at as never, a, b: a })), { _id: 99 as never }]);
    await mixed.createIndex({ a: 1 });
    await mixed.createIndex({ b: -1 });
    const plain = db.collection<Document>("unmixed");
    await plain.insertMany(await mixed.find().toArray());
    const conditions: unknown[] = values.flatMap((value) => [
      value,
      { $in: [value, 7] },
      ...["$gt", "$gte", "$lt", "$lte"].map((name) => ({ [name]: value })),
    ]);
    for (const condition of [...conditions, { $gt: 0, $lt: 7 }, { $gt: 0, $lt: "b" }, { $gte: 7, $lte: 0 }]) {
      for (const path of ["a", "b"]) {
        const query = { [path]: condition };
        const { n } = await db.command({ count: "mixed", query });
        expect(n, JSON.stringify(query)).toBe((await db.command({ count: "unmixed", query })).n);
        expect(await mixed.countDocuments(query), JSON.stringify(query)).toBe(n);
      }
    }
  });

  test("an aggregation begins by the index of its $match and $sort", async () => {
    const told = await explained({
      aggregate: "things",
      pipeline: [{ $match: { shelf: 4 } }, { $sort: { price: -1 } }, { $limit: 2 }],
      cursor: {},
    });
    expect(told.stages.slice(-2)).toEqual(["FETCH", "IXSCAN"]);
    expect(told).toMatchObject({ docs: 2, returned: 2 });
  });

  test("updates, deletes and findAndModify say what they would touch, and touch nothing", async () => {
    const q = { shelf: 4 };
    const many = await explained({
      update: "things",
      updates: [{ q, u: { $set: { free: 1 } }, multi: true }],
    });
    expect(many).toMatchObject({ stages: ["UPDATE", "FETCH", "IXSCAN"], docs: 20, returned: 0 });
    const one = await explained({ delete: "things", deletes: [{ q, limit: 1 }] });
    expect(one).toMatchObject({ stages: ["DELETE", "LIMIT", "FETCH", "IXSCAN"], docs: 1 });
    expect((await explained({ findAndModify: "things", query: q, remove: true })).docs).toBe(1);
    expect(await things.countDocuments({ shelf: 4 })).toBe(20);
  });
});
