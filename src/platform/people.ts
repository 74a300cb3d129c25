import { LRUCache } from "lru-cache";
import type { Sender } from "../engine/inbound.ts";
import { atMost } from "./backoff.ts";
import { senderOf } from "./sender.ts";

/** What a platform tells of a person when asked. */
export interface Told {
  readonly name?: string;
  /** BCP 47. */
  readonly locale?: string;
}

/** How long an event waits for who its sender is, in milliseconds: it must be acknowledged soon. */
const PATIENCE = 500;
const DAY = 24 * 3600_000;
/** How long a question that failed is not asked again, in milliseconds. */
const REST = 10 * 60_000;

/** Names and languages of people, asked for at first sight: for platforms whose events tell the person's id alone. */
export class People {
  readonly #told = new LRUCache<string, Promise<Told>>({ max: 10_000, ttl: DAY });

  /** Who sent an event, without name and language if `ask` does not tell within half a second. Never rejects. */
  async sender(connection: string, id: string, ask: () => Promise<Told>): Promise<Sender> {
    const key = `${connection}/${id}`;
    const telling = this.#told.get(key) ?? this.#ask(key, ask);
    let told: Told = {};
    await atMost(
      PATIENCE,
      telling.then((found) => {
        told = found;
      }),
    );
    return senderOf(id, told.name, told.locale);
  }

  #ask(key: string, ask: () => Promise<Told>): Promise<Told> {
    const telling = ask().catch((): Told => {
      // People are served all the same.
      this.#told.set(key, Promise.resolve({}), { ttl: REST });
      return {};
    });
    this.#told.set(key, telling);
    return telling;
  }
}
