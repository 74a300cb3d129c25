import { chance } from "./chance.ts";

/**
 * What can go wrong on purpose with a call: refused by pace, failed before or after it took effect, or taken and
 * never answered ("timeout", and "reset" which breaks the connection at once).
 */
export type CallMishap = "429" | "500-before" | "500-after" | "timeout" | "reset";
/** What can go wrong on purpose with an event: delivered twice, after the next one, or while the socket drops. */
export type EventMishap = "duplicate-event" | "reorder" | "drop-socket";
export type Mishap = CallMishap | EventMishap;

export interface MishapPlan {
  /** How many calls or events go wrong. */
  readonly next: number;
  readonly kind: Mishap;
  /** Which calls, by "METHOD /path"; any but the gateway's address and downloads if not given. */
  readonly route?: RegExp;
  /** Seconds to wait after a 429; 1 if not given. */
  readonly retryAfter?: number;
  /** Whether a 429 is of the limit of all calls. */
  readonly global?: boolean;
}

const EVENTS: readonly Mishap[] = ["duplicate-event", "reorder", "drop-socket"];
const SPARED = /^GET \/(gateway|attachments)/;

/** What is going to go wrong. */
export class Mishaps {
  readonly #planned: Omit<MishapPlan, "next">[] = [];
  #random: (() => number) | undefined;
  #part = 0;
  #kinds: readonly CallMishap[] = [];

  plan({ next, ...mishap }: MishapPlan): void {
    for (let i = 0; i < next; i++) this.#planned.push(mishap);
  }

  /** Makes a part of all calls fail, the same ones for the same seed. */
  failRate(
    part: number,
    seed: number,
    kinds: readonly CallMishap[] = ["429", "500-before", "500-after"],
  ): void {
    this.#part = part;
    this.#kinds = kinds;
    this.#random = chance(seed);
  }

  /** What goes wrong with this call ("METHOD /path"), if anything. */
  ofCall(call: string): Omit<MishapPlan, "next"> | undefined {
    const index = this.#planned.findIndex(
      ({ kind, route }) => !EVENTS.includes(kind) && (route ? route.test(call) : !SPARED.test(call)),
    );
    if (index >= 0) return this.#planned.splice(index, 1)[0];
    if (SPARED.test(call) || this.#random === undefined || this.#random() >= this.#part) return undefined;
    // A short pause, so that a run with many failures stays short.
    return { kind: this.#kinds[Math.floor(this.#random() * this.#kinds.length)] ?? "429", retryAfter: 0.05 };
  }

  /** What goes wrong with this event, if anything. */
  ofEvent(): EventMishap | undefined {
    const index = this.#planned.findIndex(({ kind }) => EVENTS.includes(kind));
    const kind = index < 0 ? undefined : this.#planned.splice(index, 1)[0]?.kind;
    return kind === "duplicate-event" || kind === "reorder" || kind === "drop-socket" ? kind : undefined;
  }

  /** Whether the next event shall overtake the one held back. */
  get reordering(): boolean {
    return this.#planned.some(({ kind }) => kind === "reorder");
  }
}
