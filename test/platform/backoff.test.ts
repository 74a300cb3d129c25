import { expect, test } from "vitest";
import { atMost, backoff, pause, persist } from "../../src/platform/backoff.ts";

test("pauses double from half a second to thirty", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7, 1000].map(backoff)).toEqual([
    500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

test("a pause ends early when it is stopped", async () => {
  const stopping = new AbortController();
  const paused = pause(60_000, stopping.signal);
  stopping.abort();
  await paused;
  await pause(60_000, stopping.signal);
});

test("work is waited for, also if it fails, but no longer than asked", async () => {
  await atMost(60_000, Promise.resolve());
  await atMost(60_000, Promise.reject(new Error("failed")));
  await atMost(1, new Promise(() => {}));
  await atMost(60_000, new Promise(() => {}), AbortSignal.abort());
});

test("what fails is tried until it works, and each failure is told with its number", async () => {
  const told: unknown[] = [];
  let tries = 0;
  const work = async () => {
    tries += 1;
    if (tries < 3) throw `try ${tries}`;
    return "done";
  };
  const failed = (error: unknown, failures: number) => {
    told.push([error, failures]);
    return 1;
  };
  expect(await persist(work, failed)).toBe("done");
  expect(told).toEqual([
    ["try 1", 0],
    ["try 2", 1],
  ]);
});

test("who hears of a failure may give up", async () => {
  const giveUp = (error: unknown) => {
    throw error;
  };
  await expect(persist(() => Promise.reject(new Error("revoked")), giveUp)).rejects.toThrow("revoked");
});

test("nothing is tried, and no failure told, once it is stopped", async () => {
  const stopping = new AbortController();
  const told: unknown[] = [];
  const work = async () => {
    stopping.abort();
    throw new Error("cut off");
  };
  const failed = (error: unknown) => {
    told.push(error);
    return 1;
  };
  expect(await persist(work, failed, stopping.signal)).toBeUndefined();
  expect(await persist(async () => "done", failed, stopping.signal)).toBeUndefined();
  expect(told).toEqual([]);
});
