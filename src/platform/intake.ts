import { persist } from "./backoff.ts";
import { InOrder } from "./in-order.ts";

/**
 * Takes in events that a platform numbers and repeats until it is told a number below which it may forget them.
 *
 * An event counts as stored once its `store` resolves; one failing is tried again, with growing pauses, before the
 * next of the same key, while other keys go on. So `next` never passes an event that could still be lost.
 */
export class Intake {
  readonly #signal: AbortSignal;
  readonly #failed: (error: unknown, number: number) => void;
  readonly #seen = new Set<number>();
  readonly #pending = new Set<number>();
  readonly #order = new InOrder();
  #next = 0;

  /** @param signal ends the tries; @param failed hears of each that failed */
  constructor(signal: AbortSignal, failed: (error: unknown, number: number) => void) {
    this.#signal = signal;
    this.#failed = failed;
  }

  /** Stores an event, unless this number is known already. */
  take(number: number, key: string, store: () => Promise<void>): void {
    if (this.#seen.has(number)) return;
    this.#seen.add(number);
    this.#pending.add(number);
    const stored = async () => {
      await store();
      this.#pending.delete(number);
    };
    const failed = (error: unknown) => {
      this.#failed(error, number);
      return undefined;
    };
    void this.#order.run(key, () => persist(stored, failed, this.#signal));
  }

  /** Whether events wait to be stored. */
  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /** The first number that is not stored yet, or has not come yet; 0 before the first event. */
  next(): number {
    this.#next = this.busy ? Math.min(...this.#pending) : Math.max(this.#next - 1, ...this.#seen) + 1;
    for (const number of this.#seen) if (number < this.#next) this.#seen.delete(number);
    return this.#next;
  }

  /** Resolves when each event is stored or, after the signal, given up. */
  async settled(): Promise<void> {
    await this.#order.settled();
  }
}
