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

type Limiter = Pick<RateLimiterMemory, "consume">;

/** Keeps what an adapter sends within its platform's limits, by name and key: `turn("chat", id)`. For one process. */
export class Pace<Name extends string> {
  readonly #limiters: ReadonlyMap<string, Limiter>;
  /** Lets everything pass but keys that the platform has asked to leave alone. */
  readonly #hushed = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 1 });

  constructor(limits: Readonly<Record<Name, Limit>>) {
    this.#limiters = new Map(
      Object.entries<Limit>(limits).map(([name, limit]) => [name, limiterOf(name, limit)]),
    );
  }

  /**
   * Waits for a turn under one of the limits. Limits without a key of their own count everything together.
   *
   * @throws {SendError} unsent, with `retryAfterMs`, if the turn is more than 1.5 s away
   */
  async turn(name: Name, key = "all"): Promise<void> {
    await takeTurn(this.#hushed, key);
    const limiter = this.#limiters.get(name);
    if (limiter !== undefined) await takeTurn(limiter, key);
  }

  /** Sends nothing under a key for `ms`, rounded up to seconds, after the platform has asked for it. */
  async hush(key: string, ms: number): Promise<void> {
    await this.#hushed.block(key, Math.ceil(ms / 1000));
  }
}

function limiterOf(name: string, { points, seconds, burst }: Limit): Limiter {
  const steady = new RateLimiterMemory({ keyPrefix: name, points, duration: seconds });
  if (burst === undefined) return steady;
  const extra = { keyPrefix: `${name}-burst`, points: burst.points, duration: burst.seconds };
  return new BurstyRateLimiter(steady, new RateLimiterMemory(extra));
}

async function takeTurn(limiter: Limiter, key: string): Promise<void> {
  for (;;) {
    try {
      return void (await limiter.consume(key));
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const retryAfterMs = Math.max(refusal.msBeforeNext, 1);
      if (retryAfterMs > PATIENCE)
        throw new SendError("unsent", "More messages than the platform takes", { retryAfterMs });
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
  }
}
