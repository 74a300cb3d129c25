import { type Adapter, SendError } from "./adapter.ts";
import type { Conversation, News, OutboxEntry } from "./conversation.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { Address, Inbound } from "./inbound.ts";
import { LEASE_MS, type Mailbox } from "./mailbox.ts";

const SEND_TRIES = 20;
const LONGEST_PAUSE_MS = 5 * 60_000;

/** What a courier works with. */
export interface Round extends Pick<EngineOptions, "log" | "metrics" | "reroute"> {
  /** Who can answer there; undefined where this process is not connected. */
  readonly adapterAt: (address: Address) => Adapter | undefined;
  readonly mailbox: Mailbox;
  readonly now: () => Date;
  /** Takes what goes on in another conversation. */
  readonly engine: {
    accept(inbound: Inbound): Promise<unknown>;
    signal(address: Address, id: string, name: string, data: unknown): Promise<unknown>;
  };
}

/** Brings the outbox of a conversation to its platform, and what is meant for another conversation there. */
export class Courier {
  readonly #round: Round;
  constructor(round: Round) {
    this.#round = round;
  }

  /**
   * Sends what it can, in order. What has to wait keeps what follows it waiting: `retry` says until when, and how often
   * it was tried. `sent` are the keys of what need not be sent any more.
   */
  async deliver(held: Conversation, entries: readonly OutboxEntry[]) {
    const { adapterAt, mailbox, engine, log, metrics, now } = this.#round;
    const adapter = adapterAt(held.address);
    const sent: string[] = [];
    // Disconnected since it was claimed: all of it stays for the process that is connected next.
    if (!adapter) return { sent, retry: { at: now(), attempts: held.attempts } };
    let leased = now().getTime();
    for (const entry of entries) {
      if (now().getTime() - leased > LEASE_MS / 2) {
        if (!(await mailbox.renew(held))) break;
        leased = now().getTime();
      }
      try {
        if ("handover" in entry) {
          await engine.accept(entry.handover);
          sent.push(entry.key);
          continue;
        }
        const { news: _, ...delivery } = entry;
        await adapter.send(held.address, delivery);
        sent.push(entry.key);
        metrics?.sent(adapter.name, "sent");
      } catch (error) {
        const failure =
          error instanceof SendError
            ? error
            : new SendError("unknown", "The adapter failed", { cause: error });
        metrics?.sent(adapter.name, failure.fate);
        // What has waited for its place among many has not been tried yet.
        const tried = failure.paced ? 0 : 1;
        const attempts = (sent.length === 0 ? held.attempts : 0) + tried;
        if (failure.fate === "refused" || attempts >= SEND_TRIES) {
          if ("news" in entry && entry.news && failure.fate === "refused")
            await this.#elsewhere(held, entry.news);
          log.warn(
            { err: failure, conversation: held._id, attempts },
            "A message can not be delivered and was dropped",
          );
          sent.push(entry.key);
          continue;
        }
        const pause = failure.retryAfterMs ?? Math.min(LONGEST_PAUSE_MS, 500 * 2 ** attempts);
        return { sent, retry: { at: new Date(now().getTime() + pause), attempts } };
      }
    }
    return { sent };
  }

  /** Takes news that a direct channel refuses to where the person may still see it. The same news goes once. */
  async #elsewhere({ address }: Conversation, news: News): Promise<void> {
    if (address.user !== undefined) return;
    const { mailbox, engine, reroute } = this.#round;
    if (await reroute?.(address, news)) return;
    const shared = await mailbox.lastShared(address, address.channel);
    if (shared) await engine.signal(shared, `${news.id}/shared`, news.name, news.data);
  }
}
