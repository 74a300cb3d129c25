import { performance } from "node:perf_hooks";
import { CommandError } from "./errors.ts";

/** Milliseconds of long work in one turn of the event loop, of all commands together. */
const turnMs = 5;
/** Milliseconds that a command may work at once however much others do, so that short ones need not queue. */
const allowanceMs = 0.5;

let turnEnd = 0;
let inTurn = false;
/** Commands whose work goes on in one of the next turns, one command in each. */
const queue: (() => void)[] = [];

function beginTurn(now: number): void {
  if (inTurn) return;
  inTurn = true;
  turnEnd = now + turnMs;
  setImmediate(endTurn);
}

function endTurn(): void {
  inTurn = false;
  const next = queue.shift();
  if (!next) return;
  beginTurn(performance.now());
  next();
}

/**
 * Lets long work share the process, and end at its time limit: a command calls {@link due} for each document it
 * looks at and awaits {@link pause} when that says so.
 *
 * All commands share one slice of time in each turn of the event loop, and those that need more queue for the next
 * ones: however many run, others are answered in between. A short command never pauses.
 */
export class Patience {
  /** Milliseconds of time limit that were left when the clock started or was set going again. */
  #left: number;
  #since: number;
  #allowanceEnd: number;

  /** `maxTimeMs` counts from now; absent or 0 there is no limit, as in MongoDB. */
  constructor(maxTimeMs?: number) {
    this.#left = maxTimeMs === undefined || maxTimeMs <= 0 ? Number.POSITIVE_INFINITY : maxTimeMs;
    this.#since = performance.now();
    this.#allowanceEnd = this.#since + allowanceMs;
    beginTurn(this.#since);
  }

  /** Whether the slice is used up or the time is over: then {@link pause} is to be awaited. */
  due(): boolean {
    const now = performance.now();
    return (now >= turnEnd && now >= this.#allowanceEnd) || now - this.#since >= this.#left;
  }

  /**
   * Lets others run, at least for a turn of the event loop.
   *
   * @throws {CommandError} MaxTimeMSExpired (50) when the time is over.
   */
  async pause(): Promise<void> {
    this.check();
    await new Promise<void>((resolve) => {
      queue.push(resolve);
      beginTurn(performance.now());
    });
    this.check();
  }

  /** @throws {CommandError} MaxTimeMSExpired (50) when the time is over; for work that must not be interrupted. */
  check(): void {
    if (performance.now() - this.#since >= this.#left)
      throw new CommandError("MaxTimeMSExpired", "operation exceeded time limit");
  }

  /** Stops the clock: a cursor's time limit does not count what its client spends between two batches. */
  rest(): void {
    this.#left -= performance.now() - this.#since;
    this.#since = Number.POSITIVE_INFINITY;
  }

  /** Sets a stopped clock going again. */
  wake(): void {
    this.#since = performance.now();
    this.#allowanceEnd = this.#since + allowanceMs;
    beginTurn(this.#since);
  }
}

/** Milliseconds of a transaction: longer than a turn's, since each ends with a wait for the disk. */
const transactionMs = 8;

/** A slice of time for work that can not be interrupted, such as a transaction: it ends itself when {@link due}. */
export class Slice {
  readonly #end: number;

  /** Begins now. */
  constructor(ms = transactionMs) {
    this.#end = performance.now() + ms;
  }

  /** Whether it is used up. */
  due(): boolean {
    return performance.now() >= this.#end;
  }
}
