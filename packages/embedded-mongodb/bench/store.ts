/**
 * How fast the embedded store is through the official driver over loopback, with the server in a process of its own,
 * beside raw lmdb and a Map in the same run, since machines are noisy. Prints one line a figure and writes
 * bench/store.json.
 *
 *   npm run bench:store                      up to a million documents
 *   npm run bench:store -- --most 100000     up to as many
 *   npm run bench:store -- --profile DIR     and a profile of the server in DIR, for Chrome's developer tools
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { open } from "lmdb";
import { type Collection, MongoClient } from "mongodb";
import { Figures, type Lag, type Spread, spread } from "../../../bench/figures.ts";

interface Thing {
  _id: number;
  /** 20 things share a shelf. */
  shelf: number;
  /** 100,000 things share a hall. */
  hall: number;
  at: number;
  text: string;
  n?: number;
}

const { values } = parseArgs({
  options: { most: { type: "string", default: "1000000" }, profile: { type: "string" } },
});
const SIZES = [10_000, 100_000, 1_000_000].filter((size) => size <= Number(values.most));
const IN_FLIGHT = 32;
const SECONDS = 3;

const figures = new Figures("store");
const dir = mkdtempSync(join(tmpdir(), "hawker-bench-"));
const server = fork(new URL("store-server.ts", import.meta.url), [join(dir, "store")], {
  execArgv: [
    ...["--import", "tsx", "--expose-gc"],
    ...(values.profile ? ["--cpu-prof", "--cpu-prof-dir", values.profile] : []),
  ],
});
const [url] = (await once(server, "message")) as [string];

async function ask<T>(child: ChildProcess, question: string): Promise<T> {
  child.send(question);
  const [answer] = (await once(child, "message")) as [T];
  return answer;
}

/** Operations a second with `IN_FLIGHT` at a time, after a warm-up of a third of the time. */
async function rate(operation: (n: number) => unknown): Promise<number> {
  let n = 0;
  const run = async (seconds: number): Promise<number> => {
    const until = performance.now() + seconds * 1000;
    const before = n;
    const worker = async (): Promise<void> => {
      while (performance.now() < until) await operation(n++);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    return (n - before) / seconds;
  };
  await run(SECONDS / 3);
  return run(SECONDS);
}

/** How long operations take, in milliseconds, one at a time, after a warm-up. */
async function latency(operation: (n: number) => Promise<unknown>, times = 500): Promise<Spread> {
  const samples: number[] = [];
  for (let n = 0; n < times + 100; n++) {
    const start = performance.now();
    await operation(n);
    if (n >= 100) samples.push(performance.now() - start);
  }
  return spread(samples);
}

async function grow(things: Collection<Thing>, from: number, to: number): Promise<void> {
  const start = performance.now();
  for (let at = from; at < to; at += 1000) {
    await things.insertMany(
      Array.from({ length: 1000 }, (_, offset) => {
        const id = at + offset;
        const [shelf, hall] = [Math.floor(id / 20), Math.floor(id / 100_000)];
        return { _id: id, shelf, hall, at: (id * 7919) % 1_000_003, text: "x".repeat(200) };
      }),
    );
  }
  const took = (performance.now() - start) / 1000;
  figures.tell(`insert up to ${to.toLocaleString("en")} documents, two indexes`, (to - from) / took, "/s");
}

/** What costs at a size, and the server's memory there. */
async function atSize(things: Collection<Thing>, size: number, first: { heap: number } | undefined) {
  const label = `at ${size.toLocaleString("en")}:`;
  const some = (n: number): number => (n * 7919) % size;
  const one = await latency((n) => things.findOne({ _id: some(n) }));
  figures.tell(`${label} findOne by _id, median`, one.p50, "ms");
  const shelf = await latency((n) => things.find({ shelf: Math.floor(some(n) / 20) }).toArray());
  figures.tell(`${label} find 20 by index, median`, shelf.p50, "ms", { most: 2 });
  figures.tell(`${label} find 20 by index, 95 in 100`, shelf.p95, "ms");
  figures.tell(`${label} find 20 by index, 99 in 100`, shelf.p99, "ms");
  const write = await latency((n) => things.updateOne({ _id: some(n) }, { $inc: { n: 1 } }), 200);
  figures.tell(`${label} updateOne, on disk, median`, write.p50, "ms");
  const { rss, heap } = await ask<{ rss: number; heap: number }>(server, "memory");
  figures.tell(`${label} the server's resident memory`, rss, "MB");
  figures.tell(`${label} the server's JavaScript heap`, heap, "MB");
  if (first)
    figures.tell(`${label} the heap's growth since the first size`, heap - first.heap, "MB", { most: 10 });
  return first ?? { heap };
}

async function rates(things: Collection<Thing>, size: number): Promise<void> {
  const some = (n: number): number => (n * 7919) % size;
  const raw = open<string, number>({ path: join(dir, "raw.mdb") });
  const put = await rate((n) => raw.put(some(n), "x".repeat(200)).then(() => raw.flushed));
  const get = await rate((n) => raw.get(some(n)));
  await raw.close();
  const map = new Map<number, string>();
  const set = await rate((n) => map.set(some(n), "x"));
  figures.tell("reference: Map set", set, "/s");
  figures.tell("reference: lmdb get", get, "/s");
  figures.tell("reference: lmdb put, on disk", put, "/s");
  const found = await rate((n) => things.findOne({ _id: some(n) }));
  figures.tell("findOne by _id, 32 in flight", found, "/s", { least: 5000, reference: get });
  const changed = await rate((n) => things.updateOne({ _id: some(n) }, { $inc: { n: 1 } }));
  figures.tell("updateOne, on disk, 32 in flight", changed, "/s", { least: 2500, reference: put });
  const shelves = await rate((n) => things.find({ shelf: Math.floor(some(n) / 20) }).toArray());
  figures.tell("find 20 by index, 32 in flight", shelves, "/s");
}

/** The longest that the server's event loop stood still while `IN_FLIGHT` queries ran, and a ping's longest wait. */
async function lag(name: string, client: MongoClient, query: (n: number) => Promise<unknown>): Promise<void> {
  await query(0);
  await ask(server, "watch");
  let running = true;
  const pings: number[] = [];
  const pinging = (async () => {
    while (running) {
      const start = performance.now();
      await client.db().command({ ping: 1 });
      pings.push(performance.now() - start);
    }
  })();
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, n) => query(n)));
  running = false;
  await pinging;
  const { max, cpuMax } = await ask<Lag>(server, "lag");
  figures.tell(`longest block, ${name}`, max, "ms", { most: 20 });
  figures.tell(`longest turn's processor time, ${name}`, cpuMax, "ms", { most: 20 });
  figures.tell(`ping, 99 in 100, ${name}`, spread(pings).p99, "ms");
}

