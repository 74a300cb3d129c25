import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

/** Requests in a window of so many seconds, which begins with the first. */
export interface Rate {
  readonly points: number;
  readonly seconds: number;
}

/** Lets through so many requests in so many seconds under one key, counted by this process. */
export class RateLimit {
  readonly #limiter: RateLimiterMemory;

  constructor({ points, seconds }: Rate) {
    this.#limiter = new RateLimiterMemory({ points, duration: seconds });
  }

  /** Counts a request. @throws {HTTPException} 429 if it is one too many; `Retry-After` tells when to come back. */
  async count(c: Context, key: string): Promise<void> {
    try {
      await this.#limiter.consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      c.header("Retry-After", String(Math.ceil(refusal.msBeforeNext / 1000)));
      throw new HTTPException(429, { message: "Too fast." });
    }
  }
}
