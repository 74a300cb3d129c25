import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { MongoClient } from "mongodb";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startEmbedded } from "../../src/index.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "hawker-durable-"));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

test("every write that was acknowledged before a SIGKILL is there afterwards, with its index entries", async () => {
  const writer = spawn(
    process.execPath,
    ["--import", "tsx", join(import.meta.dirname, "crash-writer.ts"), dir],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const acknowledged: number[] = [];
  const exited = new Promise((resolve) => writer.on("exit", resolve));
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged.push(Number(line));
    if (acknowledged.length === 300) writer.kill("SIGKILL");
  }
  await exited;
  const server = await startEmbedded({ dir });
  const client = new MongoClient(server.url);
  const counters = client.db("crash").collection<{ _id: number; step: number; tag: string }>("counters");
  const kept = new Map((await counters.find().toArray()).map((doc) => [doc._id, doc.step]));
  expect(acknowledged.length).toBeGreaterThanOrEqual(300);
  expect(acknowledged.filter((number) => kept.get(number) !== 1)).toEqual([]);
  for (const number of acknowledged.slice(-20))
    expect(await counters.findOne({ tag: `tag${number}` })).toMatchObject({ _id: number });
  await expect(counters.insertOne({ _id: -1, step: 0, tag: "tag0" })).rejects.toMatchObject({ code: 11000 });
  await client.close();
  await server.stop();
});

test("a directory that is open cannot be opened again, and can when it has been closed", async () => {
  const server = await startEmbedded({ dir });
  await expect(startEmbedded({ dir })).rejects.toMatchObject({
    code: "STORE_IN_USE",
    message: expect.stringContaining(String(process.pid)),
  });
  await server.stop();
  await (await startEmbedded({ dir })).stop();
});

test("the lock of a process that is gone, or whose number another process has now, does not block", async () => {
  writeFileSync(join(dir, "store.lock"), "4194000\nsome-boot:1\n");
  await (await startEmbedded({ dir })).stop();
  writeFileSync(join(dir, "store.lock"), "1\nan-earlier-boot:77\n");
  await (await startEmbedded({ dir })).stop();
});

test("expired documents go with the sweep, and only those", async () => {
  const server = await startEmbedded({ dir });
  const client = new MongoClient(server.url);
  const sessions = client.db().collection<{ _id: number; seen?: Date | string | Date[] }>("sessions");
  await sessions.createIndex({ seen: 1 }, { expireAfterSeconds: 60 });
  const at = new Date("2026-01-01T00:00:00Z");
  const later = new Date("2026-01-01T00:05:00Z");
  await sessions.insertMany([
    { _id: 1, seen: at },
    { _id: 2, seen: later },
    { _id: 3 },
    { _id: 4, seen: "text" },
    { _id: 5, seen: [later, at] },
  ]);
  expect(await server.sweepExpired(new Date("2026-01-01T00:00:59Z"))).toBe(0);
  expect(await server.sweepExpired(new Date("2026-01-01T00:01:00Z"))).toBe(2);
  expect((await sessions.find().toArray()).map((doc) => doc._id)).toEqual([2, 3, 4]);
  await client.close();
  await server.stop();
});

test("what is not the protocol closes its own connection and nothing else", async () => {
  const server = await startEmbedded({ dir, port: 0, log: pino({ level: "silent" }) });
  const client = new MongoClient(server.url);
  await client.db().command({ ping: 1 });
  for (const bytes of [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.alloc(64, 0xff),
    Buffer.from([21, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xdd, 7, 0, 0, 0, 0, 0, 0, 9]),
  ]) {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write(bytes);
    socket.resume();
    await new Promise((resolve) => socket.on("close", resolve));
  }
  expect(await client.db().command({ ping: 1 })).toMatchObject({ ok: 1 });
  await client.close();
  await server.stop();
});
