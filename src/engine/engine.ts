import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import { languageOf } from "../i18n/index.ts";
import type { Adapter, Asker } from "./adapter.ts";
import {
  type Address,
  type ChannelAddress,
  conversationId,
  type DirectAddress,
  destinationOf,
  personAt,
} from "./address.ts";
import type { Conversation, OutboxEntry } from "./conversation.ts";
import { Deliveries } from "./deliveries.ts";
import { beyond, stranded } from "./due.ts";
import type { EngineOptions } from "./engine-options.ts";
import { FairSemaphore } from "./fair-semaphore.ts";
import { FairShare, type Share } from "./fair-share.ts";
import { sharedChoices, sharedToken, showing } from "./find-conversation.ts";
import { conversationsOf, forgetConversations, lastActive } from "./forget-conversations.ts";
import { hostOf } from "./host.ts";
import type { Inbound } from "./inbound.ts";
import { Inbox } from "./inbox.ts";
import { LEASE_MS, type Step } from "./lease.ts";
import { cardEvent, outdone } from "./live-card.ts";
import { type Commit, Mailbox } from "./mailbox.ts";
import { OutboxSender } from "./outbox-sender.ts";
import { canReach, reachOf } from "./reach.ts";
import { apology, type ReadOnlyTurn, readOnlyTurn, runTurn } from "./run-turn.ts";
import type { TurnContext } from "./running-turn.ts";
import { TokenSealer } from "./token.ts";

const SWEEP_EVERY_MS = 2_000;
const SWEPT_AT_A_TIME = 100;
const TURN_TRIES = 3;
/** Probes come every second from several sides; what waits for another process need not be counted for each. */
const COUNTED_EVERY_MS = 5_000;
/**
 * Turns that run at a time in a process; more wait in the order they came. Ten thousand at once would each be slower than
 * its lease and be taken for lost. Enough that those that wait for a payment provider do not hold up the rest.
 */
const TURNS_AT_A_TIME = 64;
/** Of these one person has so many: they may talk in several channels at once. */
const TURNS_OF_ONE = 4;
/** What one person may send: far more than somebody in a hurry does, and nothing to those who wait meanwhile. */
export const PERSONS_SHARE: Share = { burst: 120, perSecond: 2 };

