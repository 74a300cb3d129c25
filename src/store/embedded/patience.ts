import { performance } from "node:perf_hooks";
import { CommandError } from "./errors.ts";

/** Milliseconds a command may keep the process busy before other work gets its turn. */
const sliceMs = 5;

/**
 * Lets long work share the process, and end at its time limit: a command calls {@link due} for each document it
 * looks at and awaits {@link pause} when that says so.
 *
 * A command that takes a slice or less never pauses, so short work stays in one turn of the event loop.
 */
export class Patience {
  /** Milliseconds of time limit that were left when the clock started or was set going again. */
  #left: number;
  #since: number;
  #sliceEnd: number;

  /** `maxTimeMs` counts from now; absent or 0 there is no limit, as in MongoDB. */
  constructor(maxTimeMs?: number) {
    this.#left = maxTimeMs === undefined || maxTimeMs <= 0 ? Number.POSITIVE_INFINITY : maxTimeMs;
    this.#since = performance.now();
    this.#sliceEnd = this.#since + sliceMs;
  }

  /** Whether the slice is used up or the time is over: then {@link pause} is to be awaited. */
  due(): boolean {
    const now = performance.now();
    return now >= this.#sliceEnd || now - this.#since >= this.#left;
  }

  /**
   * Lets others run for a turn of the event loop and begins a new slice.
   *
   * @throws {CommandError} MaxTimeMSExpired (50) when the time is over.
   */
  async pause(): Promise<void> {
    this.check();
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.check();
    this.#sliceEnd = performance.now() + sliceMs;
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

  /** Sets a stopped clock going again, with a new slice. */
  wake(): void {
    this.#since = performance.now();
    this.#sliceEnd = this.#since + sliceMs;
  }
}
