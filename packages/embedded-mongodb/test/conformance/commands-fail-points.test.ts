import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, describe, expect, test } from "vitest";
import { startEmbedded } from "../../src/index.ts";

const dir = await mkdtemp(join(tmpdir(), "fail-points-"));
const server = await startEmbedded({ dir, enableTestCommands: true });
const client = new MongoClient(server.url, { retryReads: false, retryWrites: false });
const admin = client.db("admin");
const docs = client.db("test").collection("docs");
afterAll(async () => {
  await client.close();
  await server.stop();
  await rm(dir, { recursive: true });
});

const arm = (mode: unknown, data: unknown, configureFailPoint = "failCommand") =>
  admin.command({ configureFailPoint, mode, data });

// Source: MongoDB server, "The failCommand Fail Point"; driver specification, "Unified Test Format".
describe("a server started for tests", () => {
  test("says so in getParameter", async () => {
    expect(await admin.command({ getParameter: 1, enableTestCommands: 1 })).toMatchObject({
      enableTestCommands: true,
    });
  });
  test("fails the commands it is told to, as often as it is told to", async () => {
    await arm({ times: 2 }, { failCommands: ["find"], errorCode: 10107, errorLabels: ["Again"] });
    for (let time = 0; time < 2; time++) {
      const error = await docs.findOne().catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: 10107, codeName: "NotWritablePrimary", errorLabels: ["Again"] });
    }
    expect(await docs.findOne()).toBeNull();
    expect(await docs.countDocuments()).toBe(0);
  });
  test("goes on failing until it is switched off", async () => {
    await arm("alwaysOn", { failCommands: ["insert"], errorCode: 8 });
    for (let time = 0; time < 3; time++)
      await expect(docs.insertOne({})).rejects.toMatchObject({ code: 8, codeName: "UnknownError" });
    await arm("off", {});
    await docs.insertOne({});
    expect(await docs.deleteMany({})).toMatchObject({ deletedCount: 1 });
  });
  test("lets the first ones pass when it is told to skip them", async () => {
    await arm({ skip: 1 }, { failCommands: ["ping"], errorCode: 8 });
    expect(await admin.command({ ping: 1 })).toEqual({ ok: 1 });
    await expect(admin.command({ ping: 1 })).rejects.toMatchObject({ code: 8 });
    await arm("off", {});
  });
  test("closes the connection instead of answering", async () => {
    await arm({ times: 1 }, { failCommands: ["count"], closeConnection: true });
    await expect(docs.estimatedDocumentCount()).rejects.toThrow(/closed/);
    expect(await docs.estimatedDocumentCount()).toBe(0);
  });
  test("adds a write concern's error to a write that is done", async () => {
    const writeConcernError = { code: 91, errmsg: "shutting down" };
    await arm({ times: 1 }, { failCommands: ["insert"], writeConcernError });
    await expect(docs.insertOne({ _id: 1 as never })).rejects.toMatchObject({ code: 91 });
    expect(await docs.findOne()).toEqual({ _id: 1 });
  });
  test("lets every time limit be over", async () => {
    await arm("alwaysOn", {}, "maxTimeAlwaysTimeOut");
    await expect(docs.findOne({}, { maxTimeMS: 60_000 })).rejects.toMatchObject({ code: 50 });
    expect(await docs.findOne()).toEqual({ _id: 1 });
    await arm("off", {}, "maxTimeAlwaysTimeOut");
    expect(await docs.findOne({}, { maxTimeMS: 60_000 })).toEqual({ _id: 1 });
  });
  test("lets the time limit of a find be over in its getMore", async () => {
    await docs.insertMany([{ n: 1 }, { n: 2 }]);
    const limited = docs.find({}, { batchSize: 1, maxTimeMS: 60_000 });
    const free = docs.find({}, { batchSize: 1 });
    await Promise.all([limited.next(), free.next()]);
    await arm("alwaysOn", {}, "maxTimeAlwaysTimeOut");
    await expect(limited.next()).rejects.toMatchObject({ code: 50 });
    expect(await free.next()).toMatchObject({ n: 1 });
    await arm("off", {}, "maxTimeAlwaysTimeOut");
    await free.close();
  });
  test("fails only the application that is named, from its first hello on", async () => {
    await arm("alwaysOn", { failCommands: ["isMaster", "hello"], appName: "doomed", closeConnection: true });
    const named = (appName: string) =>
      new MongoClient(server.url, { appName, serverSelectionTimeoutMS: 200, retryReads: false });
    const doomed = named("doomed");
    const spared = named("spared");
    try {
      await expect(doomed.db("admin").command({ ping: 1 })).rejects.toThrow(/closed/);
      expect(await spared.db("admin").command({ ping: 1 })).toEqual({ ok: 1 });
    } finally {
      await arm("off", {});
      await doomed.close();
      await spared.close();
    }
  });
  test("fails all commands but the one that takes the fail point away", async () => {
    await arm("alwaysOn", { failAllCommands: true, errorCode: 8 });
    await expect(admin.command({ ping: 1 })).rejects.toMatchObject({ code: 8 });
    await expect(admin.command({ buildInfo: 1 })).rejects.toMatchObject({ code: 8 });
    await arm("off", {});
    expect(await admin.command({ ping: 1 })).toEqual({ ok: 1 });
  });
  test("knows a command by its other spelling too", async () => {
    await arm("alwaysOn", { failCommands: ["findandmodify"], errorCode: 8 });
    await expect(docs.findOneAndDelete({ none: 1 })).rejects.toMatchObject({ code: 8 });
    await arm("off", {});
  });
  test("fails as likely as it is told to, and counts how often it did", async () => {
    const { count } = await arm("off", {});
    await arm({ activationProbability: 0 }, { failCommands: ["ping"], errorCode: 8 });
    expect(await admin.command({ ping: 1 })).toEqual({ ok: 1 });
    await arm({ activationProbability: 1 }, { failCommands: ["ping"], errorCode: 8 });
    await expect(admin.command({ ping: 1 })).rejects.toMatchObject({ code: 8 });
    expect(await arm("off", {})).toMatchObject({ count: count + 1 });
  });
  test("refuses a fail point and a mode there is not", async () => {
    await expect(arm("alwaysOn", {}, "noSuchFailPoint")).rejects.toMatchObject({ code: 235 });
    await expect(arm("sometimes", { failCommands: [] })).rejects.toMatchObject({ code: 2 });
  });
});

test("any other server knows no fail points", async () => {
  const other = await mkdtemp(join(tmpdir(), "fail-points-"));
  const plain = await startEmbedded({ dir: other });
  const asking = new MongoClient(plain.url);
  try {
    const run = asking.db("admin").command({ configureFailPoint: "failCommand", mode: "alwaysOn" });
    await expect(run).rejects.toMatchObject({ code: 59 });
  } finally {
    await asking.close();
    await plain.stop();
    await rm(other, { recursive: true });
  }
});
