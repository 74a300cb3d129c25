import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Collection, type Document, MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedServer, startEmbedded } from "../src/index.ts";

// The parameter is the whole server's, so this server is this file's own.
const dir = await mkdtemp(join(tmpdir(), "hawker-notablescan-"));
let server: EmbeddedServer;
let client: MongoClient;
let things: Collection<Document>;
beforeAll(async () => {
  server = await startEmbedded({ dir });
  client = await MongoClient.connect(server.url);
  things = client.db().collection("things");
  await things.createIndex({ shelf: 1 });
  await things.insertMany(Array.from({ length: 100 }, (_, at) => ({ shelf: at % 10, free: at })));
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const set = (notablescan: boolean): Promise<Document> =>
  client.db("admin").command({ setParameter: 1, notablescan });

test("notablescan refuses every command that would read a whole collection, and spares one without a condition", async () => {
  expect(await client.db("admin").command({ getParameter: 1, notablescan: 1 })).toMatchObject({
    notablescan: false,
  });
  expect(await set(true)).toMatchObject({ was: false });
  try {
    const refused = { code: 291, message: expect.stringContaining("notablescan") };
    const free = { free: 3 };
    await expect(things.find(free).toArray()).rejects.toMatchObject(refused);
    await expect(things.countDocuments(free)).rejects.toMatchObject(refused);
    await expect(client.db().command({ count: "things", query: free })).rejects.toMatchObject(refused);
    await expect(things.distinct("name", free)).rejects.toMatchObject(refused);
    await expect(things.aggregate([{ $match: free }]).toArray()).rejects.toMatchObject(refused);
    await expect(things.updateOne(free, { $set: { x: 1 } })).rejects.toMatchObject(refused);
    await expect(things.updateMany(free, { $set: { x: 1 } })).rejects.toMatchObject(refused);
    await expect(things.deleteOne(free)).rejects.toMatchObject(refused);
    await expect(things.deleteMany(free)).rejects.toMatchObject(refused);
    await expect(things.findOneAndUpdate(free, { $set: { x: 1 } })).rejects.toMatchObject(refused);
    await expect(things.find({ shelf: 1 }).hint({ $natural: 1 }).toArray()).rejects.toMatchObject(refused);
    expect(await things.find({ shelf: 4 }).toArray()).toHaveLength(10);
    expect(await things.find({}).toArray()).toHaveLength(100);
    expect((await things.updateMany({}, { $unset: { nothing: 1 } })).matchedCount).toBe(100);
  } finally {
    await set(false);
  }
  expect(await things.find({ free: 3 }).toArray()).toHaveLength(1);
});

test("no other parameter can be set", async () => {
  await expect(client.db("admin").command({ setParameter: 1, nothing: 1 })).rejects.toMatchObject({
    code: 72,
  });
});

test("notablescan lets a search for words or places through that has its index", async () => {
  const places = client.db().collection("places");
  await places.createIndex({ about: "text" });
  await places.createIndex({ at: "2dsphere" });
  await places.insertOne({ about: "red mug", at: { type: "Point", coordinates: [8, 47] } });
  await set(true);
  try {
    const $geometry = { type: "Point", coordinates: [8, 47] };
    expect(await places.find({ $text: { $search: "mug" } }).toArray()).toHaveLength(1);
    expect(await places.find({ at: { $near: { $geometry } } }).toArray()).toHaveLength(1);
    await expect(places.find({ about: "red mug" }).toArray()).rejects.toMatchObject({ code: 291 });
  } finally {
    await set(false);
  }
});
