import mongoose from "mongoose";
import { driverCollection } from "../store/driver-collection.ts";
import { isDuplicateKey } from "../store/duplicate-key.ts";
import { type Conversation, ConversationModel, type OutboxEntry } from "./conversation.ts";
import { type Address, conversationId, type Inbound, type Sender } from "./inbound.ts";
import { inReach, type Reach } from "./reach.ts";
import type { Screen } from "./screens.ts";
import { openConversation, sealEvent, sealReply, sealScreens, sealState } from "./sealed.ts";

const { trusted } = mongoose;

const SEEN_KEPT = 256;
const LINKS_KEPT = 300;
const FREE = new Date(0);
/** How long a conversation is worked on before another process may take it over, in milliseconds. */
export const LEASE_MS = 30_000;

/**
 * How long the first write of an event may take before the second goes beside it, in milliseconds. Discord and Slack
 * want an acknowledgement within 3 s; two writes of a slow store, one after the other, would be too late. Not sooner
 * than that asks for, as the second write is more work for a store that is behind.
 */
const QUEUE_BESIDE_MS = 700;

/** The result of a turn, as it is written in one step. */
export interface Commit {
  readonly state: unknown;
  readonly person: Sender | undefined;
  readonly replies: readonly OutboxEntry[];
  readonly links: readonly { short: string; token: string }[];
}

/** What became of an outbox. */
export interface Delivered {
  /** Keys of the entries that need not be sent any more. */
  readonly sent: readonly string[];
  /** The screens as they stand now, if they have changed. */
  readonly screens?: readonly Screen[] | undefined;
  /** When the rest is to be tried again, and how often its first entry was tried. */
  readonly retry?: { readonly at: Date; readonly attempts: number } | undefined;
}

/** What a round trip to the store was for. */
export type Step = "accept" | "claim" | "commit" | "note" | "settle" | "sweep";

/** What an update answers: all but the ids of past deliveries, which only the store compares. */
const AFTER = { returnDocument: "after", projection: { seen: 0 } } as const;

/**
 * The store side of a conversation: accept, claim, commit, settle. One round trip each.
 *
 * These go past mongoose, which would cast every one of them: what they write is made here or sealed, never what somebody
 * sent.
 *
 * Every write names the owner and the revision it builds on, so a worker that lost its lease writes nothing.
 */
export class Mailbox {
  readonly #owner: string;
  readonly #now: () => Date;
  readonly #onTrip: (step: Step) => void;

  /** `owner` is unique per process; `onTrip` hears of every round trip. */
  constructor(owner: string, now: () => Date, onTrip: (step: Step) => void = () => {}) {
    this.#owner = owner;
    this.#now = now;
    this.#onTrip = onTrip;
  }

