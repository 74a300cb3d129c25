import mongoose from "mongoose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CannotCopy, copyStore } from "../../src/store/copy.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";

let fresh: FreshDatabase[];
let clients: mongoose.mongo.MongoClient[];
let from: mongoose.mongo.Db;
let to: mongoose.mongo.Db;

beforeAll(async () => {
  fresh = [await freshDatabase(), await freshDatabase()];
  clients = fresh.map(({ url }) => new mongoose.mongo.MongoClient(url));
  from = clients[0]!.db();
  to = clients[1]!.db();
  await from.collection<{ _id: string; at: Date; bytes: Buffer }>("orders").insertMany(
    Array.from({ length: 1_201 }, (_, index) => ({
      _id: `o${index}`,
      at: new Date(index),
      bytes: Buffer.from([index % 256]),
    })),
  );
  const { Double, Long } = mongoose.mongo.BSON;
  await from.collection("shops").insertOne({
    name: { en: "Tea", zh: "茶" },
    zones: [],
    none: null,
    double: new Double(5),
    long: Long.fromString("9007199254740993"),
    pattern: /^tea/i,
  });
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(fresh.map((database) => database.drop()));
});

test("every document arrives as it was", async () => {
  const told: [string, number][] = [];
  await copyStore(from, to, (name, documents) => told.push([name, documents]));
  expect(told.toSorted()).toEqual([
    ["orders", 1_201],
    ["shops", 1],
  ]);
  for (const name of ["orders", "shops"]) {
    const all = (db: mongoose.mongo.Db) =>
      db.collection(name).find({}, { promoteValues: false }).sort({ _id: 1 }).toArray();
    expect(await all(to)).toStrictEqual(await all(from));
  }
});

test("a database that holds something is left alone", async () => {
  await expect(copyStore(from, to)).rejects.toThrow(CannotCopy);
  expect(await to.collection("orders").countDocuments()).toBe(1_201);
});
