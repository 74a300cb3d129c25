import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Db, MongoClient } from "mongodb";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { chance } from "../setup/chance.ts";
import { times } from "../setup/long.ts";
import { bundleProgram, killAll, type Program, type ServerProcess, startServer } from "./server-process.ts";
import {
  type Claim,
  claimant,
  clerk,
  drawer,
  indexer,
  lasting,
  Model,
  mover,
  type Paper,
  type Passing,
  untilGone,
} from "./writers.ts";

const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
const kills = times(15, 400);

let program: Program;
let dir: string;
beforeAll(async () => {
  program = await bundleProgram();
  dir = await mkdtemp(join(tmpdir(), "hawker-kill-"));
});
afterEach(killAll);
afterAll(async () => {
  await program.remove();
  await rm(dir, { recursive: true, force: true });
});

const connect = (url: string) =>
  new MongoClient(url, { retryWrites: false, retryReads: false, serverSelectionTimeoutMS: 5_000 });

async function started(): Promise<{ server: ServerProcess; url: string }> {
  const server = startServer(program, dir);
  const url = await server.url;
  if (url === undefined) throw new Error(`the server did not start again: ${server.complaints()}`);
  return { server, url };
}

/** A timer that a random moment is made of. */
const moment = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Everything that must hold after any crash. */
async function check(db: Db, model: Model): Promise<string[]> {
  const wrong: string[] = [];
  const claims = await db.collection<Claim>("claims").find().toArray();
  wrong.push(...model.claims.settle(claims));
  wrong.push(...model.papers.settle(await db.collection<Paper>("papers").find().toArray()));
  wrong.push(...model.passing.settle(await db.collection<Passing>("passing").find().toArray()));

  const names = claims.map(({ name }) => name);
  if (new Set(names).size !== names.length) wrong.push("a unique name is there twice");

  const { answered } = model.numbers;
  const counter = await db.collection<{ _id: string; value: number }>("counters").findOne({ _id: "order" });
  const value = counter?.value ?? 0;
  const most = answered.size + model.numbers.underWay;
  if (value < answered.size || value > most || Math.max(0, ...answered) > value)
    wrong.push(`the counter stands at ${value}; ${answered.size} to ${most} were drawn`);
  // What was under way is settled: those numbers are given or will never be.
  for (let number = 1; number <= value; number++) answered.add(number);
  model.numbers.underWay = 0;

  const present = new Set((await db.collection("papers").indexes()).map(({ name }) => name));
  for (const [, { name }] of lasting) if (!present.has(name)) wrong.push(`the index ${name} is gone`);
  for (const [name, fate] of model.indexes) {
    if (fate !== "either" && (fate === "there") !== present.has(name))
      wrong.push(`${name} should be ${fate}`);
    model.indexes.set(name, present.has(name) ? "there" : "gone");
  }
  for (const { name } of await db.listCollections().toArray()) wrong.push(...(await whole(db, name)));
  return wrong;
}

/** The collection and its indexes agree: by `validate`, by its counts, and by a reading along each index. */
async function whole(db: Db, name: string): Promise<string[]> {
  const wrong: string[] = [];
  const collection = db.collection(name);
  const said = await db.command({ validate: name, full: true });
  if (said.valid !== true) wrong.push(`${name} is not valid: ${JSON.stringify(said.errors)}`);
  const documents = await collection.find().toArray();
  const counts = [
    said.nrecords,
    await collection.countDocuments(),
    await collection.estimatedDocumentCount(),
  ];
  if (counts.some((count) => count !== documents.length))
    wrong.push(`${name} has ${documents.length} documents and counts ${counts}`);
  for (const { name: index, sparse, partialFilterExpression } of await collection.indexes()) {
    if (sparse === true || partialFilterExpression !== undefined) continue;
    const along = await collection.find({}, { hint: index }).toArray();
    const ids = (list: typeof along) => list.map(({ _id }) => String(_id)).sort();
    if (JSON.stringify(ids(along)) !== JSON.stringify(ids(documents)))
      wrong.push(`${name} along ${index} reads ${along.length} of ${documents.length} documents`);
  }
  return wrong;
}

