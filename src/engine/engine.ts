import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { languageOf, locales, sayIn } from "../i18n/index.ts";
import { type Adapter, type Asker, type Host, SendError } from "./adapter.ts";
import type { Conversation, News, OutboxEntry } from "./conversation.ts";
import { type Address, conversationId, type Inbound } from "./inbound.ts";
import { type Commit, LEASE_MS, Mailbox, type Step } from "./mailbox.ts";
import { apology, glance, runTurn, type TurnContext } from "./run-turn.ts";
import type { Script } from "./script.ts";
import { Slots } from "./slots.ts";
import { TokenSealer } from "./token.ts";

const SWEEP_EVERY_MS = 2_000;
const SWEPT_AT_A_TIME = 100;
const TURN_TRIES = 3;
const SEND_TRIES = 20;
const LONGEST_PAUSE_MS = 5 * 60_000;
const SUGGESTIONS_MAX = 25;
/**
 * Turns that run at a time in a process; more wait in the order they came. Ten thousand at once would each be slower than
 * its lease and be taken for lost. Enough that those that wait for a payment provider do not hold up the rest.
 */
const TURNS_AT_A_TIME = 64;

/** What the engine measures; a metrics library stands behind it. */
export interface EngineMetrics {
  turn(kind: string, seconds: number): void;
  trip(step: Step): void;
  sent(platform: string, fate: "sent" | "unsent" | "unknown" | "refused"): void;
}

/** What an engine is built of. */
export interface EngineOptions {
  readonly script: Script;
  readonly adapters: readonly Adapter[];
  readonly secret: string;
  readonly log: Logger;
  readonly media: Host["media"];
  readonly keepMedia: Host["keepMedia"];
  readonly metrics?: EngineMetrics;
  /**
   * Sends news that an address refuses (blocked, gone) to another address of the same person, with `engine.signal`.
   * Answers false if there is none; the engine then leaves a hint in the shared channel where the person was met last.
   */
  readonly reroute?: (from: Address, news: News) => Promise<boolean>;
  readonly now?: () => Date;
}

