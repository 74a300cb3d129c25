import {
  type APIInteractionResponse,
  type APIMessage,
  DiscordAPIError,
  InteractionResponseType,
  MessageFlags,
  type RawFile,
  type REST,
  type RESTPostAPIInteractionCallbackWithResponseResult,
  Routes,
} from "discord.js";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { CODE, describe, isRefusal, retryAfterMs } from "./errors.ts";
import { TICKET_LIFE_MS, type Ticket } from "./ticket.ts";

/** What Discord calls the `@original` message of an interaction that was acknowledged. */
export interface Original {
  /** `loading`: the promise of an answer ("thinking…"); `pressed`: the message with the button; `own`: an answer; `window`: none. */
  readonly kind: "loading" | "pressed" | "own" | "window";
  readonly message: string;
  /** Seen by one person only; cannot be changed. */
  readonly hidden: boolean;
}

/** A first response, and what `@original` is after it. */
export interface FirstResponse {
  readonly response: APIInteractionResponse;
  readonly files?: RawFile[];
  readonly original: Omit<Original, "message">;
  /** Names the message, to know it again when it is sent once more. */
  readonly key?: string;
}

/**
 * Acknowledges interactions, each once, at the latest a while after it came in.
 *
 * Discord allows one first response within 3 s and tells every later one that it comes late (40060), so several
 * processes may try. What is kept here only saves asking.
 */
export class Interactions {
  readonly #rest: REST;
  readonly #application: string;
  readonly #log: Logger;
  readonly #deferAfterMs: number;
  readonly #originals = new LRUCache<string, Promise<Original | null>>({ max: 10_000, ttl: TICKET_LIFE_MS });
  /** Messages of which it is not known whether they arrived, by interaction. */
  readonly #unclear = new LRUCache<string, string>({ max: 10_000, ttl: TICKET_LIFE_MS });
  readonly #waiting = new Map<Ticket, NodeJS.Timeout>();
  readonly #deferring = new Set<Promise<void>>();
  #stopped = false;

  constructor(rest: REST, application: string, log: Logger, deferAfterMs: number) {
    this.#rest = rest;
    this.#application = application;
    this.#log = log;
    this.#deferAfterMs = deferAfterMs;
  }

  /** Sees to it that an accepted interaction is acknowledged in time, whether or not an answer is ready. */
  expect(ticket: Ticket): void {
    const left = this.#stopped ? 0 : ticket.at + this.#deferAfterMs - Date.now();
    const timer = setTimeout(() => this.#defer(ticket), Math.max(0, left));
    this.#waiting.set(ticket, timer);
  }

  /** Acknowledges whatever still waits: another process may be the one to answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const [ticket, timer] of this.#waiting) {
      clearTimeout(timer);
      this.#defer(ticket);
    }
    await Promise.all(this.#deferring);
  }

  /**
   * Makes the first response, unless there has been one. Answers what `@original` is now.
   *
   * @throws what the REST client throws; then nothing is known to have been acknowledged
   */
  async respond(ticket: Ticket, first: FirstResponse): Promise<{ sent: boolean; original: Original }> {
    const known = await this.#originals.get(ticket.id);
    if (known) return { sent: false, original: known };
    const responding = this.#callback(ticket, first);
    const noted = responding.then(
      (sent) => sent,
      () => null,
    );
    this.#originals.set(ticket.id, noted);
    void noted.then((original) => original ?? this.#originals.delete(ticket.id));
    const original = await responding;
    if (original !== null) return { sent: true, original };
    const before = await this.#look(ticket);
    this.#originals.set(ticket.id, Promise.resolve(before));
    const again = first.key !== undefined && this.#unclear.get(ticket.id) === first.key;
    // A pressed message may have been left as it was; to change it once more does no harm.
    const same = before.kind === first.original.kind && before.kind !== "pressed";
    return { sent: again && same, original: before };
  }

  /** `@original` is an answer from now on. */
  filled(ticket: Ticket, original: Original): void {
    this.#originals.set(ticket.id, Promise.resolve({ ...original, kind: "own" }));
  }

  /** The first response was sent, and what `@original` is now; null if there was one before. */
  async #callback(
    ticket: Ticket,
    { response, files, original, key }: FirstResponse,
  ): Promise<Original | null> {
    try {
      const answer = (await this.#rest.post(Routes.interactionCallback(ticket.id, ticket.token), {
        auth: false,
        body: response,
        ...(files && { files }),
        query: new URLSearchParams({ with_response: "true" }),
      })) as RESTPostAPIInteractionCallbackWithResponseResult | undefined;
      const message = answer?.resource?.message?.id ?? answer?.interaction?.response_message_id;
      return { ...original, message: message ?? ticket.fromMessage ?? "@original" };
    } catch (error) {
      if (isRefusal(error, CODE.alreadyAcknowledged)) return null;
      const refused = error instanceof DiscordAPIError || retryAfterMs(error) !== undefined;
      if (!refused && key !== undefined) this.#unclear.set(ticket.id, key);
      throw error;
    }
  }

  /** What `@original` is, when another process, or a call whose answer was lost, has acknowledged. */
  async #look(ticket: Ticket): Promise<Original> {
    const route = Routes.webhookMessage(this.#application, ticket.token, "@original");
    try {
      const { id, flags = 0 } = (await this.#rest.get(route, { auth: false })) as APIMessage;
      const kind = flags & MessageFlags.Loading ? "loading" : id === ticket.fromMessage ? "pressed" : "own";
      return { kind, message: id, hidden: (flags & MessageFlags.Ephemeral) !== 0 };
    } catch (error) {
      if (!isRefusal(error, CODE.unknownMessage)) throw error;
      return { kind: "window", message: "", hidden: true };
    }
  }

  #defer(ticket: Ticket): void {
    this.#waiting.delete(ticket);
    if (this.#originals.has(ticket.id)) return; // answered, or about to be
    const deferring = this.respond(ticket, deferral(ticket))
      .then(
        () => undefined,
        (error: unknown) =>
          this.#log.warn({ reason: describe(error) }, "An interaction could not be acknowledged in time"),
      )
      .finally(() => this.#deferring.delete(deferring));
    this.#deferring.add(deferring);
  }
}

/** Nothing changes for somebody who pressed a button; others see that an answer is being made, alone if others read along. */
function deferral(ticket: Ticket): FirstResponse {
  if (ticket.fromMessage !== undefined)
    return {
      response: { type: InteractionResponseType.DeferredMessageUpdate },
      original: { kind: "pressed", hidden: ticket.hidden === true },
    };
  const type = InteractionResponseType.DeferredChannelMessageWithSource;
  return {
    response: ticket.shared ? { type, data: { flags: MessageFlags.Ephemeral } } : { type },
    original: { kind: "loading", hidden: ticket.shared },
  };
}
