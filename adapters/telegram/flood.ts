import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { SendError } from "../../src/engine/adapter.ts";

/** How fast messages may go out: `points` of them in any `seconds`. */
export interface Pace {
  readonly points: number;
  readonly seconds: number;
}

/** Telegram's advice: one message a second in a chat (short bursts pass), 20 a minute in a group, 30 a second in all. */
export const PACES = {
  chat: { points: 10, seconds: 10 },
  group: { points: 20, seconds: 60 },
  overall: { points: 30, seconds: 1 },
} as const satisfies Record<string, Pace>;

/** Waits up to this long for a turn, in milliseconds; a longer wait is handed to the engine to come back later. */
const PATIENCE = 1500;

/** Keeps sending within Telegram's flood limits. */
export class Flood {
  readonly #chat: RateLimiterMemory;
  readonly #group: RateLimiterMemory;
  readonly #overall: RateLimiterMemory;

  constructor(paces: Partial<Record<keyof typeof PACES, Pace>> = {}) {
    const limiter = ({ points, seconds }: Pace) => new RateLimiterMemory({ points, duration: seconds });
    this.#chat = limiter(paces.chat ?? PACES.chat);
    this.#group = limiter(paces.group ?? PACES.group);
    this.#overall = limiter(paces.overall ?? PACES.overall);
  }

  /** Waits for a turn to send a message to a chat. @throws {SendError} unsent, if the turn is further away */
  async message(chat: string): Promise<void> {
    // Ids of groups are negative.
    await this.#turn(chat.startsWith("-") ? this.#group : this.#chat, chat);
    await this.call();
  }

  /** Waits for a turn to make a call that adds no message. */
  async call(): Promise<void> {
    await this.#turn(this.#overall, "all");
  }

  /** Sends nothing to a chat for a while, after Telegram has asked for it. */
  async hush(chat: string, ms: number): Promise<void> {
    await (chat.startsWith("-") ? this.#group : this.#chat).block(chat, Math.ceil(ms / 1000));
  }

  async #turn(limiter: RateLimiterMemory, key: string): Promise<void> {
    for (;;) {
      try {
        await limiter.consume(key);
        return;
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        const ms = Math.max(refusal.msBeforeNext, 1);
        if (ms > PATIENCE)
          throw new SendError("unsent", "Too many messages for Telegram", { retryAfterMs: ms });
        await new Promise((resolve) => setTimeout(resolve, ms));
      }
    }
  }
}
