import { isDeepStrictEqual } from "node:util";
import { MongoNetworkError, MongoServerSelectionError } from "mongodb";

/** A document whose id is a text. */
export interface Identified {
  readonly _id: string;
}

/** What one write makes of documents: their states after it (or none), by their ids, in the order it writes them. */
export type Effects<T> = ReadonlyMap<string, T | undefined>;

/** The server went away under a write. */
export const isGone = (error: unknown): boolean =>
  error instanceof MongoNetworkError ||
  error instanceof MongoServerSelectionError ||
  (error instanceof Error &&
    /closed|interrupted|destroyed|ECONNRESET|EPIPE|ECONNREFUSED/i.test(error.message));

/**
 * What a collection must hold. Each write is noted before it is sent and again once it is acknowledged; of a write
 * that was under way when the server died, each document may be as before or as after, but nothing else.
 */
export class Ledger<T extends Identified> {
  readonly #certain = new Map<string, T | undefined>();
  readonly #underWay = new Set<{ effects: Effects<T>; how: "each" | "prefix" | "all" }>();
  acknowledged = 0;

  /** The state of a document whose last write was acknowledged. */
  get(id: string): T | undefined {
    return this.#certain.get(id);
  }

  /** The documents there are, whose ids begin so. */
  owned(prefix: string): T[] {
    const there = [...this.#certain.values()].filter((state) => state !== undefined);
    return there.filter(({ _id }) => _id.startsWith(prefix));
  }

  /**
   * Makes a write. `how` is what may be seen of one that was not acknowledged: `each` document old or new, a
   * `prefix` of them new (an ordered bulk), or `all` or none.
   */
  async write<R>(
    effects: Effects<T>,
    run: () => Promise<R>,
    how: "each" | "prefix" | "all" = "each",
  ): Promise<R> {
    const entry = { effects, how };
    this.#underWay.add(entry);
    const result = await run();
    this.#underWay.delete(entry);
    for (const [id, state] of effects) this.#certain.set(id, state);
    this.acknowledged++;
    return result;
  }

  /** A write that the server refused and so did not make. */
  refused(effects: Effects<T>): void {
    for (const entry of this.#underWay) if (entry.effects === effects) this.#underWay.delete(entry);
  }

  /** Compares with what the server has, takes that over, and says what is wrong. */
  settle(found: readonly T[]): string[] {
    const wrong: string[] = [];
    const actual = new Map(found.map((doc) => [doc._id, doc]));
    for (const { effects, how } of this.#underWay) {
      const done: boolean[] = [];
      for (const [id, after] of effects) {
        const before = this.#certain.get(id);
        const now = actual.get(id);
        const isNew = isDeepStrictEqual(now, after);
        if (!isNew && !isDeepStrictEqual(now, before))
          wrong.push(
            `${id} is neither old nor new: ${told(now)}, was ${told(before)}, would be ${told(after)}`,
          );
        if (!isDeepStrictEqual(before, after)) done.push(isNew);
        this.#certain.set(id, now);
      }
      const firstOld = done.indexOf(false);
      const torn =
        how === "all" ? new Set(done).size > 1 : firstOld >= 0 && done.indexOf(true, firstOld) >= 0;
      if (how !== "each" && torn) wrong.push(`a write is there in part (${how}): ${done.join(", ")}`);
    }
    this.#underWay.clear();
    for (const [id, state] of this.#certain)
      if (!isDeepStrictEqual(actual.get(id), state))
        wrong.push(`${id} was acknowledged as ${told(state)} but is ${told(actual.get(id))}`);
    for (const id of actual.keys())
      if (!this.#certain.get(id)) wrong.push(`${id} is there and nobody wrote it`);
    return wrong;
  }
}

const told = (state: unknown): string => JSON.stringify(state)?.slice(0, 200) ?? "nothing";
