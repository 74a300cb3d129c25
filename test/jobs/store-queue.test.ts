import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { JobModel, pauseAfter, StoreQueue, type StoreQueueOptions } from "../../src/jobs/store-queue.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";

let database: FreshDatabase;
let queues: StoreQueue[] = [];
let time: number;
beforeAll(async () => {
  database = await freshDatabase();
  await connect(database.url);
  await ensureIndexes();
});
beforeEach(async () => {
  await JobModel.deleteMany({});
  time = new Date("2026-03-01T10:00:00Z").getTime();
});
afterEach(async () => {
  await Promise.all(queues.map((queue) => queue.stop()));
  queues = [];
});
afterAll(async () => {
  await disconnect();
  await database.drop();
});

const now = () => new Date(time);
function queue(options: StoreQueueOptions = {}): StoreQueue {
  const made = new StoreQueue({ now, pollMs: 20, ...options });
  queues.push(made);
  return made;
}
/** A promise and the function that fulfils it. */
function signal<T = void>() {
  let fire: (value: T) => void = () => {};
  const fired = new Promise<T>((resolve) => {
    fire = resolve;
  });
  return { fire, fired };
}

describe("a queue in the store", () => {
  test("does a job with its data, once, however often it was added", async () => {
    const done: unknown[] = [];
    const last = signal();
    const one = queue();
    one.work("mail", async (data, { id, attempt }) => {
      done.push([id, attempt, data]);
      if (id === "b") last.fire();
    });
    await one.add("mail", "a", { to: "mei" });
    await one.add("mail", "a", { to: "somebody else" });
    await one.start();
    await one.add("mail", "a", {});
    await one.add("mail", "b", null, new Date(time));
    await last.fired;
    await one.stop();
    await one.start();
    await one.add("mail", "a", {});
    await one.stop();
    expect(done).toEqual([
      ["a", 1, { to: "mei" }],
      ["b", 1, null],
    ]);
  });

  test("the same id under another name is another job", async () => {
    const one = queue();
    const names = [signal(), signal()];
    one.work("x", async () => names[0]!.fire());
    one.work("y", async () => names[1]!.fire());
    await one.add("x", "1", null);
    await one.add("y", "1", null);
    await one.start();
    await Promise.all(names.map(({ fired }) => fired));
  });

  test("does a delayed job when its time has come, also after a restart", async () => {
    const early = queue();
    early.work("later", async () => expect.unreachable("not yet"));
    await early.add("later", "1", null, new Date(time + 60_000));
    await early.start();
    await early.stop();
    time += 60_000;
    const { fire, fired } = signal();
    const next = queue();
    next.work("later", async () => fire());
    await next.start();
    await fired;
  });

  test("runs a job that failed again, after growing pauses", async () => {
    const attempts: number[] = [];
    const errors: unknown[] = [];
    const { fire, fired } = signal();
    const one = queue({
      onError: (error) => {
        errors.push(error);
        time += pauseAfter(attempts.length);
      },
    });
    one.work("flaky", async (_data, { attempt }) => {
      attempts.push(attempt);
      if (attempt < 4) throw new Error(`attempt ${attempt}`);
      fire();
    });
    await one.add("flaky", "1", null);
    await one.start();
    await fired;
    expect(attempts).toEqual([1, 2, 3, 4]);
    expect(errors).toHaveLength(3);
    expect([1, 2, 3, 99].map(pauseAfter)).toEqual([1_000, 2_000, 4_000, 300_000]);
  });

  test("several processes share the work and do no job twice", async () => {
    const done: string[] = [];
    const all = signal();
    for (let process = 0; process < 3; process += 1) {
      const one = queue({ concurrency: 3 });
      one.work("share", async (_data, { id }) => {
        done.push(id);
        if (done.length >= 40) all.fire();
      });
      await one.start();
    }
    const ids = Array.from({ length: 40 }, (_, id) => `job-${id}`);
    await Promise.all(ids.map((id, index) => queues[index % 3]!.add("share", id, null)));
    await all.fired;
    await Promise.all(queues.map((one) => one.stop()));
    expect(done.sort()).toEqual(ids.sort());
  });

  test("a job of a process that died comes back when its lease runs out", async () => {
    await queue().add("orphan", "1", null);
    // Taken by a process that is gone.
    await JobModel.updateOne({ _id: "orphan/1" }, { $set: { runAt: new Date(time + 60_000), attempts: 1 } });
    const { fire, fired } = signal<number>();
    const one = queue();
    one.work("orphan", async (_data, { attempt }) => fire(attempt));
    await one.start();
    time += 61_000;
    expect(await fired).toBe(2);
  });

  test("who has lost the lease settles nothing", async () => {
    const started = signal();
    const { fire, fired } = signal();
    const slow = queue();
    slow.work("slow", async () => {
      started.fire();
      await fired;
    });
    await slow.add("slow", "1", null);
    await slow.start();
    await started.fired;
    await JobModel.updateOne({ _id: "slow/1" }, { $inc: { attempts: 1 } });
    fire();
    await slow.stop();
    expect(await JobModel.findById("slow/1").lean()).toMatchObject({ attempts: 2, doneAt: null });
  });

  test("stopping waits for what is under way and takes nothing new", async () => {
    const started = signal();
    const { fire, fired } = signal();
    const done: string[] = [];
    const one = queue({ concurrency: 1 });
    one.work("work", async (_data, { id }) => {
      started.fire();
      await fired;
      done.push(id);
    });
    await one.add("work", "1", null);
    await one.start();
    await started.fired;
    await one.add("work", "2", null);
    const stopped = one.stop();
    fire();
    await stopped;
    expect(done).toEqual(["1"]);
    expect(await JobModel.findById("work/2").lean()).toMatchObject({ attempts: 0 });
  });

  test("remembers done jobs for a week, and not for ever", async () => {
    const one = queue();
    one.work("old", async () => {});
    await one.add("old", "1", null);
    await one.start();
    await expect.poll(() => JobModel.countDocuments({ doneAt: now() })).toBe(1);
    time += 8 * 24 * 60 * 60_000;
    await expect.poll(() => JobModel.countDocuments()).toBe(0);
  });

  test("refuses an id that Redis could not keep, and a second handler of a name", async () => {
    const one = queue();
    await expect(one.add("mail", "a:b", null)).rejects.toBeInstanceOf(RangeError);
    one.work("mail", async () => {});
    expect(() => one.work("mail", async () => {})).toThrow(RangeError);
  });
});
