import { MongoClient } from "mongodb";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { openGate, type StoreGate } from "./store-gate.ts";

let database: FreshDatabase;
let gate: StoreGate;
let through: MongoClient;
let beside: MongoClient;
beforeAll(async () => {
  database = await freshDatabase();
  gate = await openGate(database.url);
  through = await MongoClient.connect(gate.url, { retryWrites: false, retryReads: false });
  beside = await MongoClient.connect(database.url);
});
beforeEach(async () => {
  gate.watch = undefined;
  await beside.db().collection("things").deleteMany({});
});
afterAll(async () => {
  await through.close();
  await beside.close();
  await gate.close();
  await database.drop();
});
const things = () => through.db().collection<{ _id: number }>("things");
const kept = () => beside.db().collection("things").countDocuments();

test("each command is seen with its name and what it brings", async () => {
  const from = gate.steps.length;
  await things().insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
  await things().find({}, { batchSize: 2 }).toArray();
  const seen = gate.steps.slice(from);
  expect(seen.map((step) => step.name)).toEqual(["insert things", "find things", "getMore things"]);
  expect(seen[0]?.body.documents).toEqual([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
  expect(seen.map((step) => step.number)).toEqual([from + 1, from + 2, from + 3]);
});

test("a command held up before it is forwarded has not happened, one held up after it has", async () => {
  const counts: [string, number][] = [];
  gate.watch = async (_, moment) => void counts.push([moment, await kept()]);
  await things().insertOne({ _id: 1 });
  expect(counts).toEqual([
    ["before", 0],
    ["after", 1],
  ]);
});

test("a command dropped before is lost, one dropped after is done and its answer lost", async () => {
  gate.watch = (step, moment) => (step.command === "insert" && moment === "before" ? "drop" : undefined);
  await expect(things().insertOne({ _id: 1 })).rejects.toThrow();
  expect(await kept()).toBe(0);
  gate.watch = (step, moment) => (step.command === "insert" && moment === "after" ? "drop" : undefined);
  await expect(things().insertOne({ _id: 2 })).rejects.toThrow();
  expect(await kept()).toBe(1);
});

test("a command held up on one connection lets others pass", async () => {
  let open = () => {};
  const held = new Promise<undefined>((resolve) => {
    open = () => resolve(undefined);
  });
  gate.watch = async (step) => (step.command === "insert" ? held : undefined);
  const insert = things().insertOne({ _id: 1 });
  expect(await things().countDocuments()).toBe(0);
  open();
  await insert;
  expect(await things().countDocuments()).toBe(1);
});