/**
 * Walks people through conversations: accepts events, runs turns under a lease, sends the outbox in order.
 *
 * Events of one conversation are handled one at a time in the order of arrival, different conversations in
 * parallel; any number of processes may share a store. A crash at any point is picked up by the sweeper.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #adapters: Map<string, Adapter>;
  readonly #mailbox: Mailbox;
  readonly #sealer: TokenSealer;
  readonly #working = new Set<Promise<void>>();
  readonly #slots = new Slots(TURNS_AT_A_TIME);
  /** Conversations that are claimed and wait for their turn to run. */
  readonly #waiting = new Set<string>();
  readonly #now: () => Date;
  #sweeping: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    this.#adapters = new Map(options.adapters.map((adapter) => [adapter.name, adapter]));
    this.#mailbox = new Mailbox(randomUUID(), this.#now, (step) => options.metrics?.trip(step));
    this.#sealer = new TokenSealer(options.secret);
  }

  /** Starts the adapters and the sweeper. An adapter that cannot start is logged; the others go on. */
  async start(): Promise<void> {
    const { log } = this.#options;
    const host = this.#host();
    await Promise.all(
      [...this.#adapters.values()].map((adapter) =>
        adapter
          .start(host)
          .catch((error) =>
            log.error({ err: error, platform: adapter.name }, "The platform could not be connected"),
          ),
      ),
    );
    this.#sweepLater();
  }

  /**
   * Stores an event, once per id. Resolves when it is on disk: then the platform may be acknowledged.
   * The turn runs afterwards.
   */
  async accept(inbound: Inbound): Promise<"accepted" | "duplicate"> {
    const taken = await this.#mailbox.accept(inbound);
    if (taken === "duplicate") return "duplicate";
    const id = conversationId(inbound.address);
    // Who works on it may have let go just before the event was queued; the platform need not wait until that is known.
    this.#work(id, taken === "queued" ? this.#mailbox.claim(id) : taken);
    return "accepted";
  }

  #host(): Host {
    const { script, media, keepMedia } = this.#options;
    return {
      accept: (inbound) => this.accept(inbound),
      media,
      keepMedia,
      locales,
      commands: (locale) => {
        const say = sayIn(locale);
        const own = { name: "cancel", description: say("command.cancel") };
        const commands = [...script.commands].map(([name, { description, option }]) => ({
          name,
          description: say(description),
          ...(option && {
            option: {
              name: option.name,
              description: say(option.description),
              suggests: option.suggest !== undefined,
            },
          }),
        }));
        return [...commands, own];
      },
      suggest: async (asker, command, text) => {
        const suggest = script.commands.get(command)?.option?.suggest;
        const found = suggest ? await suggest(this.#glance(asker), text) : [];
        return found.slice(0, SUGGESTIONS_MAX);
      },
      problems: ({ address, sender, token, values, locale }) =>
        this.#glance({ address, sender: { ...sender, locale } }).problems(token, values),
      preview: (asker, url) => script.runPreview(this.#glance(asker), url),
    };
  }

  #glance(asker: Asker) {
    const adapter = this.#adapters.get(asker.address.platform);
    if (!adapter) throw new Error(`The platform ${asker.address.platform} is not connected.`);
    return glance(asker, this.#context(adapter));
  }

  #context(adapter: Adapter): TurnContext {
    return {
      script: this.#options.script,
      sealer: this.#sealer,
      can: adapter.can,
      now: this.#now(),
      language: languageOf,
    };
  }

  /** Sends news into a conversation. The same id is handled once. */
  async signal(address: Address, id: string, name: string, data: unknown): Promise<"accepted" | "duplicate"> {
    const body = { kind: "signal", name, data } as const;
    return this.accept({ id: `signal-${id}`, address, sender: { id: "" }, at: this.#now(), body });
  }

  /**
   * Forgets what was said with a person on a platform, in their own channel and in shared ones. A conversation that is
   * at work goes on, as it needs its address to answer. May be repeated.
   */
  async forget(direct: Address): Promise<void> {
    await this.#mailbox.forget(direct);
    await this.#adapters.get(direct.platform)?.forget?.(direct);
  }

  /** Picks up conversations that a crash or a failed delivery left behind. */
  async sweep(): Promise<void> {
    // Those that wait here are not left behind, however long that takes; another process may take them over.
    for (const id of await this.#mailbox.stranded(SWEPT_AT_A_TIME + this.#waiting.size)) {
      if (this.#waiting.has(id)) continue;
      const claimed = await this.#mailbox.claim(id);
      if (claimed) this.#work(id, claimed);
    }
  }

  /** Resolves when no turn is under way in this process. */
  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working);
  }

  /** Stops taking events, finishes the turns under way. What is queued stays in the store. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#sweeping);
    await Promise.all([...this.#adapters.values()].map((adapter) => adapter.stop()));
    await this.idle();
  }

  #sweepLater(): void {
    if (this.#stopping) return;
    this.#sweeping = setTimeout(async () => {
      await this.sweep().catch((error) =>
        this.#options.log.error({ err: error }, "The sweeper could not read the store"),
      );
      this.#sweepLater();
    }, SWEEP_EVERY_MS).unref();
  }

  #work(conversation: string, claimed: Conversation | Promise<Conversation | null>): void {
    const work = this.#converse(claimed)
      .catch((error) =>
        this.#options.log.error({ err: error, conversation }, "A conversation was left to the sweeper"),
      )
      .finally(() => this.#working.delete(work));
    this.#working.add(work);
  }

  /** Works on a conversation that could be claimed until inbox and outbox are empty, or the lease is lost. */
  async #converse(claimed: Conversation | Promise<Conversation | null>): Promise<void> {
    let held = await claimed;
    while (held) {
      if (this.#stopping) return this.#mailbox.leave(held, this.#now());
      const event: Inbound | undefined = held.inbox[0];
      const replies: OutboxEntry[] = [...held.outbox];
      if (event) {
        const outcome = await this.#inSlot(held, event);
        if (!outcome) return;
        held.revision += 1;
        replies.push(...outcome.replies);
      }
      const { sent, retry } = await this.#deliver(held, replies);
      held = await this.#mailbox.settle(held, sent, retry);
    }
  }

  /** Runs a turn and writes its outcome as soon as not too many others do; undefined if the lease was lost. */
  async #inSlot(held: Conversation, event: Inbound): Promise<Commit | undefined> {
    this.#waiting.add(held._id);
    const claimed = this.#now().getTime();
    await this.#slots.take();
    this.#waiting.delete(held._id);
    try {
      if (this.#stopping) {
        await this.#mailbox.leave(held, this.#now());
        return undefined;
      }
      const late = this.#now().getTime() - claimed > LEASE_MS / 2;
      if (late && !(await this.#mailbox.renew(held))) return undefined;
      const outcome = await this.#turn(held, event);
      return (await this.#mailbox.commit(held, event, outcome)) ? outcome : undefined;
    } finally {
      this.#slots.give();
    }
  }

  async #turn(held: Conversation, event: Inbound): Promise<Commit> {
    const { log, metrics } = this.#options;
    const adapter = this.#adapters.get(held.address.platform);
    const started = performance.now();
    if (!adapter) {
      log.error(
        { conversation: held._id },
        "The platform of this conversation is not connected; its event was dropped",
      );
      return { state: held.state, person: held.person, replies: [], links: [] };
    }
    const context = this.#context(adapter);
    for (let attempt = 1; ; attempt++) {
      try {
        const outcome = await runTurn(held, event, context);
        metrics?.turn(event.body.kind, (performance.now() - started) / 1000);
        return outcome;
      } catch (error) {
        log.error({ err: error, conversation: held._id, event: event.id, attempt }, "A turn failed");
        if (attempt >= TURN_TRIES) return apology(held, event, context);
      }
    }
  }

  async #deliver(held: Conversation, entries: readonly OutboxEntry[]) {
    const adapter = this.#adapters.get(held.address.platform);
    const sent: string[] = [];
    let leased = this.#now().getTime();
    for (const entry of entries) {
      if (!adapter) break;
      if (this.#now().getTime() - leased > LEASE_MS / 2) {
        if (!(await this.#mailbox.renew(held))) break;
        leased = this.#now().getTime();
      }
      try {
        if ("handover" in entry) {
          await this.accept(entry.handover);
          sent.push(entry.key);
          continue;
        }
        const { news: _, ...delivery } = entry;
        await adapter.send(held.address, delivery);
        sent.push(entry.key);
        this.#options.metrics?.sent(adapter.name, "sent");
      } catch (error) {
        const failure =
          error instanceof SendError
            ? error
            : new SendError("unknown", "The adapter failed", { cause: error });
        this.#options.metrics?.sent(adapter.name, failure.fate);
        // What has waited for its place among many has not been tried yet.
        const tried = failure.paced ? 0 : 1;
        const attempts = (sent.length === 0 ? held.attempts : 0) + tried;
        if (failure.fate === "refused" || attempts >= SEND_TRIES) {
          if ("news" in entry && entry.news && failure.fate === "refused")
            await this.#elsewhere(held, entry.news);
          this.#options.log.warn(
            { err: failure, conversation: held._id, attempts },
            "A message can not be delivered and was dropped",
          );
          sent.push(entry.key);
          continue;
        }
        const pause = failure.retryAfterMs ?? Math.min(LONGEST_PAUSE_MS, 500 * 2 ** attempts);
        return { sent, retry: { at: new Date(this.#now().getTime() + pause), attempts } };
      }
    }
    return { sent };
  }

  /** Takes news that a direct channel refuses to where the person may still see it. The same news goes once. */
  async #elsewhere({ address }: Conversation, news: News): Promise<void> {
    if (address.user !== undefined) return;
    if (await this.#options.reroute?.(address, news)) return;
    const shared = await this.#mailbox.lastShared(address, address.channel);
    if (shared) await this.signal(shared, `${news.id}/shared`, news.name, news.data);
  }
}
