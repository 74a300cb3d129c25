import { randomInt } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { startEmbedded } from "@hawker/embedded-mongodb";
import { type Db, MongoClient } from "mongodb";
import mongoose from "mongoose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { refuseHalfRestored } from "../../../src/store/backup/marker.ts";
import { countDocuments, inspectBackup, restoreBackup } from "../../../src/store/backup/restore.ts";
import { writeBackup } from "../../../src/store/backup/write.ts";
import { chance } from "../../doubles/chance.ts";
import { type FreshDatabase, freshDatabase, outside } from "../../setup/database.ts";
import { times } from "../../setup/long.ts";
import { contents, fill } from "./samples.ts";

const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
const secret = "0a1b2c3d";
const databases: FreshDatabase[] = [];
const clients: mongoose.mongo.MongoClient[] = [];
let folder: string;
let file: string;

/** An empty database on the server the run uses. */
async function empty(): Promise<Db> {
  const database = await freshDatabase();
  databases.push(database);
  const client = new mongoose.mongo.MongoClient(database.url);
  clients.push(client);
  return client.db();
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawker-backup-"));
  file = join(folder, "shop.backup");
});
afterEach(async () => {
  await Promise.all(databases.splice(0).map((database) => database.drop()));
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await rm(folder, { recursive: true, force: true });
});

test("what comes back is what was there: every type, every index, empty collections", async () => {
  const [from, to] = [await empty(), await empty()];
  await fill(from);
  const told: string[] = [];
  const backup = await writeBackup(from, file, {
    secret,
    told: (name, count) => told.push(`${count} ${name}`),
  });
  expect(backup).toMatchObject({ collections: 4, documents: 1231 });
  expect(told).toEqual(["0 empty", "1200 people", "1 pictures", "30 things"]);
  expect(await inspectBackup(file)).toMatchObject({ documents: 1231, header: { format: 1, secret } });
  await restoreBackup(to, file);
  expect(await contents(to)).toEqual(await contents(from));
});

test("a backup is for its owner's eyes, whatever was left of an earlier one", async () => {
  const from = await empty();
  await fill(from);
  writeFileSync(`${file}.part`, "left by a run that was killed", { mode: 0o644 });
  const before = process.umask(0);
  try {
    await writeBackup(from, file, { secret });
  } finally {
    process.umask(before);
  }
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a store with other things in it becomes what the backup holds, and nothing else", async () => {
  const [from, to] = [await empty(), await empty()];
  await fill(from);
  await writeBackup(from, file, { secret });
  await to.collection<{ _id: string }>("things").insertOne({ _id: "old" });
  await to.collection<{ _id: string }>("forgotten").insertOne({ _id: "old" });
  expect(await countDocuments(to)).toBe(2);
  await restoreBackup(to, file);
  await restoreBackup(to, file);
  expect(await contents(to)).toEqual(await contents(from));
});

test("a backup of a restored store restores to the same again", async () => {
  const [from, through, to] = [await empty(), await empty(), await empty()];
  await fill(from);
  await writeBackup(from, file, { secret });
  await restoreBackup(through, file);
  const second = join(folder, "second.backup");
  await writeBackup(through, second, { secret });
  await restoreBackup(to, second);
  expect(await contents(to)).toEqual(await contents(from));
});

test("a shop moves from the embedded store to the server of the run and back, and is the same to the byte", async () => {
  const server = await startEmbedded({ dir: join(folder, "embedded") });
  const client = new mongoose.mongo.MongoClient(server.url);
  try {
    const [home, back] = [client.db("home"), client.db("back")];
    const away = await empty();
    await fill(home);
    expect(await writeBackup(home, file, { secret })).toMatchObject({ consistent: true });
    await restoreBackup(away, file);
    await writeBackup(away, join(folder, "away.backup"), { secret });
    await restoreBackup(back, join(folder, "away.backup"));
    expect(await contents(back)).toEqual(await contents(home));
  } finally {
    await client.close();
    await server.stop();
  }
});

