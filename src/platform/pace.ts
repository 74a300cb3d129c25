import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { SendError } from "../engine/adapter.ts";

/** How fast messages may go out under one key: `points` of them in `seconds`, and `burst` on top of that. */
export interface Limit {
  readonly points: number;
  readonly seconds: number;
  readonly burst?: { readonly points: number; readonly seconds: number };
}

/** Waits up to this long for a turn, in milliseconds; a longer wait is handed to the engine to come back later. */
const PATIENCE = 1500;
/**
 * Waits up to this long in all where others take the turn first again and again, in milliseconds. A message passes two
 * limits or three, and must be out before the engine's lease (30 s, half of it gone perhaps) ends and it is sent again.
 */
const PATIENCE_IN_ALL = 4000;

type Limiter = Pick<RateLimiterMemory, "consume">;

/** Keeps what an adapter sends within its platform's limits, by name and key: `turn("chat", id)`. For one process. */
export class Pace<Name extends string> {
  readonly #limiters: ReadonlyMap<string, Limiter>;
  readonly #limits: ReadonlyMap<string, Limit>;
  /** How many wait, by name and key. */
  readonly #waiting = new Map<string, number>();
  /** Lets everything pass but keys that the platform has asked to leave alone. */
  readonly #hushed = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 1 });

  constructor(limits: Readonly<Record<Name, Limit>>) {
    this.#limits = new Map(Object.entries<Limit>(limits));
    this.#limiters = new Map([...this.#limits].map(([name, limit]) => [name, limiterOf(name, limit)]));
  }

  /**
   * Waits for a turn under one of the limits. Limits without a key of their own count everything together.
   *
   * @throws {SendError} unsent, with `retryAfterMs`, if the turn is more than 1.5 s away, or was not to be had in 4 s
   */
  async turn(name: Name, key = "all"): Promise<void> {
    await this.#wait("", this.#hushed, key);
    const limiter = this.#limiters.get(name);
    if (limiter !== undefined) await this.#wait(name, limiter, key);
  }

  /** Sends nothing under a key for `ms`, rounded up to seconds, after the platform has asked for it. */
  async hush(key: string, ms: number): Promise<void> {
    await this.#hushed.block(key, Math.ceil(ms / 1000));
  }

  async #wait(name: string, limiter: Limiter, key: string): Promise<void> {
    const line = `${name}/${key}`;
    const since = performance.now();
    for (;;) {
      try {
        return void (await limiter.consume(key));
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        const away = Math.max(refusal.msBeforeNext, 1);
        const waiting = this.#waiting.get(line) ?? 0;
        if (away > PATIENCE || performance.now() - since + away > PATIENCE_IN_ALL) {
          // Those that wait now have theirs first: to come back sooner would be in vain.
          const { points = 1, seconds = 0 } = this.#limits.get(name) ?? {};
          const retryAfterMs = Math.max(away, Math.ceil((waiting * seconds * 1000) / points));
          throw new SendError("unsent", "More messages than the platform takes", {
            retryAfterMs,
            paced: true,
          });
        }
        this.#waiting.set(line, waiting + 1);
        await new Promise((resolve) => setTimeout(resolve, away));
        const left = (this.#waiting.get(line) ?? 1) - 1;
        if (left > 0) this.#waiting.set(line, left);
        else this.#waiting.delete(line);
      }
    }
  }
}

function limiterOf(name: string, { points, seconds, burst }: Limit): Limiter {
  const steady = new RateLimiterMemory({ keyPrefix: name, points, duration: seconds });
  if (burst === undefined) return steady;
  const extra = { keyPrefix: `${name}-burst`, points: burst.points, duration: burst.seconds };
  return new BurstyRateLimiter(steady, new RateLimiterMemory(extra));
}
