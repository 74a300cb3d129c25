import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { SendError } from "../../src/engine/adapter.ts";

interface Pace {
  readonly points: number;
  readonly duration: number;
}
/** How fast messages may go out: `points` of them in `duration` seconds. `burst` is what a chat gets on top of its pace. */
export type Paces = Record<"chat" | "burst" | "group" | "overall", Pace>;

/** Telegram's advice: one message a second in a chat (short bursts pass), 20 a minute in a group, 30 a second in all. */
const PACES: Paces = {
  chat: { points: 1, duration: 1 },
  burst: { points: 20, duration: 30 },
  group: { points: 20, duration: 60 },
  overall: { points: 30, duration: 1 },
};

/** Waits up to this long for a turn, in milliseconds; a longer wait is handed to the engine to come back later. */
const PATIENCE = 1500;

/** Keeps sending within Telegram's flood limits. */
export class Flood {
  readonly #chats: BurstyRateLimiter;
  readonly #groups: RateLimiterMemory;
  readonly #overall: RateLimiterMemory;
  /** Lets everything pass but chats that Telegram has asked to leave alone. */
  readonly #hushed = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: 1 });

  constructor(paces: Partial<Paces> = {}) {
    this.#chats = new BurstyRateLimiter(
      new RateLimiterMemory({ keyPrefix: "pace", ...(paces.chat ?? PACES.chat) }),
      new RateLimiterMemory({ keyPrefix: "burst", ...(paces.burst ?? PACES.burst) }),
    );
    this.#groups = new RateLimiterMemory(paces.group ?? PACES.group);
    this.#overall = new RateLimiterMemory(paces.overall ?? PACES.overall);
  }

  /** Waits for a turn: of a chat, to send it a message, or of the bot, to edit one. @throws {SendError} if it is far away */
  async turn(chat?: string): Promise<void> {
    if (chat !== undefined) {
      await takeTurn(this.#hushed, chat);
      // Ids of groups are negative.
      await takeTurn(chat.startsWith("-") ? this.#groups : this.#chats, chat);
    }
    await takeTurn(this.#overall, "all");
  }

  /** Sends nothing to a chat for a while, after Telegram has asked for it. */
  async hush(chat: string, ms: number): Promise<void> {
    await this.#hushed.block(chat, Math.ceil(ms / 1000));
  }
}

async function takeTurn(limiter: Pick<RateLimiterMemory, "consume">, key: string): Promise<void> {
  for (;;) {
    try {
      return void (await limiter.consume(key));
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const retryAfterMs = Math.max(refusal.msBeforeNext, 1);
      if (retryAfterMs > PATIENCE)
        throw new SendError("unsent", "Too many messages for Telegram", { retryAfterMs });
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
  }
}
