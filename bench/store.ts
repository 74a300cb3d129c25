/**
 * How fast the embedded store is through the official driver over loopback, beside raw lmdb and a Map in the same
 * run, since machines are noisy. Prints one line a figure and writes bench/store.json.
 *
 *   npm run bench:store
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "lmdb";
import { MongoClient } from "mongodb";

const DOCUMENTS = 20_000;
const IN_FLIGHT = 32;
const SECONDS = 3;

const figures: Record<string, number> = {};
const tell = (name: string, value: number, unit: string): void => {
  figures[name] = Math.round(value);
  console.log(`${name.padEnd(34)} ${Math.round(value).toLocaleString("en").padStart(12)} ${unit}`);
};

/** Operations a second with `IN_FLIGHT` at a time, after a warm-up of a third of the time. */
async function rate(operation: (n: number) => unknown): Promise<number> {
  let n = 0;
  const run = async (seconds: number): Promise<number> => {
    const until = performance.now() + seconds * 1000;
    const before = n;
    const worker = async () => {
      while (performance.now() < until) await operation(n++);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    return (n - before) / seconds;
  };
  await run(SECONDS / 3);
  return run(SECONDS);
}

const dir = mkdtempSync(join(tmpdir(), "hawker-bench-"));
const server = spawn("node_modules/.bin/tsx", [
  "src/store/embedded/cli.ts",
  "--port",
  "0",
  "--dir",
  join(dir, "store"),
]);
const [line] = await once(server.stdout, "data");
const client = await MongoClient.connect(String(line).trim());
try {
  const things = client
    .db("bench")
    .collection<{ _id: number; shelf: number; text: string; n?: number }>("things");
  await things.createIndex({ shelf: 1, _id: 1 });
  for (let from = 0; from < DOCUMENTS; from += 1000) {
    await things.insertMany(
      Array.from({ length: 1000 }, (_, at) => ({
        _id: from + at,
        shelf: (from + at) % 1000,
        text: "x".repeat(200),
      })),
    );
  }
  const some = (n: number): number => (n * 7919) % DOCUMENTS;
  tell("findOne by _id", await rate((n) => things.findOne({ _id: some(n) })), "/s");
  tell("updateOne, on disk", await rate((n) => things.updateOne({ _id: some(n) }, { $inc: { n: 1 } })), "/s");
  tell(
    "find 20 by index",
    await rate((n) =>
      things
        .find({ shelf: n % 1000 })
        .limit(20)
        .toArray(),
    ),
    "/s",
  );

  const raw = open<string, number>({ path: join(dir, "raw.mdb") });
  tell("reference: lmdb get", await rate((n) => raw.get(some(n))), "/s");
  tell(
    "reference: lmdb put, on disk",
    await rate((n) => raw.put(some(n), "x".repeat(200)).then(() => raw.flushed)),
    "/s",
  );
  await raw.close();
  const map = new Map<number, string>();
  tell("reference: Map set", await rate((n) => map.set(some(n), "x")), "/s");
  writeFileSync("bench/store.json", `${JSON.stringify(figures, null, 2)}\n`);
} finally {
  await client.close();
  server.kill("SIGTERM");
  rmSync(dir, { recursive: true, force: true });
}
