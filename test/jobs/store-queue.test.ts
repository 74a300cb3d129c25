import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Queue } from "../../src/jobs/queue.ts";
import { JobModel, pauseAfter, StoreQueue } from "../../src/jobs/store-queue.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { type QueueBench, queueContract } from "./contract.ts";

const LEASE_MS = 60_000;

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await connect(database.url);
  await ensureIndexes();
});
afterAll(async () => {
  await disconnect();
  await database.drop();
});

/** Queues in the store, at a clock of their own. */
class StoreBench implements QueueBench {
  readonly errors: unknown[] = [];
  readonly backAfter = LEASE_MS + 1;
  readonly pauseAfter = pauseAfter;
  time = Date.now();
  readonly #queues = new Set<Queue>();

  static async open(): Promise<StoreBench> {
    await JobModel.deleteMany({});
    return new StoreBench();
  }

  queue(options: { readonly concurrency?: number } = {}): StoreQueue {
    const made = new StoreQueue({
      now: () => new Date(this.time),
      pollMs: 20,
      leaseMs: LEASE_MS,
      onError: (error) => this.errors.push(error),
      ...options,
    });
    this.#queues.add(made);
    return made;
  }
  async passes(ms: number): Promise<void> {
    this.time += ms;
  }
  /** Its job never ends, and at this clock its lease is not renewed before it is over: nothing more is to be done. */
  async dies(queue: Queue): Promise<void> {
    this.#queues.delete(queue);
    void queue.stop();
  }
  async close(): Promise<void> {
    await Promise.all([...this.#queues].map((one) => one.stop()));
  }
}

queueContract("a queue in the store", StoreBench.open);

let bench: StoreBench;
beforeEach(async () => {
  bench = await StoreBench.open();
});
afterEach(() => bench.close());

test("who has lost the lease settles nothing", async () => {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const slow = bench.queue();
  slow.work("slow", async () => {
    begin();
    await ended;
  });
  await slow.add("slow", "1", null);
  await slow.start();
  await begun;
  await JobModel.updateOne({ _id: "slow/1" }, { $inc: { attempts: 1 } });
  end();
  await slow.stop();
  expect(await JobModel.findById("slow/1").lean()).toMatchObject({ attempts: 2, doneAt: null });
});

test("remembers done jobs for a week, and not for ever", async () => {
  const one = bench.queue();
  one.work("old", async () => {});
  await one.add("old", "1", null);
  await one.start();
  await expect.poll(() => JobModel.countDocuments({ doneAt: new Date(bench.time) })).toBe(1);
  await bench.passes(8 * 24 * 60 * 60_000);
  await expect.poll(() => JobModel.countDocuments()).toBe(0);
});

test("the pauses double from a second to five minutes", () => {
  expect([1, 2, 3, 99].map(pauseAfter)).toEqual([1_000, 2_000, 4_000, 300_000]);
});
