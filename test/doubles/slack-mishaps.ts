import { chance } from "./chance.ts";

/** What can go wrong on purpose. "500-after", "timeout" and "reset" do what was asked before they fail. */
export type SlackMishap =
  | "429"
  | "500-before"
  | "500-after"
  | "timeout"
  | "reset"
  | "duplicate-event"
  | "reorder"
  | "drop-socket";

/** A mishap arranged for one call or event. */
export interface Arranged {
  readonly kind: SlackMishap;
  readonly method?: string | undefined;
  /** Seconds a 429 asks to wait. */
  readonly retryAfter: number;
}

const OF_EVENTS: readonly SlackMishap[] = ["duplicate-event", "reorder", "drop-socket"];
/** Without two of these an app cannot start at all, and one is no call: they fail only when named. */
const SPARED = ["download", "auth.test", "apps.connections.open"];

/** The queue of mishaps that tests arrange, and the part of calls that fail by chance. */
export class Mishaps {
  readonly #queue: Arranged[] = [];
  #random: (() => number) | undefined;
  #part = 0;
  #kinds: readonly SlackMishap[] = [];

  add(mishap: { next: number; kind: SlackMishap; method?: string; retryAfter?: number }): void {
    for (let i = 0; i < mishap.next; i++)
      this.#queue.push({ kind: mishap.kind, method: mishap.method, retryAfter: mishap.retryAfter ?? 1 });
  }

  /** Makes a part of all calls fail, the same ones for the same seed. */
  failRate(
    part: number,
    seed: number,
    kinds: readonly SlackMishap[] = ["429", "500-before", "500-after"],
  ): void {
    this.#part = part;
    this.#kinds = kinds;
    this.#random = chance(seed);
  }

  ofCall(method: string): Arranged | undefined {
    const index = this.#queue.findIndex(
      (each) =>
        !OF_EVENTS.includes(each.kind) &&
        (each.method === undefined ? !SPARED.includes(method) : each.method === method),
    );
    if (index >= 0) return this.#queue.splice(index, 1)[0];
    if (this.#random === undefined || SPARED.includes(method)) return undefined;
    if (this.#random() >= this.#part) return undefined;
    return { kind: this.#kinds[Math.floor(this.#random() * this.#kinds.length)] ?? "429", retryAfter: 1 };
  }

  ofEvent(): SlackMishap | undefined {
    const index = this.#queue.findIndex(({ kind }) => OF_EVENTS.includes(kind));
    return index < 0 ? undefined : this.#queue.splice(index, 1)[0]?.kind;
  }

  /** Whether another event is to be held back. */
  get reordering(): boolean {
    return this.#queue.some(({ kind }) => kind === "reorder");
  }
}
