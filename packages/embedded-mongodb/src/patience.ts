import { performance } from "node:perf_hooks";
import { CommandError } from "./errors.ts";

/** Milliseconds of work in one turn of the event loop, of all commands together. */
const turnMs = 5;
/** Milliseconds that a command may work at once when it starts, so that a short one never pauses. */
const startMs = 0.5;
/** Milliseconds beyond a turn's time in which commands still start: so long work alone does not make them wait. */
const lateMs = 2;
/** Milliseconds that a command gets when its turn has come, whatever those that started have used of it. */
const againMs = 1;

let turnEnd = 0;
let inTurn = false;
/** Commands that arrived when a turn's time was used up; as many start in the next one as its time allows. */
const starting: (() => void)[] = [];
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
  if (starting.length + queue.length === 0) return;
  beginTurn(performance.now());
  admit();
}

/** Lets commands start one after the other while the turn's time lasts, and then one that has waited go on. */
function admit(): void {
  const start = performance.now() < turnEnd ? starting.shift() : undefined;
  if (!start) {
    queue.shift()?.();
    return;
  }
  start();
  // What a command does until it waits for something are microtasks; a tick asked for by one of them comes after
  // the last, so the time is looked at again when this command's work is done.
  queueMicrotask(() => process.nextTick(admit));
}

/** Whether this turn of the event loop has no time left: who comes now awaits {@link nextTurn} before it starts. */
export function isTurnOver(): boolean {
  const now = performance.now();
  beginTurn(now);
  return now >= turnEnd + lateMs;
}

/** Waits for a turn of the event loop with time left. Those that wait go on in the order they came. */
export function nextTurn(): Promise<void> {
  return new Promise<void>((resolve) => {
    starting.push(resolve);
    beginTurn(performance.now());
  });
}

/**
 * Lets long work share the process, and end at its time limit: a command calls {@link due} for each document it
 * looks at and awaits {@link pause} when that says so.
 *
 * All commands share one slice of time in each turn of the event loop, and those that need more queue for the next
 * ones: however many run, others are answered in between. A short command never pauses, but starts in a later turn
 * when a turn's time is used up (see {@link isTurnOver}), so that many of them together do not make a long one.
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
    this.#allowanceEnd = this.#since + startMs;
    beginTurn(this.#since);
  }

  /** Whether there is a time limit. */
  get limited(): boolean {
    return this.#left !== Number.POSITIVE_INFINITY;
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
    this.#allowanceEnd = performance.now() + againMs;
    this.check();
  }

  /** @throws {CommandError} MaxTimeMSExpired (50) when the time is over; for work that must not be interrupted. */
  check(): void {
    if (performance.now() - this.#since >= this.#left)
      throw new CommandError("MaxTimeMSExpired", "operation exceeded time limit");
  }

  /** Milliseconds until the time is over; Infinity without a limit. */
  left(): number {
    return this.#left - (performance.now() - this.#since);
  }

  /** Stops the clock: a cursor's time limit does not count what its client spends between two batches. */
  rest(): void {
    this.#left -= performance.now() - this.#since;
    this.#since = Number.POSITIVE_INFINITY;
  }

  /** Sets a stopped clock going again. */
  wake(): void {
    this.#since = performance.now();
    this.#allowanceEnd = this.#since + startMs;
    beginTurn(this.#since);
  }
}

/** Milliseconds that a transaction gets however much of the turn is used up: each ends with a wait for the disk. */
const transactionMs = 4;

/** A slice of time for work that can not be interrupted, such as a transaction: it ends itself when {@link due}. */
export class Slice {
  readonly #end: number;

  /** Lasts `ms` milliseconds from now. */
  constructor(ms: number) {
    this.#end = performance.now() + ms;
  }

  /** What a transaction may take now: what is left of the turn, and a few milliseconds at least. */
  static ofTransaction(): Slice {
    const now = performance.now();
    beginTurn(now);
    return new Slice(Math.max(turnEnd - now, transactionMs));
  }

  /** Whether it is used up. */
  due(): boolean {
    return performance.now() >= this.#end;
  }
}
