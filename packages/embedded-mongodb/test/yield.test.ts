import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Collection, type Document, MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddedServer, startEmbedded } from "../src/index.ts";
import { isTurnOver, nextTurn } from "../src/patience.ts";
import { Storage } from "../src/storage.ts";

// A server in this process: what blocks it would block the pings of this file too, so nothing is told by the clock.
const COUNT = 30_000;
/** Counting keys alone is quick, so there are more of them. */
const KEYS = 200_000;
const dir = await mkdtemp(join(tmpdir(), "hawker-yield-"));
let server: EmbeddedServer;
let client: MongoClient;
/** Its pings have a connection of their own; commands of one connection are run one after the other. */
let other: MongoClient;
let things: Collection<Document>;
beforeAll(async () => {
  server = await startEmbedded({ dir });
  client = await MongoClient.connect(server.url);
  other = await MongoClient.connect(server.url);
  things = client.db().collection("things");
  await fill(things, COUNT);
  await fill(client.db().collection("keys"), KEYS);
});
afterAll(async () => {
  await client.close();
  await other.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function fill(collection: Collection<Document>, count: number): Promise<void> {
  const docs = Array.from({ length: count }, (_, at) => ({
    _id: at as never,
    free: at,
    kind: at % 100,
    text: `text ${(at * 7919) % count}`,
  }));
  await collection.insertMany(docs);
}

/** How many pings of another connection were answered, one after the other, while something ran. */
async function pingsDuring(work: () => Promise<unknown>): Promise<number> {
  let running = true;
  const done = work().finally(() => {
    running = false;
  });
  let pings = 0;
  while (running) {
    await other.db().command({ ping: 1 });
    if (running) pings++;
  }
  await done;
  return pings;
}

/** A ping takes a few turns of the event loop, so even a command that never yields may let one or two in. */
const SEVERAL = 4;

describe("others are answered while", () => {
  const works: [string, () => Promise<unknown>][] = [
    ["find reads a collection", () => things.find({ free: -1 }).toArray()],
    ["find sorts in memory", () => things.find({}).sort({ text: 1 }).toArray()],
    ["find sorts for the first few", () => things.find({}).sort({ text: 1 }).limit(3).toArray()],
    ["find by _id's index returns all", () => things.find({ _id: { $gte: 0 as never } }).toArray()],
    ["count reads a collection", () => client.db().command({ count: "things", query: { free: -1 } })],
    ["count walks an index", () => client.db().command({ count: "keys", query: { _id: { $gte: 0 } } })],
    ["distinct reads a collection", () => things.distinct("kind", { free: { $gte: 0 } })],
    [
      "aggregate groups",
      () => things.aggregate([{ $group: { _id: "$kind", n: { $sum: "$free" } } }]).toArray(),
    ],
    ["aggregate sorts", () => things.aggregate([{ $sort: { text: -1 } }, { $limit: 1 }]).toArray()],
    [
      "aggregate unwinds",
      () => things.aggregate([{ $set: { list: [1, 2] } }, { $unwind: "$list" }, { $count: "n" }]).toArray(),
    ],
    ["updateOne finds nothing", () => things.updateOne({ free: -1 }, { $set: { x: 1 } })],
    ["updateMany changes all", () => things.updateMany({ free: { $gte: 0 } }, { $inc: { n: 1 } })],
    ["deleteOne finds nothing", () => things.deleteOne({ free: -1 })],
    ["deleteMany finds nothing", () => things.deleteMany({ free: -1 })],
    [
      "findOneAndUpdate sorts in memory",
      () => things.findOneAndUpdate({ free: { $gte: 0 } }, { $set: { x: 1 } }, { sort: { text: 1 } }),
    ],
    ["an index is built", () => things.createIndex({ text: 1 })],
  ];
  for (const [name, work] of works) {
    test(name, async () => {
      expect(await pingsDuring(work)).toBeGreaterThanOrEqual(SEVERAL);
    });
  }

  test("many documents are inserted, deleted, expired and dropped", async () => {
    const many = client.db().collection<Document>("many");
    expect(await pingsDuring(() => fill(many, COUNT))).toBeGreaterThanOrEqual(SEVERAL);
    expect(await pingsDuring(() => many.deleteMany({}))).toBeGreaterThanOrEqual(SEVERAL);
    await many.createIndex({ at: 1 }, { expireAfterSeconds: 0 });
    await many.insertMany(Array.from({ length: 5000 }, () => ({ at: new Date(0) })));
    expect(await pingsDuring(() => server.sweepExpired())).toBeGreaterThanOrEqual(SEVERAL);
    expect(await many.countDocuments({})).toBe(0);
    await fill(many, 5000);
    await many.drop();
    expect(await many.find().toArray()).toEqual([]);
  });
});

describe("commands that arrive together", () => {
  /** A turn's milliseconds, and those beyond it in which commands still start (see patience.ts). */
  const TURN = 5 + 2;

  test("start as many in a turn as its time allows, in the order they came", async () => {
    const started: number[] = [];
    const inTurn = new Map<number, number>();
    let turn = 0;
    const work = async (at: number): Promise<void> => {
      if (isTurnOver()) await nextTurn();
      started.push(at);
      inTurn.set(turn, (inTurn.get(turn) ?? 0) + 1);
      const until = performance.now() + 1;
      while (performance.now() < until);
    };
    let running = true;
    const tick = (): void => {
      turn++;
      if (running) setImmediate(tick);
    };
    setImmediate(tick);
    const numbers = Array.from({ length: 60 }, (_, at) => at);
    await Promise.all(numbers.map(work));
    running = false;
    expect(started).toEqual(numbers);
    expect(Math.max(...inTurn.values())).toBeLessThanOrEqual(TURN);
    expect(inTurn.size).toBeGreaterThanOrEqual(numbers.length / TURN);
  });

  test("share a transaction and a flush to the disk when they write", async () => {
    const place = await mkdtemp(join(tmpdir(), "hawker-flush-"));
    const storage = new Storage(place);
    const before = await lastTransaction(place);
    const write = (at: number): Promise<unknown> =>
      storage.write(() => storage.documents.put(Buffer.from([at]), Buffer.from([at])));
    await Promise.all(Array.from({ length: 32 }, (_, at) => write(at)));
    expect((await lastTransaction(place)) - before).toBeLessThanOrEqual(4);
    expect([...storage.documents.getKeys()]).toHaveLength(32);
    await storage.close();
    await rm(place, { recursive: true, force: true });
  });
});

test("the statements of one command share transactions, and still run one after the other", async () => {
  const dir = await mkdtemp(join(tmpdir(), "hawker-statements-"));
  const server = await startEmbedded({ dir });
  const owner = await MongoClient.connect(server.url);
  const counters = owner.db().collection<{ _id: number; n: number }>("counters");
  const COUNT = 500;
  await counters.insertOne({ _id: -1, n: 0 });
  const before = await lastTransaction(dir);
  await counters.bulkWrite(
    Array.from({ length: COUNT }, (_, n) => ({
      // Each finds what the one before it has made or changed.
      updateOne: { filter: { _id: n % 2, n: { $lt: n } }, update: { $set: { n } }, upsert: true },
    })),
  );
  await counters.bulkWrite(Array.from({ length: COUNT }, (_, n) => ({ deleteOne: { filter: { n } } })));
  expect((await lastTransaction(dir)) - before).toBeLessThan(COUNT / 2);
  expect(await counters.find().toArray()).toEqual([]);
  await owner.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

test("what is dropped with little in it goes in the transaction that drops it", async () => {
  const dir = await mkdtemp(join(tmpdir(), "hawker-drop-"));
  const server = await startEmbedded({ dir });
  const owner = await MongoClient.connect(server.url);
  const small = owner.db().collection("small");
  await small.insertMany([{ a: 1 }, { a: 2 }]);
  await small.createIndex({ a: 1 });
  const before = await lastTransaction(dir);
  await small.dropIndexes();
  await small.drop();
  await owner.close();
  await server.stop();
  expect((await lastTransaction(dir)) - before).toBe(2);
  await rm(dir, { recursive: true, force: true });
});

/** The number of the last transaction in the store's file: the later of lmdb's two headers ("MDB_meta" in mdb.c). */
async function lastTransaction(dir: string): Promise<number> {
  const bytes = await readFile(join(dir, "store.mdb"));
  const pageSize = bytes.readUInt32LE(48);
  return Math.max(...[0, pageSize].map((header) => Number(bytes.readBigUInt64LE(header + 152))));
}

test("a reply whose size the client leaves open holds so many documents as are encoded quickly", async () => {
  const db = client.db();
  const { cursor } = await db.command(
    { find: "things", projection: { _id: 1 }, batchSize: 1 },
    { promoteLongs: false },
  );
  const more = await db.command({ getMore: cursor.id, collection: "things" });
  expect(more.cursor.nextBatch).toHaveLength(10_000);
  const rest = await db.command({ getMore: cursor.id, collection: "things", batchSize: COUNT });
  expect(rest.cursor.nextBatch).toHaveLength(COUNT - 10_001);
});

test("an update that takes turns changes what still matches when its turn comes, and nothing twice", async () => {
  const shared = client.db().collection<Document>("shared");
  await fill(shared, 5000);
  const theirs = other.db().collection<Document>("shared");
  const [all] = await Promise.all([
    shared.updateMany({ free: { $gte: 0 } }, { $inc: { n: 1 }, $set: { seen: true } }),
    theirs.updateMany({ _id: { $gte: 2500 as never }, n: null }, { $set: { free: -1 } }),
  ]);
  // Who came first took the document from the other.
  expect(await shared.countDocuments({ free: -1 })).toBeGreaterThan(0);
  expect(await shared.countDocuments({ free: -1, n: 1 })).toBe(0);
  expect(await shared.countDocuments({ n: 1 })).toBe(all.modifiedCount);
  expect(await shared.countDocuments({ n: { $gt: 1 } })).toBe(0);
});

test("one of many is taken once, however many look for it in turns", async () => {
  const queue = client.db().collection<Document>("queue");
  await fill(queue, 3000);
  await queue.updateMany({ _id: { $lt: 2990 as never } }, { $set: { taken: 1 } });
  const takers = Array.from({ length: 16 }, (_, at) =>
    (at % 2 ? queue : other.db().collection<Document>("queue")).findOneAndUpdate(
      { taken: null },
      { $inc: { taken: 1 } },
      { sort: { text: 1 } },
    ),
  );
  const taken = (await Promise.all(takers)).flatMap((doc) => (doc ? [doc._id] : []));
  expect(new Set(taken).size).toBe(10);
  expect(taken).toHaveLength(10);
  expect(await queue.countDocuments({ taken: { $ne: 1 } })).toBe(0);
});

test("an index that is built while others write holds every document, and only once", async () => {
  const growing = client.db().collection<Document>("growing");
  await fill(growing, 8000);
  const theirs = other.db().collection<Document>("growing");
  const build = growing.createIndex({ kind: 1, free: 1 });
  const writes = (async () => {
    for (let at = 0; at < 60; at++) {
      await theirs.insertOne({ _id: (100_000 + at) as never, kind: 1000, free: at });
      // Of what is indexed already and of what is not yet.
      await theirs.updateOne({ _id: at as never }, { $set: { kind: 2000 } });
      await theirs.updateOne({ _id: (7999 - at) as never }, { $set: { kind: 2000 } });
      await theirs.deleteOne({ _id: (100 + at) as never });
    }
  })();
  await Promise.all([build, writes]);
  const byIndex = await growing
    .find({ kind: { $gte: 0 } })
    .hint({ kind: 1, free: 1 })
    .toArray();
  const all = await growing.find({}).hint({ $natural: 1 }).toArray();
  const ids = (docs: Document[]): unknown[] => docs.map(({ _id }) => _id).sort((a, b) => a - b);
  expect(ids(byIndex)).toEqual(ids(all));
  expect(all).toHaveLength(8000);
  const moved = await growing.find({ kind: 2000 }).hint({ kind: 1, free: 1 }).toArray();
  expect(moved).toHaveLength(120);
});

test("a duplicate written while a unique index is built fails the build, and the write stands", async () => {
  const clashing = client.db().collection<Document>("clashing");
  await fill(clashing, 8000);
  const build = clashing.createIndex({ free: 1 }, { unique: true }).then(
    () => undefined,
    (error: unknown) => error,
  );
  await other
    .db()
    .collection<Document>("clashing")
    .insertOne({ _id: 9000 as never, free: 5 });
  expect(await build).toMatchObject({ code: 11000 });
  expect(await clashing.countDocuments({ free: 5 })).toBe(2);
  expect((await clashing.indexes()).map(({ name }) => name)).toEqual(["_id_"]);
});

test("a time limit ends a long command of each kind, and a short one is not touched by it", async () => {
  const over = { code: 50 };
  const maxTimeMS = 1;
  await expect(things.find({ free: -1 }, { maxTimeMS }).toArray()).rejects.toMatchObject(over);
  await expect(things.countDocuments({ free: -1 }, { maxTimeMS })).rejects.toMatchObject(over);
  await expect(things.distinct("kind", { free: -1 }, { maxTimeMS })).rejects.toMatchObject(over);
  await expect(
    things.aggregate([{ $group: { _id: "$text" } }], { maxTimeMS }).toArray(),
  ).rejects.toMatchObject(over);
  await expect(
    things.findOneAndUpdate({ free: -1 }, { $set: { x: 2 } }, { maxTimeMS }),
  ).rejects.toMatchObject(over);
  expect(await things.findOne({ _id: 1 as never }, { maxTimeMS: 60_000 })).toMatchObject({ _id: 1 });
});

test("a sort and a group hold up to 100 MB, and are refused beyond by MongoDB's error", async () => {
  const big = client.db().collection<Document>("big");
  const text = "x".repeat(1024 * 1024);
  for (let at = 0; at < 110; at++) await big.insertOne({ _id: at as never, at: -at, text });
  const over = { code: 292 };
  await expect(big.find({}).sort({ at: 1 }).batchSize(2).next()).rejects.toMatchObject(over);
  await expect(
    big.aggregate([{ $group: { _id: null, all: { $push: "$text" } } }]).toArray(),
  ).rejects.toMatchObject(over);
  expect(await big.find({}).sort({ at: 1 }).limit(2).project({ at: 1 }).toArray()).toEqual([
    { _id: 109, at: -109 },
    { _id: 108, at: -108 },
  ]);
  const [{ most, n }] = (await big
    .aggregate([{ $group: { _id: null, most: { $max: "$text" }, n: { $sum: 1 } } }])
    .toArray()) as [Document];
  expect([most.length, n]).toEqual([text.length, 110]);
});

test("the count of documents is right after the server was stopped and started again", async () => {
  const place = await mkdtemp(join(tmpdir(), "hawker-count-"));
  let own = await startEmbedded({ dir: place });
  let link = await MongoClient.connect(own.url);
  await fill(link.db().collection("counted"), 30);
  await link
    .db()
    .collection("counted")
    .deleteMany({ kind: { $lt: 10 } });
  const before = await link.db().command({ collStats: "counted" });
  await link.close();
  await own.stop();
  own = await startEmbedded({ dir: place });
  link = await MongoClient.connect(own.url);
  const after = await link.db().command({ collStats: "counted" });
  expect(after.count).toBe(20);
  expect(after.size).toBe(before.size);
  await link.close();
  await own.stop();
  await rm(place, { recursive: true, force: true });
});