  /**
   * Queues an event once. Answers the claimed conversation if nobody works on it, "queued" if somebody does (who will
   * find the event unless they have just let go: claim it afterwards), "duplicate" if the event was known.
   */
  async accept(inbound: Inbound): Promise<Conversation | "queued" | "duplicate"> {
    const until = this.#leaseEnd();
    let beside: Promise<boolean> | undefined;
    const patience = setTimeout(() => {
      beside = this.#queue(inbound, until);
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
    return (await this.#queue(inbound, until)) ? "queued" : "duplicate";
  }

  /** Queues an event and takes the conversation; null if somebody works on it, or it knows the event. */
  async #take(inbound: Inbound, until: Date): Promise<Conversation | null> {
    const _id = conversationId(inbound.address);
    const pushed = put(_id, inbound);
    this.#onTrip("accept");
    try {
      const taken = await conversations().findOneAndUpdate(
        { _id, until: { $lte: this.#now() }, seen: { $ne: inbound.id } },
        {
          $push: pushed,
          $set: { owner: this.#owner, until, due: until, at: this.#now() },
          $setOnInsert: fresh(inbound.address),
        },
        { upsert: true, ...AFTER },
      );
      // Some servers of this protocol answer nothing when an upsert turns into an update on the way; MongoDB always answers.
      const applied =
        taken ?? (await conversations().findOne({ _id, owner: this.#owner, until, "inbox.id": inbound.id }));
      return applied && openConversation(applied, { sealed: pushed.inbox.sealed, event: inbound });
    } catch (error) {
      if (isDuplicateKey(error)) return null;
      throw error;
    }
  }

  /** Queues an event in a conversation that exists; false if it knows the event. */
  async #queue(inbound: Inbound, due: Date): Promise<boolean> {
    const _id = conversationId(inbound.address);
    this.#onTrip("accept");
    const queued = await conversations().updateOne(
      { _id, seen: { $ne: inbound.id } },
      { $push: put(_id, inbound), $set: { due, at: this.#now() } },
    );
    return queued.matchedCount === 1;
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
        { _id, seen: { $ne: inbound.id } },
        {
          $push: put(_id, inbound),
          $set: { due: now, at: now },
          $setOnInsert: { ...fresh(inbound.address), owner: null, until: FREE },
        },
        { upsert: true },
      );
      return "queued";
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // It is there and knows the event, or was made by another event at this very moment.
      return (await this.#queue(inbound, now)) ? "queued" : "duplicate";
    }
  }

  /** Takes a conversation nobody works on; null if somebody does. */
  async claim(_id: string): Promise<Conversation | null> {
    const until = this.#leaseEnd();
    this.#onTrip("claim");
    const claimed = await conversations().findOneAndUpdate(
      { _id, until: { $lte: this.#now() } },
      { $set: { owner: this.#owner, until, due: until } },
      AFTER,
    );
    return claimed && openConversation(claimed);
  }

  /** Writes the outcome of a turn: state, replies, event popped. False if the lease was lost; nothing is written then. */
  async commit(held: Conversation, event: Inbound, outcome: Commit): Promise<boolean> {
    const until = this.#leaseEnd();
    const push = {
      ...(outcome.replies.length > 0 && {
        outbox: { $each: outcome.replies.map((reply) => sealReply(held._id, reply)) },
      }),
      ...(outcome.links.length > 0 && { links: { $each: [...outcome.links], $slice: -LINKS_KEPT } }),
    };
    this.#onTrip("commit");
    const done = await conversations().updateOne(
      { _id: held._id, owner: this.#owner, revision: held.revision },
      {
        $set: {
          state: sealState(held._id, outcome.state),
          until,
          due: until,
          ...(outcome.person && { person: outcome.person }),
        },
        $inc: { revision: 1 },
        $pull: { inbox: { id: event.id } },
        ...(Object.keys(push).length > 0 && { $push: push }),
      },
    );
    return done.matchedCount === 1;
  }

  /**
   * Takes what was sent out of the outbox and lets go, if the inbox is empty. Otherwise keeps the lease and
   * answers the conversation as it is now. `retry` tells when the rest of the outbox is to be tried again, `screens` what
   * stands now, if that has changed.
   */
  async settle(held: Conversation, { sent, screens, retry }: Delivered): Promise<Conversation | null> {
    const mine = { _id: held._id, owner: this.#owner, revision: held.revision };
    const { set, ...pull } = progress(held._id, sent, screens);
    const attempts = retry?.attempts ?? 0;
    this.#onTrip("settle");
    const released = await conversations().updateOne(
      { ...mine, inbox: { $size: 0 } },
      { ...pull, $set: { ...set, owner: null, until: FREE, due: retry?.at ?? null, attempts } },
    );
    if (released.matchedCount === 1) return null;
    this.#onTrip("settle");
    const until = this.#leaseEnd();
    const kept = await conversations().findOneAndUpdate(
      mine,
      { ...pull, $set: { ...set, until, due: until, attempts } },
      AFTER,
    );
    return kept && openConversation(kept);
  }

  /**
   * Notes what was sent so far and holds the lease longer, between two messages of one screen: after a crash the first is
   * not sent again. False if the lease was lost.
   */
  async note(held: Conversation, { sent, screens }: Delivered): Promise<boolean> {
    const until = this.#leaseEnd();
    const { set, ...pull } = progress(held._id, sent, screens);
    this.#onTrip("note");
    const done = await conversations().updateOne(
      { _id: held._id, owner: this.#owner, revision: held.revision },
      { ...pull, $set: { ...set, until, due: until } },
    );
    return done.matchedCount === 1;
  }

  /** Lets go early, leaving everything queued for the sweeper at `due`. */
  async leave(held: Conversation, due: Date): Promise<void> {
    await conversations().updateOne(
      { _id: held._id, owner: this.#owner, revision: held.revision },
      { $set: { owner: null, until: FREE, due } },
    );
  }

  /** Holds the lease longer. False if it was lost. */
  async renew(held: Conversation): Promise<boolean> {
    const until = this.#leaseEnd();
    const done = await conversations().updateOne(
      { _id: held._id, owner: this.#owner, revision: held.revision },
      { $set: { until, due: until } },
    );
    return done.matchedCount === 1;
  }

  /**
   * Conversations within reach with something left to do and nobody at work, of each connection at most `limit`, the
   * longest waiting first. A question for each connection, as each is answered by its index alone.
   */
  async stranded(limit: number, reach: readonly Reach[]): Promise<string[]> {
    const found = await Promise.all(
      reach.map((one) => {
        this.#onTrip("sweep");
        return ConversationModel.find({ ...inReach(one), due: trusted(dueBy(this.#now())) }, { _id: 1 })
          .sort({ due: 1 })
          .limit(limit)
          .lean();
      }),
    );
    return found.flat().map(({ _id }) => _id);
  }

  /** How many conversations beyond reach have something left to do, by platform. */
  async beyond(reach: readonly Reach[]): Promise<Record<string, number>> {
    const waiting = await ConversationModel.aggregate<{ _id: string; conversations: number }>([
      {
        $match: {
          "address.platform": { $gt: "" }, // all of them, by the index
          due: dueBy(this.#now()),
          ...(reach.length > 0 && { $nor: reach.map(inReach) }),
        },
      },
      { $group: { _id: "$address.platform", conversations: { $sum: 1 } } },
    ]);
    return Object.fromEntries(waiting.map(({ _id, conversations: count }) => [_id, count]));
  }

  /** The conversations in which a card stands that shows a subject (one with a colon), at most 100. */
  async showing(subject: string): Promise<Address[]> {
    const found = await ConversationModel.find({ subjects: subject }, { address: 1 }).limit(100).lean();
    return found.map(({ address }) => address);
  }

  /** The shared channel in which a person was met last; null if there was none. */
  async lastShared({ platform, connection }: Address, user: string): Promise<Address | null> {
    const found = await ConversationModel.findOne(
      { "address.user": user, "address.platform": platform, "address.connection": connection },
      { address: 1 },
    )
      .sort({ at: -1 })
      .lean();
    return found?.address ?? null;
  }

  /** The long token that stands behind a short one of anybody's message in a shared channel. */
  async sharedToken({ platform, connection, channel }: Address, short: string): Promise<string | undefined> {
    const found = await ConversationModel.findOne(
      {
        "address.channel": channel,
        "links.short": short,
        "address.user": trusted({ $exists: true }),
        "address.platform": platform,
        "address.connection": connection,
      },
      { links: 1 },
    ).lean();
    return found?.links.find((link) => link.short === short)?.token;
  }

  /** Deletes a person's conversations that nobody works on, given the address of their own channel. */
  async forget(direct: Address): Promise<void> {
    const { platform, connection, channel } = direct;
    await ConversationModel.deleteMany({ _id: conversationId(direct), owner: null });
    await ConversationModel.deleteMany({
      "address.user": channel,
      "address.platform": platform,
      "address.connection": connection,
      owner: null,
    });
  }

  #leaseEnd(): Date {
    return new Date(this.#now().getTime() + LEASE_MS);
  }
}

/** What of a conversation changes by what was sent. */
const progress = (_id: string, sent: readonly string[], screens: readonly Screen[] | undefined) => ({
  ...(sent.length > 0 && { $pull: { outbox: { key: { $in: [...sent] } } } }),
  set: screens
    ? {
        screens: sealScreens(_id, screens),
        subjects: [...new Set(screens.flatMap(({ subject }) => (subject?.includes(":") ? [subject] : [])))],
      }
    : {},
});

/** What of a conversation grows by an event. */
const put = (_id: string, inbound: Inbound) => ({
  inbox: sealEvent(_id, inbound),
  seen: { $each: [inbound.id], $slice: -SEEN_KEPT },
});

const dueBy = (now: Date) => ({ $type: "date", $lte: now }) as const;

/** A conversation that begins. */
const fresh = (address: Address) => ({
  address,
  outbox: [],
  links: [],
  state: null,
  revision: 0,
  attempts: 0,
});

const conversations = () => driverCollection(ConversationModel);
