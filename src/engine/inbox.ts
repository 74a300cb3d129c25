import { isDuplicateKey } from "../store/duplicate-key.ts";
import { type Address, conversationId } from "./address.ts";
import type { Conversation } from "./conversation.ts";
import { cameBefore, neverCame, seenAt } from "./deliveries.ts";
import type { Inbound } from "./inbound.ts";
import { AFTER, conversations, FREE, leaseEnd, type Step } from "./lease.ts";
import { openConversation, sealEvent } from "./sealed.ts";

/** Events of people that wait in a conversation; what comes then is dropped. News of the shop always finds room. */
export const INBOX_MAX = 64;

/**
 * How long the first write of an event may take before the second goes beside it, in milliseconds. Discord and Slack
 * want an acknowledgement within 3 s; two writes of a slow store, one after the other, would be too late. Not sooner
 * than that asks for, as the second write is more work for a store that is behind.
 */
const QUEUE_BESIDE_MS = 700;

/** Where events come into a conversation, each once: in one write, which takes the lease as well where it is free. */
export class Inbox {
  readonly #owner: string;
  readonly #now: () => Date;
  readonly #onTrip: (step: Step) => void;

  /** `owner` is unique per process; `onTrip` hears of every round trip. */
  constructor(owner: string, now: () => Date, onTrip: (step: Step) => void) {
    this.#owner = owner;
    this.#now = now;
    this.#onTrip = onTrip;
  }

  /**
   * Queues an event once. Returns the claimed conversation if nobody works on it, "queued" if somebody does (who will
   * find the event unless they have just let go: claim it afterwards), "duplicate" if the event was known, "full" if
   * `INBOX_MAX` events wait already and this one is not `needed`.
   */
  async accept(inbound: Inbound, needed = false): Promise<Conversation | "queued" | "duplicate" | "full"> {
    const until = leaseEnd(this.#now());
    let beside: Promise<boolean> | undefined;
    const patience = setTimeout(() => {
      beside = this.#queue(inbound, until, needed);
      // Whether it failed is of interest only if it was needed, and then it is awaited.
      beside.catch(() => undefined);
    }, QUEUE_BESIDE_MS);
    try {
      const taken = await this.#take(inbound, until);
      if (taken) return taken;
    } finally {
      clearTimeout(patience);
    }
    if (beside && (await beside)) return "queued";
    if (await this.#queue(inbound, until, needed)) return "queued";
    return needed || (await this.#knows(inbound)) ? "duplicate" : "full";
  }

  /** Queues an event and takes the conversation; null if somebody works on it, or it knows the event. */
  async #take(inbound: Inbound, until: Date): Promise<Conversation | null> {
    const _id = conversationId(inbound.address);
    const pushed = put(_id, inbound, this.#now());
    this.#onTrip("accept");
    try {
      const taken = await conversations().findOneAndUpdate(
        { _id, until: { $lte: this.#now() }, ...neverCame(inbound) },
        {
          $push: pushed,
          $inc: { heard: 1 },
          $set: { owner: this.#owner, until, due: until, at: this.#now() },
          $setOnInsert: fresh(inbound.address),
        },
        { upsert: true, ...AFTER },
      );
      // Some servers of this protocol answer nothing when an upsert turns into an update on the way; MongoDB always answers.
      const applied =
        taken ??
        (await conversations().findOne(
          { _id, owner: this.#owner, until, "inbox.id": inbound.id },
          { projection: { seen: 0 } },
        ));
      return applied && openConversation(applied, { sealed: pushed.inbox.sealed, event: inbound });
    } catch (error) {
      if (isDuplicateKey(error)) return null;
      throw error;
    }
  }

  /** Queues an event in a conversation that exists; false if it knows the event, or has no room for one that is not needed. */
  async #queue(inbound: Inbound, due: Date, needed: boolean): Promise<boolean> {
    const _id = conversationId(inbound.address);
    const room = needed ? {} : { [`inbox.${INBOX_MAX - 1}`]: { $exists: false } };
    this.#onTrip("accept");
    const queued = await conversations().updateOne(
      { _id, ...neverCame(inbound), ...room },
      { $push: put(_id, inbound, this.#now()), $inc: { heard: 1 }, $set: { due, at: this.#now() } },
    );
    return queued.matchedCount === 1;
  }

  async #knows(inbound: Inbound): Promise<boolean> {
    const _id = conversationId(inbound.address);
    this.#onTrip("accept");
    const known = { _id, ...cameBefore(inbound) };
    return (await conversations().findOne(known, { projection: { _id: 1 } })) !== null;
  }

  /**
   * Queues an event once in a conversation that this process can not answer, and leaves it to be found by the sweep of
   * one that can. Nothing is lost while there is none.
   */
  async deposit(inbound: Inbound): Promise<"queued" | "duplicate"> {
    const _id = conversationId(inbound.address);
    const now = this.#now();
    this.#onTrip("accept");
    try {
      await conversations().updateOne(
        { _id, ...neverCame(inbound) },
        {
          $push: put(_id, inbound, now),
          $inc: { heard: 1 },
          $set: { due: now, at: now },
          $setOnInsert: { ...fresh(inbound.address), owner: null, until: FREE },
        },
        { upsert: true },
      );
      return "queued";
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // It is there and knows the event, or was made by another event at this very moment.
      return (await this.#queue(inbound, now, true)) ? "queued" : "duplicate";
    }
  }
}

/** What of a conversation grows by an event. */
const put = (_id: string, inbound: Inbound, at: Date) => ({
  inbox: sealEvent(_id, inbound),
  seen: seenAt(inbound, at),
});

/** A conversation that begins. */
const fresh = (address: Address) => ({
  address,
  outbox: [],
  links: [],
  state: null,
  revision: 0,
  attempts: 0,
});
