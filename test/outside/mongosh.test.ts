import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { EJSON } from "bson";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { installMongosh } from "./mongosh.ts";

const shell = installMongosh();
let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

/** What a script prints, started as a person would start it. */
async function prints(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)(shell, [database.url, "--quiet", "--norc", "--eval", script]);
  return stdout.trim();
}

/** The value of an expression in the shell. */
async function value(expression: string): Promise<unknown> {
  return EJSON.parse(await prints(`print(EJSON.stringify(${expression}, { relaxed: false }))`));
}

beforeEach(async () => {
  await prints(`db.dropDatabase(); db.mugs.insertMany([
    { _id: 1, colour: "blue", price: Decimal128("9.50"), stock: Long("5") },
    { _id: 2, colour: "red", price: Decimal128("8.00"), stock: Long("7") },
    { _id: 3, colour: "blue", price: Decimal128("12.00"), stock: Long("0") }])`);
});

test("it lists databases and collections", async () => {
  await prints("db.lamps.insertOne({ _id: 1 })");
  const name = new URL(database.url).pathname.slice(1);
  expect(await prints("show dbs")).toMatch(new RegExp(`^${name} +\\S+ (B|KiB)$`, "m"));
  expect((await prints("show collections")).split("\n")).toEqual(["lamps", "mugs"]);
});

test("it finds, sorts, limits and counts, and shows numbers by their types", async () => {
  expect(await prints('db.mugs.find({ colour: "blue", stock: { $gt: 0 } })')).toBe(
    "[\n  {\n    _id: 1,\n    colour: 'blue',\n    price: Decimal128('9.50'),\n    stock: Long('5')\n  }\n]",
  );
  expect(
    await value("db.mugs.find({}, { price: 0, stock: 0 }).sort({ _id: -1 }).limit(2).toArray()"),
  ).toEqual([
    { _id: 3, colour: "blue" },
    { _id: 2, colour: "red" },
  ]);
  expect(await value("db.mugs.countDocuments({ colour: 'blue' })")).toBe(2);
});

test("it aggregates", async () => {
  const totals = await value(`db.mugs.aggregate([
    { $group: { _id: "$colour", stock: { $sum: "$stock" } } },
    { $sort: { _id: 1 } }]).toArray()`);
  expect(EJSON.stringify(totals, { relaxed: true })).toBe(
    '[{"_id":"blue","stock":5},{"_id":"red","stock":7}]',
  );
});

test("it makes an index and is told that a query uses it", async () => {
  expect(await prints("db.mugs.createIndex({ colour: 1, _id: -1 })")).toBe("colour_1__id_-1");
  expect(await value("db.mugs.getIndexes().map((index) => index.name)")).toEqual(["_id_", "colour_1__id_-1"]);
  expect(
    await value('db.mugs.find({ colour: "red" }).explain().queryPlanner.winningPlan.inputStage'),
  ).toMatchObject({ stage: "IXSCAN", indexName: "colour_1__id_-1" });
});

test("it updates, and is told what went wrong by its code", async () => {
  expect(await value("db.mugs.updateMany({ colour: 'blue' }, { $inc: { stock: 1 } }).modifiedCount")).toBe(2);
  expect(
    await value("(() => { try { db.mugs.insertOne({ _id: 1 }); } catch (error) { return error.code; } })()"),
  ).toBe(11000);
});

test("it tells the version, and the size of things", async () => {
  expect(await prints("db.version()")).toMatch(/^\d+\.\d+\.\d+$/);
  expect(await value("db.stats().objects")).toBe(3);
  expect(await value("db.mugs.stats().count")).toBe(3);
});