async function lags(things: Collection<Thing>, pinger: MongoClient): Promise<void> {
  const drain = async (hall: number): Promise<void> => {
    for await (const _ of things.find({ hall }, { projection: { at: 1 } }));
  };
  await lag("32 finds of 20 by index", pinger, (n) => things.find({ shelf: n }).toArray());
  await lag("32 finds of 100,000 by index", pinger, () => drain(0));
  await lag("32 finds sorted by index", pinger, () =>
    things.find({ hall: 0 }).sort({ at: -1 }).limit(1000).toArray(),
  );
  await lag("32 counts of 100,000 by index", pinger, () => things.countDocuments({ hall: 0 }));
  const touch = (n: number): Promise<unknown> =>
    things.updateMany({ hall: 0, at: { $gte: n * 1000, $lt: (n + 1) * 1000 } }, { $inc: { n: 1 } });
  await lag("32 updates of a hundred by index", pinger, touch);
  await lag("an update of 100,000 by index", pinger, (n) =>
    n === 1 ? things.updateMany({ hall: 0 }, { $inc: { n: 1 } }) : things.findOne({ _id: n }),
  );
}

const client = await MongoClient.connect(url);
const pinger = await MongoClient.connect(url);
try {
  const things = client.db("bench").collection<Thing>("things");
  await things.createIndexes([{ key: { shelf: 1, _id: 1 } }, { key: { hall: 1, at: 1 } }]);
  let first: { heap: number } | undefined;
  let from = 0;
  for (const size of SIZES) {
    await grow(things, from, size);
    first = await atSize(things, size, first);
    if (size === 100_000) {
      const told = await things.find({ shelf: 7 }).explain("executionStats");
      figures.tell("documents examined to find 20 of 100,000", told.executionStats.totalDocsExamined, "", {
        most: 20,
      });
      await rates(things, size);
      await lags(things, pinger);
    }
    from = size;
  }
  figures.write();
} finally {
  await client.close();
  await pinger.close();
  server.send("stop");
  await once(server, "exit");
  rmSync(dir, { recursive: true, force: true });
}
