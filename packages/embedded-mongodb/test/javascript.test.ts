/** Source: MongoDB manual, "$where" and "$function (aggregation)". */
import { Code, type Document, Long, MongoClient, ObjectId } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { server } from "./conformance/servers.ts";
import { type FreshDatabase, freshDatabase } from "./setup/database.ts";

// The servers at hand that are not ours have no functions in JavaScript.
describe.skipIf(server === "documentdb" || server === "secantus")("functions in JavaScript", () => {
  let database: FreshDatabase;
  let client: MongoClient;
  const at = new Date(1000);
  const id = new ObjectId();
  beforeAll(async () => {
    database = await freshDatabase();
    client = await MongoClient.connect(database.url);
    await client
      .db()
      .collection<Document>("things")
      .insertMany([
        { _id: 1 as never, a: 3, b: 4, at, id, long: Long.fromNumber(5), tags: ["x"] },
        { _id: 2 as never, a: 4, b: 4, at: new Date(0), tags: [] },
      ]);
  });
  afterAll(async () => {
    await client.close();
    await database.drop();
  });
  const found = async (where: unknown) =>
    (
      await client
        .db()
        .collection("things")
        .find({ $where: where as string })
        .sort({ _id: 1 })
        .toArray()
    ).map(({ _id }) => _id);
  const made = async (body: unknown, ...args: unknown[]) =>
    (
      await client
        .db()
        .collection("things")
        .aggregate([
          { $match: { _id: 1 } },
          { $project: { _id: 0, made: { $function: { body, args, lang: "js" } } } },
        ])
        .next()
    )?.made;

  test.each([
    ["this.a == this.b", [2]],
    ["obj.tags.length", [1]],
    ["return this.a === 3;", [1]],
    ["var sum = this.a + this.b; return sum > 7;", [2]],
    ["function () { return this.at.getTime() > 500; }", [1]],
    ["() => obj.long > 4", [1]],
    [`this.id && this.id.toString() === "${id}"`, [1]],
    [new Code("this.a === 4"), [2]],
    ["this.id !== undefined && this.id.equals(ObjectId(String(this.id))) && NumberLong(5) == 5", [1]],
    ["isNumber(this.a) && isString(this.tags[0]) && isObject(this)", [1]],
    ["this.at > ISODate('1970-01-01T00:00:00Z') && NumberInt('3') === this.a", [1]],
    ["print(this); assert(this.b === 4); return tojson(this.tags) === '[\"x\"]';", [1]],
    ["assert(this.a === 3, 'only three'); return true;", /only three/],
    [
      new Code(function (this: { a: number }) {
        return this.a > 1;
      }),
      [1, 2],
    ],
    ["this.nothing.there", /JSInterpreterFailure|TypeError/],
    ["this is no code", /SyntaxError/],
    ["function () { while (true) {} }", /interrupted/],
    ["let all = []; while (true) all.push(new Array(100000)); return true;", /memory|interrupted/],
    [7, /must be a string or code/],
    [new Code("this.a === wanted", { wanted: 4 }), /without a scope/],
    [new Code("this.a === 4", {}), /without a scope/],
  ])("$where %s", async (where, expected) => {
    if (expected instanceof RegExp) await expect(found(where)).rejects.toThrow(expected);
    else expect(await found(where)).toEqual(expected);
  });

  test("what a function is given and gives back keeps its type", async () => {
    const same = "function (each) { return each; }";
    for (const value of [
      1.5,
      "x",
      true,
      null,
      at,
      id,
      Long.fromString("9007199254740993"),
      [1, [2]],
      { deep: { n: 2 } },
    ]) {
      expect(await made(same, { $literal: value })).toEqual(value);
    }
    expect(await made("function (a, b) { return a * b; }", "$a", "$b")).toBe(12);
    expect(await made("function () {}")).toBeNull();
  });

  test("a function reaches nothing of the process", async () => {
    for (const name of ["process", "require", "globalThis.process", "fetch", "setTimeout"]) {
      expect(await made(`function () { return typeof ${name}; }`)).toBe("undefined");
    }
    expect(
      await made(
        "function () { return (function () { return typeof this.constructor.constructor('return process'); })(); }",
      ),
    ).toBe("function");
    await expect(
      made("function () { return this.constructor.constructor('return process')(); }"),
    ).rejects.toThrow();
  });

  test("a function can wait, and ends at the time limit of its command", async () => {
    const things = client.db().collection("things");
    const waiting = (ms: number) => ({ $where: `sleep(${ms}) || true` });
    expect(await things.find(waiting(5)).toArray()).toHaveLength(2);
    for (const ms of [20, 900]) {
      await expect(things.find(waiting(ms)).maxTimeMS(10).toArray()).rejects.toMatchObject({ code: 50 });
      await expect(things.countDocuments(waiting(ms), { maxTimeMS: 10 })).rejects.toMatchObject({ code: 50 });
      await expect(
        things.updateOne(waiting(ms), { $set: { a: 1 } }, { maxTimeMS: 10 }),
      ).rejects.toMatchObject({ code: 50 });
    }
  });

  test("a function that is over the time limit in one step, which nothing interrupts, ends its command too", async () => {
    const things = client.db().collection("things");
    const long = { $where: "'x'.repeat(1000000).split('').length > 0" };
    await expect(things.updateOne(long, { $set: { a: 1 } }, { maxTimeMS: 5 })).rejects.toMatchObject({
      code: 50,
    });
    expect(await things.find(long).toArray()).toHaveLength(2);
  });

  test("one function does not see what another has left", async () => {
    expect(await made("function () { globalThis.left = 1; return 1; }")).toBe(1);
    expect(await made("function () { return typeof left; }")).toBe("undefined");
  });
});