/**
 * Walks people through conversations: accepts events, runs turns under a lease, sends the outbox in order.
 *
 * Events of one conversation are handled one at a time in the order of arrival, different conversations in
 * parallel; any number of processes may share a store. A crash at any point is picked up by the sweeper.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #adapters: Map<string, Adapter>;
  readonly #inbox: Inbox;
  readonly #deliveries: Deliveries;
  readonly #mailbox: Mailbox;
  readonly #sealer: TokenSealer;
  readonly #sender: OutboxSender;
  readonly #working = new Set<Promise<void>>();
  readonly #slots = new FairSemaphore(TURNS_AT_A_TIME, TURNS_OF_ONE);
  readonly #share: FairShare;
  /** Events that were counted before they came. */
  readonly #admitted = new LRUCache<string, true>({ max: 10_000 });
  /** Conversations that are claimed and wait for their turn to run. */
  readonly #waiting = new Set<string>();
  readonly #now: () => Date;
  #beyond: { at: number; counts: Promise<Readonly<Record<string, number>>> } | undefined;
  #sweeping: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    this.#share = new FairShare(options.share ?? PERSONS_SHARE, this.#now);
    this.#adapters = new Map(options.adapters.map((adapter) => [adapter.name, adapter]));
    const owner = randomUUID();
    this.#inbox = new Inbox(owner, this.#now, this.#trip);
    this.#deliveries = new Deliveries(this.#now, this.#trip);
    this.#mailbox = new Mailbox(owner, this.#now, this.#trip);
    this.#sealer = new TokenSealer(options.secret);
    this.#sender = new OutboxSender({
      ...options,
      adapterAt: (address) => this.#adapterAt(address),
      mailbox: this.#mailbox,
      now: this.#now,
      engine: { accept: (inbound) => this.#take(inbound), signal: (...news) => this.signal(...news) },
    });
  }

  /** Starts the adapters and the sweeper. An adapter that cannot start is logged; the others go on. */
  async start(): Promise<void> {
    const { log } = this.#options;
    const host = hostOf(
      this.#options,
      (inbound) => this.accept(inbound),
      (inbound) => this.#admits(inbound),
      (asker) => this.#share.take(personOf(asker)),
      (asker) => this.#glance(asker),
    );
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
   * The turn runs afterwards, in a process that is connected to the place.
   *
   * What a person sends beyond their share is dropped: the platform is told that it was taken, and the person once in a
   * minute that it was not read.
   */
  async accept(inbound: Inbound): Promise<"accepted" | "duplicate" | "dropped"> {
    if (inbound.body.kind === "signal") return await this.#take(inbound);
    const person = personOf(inbound);
    const admitted = this.#admitted.delete(inbound.id) || this.#share.take(person);
    const taken = admitted ? await this.#take(inbound, false) : "full";
    if (taken !== "full") return taken;
    this.#options.metrics?.dropped?.(inbound.address.platform);
    if (this.#share.tell(person))
      await this.#take({ ...inbound, id: `${inbound.id}/surplus`, body: { kind: "surplus" } });
    return "dropped";
  }

  /** Takes an event from its person's share before it comes, so that it is not taken once more when it does. */
  #admits(inbound: Inbound): boolean {
    const admitted = this.#share.take(personOf(inbound));
    if (admitted) this.#admitted.set(inbound.id, true);
    return admitted;
  }

  async #take(inbound: Inbound): Promise<"accepted" | "duplicate">;
  async #take(inbound: Inbound, needed: boolean): Promise<"accepted" | "duplicate" | "full">;
  async #take(inbound: Inbound, needed = true): Promise<"accepted" | "duplicate" | "full"> {
    if (this.#adapterAt(inbound.address) === undefined)
      return (await this.#inbox.deposit(inbound)) === "queued" ? "accepted" : "duplicate";
    const taken = await this.#inbox.accept(inbound, needed);
    if (taken === "duplicate" || taken === "full") return taken;
    const id = conversationId(inbound.address);
    // Who works on it may have let go just before the event was queued; the platform need not wait until that is known.
    this.#work(id, taken === "queued" ? this.#mailbox.claim(id) : taken);
    return "accepted";
  }

  /** Tells of a round trip to the store. */
  readonly #trip = (step: Step): void => this.#options.metrics?.trip(step);

  #glance(asker: Asker): ReadOnlyTurn {
    const adapter = this.#adapterAt(asker.address);
    if (!adapter) throw new Error(`The platform ${asker.address.platform} is not connected.`);
    return readOnlyTurn(asker, this.#context(adapter));
  }

  /**
   * How many conversations wait, by platform, for a process that is connected there. Nothing of them is lost; somebody has
   * to connect the platform again.
   */
  async undeliverable(): Promise<Readonly<Record<string, number>>> {
    const now = this.#now().getTime();
    if (this.#beyond === undefined || now - this.#beyond.at > COUNTED_EVERY_MS) {
      const counts = beyond(reachOf(this.#adapters.values()), this.#now());
      this.#beyond = { at: now, counts };
    }
    return await this.#beyond.counts;
  }

  #adapterAt(address: Address): Adapter | undefined {
    const adapter = this.#adapters.get(address.platform);
    return adapter && canReach(adapter, address) ? adapter : undefined;
  }

  #context(adapter: Adapter): TurnContext {
    return {
      router: this.#options.router,
      sealer: this.#sealer,
      can: adapter.can,
      now: this.#now(),
      language: languageOf,
      sharedToken,
      sharedChoices,
    };
  }

  /** Sends news into a conversation. The same id is handled once. */
  async signal(address: Address, id: string, name: string, data: unknown): Promise<"accepted" | "duplicate"> {
    const body = { kind: "signal", name, data } as const;
    return this.#take({ id: `signal-${id}`, address, sender: { id: "" }, at: this.#now(), body });
  }

  /**
   * Shows a live card in a channel (see live-card.ts), or makes the one true that stands there. The same id is handled
   * once; without one it is always handled.
   */
  async show(
    channel: ChannelAddress,
    card: string,
    data: unknown = {},
    id?: string,
  ): Promise<"accepted" | "duplicate"> {
    return this.#take(cardEvent(channel, { card, data }, this.#now(), id));
  }

  /**
   * Sends a signal into each conversation in which a card stands that shows a subject (`View.subject`, one with a colon),
   * but not into `except`, so that it is made true there. The same id is handled once in each.
   */
  async signalCards(
    subject: string,
    id: string,
    name: string,
    data: unknown,
    except?: Address,
  ): Promise<void> {
    const told = except && conversationId(except);
    for (const address of await showing(subject))
      if (conversationId(address) !== told) await this.signal(address, `${id}/cards`, name, data);
  }

  /**
   * Forgets what was said with a person on a platform, in their own channel and in shared ones. A conversation that is
   * at work goes on, as it needs its address to answer. May be repeated.
   */
  async forget(direct: DirectAddress): Promise<void> {
    const adapter = this.#adapters.get(direct.platform);
    const found = await conversationsOf(direct);
    // They go last: by them it is known where else the person was.
    for (const { address } of found)
      if (address.kind === "member") await adapter?.forgetAmongOthers?.(address);
    await forgetConversations(found);
    await adapter?.forget?.(direct);
  }

  /** When a person was last heard or told something on a platform, given their own channel there; null if never. */
  async lastActive(direct: DirectAddress): Promise<Date | null> {
    return await lastActive(direct);
  }

  /** Picks up conversations that a crash or a failed delivery left behind. */
  async sweep(): Promise<void> {
    // Those that wait here are not left behind, however long that takes; another process may take them over.
    const reach = reachOf(this.#adapters.values());
    for (const _ of reach) this.#trip("sweep");
    for (const id of await stranded(SWEPT_AT_A_TIME + this.#waiting.size, reach, this.#now())) {
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
      if (this.#leaves(held)) return this.#mailbox.leave(held, this.#now());
      const needless = outdone(held.inbox);
      const event = held.inbox.find((one) => !needless.includes(one));
      const replies: OutboxEntry[] = [...held.outbox];
      if (event) {
        const outcome = await this.#inSlot(held, event, needless);
        if (!outcome) return;
        held.revision += 1;
        replies.push(...outcome.replies);
      }
      held = await this.#mailbox.release(held, await this.#sender.deliver(held, replies));
    }
  }

  /** Whether a conversation is for the process that is connected there next: this one stops, or was disconnected. */
  #leaves({ address }: Conversation): boolean {
    return this.#stopping || this.#adapterAt(address) === undefined;
  }

  /** Runs a turn and writes its outcome as soon as not too many others do; undefined if the lease was lost. */
  async #inSlot(
    held: Conversation,
    event: Inbound,
    needless: readonly Inbound[],
  ): Promise<Commit | undefined> {
    this.#waiting.add(held._id);
    const claimed = this.#now().getTime();
    const person = personOf(event);
    await this.#slots.take(person);
    this.#waiting.delete(held._id);
    try {
      if (this.#leaves(held)) {
        await this.#mailbox.leave(held, this.#now());
        return undefined;
      }
      const late = this.#now().getTime() - claimed > LEASE_MS / 2;
      if (late && !(await this.#mailbox.renew(held))) return undefined;
      await this.#deliveries.makeRoom(held);
      const outcome = (await this.#deliveries.isRepeat(held, event))
        ? unchanged(held)
        : await this.#turn(held, event);
      return (await this.#mailbox.commit(held, [event, ...needless], outcome)) ? outcome : undefined;
    } finally {
      this.#slots.give(person);
    }
  }

  async #turn(held: Conversation, event: Inbound): Promise<Commit> {
    const { log, metrics } = this.#options;
    const started = performance.now();
    const adapter = this.#adapterAt(held.address);
    if (!adapter) throw new Error(`This process is not connected to ${held._id} any more.`);
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
}

/** Whose share an event counts against; news has no sender and counts as of the person it is for. */
const personOf = ({ address, sender }: Pick<Inbound, "address" | "sender">): string => {
  const { platform, connection } = address;
  return [platform, connection, sender.id || (personAt(address) ?? destinationOf(address))].join("/");
};

/** The outcome of an event that was handled before. */
const unchanged = ({ state, person }: Conversation): Commit => ({ state, person, replies: [], links: [] });