test(
  `what was acknowledged survives ${kills} kills, and nothing is there in part (SEED=${seed})`,
  async () => {
    const random = chance(seed);
    const model = new Model();
    let startUps = 0;
    for (let kill = 0; kill < kills; kill++) {
      // Some die while they start, on what another one left.
      while (random() < 0.2) {
        const early = startServer(program, dir);
        await moment(random() * 500);
        await early.kill();
        startUps++;
      }
      const { server, url } = await started();
      const clients = Array.from({ length: 4 }, () => connect(url));
      const dbs = clients.map((client) => client.db("kill"));
      const [db] = dbs as [Db];
      if (kill === 0) {
        for (const [key, options] of lasting) await db.collection("papers").createIndex(key, options);
        await db.collection("claims").createIndex({ name: 1 }, { unique: true });
      }
      expect(await check(db, model), `after kill ${kill}, SEED=${seed}`).toEqual([]);
      const steps = [
        ...dbs.flatMap((each, n) => [
          clerk(each, model, `clerk${n}`, random),
          claimant(each, model, `claimant${n}`, random),
          drawer(each, model),
        ]),
        indexer(db, model, random),
        mover(db, model, random),
      ];
      const target = model.acknowledged + Math.floor(random() * 120);
      const delay = random() * 8;
      let reached = () => {};
      const enough = new Promise<void>((resolve) => {
        reached = resolve;
      });
      const writing = steps.map((step) =>
        untilGone(async () => {
          await step();
          if (model.acknowledged >= target) reached();
        }),
      );
      await Promise.race([enough, Promise.all(writing)]);
      await moment(delay);
      await server.kill();
      await Promise.all(writing);
      await Promise.all(clients.map((client) => client.close()));
    }
    const { server, url } = await started();
    const client = connect(url);
    expect(await check(client.db("kill"), model)).toEqual([]);
    console.log(
      `${kills} kills and ${startUps} at the start; ${model.acknowledged + model.numbers.answered.size} writes acknowledged`,
    );
    await client.close();
    await server.kill();
  },
  times(900_000, 7_200_000),
);

test(
  `a kill while an index is built leaves all of it or none (SEED=${seed})`,
  async () => {
    const random = chance(seed + 1);
    const rounds = times(6, 60);
    for (let round = 0; round < rounds; round++) {
      const { server, url } = await started();
      const client = connect(url);
      const big = client.db("kill").collection("big");
      if (round === 0) {
        const docs = Array.from({ length: 6000 }, (_, n) => ({
          n,
          tags: [n % 7, `t${n % 11}`],
          word: `w${n * 7919}`,
        }));
        await big.insertMany(docs);
      }
      expect(await whole(client.db("kill"), "big")).toEqual([]);
      for (const { name } of await big.indexes()) if (name !== "_id_") await big.dropIndex(String(name));
      const building = untilGone(async () => {
        await big.createIndexes([
          { key: { tags: 1, n: 1 }, name: "tags" },
          { key: { word: 1 }, name: "word", unique: true },
        ]);
        await new Promise((resolve) => server.child.once("close", resolve));
        throw new Error("connection closed");
      });
      await moment(random() * 400);
      await server.kill();
      await building;
      await client.close();
      const next = await started();
      const again = connect(next.url);
      const names = (await again.db("kill").collection("big").indexes()).map(({ name }) => name).sort();
      expect([["_id_"], ["_id_", "tags", "word"]]).toContainEqual(names);
      expect(await whole(again.db("kill"), "big")).toEqual([]);
      await again.close();
      await next.server.kill();
    }
  },
  times(900_000, 7_200_000),
);
