import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Queue } from "../../src/jobs/queue.ts";

/** A place for queues, each of a process of its own, on one store and one clock. */
export interface QueueBench {
  /** A queue that is not started. `concurrency`: jobs at a time; default several. */
  queue(options?: { readonly concurrency?: number }): Queue;
  /** What handlers threw, in all processes. */
  readonly errors: readonly unknown[];
  /** Lets time pass, in milliseconds. */
  passes(ms: number): Promise<void>;
  /** A process dies: whatever it was doing is never finished by it. */
  dies(queue: Queue): Promise<void>;
  /** How long after a process has died its job comes back, in milliseconds. */
  readonly backAfter: number;
  /** How long a job waits that has failed so many times, in milliseconds. */
  pauseAfter(failures: number): number;
  /** Ends all queues, and throws away what is left. */
  close(): Promise<void>;
}

/** A promise and the function that fulfils it. */
function signal<T = void>() {
  let fire: (value: T) => void = () => {};
  const fired = new Promise<T>((resolve) => {
    fire = resolve;
  });
  return { fire, fired };
}

/** What every queue promises; a new one needs a bench. */
export function queueContract(name: string, open: () => Promise<QueueBench>): void {
  describe(name, () => {
    let bench: QueueBench;
    beforeEach(async () => {
      bench = await open();
    });
    afterEach(() => bench.close());

    test("does a job with its data, once, however often it was added", async () => {
      const done: unknown[] = [];
      const last = signal();
      const one = bench.queue({ concurrency: 1 });
      one.work("mail", async (data, { id, attempt }) => {
        done.push([id, attempt, data]);
        if (id === "b") last.fire();
      });
      await one.add("mail", "a", { to: "mei" });
      await one.add("mail", "a", { to: "somebody else" });
      await one.start();
      await one.add("mail", "a", {});
      await one.add("mail", "b", null);
      await last.fired;
      // Also once it is done, and by another process.
      await bench.queue().add("mail", "a", {});
      await one.stop();
      await one.start();
      await one.stop();
      expect(done).toEqual([
        ["a", 1, { to: "mei" }],
        ["b", 1, null],
      ]);
    });

    test("the same id under another name is another job", async () => {
      const one = bench.queue();
      const names = [signal(), signal()] as const;
      one.work("x", async () => names[0].fire());
      one.work("y", async () => names[1].fire());
      await one.add("x", "1", null);
      await one.add("y", "1", null);
      await one.start();
      await Promise.all(names.map(({ fired }) => fired));
    });

    test("leaves a job of a name that nobody here works on to a process that does", async () => {
      const one = bench.queue();
      one.work("mine", async () => {});
      await one.start();
      await one.add("theirs", "1", "data");
      const { fire, fired } = signal<unknown>();
      const other = bench.queue();
      other.work("theirs", async (data) => fire(data));
      await other.start();
      expect(await fired).toBe("data");
    });

    test("does a delayed job when its time has come and not before, also after a restart", async () => {
      const due = new Date(Date.now() + 365 * 24 * 60 * 60_000);
      const early = bench.queue();
      early.work("later", async () => expect.unreachable("not yet"));
      const other = signal();
      early.work("now", async () => other.fire());
      await early.add("later", "1", null, due);
      await early.start();
      await early.add("now", "1", null);
      await other.fired;
      await early.stop();
      expect(bench.errors).toEqual([]);
      const { fire, fired } = signal();
      const next = bench.queue();
      next.work("later", async () => fire());
      await next.start();
      await bench.passes(366 * 24 * 60 * 60_000);
      await fired;
    });

    test("runs a job that failed again, after growing pauses, and tells of each failure", async () => {
      const attempts: number[] = [];
      let tried = signal();
      const one = bench.queue();
      one.work("flaky", async (_data, { attempt }) => {
        attempts.push(attempt);
        tried.fire();
        if (attempt < 4) throw new Error(`attempt ${attempt}`);
      });
      await one.add("flaky", "1", null);
      await one.start();
      for (let failures = 1; failures <= 3; failures += 1) {
        await tried.fired;
        tried = signal();
        await expect.poll(() => bench.errors.length).toBe(failures);
        await bench.passes(bench.pauseAfter(failures));
      }
      await tried.fired;
      expect(attempts).toEqual([1, 2, 3, 4]);
      const pauses = [1, 2, 3, 99].map((failures) => bench.pauseAfter(failures));
      expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
      expect(pauses.at(-1)).toBeLessThanOrEqual(5 * 60_000);
    });

    test("several processes share the work and do no job twice", async () => {
      const done: string[] = [];
      const all = signal();
      const queues = [1, 2, 3].map(() => bench.queue({ concurrency: 3 }));
      for (const one of queues) {
        one.work("share", async (_data, { id }) => {
          done.push(id);
          if (done.length >= 40) all.fire();
        });
        await one.start();
      }
      const ids = Array.from({ length: 40 }, (_, id) => `job-${id}`);
      await Promise.all(ids.map((id, index) => queues[index % 3]?.add("share", id, null)));
      await all.fired;
      await Promise.all(queues.map((one) => one.stop()));
      expect(done.sort()).toEqual(ids.sort());
    });

    test("a job of a process that died is done by another", async () => {
      const begun = signal();
      const dead = bench.queue();
      dead.work("orphan", async () => {
        begun.fire();
        await new Promise(() => {});
      });
      await dead.add("orphan", "1", null);
      await dead.start();
      await begun.fired;
      await bench.dies(dead);
      const { fire, fired } = signal<number>();
      const one = bench.queue();
      one.work("orphan", async (_data, { attempt }) => fire(attempt));
      await one.start();
      await bench.passes(bench.backAfter);
      expect(await fired).toBe(2);
    });

    test("stopping waits for what is under way and takes nothing new", async () => {
      const started = signal();
      const { fire, fired } = signal();
      const done: string[] = [];
      const one = bench.queue({ concurrency: 1 });
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
      // The second was not lost.
      const other = bench.queue();
      const second = signal<string>();
      other.work("work", async (_data, { id }) => second.fire(id));
      await other.start();
      expect(await second.fired).toBe("2");
    });

    test("refuses an id that Redis could not keep, and a second handler of a name", async () => {
      const one = bench.queue();
      await expect(one.add("mail", "a:b", null)).rejects.toBeInstanceOf(RangeError);
      one.work("mail", async () => {});
      expect(() => one.work("mail", async () => {})).toThrow(RangeError);
    });
  });
}
