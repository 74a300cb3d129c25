import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Document, MongoClient } from "mongodb";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openGate, type StoreGate } from "../doubles/store-gate.ts";
import { type Bundle, bundle } from "../setup/bundle.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { Child } from "./child.ts";
import { all } from "./crash-world.ts";

/** What operators are asked to give a process that is to end (docs/operating.md). */
const KILLED_AFTER_MS = 30_000;
const TURNS = 200;

let program: Bundle;
let database: FreshDatabase;
let client: MongoClient;
let store: StoreGate;
let env: Record<string, string>;
let url: string;
const running: Child[] = [];
beforeAll(async () => {
  program = await bundle("src/main.ts");
});
beforeEach(async () => {
  database = await freshDatabase();
  client = await MongoClient.connect(database.url);
  store = await openGate(database.url);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  env = {
    PATH: process.env.PATH ?? "",
    PORT: String(port),
    HOST: "127.0.0.1",
    PUBLIC_URL: url,
    DATA_DIR: await mkdtemp(join(tmpdir(), "hawker-drain-")),
    MONGODB_URL: store.url,
    HAWKER_SECRET: randomBytes(32).toString("hex"),
    LOG_LEVEL: "info",
    TRUSTED_PROXIES: "127.0.0.1",
  };
});
afterEach(async () => {
  store.watch = undefined;
  for (const child of running.splice(0)) await child.kill();
  await store.close();
  await client.close();
  await database.drop();
  await rm(env.DATA_DIR ?? "", { recursive: true, force: true });
});
afterAll(async () => {
  await program.remove();
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((open) => probe.listen(0, "127.0.0.1", open));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Starts Hawker as an operator does, and waits until it is ready. */
async function starts(): Promise<Child> {
  const child = new Child(program.file, env);
  running.push(child);
  const ready = () =>
    fetch(`${url}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  await vi.waitUntil(async () => child.ended || (await ready()), { timeout: 60_000, interval: 50 });
  if (child.ended) throw new Error(`Hawker did not start:\n${child.printed}`);
  return child;
}

/** So many people say hello, each in a chat of their own. Answers how many were told that it is stored. */
async function greetings(count: number): Promise<number> {
  const visitors = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      // Each from an address of their own, as one address may not do so much.
      const from = { "x-forwarded-for": `198.51.100.${index}` };
      const page = await fetch(url, { headers: from });
      await page.body?.cancel();
      const cookie = page.headers
        .getSetCookie()
        .map((cookie) => cookie.split(";")[0])
        .join("; ");
      return { cookie, ...from };
    }),
  );
  // From now on the store takes its time, so that all are under way at once.
  store.watch = async (_, moment) => {
    if (moment === "before") await pause(300);
    return undefined;
  };
  const answers = await Promise.all(
    visitors.map((visitor) =>
      fetch(`${url}/chat/events`, {
        method: "POST",
        headers: { ...visitor, origin: url, "content-type": "application/json" },
        body: JSON.stringify({ id: randomUUID(), kind: "text", text: "/start" }),
      }),
    ),
  );
  return answers.filter(({ status }) => status === 202).length;
}

const conversations = (): Promise<Document[]> => client.db().collection("conversations").find(all).toArray();
/** How often the shop has answered, by conversation. */
async function answers(): Promise<number[]> {
  const found = await Promise.all(
    (await conversations()).map(({ _id }) =>
      client.db().collection("web_messages").countDocuments({ conversation: _id, from: "shop" }),
    ),
  );
  return found;
}

test("on SIGTERM two hundred turns under way are finished or stay queued, and the next process does the rest", async () => {
  const first = await starts();
  expect(await greetings(TURNS)).toBe(TURNS);
  const asked = performance.now();
  first.signal("SIGTERM");
  expect(await first.exited, first.printed).toBe(0);
  expect(performance.now() - asked).toBeLessThan(KILLED_AFTER_MS);
  const left = await conversations();
  expect(left).toHaveLength(TURNS);
  for (const { inbox, outbox, owner, due } of left) {
    expect(owner).toBeNull();
    // Whatever is left is due, so that a sweeper finds it.
    expect(due === null).toBe(inbox.length + outbox.length === 0);
  }
  console.log(
    `ended after ${Math.round(performance.now() - asked)} ms, ${left.filter(({ due }) => due !== null).length} of ${TURNS} left to the next`,
  );

  store.watch = undefined;
  await starts();
  await vi.waitUntil(async () => (await conversations()).every(({ due }) => due === null), {
    timeout: 60_000,
    interval: 100,
  });
  // What the shop keeps of people, and the welcome: once each.
  expect(await answers()).toEqual(Array.from({ length: TURNS }, () => 2));
}, 180_000);

test("a store that does not answer at the end is waited for within the grace, and said so", async () => {
  const child = await starts();
  expect(await greetings(5)).toBe(5);
  store.watch = () => new Promise(() => {});
  const asked = performance.now();
  child.signal("SIGINT");
  expect(await child.exited).toBe(1);
  expect(performance.now() - asked).toBeLessThan(KILLED_AFTER_MS);
  expect(child.printed).toMatch(/Not finished after 25 s \(does the store answer\?\)/);
  // What was acknowledged is in the store, answered or not.
  expect((await conversations()).flatMap(({ seen }) => seen)).toHaveLength(5);
});

test("a second signal ends the process at once", async () => {
  const child = await starts();
  expect(await greetings(5)).toBe(5);
  store.watch = () => new Promise(() => {});
  child.signal("SIGTERM");
  await vi.waitUntil(() => child.printed.includes("Stopping: finishing"), 60_000);
  // The same signal twice at a time is one, as npm's children get it.
  child.signal("SIGTERM");
  await pause(600);
  expect(child.ended).toBe(false);
  child.signal("SIGTERM");
  expect(await child.exited).toBe(1);
  expect(child.printed).toContain("Stopping at once");
  expect((await conversations()).flatMap(({ seen }) => seen)).toHaveLength(5);
});