test("an existing file is not written over, and a backup of nothing is refused; no half file stays", async () => {
  const from = await empty();
  await expect(writeBackup(from, file, { secret })).rejects.toMatchObject({ code: "CANNOT_BACK_UP" });
  await fill(from);
  await writeBackup(from, file, { secret });
  const before = readFileSync(file);
  await expect(writeBackup(from, file, { secret })).rejects.toThrow("exists");
  expect(readFileSync(file).equals(before)).toBe(true);
  const gone = writeBackup(from, join(folder, "no", "such", "folder"), { secret });
  await expect(gone).rejects.toMatchObject({ code: "ENOENT" });
  expect(await readdir(folder)).toEqual(["shop.backup"]);
});

describe("a file that is not a whole backup changes nothing", () => {
  let to: Db;
  let whole: Buffer;
  let before: unknown;
  beforeEach(async () => {
    const from = await empty();
    to = await empty();
    await fill(from);
    await from.collection("pictures").drop();
    await writeBackup(from, file, { secret });
    whole = readFileSync(file);
    await to.collection<{ _id: string }>("things").insertOne({ _id: "mine" });
    before = await contents(to);
  });
  const refused = async (bytes: Uint8Array, message: RegExp): Promise<void> => {
    writeFileSync(file, bytes);
    await expect(restoreBackup(to, file)).rejects.toMatchObject({
      code: "BAD_BACKUP",
      message: expect.stringMatching(message),
    });
    expect(await contents(to)).toEqual(before);
  };

  test(`cut off anywhere (SEED=${seed})`, async () => {
    const random = chance(seed);
    await refused(whole.subarray(0, whole.length - 1), /cut off/);
    await refused(whole.subarray(0, 12), /cut off|not a backup/);
    for (let round = 0; round < times(10, 200); round++) {
      const length = 20 + Math.floor(random() * (whole.length - 20));
      await refused(whole.subarray(0, length), /cut off|not a backup/);
    }
    // Also where the compression ends properly but the contents do not.
    const inside = gunzipSync(whole);
    for (let round = 0; round < times(10, 200); round++) {
      const length = 1 + Math.floor(random() * (inside.length - 1));
      await refused(gzipSync(inside.subarray(0, length)), /cut off|not a backup/);
    }
  });

  test(`changed anywhere (SEED=${seed})`, async () => {
    const random = chance(seed + 1);
    const inside = gunzipSync(whole);
    for (let round = 0; round < times(20, 400); round++) {
      const bytes = Buffer.from(inside);
      const at = Math.floor(random() * bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8));
      await refused(gzipSync(bytes), /damaged|cut off|not a backup|format/);
    }
    for (let round = 0; round < times(10, 200); round++) {
      const bytes = Buffer.from(whole);
      // Behind the ten bytes of gzip's header, of which some mean nothing.
      const at = 10 + Math.floor(random() * (bytes.length - 10));
      bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8));
      await refused(bytes, /damaged|cut off|not a backup|format/);
    }
    await refused(Buffer.concat([whole, gzipSync(Buffer.from("Zmore"))]), /damaged|cut off/);
  });

  test("something else altogether", async () => {
    await refused(Buffer.alloc(0), /not a backup of Hawker/);
    await refused(Buffer.from("slug,title\nmug,Mug\n"), /not a backup of Hawker/);
    await refused(readFileSync("docs/chat.png"), /not a backup of Hawker/);
    await refused(
      gzipSync(Buffer.from("a text that is longer than a record's head")),
      /not a backup of Hawker/,
    );
    const inside = gunzipSync(whole);
    const at = inside.indexOf("format\0") + 7;
    inside.writeInt32LE(2, at);
    await refused(gzipSync(inside), /has format 2, and this version of Hawker reads 1/);
    await expect(restoreBackup(to, join(folder, "missing"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

// An outside server may have no snapshots; the backup then says so.
test.skipIf(outside)("all documents are of one moment while others write", async () => {
  const [from, to] = [await empty(), await empty()];
  interface Account {
    _id: number;
    rev: number;
    pad: string;
  }
  const [left, right] = [from.collection<Account>("a_left"), from.collection<Account>("z_right")];
  const accounts = Array.from({ length: 400 }, (_, _id) => ({ _id, rev: 0, pad: "x".repeat(2000) }));
  await left.insertMany(accounts);
  await right.insertMany(accounts);
  let writing = true;
  let writes = 0;
  // Left first, then right: at every moment, left is ahead by one or they are equal.
  const writer = async (offset: number): Promise<void> => {
    for (let n = offset; writing; n = (n + 4) % 400) {
      await left.updateOne({ _id: n }, { $inc: { rev: 1 } });
      await right.updateOne({ _id: n }, { $inc: { rev: 1 } });
      writes++;
    }
  };
  const writers = [0, 1, 2, 3].map(writer);
  let during = 0;
  try {
    for (let round = 0; round < times(5, 50); round++) {
      await rm(file, { force: true });
      const before = writes;
      expect(await writeBackup(from, file, { secret })).toMatchObject({ consistent: true, documents: 800 });
      during += writes - before;
      await restoreBackup(to, file);
      const other = new Map(
        (await to.collection<Account>("z_right").find().toArray()).map(({ _id, rev }) => [_id, rev]),
      );
      const ahead = (await to.collection<Account>("a_left").find().toArray()).map(
        ({ _id, rev }) => rev - (other.get(_id) ?? 0),
      );
      expect(ahead.filter((by) => by !== 0 && by !== 1)).toEqual([]);
      expect(ahead.filter((by) => by === 1).length).toBeLessThanOrEqual(4);
    }
  } finally {
    writing = false;
    await Promise.all(writers);
  }
  expect(during).toBeGreaterThan(0);
});

describe("a find at read concern snapshot", () => {
  let db: Db;
  let client: MongoClient;
  beforeAll(async () => {
    const database = await freshDatabase();
    databases.push(database);
    client = new MongoClient(database.url);
    db = client.db();
  });
  afterAll(() => client.close());

  test.skipIf(outside)(
    "sees what was there at its time, sorted and filtered, also what was dropped since",
    async () => {
      const ours = { level: "snapshot", standalone: true };
      const notes = db.collection<{ _id: number; n: number }>("notes");
      await notes.insertMany(Array.from({ length: 500 }, (_, _id) => ({ _id, n: 1 })));
      await db.collection("others").insertOne({ here: true });
      const begun = await db.command({ find: "notes", batchSize: 50, readConcern: ours });
      const { atClusterTime, id, firstBatch } = begun.cursor;
      expect(firstBatch[0]).toEqual({ _id: 0, n: 1 });
      await notes.updateMany({}, { $set: { n: 2 } });
      await notes.deleteMany({ _id: { $lt: 100 } });
      await db.collection("others").drop();
      const { cursor: rest } = await db.command({
        getMore: mongoose.mongo.Long.fromNumber(Number(id)),
        collection: "notes",
      });
      expect(rest.nextBatch).toHaveLength(450);
      expect(rest.nextBatch.filter(({ n }: { n: number }) => n !== 1)).toEqual([]);
      const then = async (command: object): Promise<unknown> =>
        (await db.command({ ...command, readConcern: { ...ours, atClusterTime } })).cursor.firstBatch;
      const sorted = { filter: { _id: { $lt: 3 } }, sort: { _id: -1 }, projection: { n: 1 } };
      expect(await then({ find: "notes", ...sorted })).toEqual([
        { _id: 2, n: 1 },
        { _id: 1, n: 1 },
        { _id: 0, n: 1 },
      ]);
      expect(await then({ find: "others" })).toMatchObject([{ here: true }]);
      expect(await notes.countDocuments()).toBe(400);
      const lost = { ...ours, atClusterTime: new mongoose.mongo.Timestamp({ t: 1, i: 1 }) };
      await expect(db.command({ find: "notes", readConcern: lost })).rejects.toMatchObject({ code: 246 });
    },
  );
});

test("a store with half a restore in it is not started on", async () => {
  const [from, to] = [await empty(), await empty()];
  await fill(from);
  await writeBackup(from, file, { secret });
  await to.collection<{ _id: string }>("restore").insertOne({ _id: "half" });
  await expect(refuseHalfRestored(to)).rejects.toMatchObject({ code: "HALF_RESTORED" });
  await restoreBackup(to, file);
  await refuseHalfRestored(to);
  expect(await contents(to)).toEqual(await contents(from));
});
