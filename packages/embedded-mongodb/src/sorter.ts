import type { Collation } from "./collation.ts";
import { MemoryLimit } from "./memory-limit.ts";
import type { Patience } from "./patience.ts";
import { compileSortKeys } from "./query/sort.ts";
import type { Doc, Value } from "./value.ts";

interface Keyed<T> {
  item: T;
  keys: (Value | undefined)[];
  bytes: number;
}

/** Sorted at one go; takes about a millisecond. */
const runSize = 1000;

/**
 * Sorts any number of items stably without keeping the process to itself: items are sorted in short runs as they
 * come, and the runs are merged with pauses. With a limit only the first items are kept.
 */
export class Sorter<T> {
  readonly #keysOf: (doc: Doc) => (Value | undefined)[];
  readonly #order: (a: Keyed<T>, b: Keyed<T>) => number;
  readonly #limit: number;
  readonly #memory: MemoryLimit;
  #runs: Keyed<T>[][] = [];
  #run: Keyed<T>[] = [];

  /** `limit` 0 keeps all; `stage` is named when the memory limit is passed. */
  constructor(sort: Doc, limit = 0, stage = "sort", collation?: Collation) {
    const { keysOf, compareKeys } = compileSortKeys(sort, collation);
    this.#keysOf = keysOf;
    this.#order = (a, b) => compareKeys(a.keys, b.keys);
    this.#limit = limit > 0 ? limit : Number.POSITIVE_INFINITY;
    this.#memory = new MemoryLimit(stage);
  }

  /**
   * Takes one item, which is sorted by `doc` and holds about `bytes` bytes.
   *
   * @throws {CommandError} QueryExceededMemoryLimitNoDiskUseAllowed.
   */
  add(item: T, doc: Doc, bytes: number): void {
    this.#memory.add(bytes);
    this.#run.push({ item, keys: this.#keysOf(doc), bytes });
    const few = this.#limit <= runSize;
    const spare = few && this.#run.length > this.#limit && this.#memory.tight;
    if (!spare && this.#run.length < runSize + Math.min(this.#limit, runSize)) return;
    this.#run.sort(this.#order);
    if (few) {
      for (const { bytes: freed } of this.#run.splice(this.#limit)) this.#memory.drop(freed);
      return;
    }
    this.#runs.push(this.#run);
    this.#run = [];
  }

  /** The items in order. @throws {CommandError} MaxTimeMSExpired. */
  async *sorted(patience: Patience): AsyncGenerator<T> {
    this.#runs.push(this.#run.sort(this.#order));
    while (this.#runs.length > 1) await this.#mergePairs(patience);
    let given = 0;
    for (const { item } of this.#runs[0] ?? []) {
      if (given++ >= this.#limit) return;
      yield item;
      if (patience.due()) await patience.pause();
    }
  }

  /** The first item, when the limit is 1. */
  first(): T | undefined {
    return this.#run.sort(this.#order)[0]?.item;
  }

  async #mergePairs(patience: Patience): Promise<void> {
    const merged: Keyed<T>[][] = [];
    for (let at = 0; at < this.#runs.length; at += 2) {
      const [first, second] = this.#runs.slice(at, at + 2) as [Keyed<T>[], Keyed<T>[] | undefined];
      merged.push(second ? await this.#merge(first, second, patience) : first);
    }
    this.#runs = merged;
  }

  async #merge(left: Keyed<T>[], right: Keyed<T>[], patience: Patience): Promise<Keyed<T>[]> {
    const result: Keyed<T>[] = [];
    let at = 0;
    for (const item of right) {
      while (at < left.length && this.#order(left[at] as Keyed<T>, item) <= 0) {
        result.push(left[at++] as Keyed<T>);
        if (patience.due()) await patience.pause();
      }
      result.push(item);
      if (patience.due()) await patience.pause();
    }
    for (; at < left.length; at++) result.push(left[at] as Keyed<T>);
    return result;
  }
}
