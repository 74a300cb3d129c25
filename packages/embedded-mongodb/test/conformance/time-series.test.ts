import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { describe, expect, test } from "vitest";
import { startEmbedded } from "../../src/index.ts";
import { conforms, failure, openBench } from "./servers.ts";

const bench = await openBench();
const { db } = bench;
const deviates = { documentdb: "gives another result", secantus: "gives another result" };
const hour = 3_600_000;

// Source: MongoDB manual, "Time Series Collections", "create", "collMod".
describe("a time series collection", () => {
  conforms(
    "is listed as one, with its defaults",
    async () => {
      await db.createCollection("listed", {
        timeseries: { timeField: "at", metaField: "sensor" },
        expireAfterSeconds: 3_600,
      });
      const [shown] = await db.listCollections({ name: "listed" }).toArray();
      expect(shown).toMatchObject({ name: "listed", type: "timeseries" });
      expect(shown).toHaveProperty("options", {
        expireAfterSeconds: 3_600,
        timeseries: {
          timeField: "at",
          metaField: "sensor",
          granularity: "seconds",
          bucketMaxSpanSeconds: 3_600,
        },
      });
      expect(await db.listCollections({ type: "timeseries" }).toArray()).toHaveLength(1);
    },
    deviates,
  );
  conforms("takes measurements and gives them back, in find and aggregate", async () => {
    const weather = await db.createCollection("weather", {
      timeseries: { timeField: "at", metaField: "m" },
    });
    await weather.insertMany([
      { at: new Date(0), m: { place: "Bergen" }, rain: 4 },
      { at: new Date(hour), m: { place: "Bergen" }, rain: 6 },
      { at: new Date(hour), m: { place: "Oslo" }, rain: 1 },
    ]);
    expect(await weather.find({ at: { $gte: new Date(hour) } }).toArray()).toHaveLength(2);
    const totals = await weather
      .aggregate([{ $group: { _id: "$m.place", rain: { $sum: "$rain" } } }, { $sort: { _id: 1 } }])
      .toArray();
    expect(totals).toEqual([
      { _id: "Bergen", rain: 10 },
      { _id: "Oslo", rain: 1 },
    ]);
  });
  conforms(
    "takes measurements of the same _id, for it has no index on it",
    async () => {
      await db.createCollection("twins", { timeseries: { timeField: "at", metaField: "m" } });
      const twins = db.collection<{ _id: number; at: Date; m?: string }>("twins");
      await twins.insertMany([
        { _id: 1, at: new Date(0), m: "a" },
        { _id: 1, at: new Date(hour), m: "b" },
        { _id: 2, at: new Date(hour), m: "b" },
      ]);
      expect(await twins.find({ _id: 1 }, { sort: { at: 1 } }).toArray()).toMatchObject([
        { m: "a" },
        { m: "b" },
      ]);
      expect((await twins.indexes()).map(({ name }) => name)).not.toContain("_id_");
      expect(await db.command({ validate: "twins" })).toMatchObject({ valid: true });
      expect(await twins.deleteMany({ m: "b" })).toMatchObject({ deletedCount: 2 });
      expect(await twins.find().toArray()).toMatchObject([{ _id: 1, m: "a" }]);
    },
    deviates,
  );
  conforms(
    "refuses a measurement without a time",
    async () => {
      const docs = await db.createCollection("timed", { timeseries: { timeField: "at" } });
      expect(await failure(() => docs.insertOne({ value: 1 }))).toMatchObject({ code: 2 });
      expect(await failure(() => docs.insertOne({ at: "today" }))).toMatchObject({ code: 2 });
      expect(await docs.countDocuments()).toBe(0);
    },
    deviates,
  );
  conforms(
    "may get a coarser granularity and no expiry, but no finer one",
    async () => {
      await db.createCollection("changed", { timeseries: { timeField: "at" }, expireAfterSeconds: 60 });
      await db.command({
        collMod: "changed",
        timeseries: { granularity: "hours" },
        expireAfterSeconds: "off",
      });
      const [shown] = await db.listCollections({ name: "changed" }).toArray();
      expect(shown).toHaveProperty("options", {
        timeseries: { timeField: "at", granularity: "hours", bucketMaxSpanSeconds: 2_592_000 },
      });
      const finer = () => db.command({ collMod: "changed", timeseries: { granularity: "seconds" } });
      expect(await failure(finer)).toMatchObject({ code: 72 });
    },
    deviates,
  );
  conforms(
    "is not made with options that make no sense for it",
    async () => {
      const timeseries = { timeField: "at" };
      const made = (options: object) => failure(() => db.createCollection("odd", options));
      expect(await made({ timeseries, capped: true, size: 4_096 })).toMatchObject({ code: 72 });
      expect(await made({ timeseries: { timeField: "at", metaField: "at" } })).toMatchObject({ code: 72 });
      expect(await made({ timeseries: { timeField: "at", granularity: "days" } })).toMatchObject({ code: 2 });
      expect(await made({ expireAfterSeconds: 60 })).toMatchObject({ code: 72 });
    },
    deviates,
  );
});

test("documents of a time series, and of a clustered collection, expire", async () => {
  const dir = await mkdtemp(join(tmpdir(), "time-series-"));
  const server = await startEmbedded({ dir });
  const client = new MongoClient(server.url);
  try {
    const series = await client
      .db()
      .createCollection("series", { timeseries: { timeField: "at" }, expireAfterSeconds: 60 });
    const clustered = await client.db().createCollection<{ _id: Date }>("clustered", {
      clusteredIndex: { key: { _id: 1 }, unique: true },
      expireAfterSeconds: 60,
    });
    await series.insertMany([{ at: new Date(0) }, { at: new Date(hour) }]);
    await clustered.insertMany([{ _id: new Date(0) }, { _id: new Date(hour) }]);
    expect(await server.sweepExpired(new Date(59_000))).toBe(0);
    expect(await server.sweepExpired(new Date(61_000))).toBe(2);
    expect(await series.find().toArray()).toMatchObject([{ at: new Date(hour) }]);
    expect(await clustered.find().toArray()).toEqual([{ _id: new Date(hour) }]);
  } finally {
    await client.close();
    await server.stop();
    await rm(dir, { recursive: true });
  }
});
