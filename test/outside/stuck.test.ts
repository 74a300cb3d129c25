import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openGate, type StoreGate } from "../doubles/store-gate.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { getsStuck } from "./stuck.ts";

const PATIENCE_MS = 500;
const EVERY_MS = 10;

let database: FreshDatabase;
let gate: StoreGate;
beforeAll(async () => {
  database = await freshDatabase();
  gate = await openGate(database.url);
});
afterAll(async () => {
  await gate.close();
  await database.drop();
});

test("a server that answers reads but no more writes is stuck", async () => {
  let writes = 0;
  gate.watch = async ({ command }, moment) => {
    if (command === "update" && moment === "before" && ++writes > 2) await pause(10 * PATIENCE_MS);
    return undefined;
  };
  expect(await getsStuck(gate.url, new AbortController().signal, PATIENCE_MS, EVERY_MS)).toBe(true);
  expect(writes).toBeGreaterThan(2);
});

test("a server that answers until the run is over is not", async () => {
  const over = new AbortController();
  let writes = 0;
  gate.watch = async ({ command }, moment) => {
    if (command === "update" && moment === "after" && ++writes > 2) over.abort();
    return undefined;
  };
  expect(await getsStuck(gate.url, over.signal, PATIENCE_MS, EVERY_MS)).toBe(false);
  expect(gate.steps.map(({ command }) => command)).toContain("dropDatabase");
});

test("a server that is gone is stuck", async () => {
  const nobody = "mongodb://127.0.0.1:1/?directConnection=true";
  expect(await getsStuck(nobody, new AbortController().signal, PATIENCE_MS, EVERY_MS)).toBe(true);
});
