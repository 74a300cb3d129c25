/** Sources: https://mongoosejs.com/docs/schematypes.html, https://mongoosejs.com/docs/api/model.html#Model.syncIndexes() */
import mongoose, { Schema, Types } from "mongoose";
import { expect, test } from "vitest";
import { conforms } from "../conformance/servers.ts";
import { useMongoose } from "./with-mongoose.ts";

const db = useMongoose();
const Kept = db.model(
  "Kept",
  new Schema({
    decimal: Types.Decimal128,
    long: BigInt,
    double: Schema.Types.Double,
    int: Schema.Types.Int32,
    uuid: Schema.Types.UUID,
    bytes: Buffer,
    date: Date,
    yes: Boolean,
    map: { type: Map, of: Date },
    mixed: Schema.Types.Mixed,
    list: [[Number]],
  }),
);

test("each type of value comes back as it was, and is found by its value", async () => {
  const given = {
    decimal: Types.Decimal128.fromString("12345678901234567890.12345678901234"),
    long: 9_007_199_254_740_993n,
    double: 5,
    int: 7,
    uuid: new Types.UUID("8f8f5a5e-2b0a-4f2e-9a59-6d2f5a1b7c3d"),
    bytes: Buffer.from([0, 255, 7]),
    date: new Date(1_700_000_000_123),
    yes: false,
    map: { "a b": new Date(5) },
    mixed: { deep: [null, { n: 1 }] },
    list: [[1], [], [2, 3]],
  };
  await new Kept(given).save();
  const found = await Kept.findOne().orFail();
  expect(String(found.decimal)).toBe("12345678901234567890.12345678901234");
  expect(found.long).toBe(9_007_199_254_740_993n);
  expect([Number(found.double), found.int, String(found.uuid), found.yes]).toEqual([
    5,
    7,
    String(given.uuid),
    false,
  ]);
  expect([...found.bytes!]).toEqual([0, 255, 7]);
  expect([found.date, found.map!.get("a b"), found.mixed, found.toObject().list]).toEqual([
    given.date,
    new Date(5),
    given.mixed,
    given.list,
  ]);
  const raw = await db.collection("kepts").findOne({}, { promoteValues: false });
  expect([raw?.long._bsontype, raw?.double._bsontype, raw?.int._bsontype]).toEqual([
    "Long",
    "Double",
    "Int32",
  ]);
  for (const key of ["decimal", "long", "double", "int", "uuid", "bytes", "date", "mixed"] as const) {
    expect([key, await Kept.countDocuments().where(key, given[key])]).toEqual([key, 1]);
  }
  expect(await Kept.countDocuments({ long: { $gt: 9_007_199_254_740_992n } })).toBe(1);
});

test("declared indexes are made, compared and brought into line", async () => {
  const first = new Schema({ a: Number, b: String, seen: Date });
  first.index({ a: 1, b: -1 }, { unique: true, name: "both" });
  first.index({ b: 1 }, { partialFilterExpression: { a: { $gt: 5 } } });
  first.index({ seen: 1 }, { expireAfterSeconds: 3600 });
  const One = db.model("One", first, "indexed");
  await One.init();
  const told = (await One.listIndexes()).map(
    ({ name, key, unique, partialFilterExpression, expireAfterSeconds }) => ({
      name,
      key,
      unique,
      partialFilterExpression,
      expireAfterSeconds,
    }),
  );
  expect(told.sort((one, other) => one.name!.localeCompare(other.name!))).toEqual([
    { name: "_id_", key: { _id: 1 } },
    { name: "b_1", key: { b: 1 }, partialFilterExpression: { a: { $gt: 5 } } },
    { name: "both", key: { a: 1, b: -1 }, unique: true },
    { name: "seen_1", key: { seen: 1 }, expireAfterSeconds: 3600 },
  ]);
  expect(await One.diffIndexes()).toEqual({ toDrop: [], toCreate: [] });
  const second = new Schema({ a: Number, b: String, c: Number }, { autoIndex: false });
  second.index({ c: 1 }, { sparse: true });
  second.index({ a: 1, b: -1 }, { unique: true, name: "both" });
  const Two = db.model("Two", second, "indexed");
  const differences = await Two.diffIndexes();
  expect([differences.toDrop.sort(), differences.toCreate]).toEqual([["b_1", "seen_1"], [{ c: 1 }]]);
  expect((await Two.syncIndexes()).sort()).toEqual(["b_1", "seen_1"]);
  expect((await Two.listIndexes()).map(({ name }) => name).sort()).toEqual(["_id_", "both", "c_1"]);
  await expect(Two.collection.createIndex({ c: 1 }, { name: "other", sparse: true })).rejects.toMatchObject({
    code: 85,
  });
});

conforms(
  "a capped collection keeps the latest, and a view shows what its pipeline makes",
  async () => {
    const Log = db.model(
      "Log",
      new Schema({ n: Number }, { capped: { size: 4096, max: 3 }, autoCreate: false }),
    );
    await Log.createCollection();
    expect(await Log.collection.isCapped()).toBe(true);
    for (const n of [1, 2, 3, 4, 5]) await Log.create({ n });
    expect((await Log.find().sort({ $natural: 1 }).lean()).map(({ n }) => n)).toEqual([3, 4, 5]);
    const Big = db.model("Big", new Schema({ n: Number }, { autoCreate: false, autoIndex: false }));
    await Big.createCollection({ viewOn: "logs", pipeline: [{ $match: { n: { $gt: 3 } } }] });
    expect((await Big.find().sort("-n").lean()).map(({ n }) => n)).toEqual([5, 4]);
    for (const name of ["Log", "Big"]) db.deleteModel(name);
  },
  { documentdb: "it has no capped collections" },
);

test("databases beside each other, and a connection that comes and goes", async () => {
  const other = db.useDb(`${db.name}x`, { useCache: true });
  const There = other.model("There", new Schema({ n: Number }));
  await There.create({ n: 1 });
  expect(await There.countDocuments()).toBe(1);
  expect((await db.listCollections()).map(({ name }) => name)).not.toContain("theres");
  await other.dropDatabase();
  const states: string[] = [];
  const brief = mongoose.createConnection();
  for (const name of ["connected", "disconnected", "close"]) brief.on(name, () => void states.push(name));
  await brief.openUri(`mongodb://${db.host}:${db.port}/${db.name}?directConnection=true`);
  await brief.close();
  expect(states).toEqual(["connected", "disconnected", "close"]);
});

conforms(
  "transactions and change streams are refused as a server alone refuses them",
  async () => {
    await Kept.create({ int: 1 });
    await expect(
      db.transaction(async (session) => void (await Kept.create([{ int: 2 }], { session }))),
    ).rejects.toMatchObject({
      // The driver says what to do about it, and keeps what the server said.
      originalError: {
        code: 20,
        message: "Transaction numbers are only allowed on a replica set member or mongos",
      },
    });
    expect(await Kept.countDocuments()).toBe(1);
    const stream = Kept.watch([], { maxAwaitTimeMS: 50 });
    const failed = new Promise((_, reject) => stream.on("error", reject));
    stream.on("change", () => {});
    await expect(failed).rejects.toMatchObject({ code: 40573 });
    await stream.close();
  },
  {
    documentdb: "it says so in other words",
    secantus: "it is a replica set",
    mongodb: "it may be a replica set",
  },
);
