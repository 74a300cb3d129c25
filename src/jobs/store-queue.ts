import mongoose, { model, Schema } from "mongoose";
import { isDuplicateKey } from "../store/duplicate-key.ts";
import type { Queue } from "./queue.ts";

const { trusted } = mongoose;

/** A job in the store. `runAt` is when it may be taken next; whoever takes it moves it past the end of their lease. */
export interface Job {
  /** `<name>/<id>` */
  _id: string;
  name: string;
  id: string;
  data: unknown;
  runAt: Date | null;
  /** Counts the times it was taken; whoever finishes it names the attempt, so one who lost the lease settles nothing. */
  attempts: number;
  doneAt: Date | null;
}

const schema = new Schema<Job>(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    id: { type: String, required: true },
    data: Schema.Types.Mixed,
    runAt: { type: Date, default: null },
    attempts: { type: Number, required: true },
    doneAt: { type: Date, default: null },
  },
  { strict: "throw", versionKey: false, id: false, minimize: false },
);
schema.index({ name: 1, runAt: 1 });
schema.index({ doneAt: 1 });

/** The jobs of every queue on this store. */
export const JobModel = model<Job>("Job", schema);

type Handler = Parameters<Queue["work"]>[1];

/** How a queue keeps time; the defaults suit a shop. Milliseconds. */
export interface StoreQueueOptions {
  readonly now?: () => Date;
  /** How often the store is asked for jobs that other processes added. */
  readonly pollMs?: number;
  /** For so long a job is one process's; renewed while it runs, so only a dead process loses it. */
  readonly leaseMs?: number;
  /** Jobs at a time in this process. */
  readonly concurrency?: number;
  /** A done job is remembered for so long, and its id added again changes nothing. */
  readonly rememberMs?: number;
  readonly onError?: (error: unknown, job: { readonly name: string; readonly id: string }) => void;
  readonly onDone?: (job: { readonly name: string; readonly id: string }) => void;
}

const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 5 * 60_000;
const DAY = 24 * 60 * 60_000;

/** The pause before a job that has failed `attempt` times is tried again: doubling from a second to five minutes. */
export const pauseAfter = (attempt: number): number =>
  Math.min(PAUSE_MS * 2 ** Math.min(attempt - 1, 20), PAUSE_MAX_MS);

/**
 * A queue in the store itself, for one process or several. A job is a document; taking it moves its `runAt` to the
 * end of the taker's lease in one update, so each is one process's at a time and comes back when that process dies.
 */
export class StoreQueue implements Queue {
  readonly #options: Required<StoreQueueOptions>;
  readonly #handlers = new Map<string, Handler>();
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #filling: Promise<void> | undefined;
  #again = false;
  #started = false;
  #forgotAt = 0;

  constructor(options: StoreQueueOptions = {}) {
    this.#options = {
      now: () => new Date(),
      pollMs: 1_000,
      leaseMs: 60_000,
      concurrency: 8,
      rememberMs: 7 * DAY,
      onError: () => {},
      onDone: () => {},
      ...options,
    };
  }

  async add(name: string, id: string, data: unknown, runAt: Date = this.#options.now()): Promise<void> {
    if (id.includes(":")) throw new RangeError(`the id of a job holds no ":", unlike ${id}`);
    const job: Job = { _id: `${name}/${id}`, name, id, data, runAt, attempts: 0, doneAt: null };
    try {
      await JobModel.create(job);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    this.wake();
  }

  work(name: string, handler: Handler): void {
    if (this.#handlers.has(name)) throw new RangeError(`jobs named ${name} have a handler already`);
    this.#handlers.set(name, handler);
  }

  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    this.#timer = setInterval(() => this.wake(), this.#options.pollMs);
    this.wake();
  }

  async stop(): Promise<void> {
    this.#started = false;
    clearInterval(this.#timer);
    await this.#filling;
    await Promise.all(this.#running);
  }

  /** Looks for jobs that are due at once instead of at the next poll. */
  wake(): void {
    if (!this.#started) return;
    this.#again = true;
    this.#filling ??= this.#fill()
      .catch((error: unknown) => this.#options.onError(error, { name: "", id: "" }))
      .finally(() => {
        this.#filling = undefined;
        if (this.#again && this.#running.size < this.#options.concurrency) this.wake();
      });
  }

  /** Takes jobs until there are none due or all hands are full. */
  async #fill(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      while (this.#started && this.#running.size < this.#options.concurrency) {
        const job = await this.#take();
        if (job === null) break;
        const run = this.#run(job).finally(() => {
          this.#running.delete(run);
          this.wake();
        });
        this.#running.add(run);
      }
      if (this.#running.size >= this.#options.concurrency) return;
    }
    await this.#forget();
  }

  async #take(): Promise<Job | null> {
    const now = this.#options.now();
    return JobModel.findOneAndUpdate(
      { name: trusted({ $in: [...this.#handlers.keys()] }), runAt: trusted({ $lte: now, $ne: null }) },
      { $set: { runAt: this.#leaseEnd() }, $inc: { attempts: 1 } },
      { sort: { runAt: 1 }, returnDocument: "after" },
    ).lean<Job>();
  }

  async #run(job: Job): Promise<void> {
    const { name, id, data, attempts } = job;
    const mine = { _id: job._id, attempts, doneAt: null };
    const failed = (error: unknown) => this.#options.onError(error, { name, id });
    const beat = setInterval(() => {
      JobModel.updateOne(mine, { $set: { runAt: this.#leaseEnd() } }).catch(failed);
    }, this.#options.leaseMs / 3);
    try {
      await this.#handlers.get(name)?.(data, { id, attempt: attempts });
      clearInterval(beat);
      await JobModel.updateOne(mine, { $set: { runAt: null, doneAt: this.#options.now() } });
      this.#options.onDone({ name, id });
    } catch (error) {
      clearInterval(beat);
      const runAt = new Date(this.#options.now().getTime() + pauseAfter(attempts));
      failed(error);
      // Not written down: the job comes back when the lease runs out.
      await JobModel.updateOne(mine, { $set: { runAt } }).catch(failed);
    }
  }

  #leaseEnd(): Date {
    return new Date(this.#options.now().getTime() + this.#options.leaseMs);
  }

  async #forget(): Promise<void> {
    const now = this.#options.now().getTime();
    if (now - this.#forgotAt < DAY / 24) return;
    this.#forgotAt = now;
    await JobModel.deleteMany({
      doneAt: trusted({ $lt: new Date(now - this.#options.rememberMs), $ne: null }),
    });
  }
}
