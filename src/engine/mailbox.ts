import mongoose from "mongoose";
import { driverCollection } from "../store/driver-collection.ts";
import { isDuplicateKey } from "../store/duplicate-key.ts";
import { type Conversation, ConversationModel, type OutboxEntry, type Seen } from "./conversation.ts";
import { forgetPages, isOnPage, keepPage, REMEMBERED_MS } from "./delivery-pages.ts";
import { type Address, conversationId, type Inbound, type Sender } from "./inbound.ts";
import { inReach, type Reach } from "./reach.ts";
import type { Screen } from "./screens.ts";
import { openConversation, sealEvent, sealReply, sealScreens, sealState } from "./sealed.ts";

const { trusted } = mongoose;

/** After so many deliveries it is looked whether a conversation remembers more than so many; the oldest then go to a page. */
const SEEN_KEPT = 128;
/** What a burst may add before somebody looks. */
const SEEN_CUT = 1024;
/** Events of people that wait in a conversation; what comes then is dropped. News of the shop always finds room. */
export const INBOX_MAX = 64;
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
export type Step = "accept" | "claim" | "commit" | "note" | "settle" | "sweep" | "page";

/** What an update answers: all but past deliveries, which only the store compares. */
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
   * find the event unless they have just let go: claim it afterwards), "duplicate" if the event was known, "full" if
   * `INBOX_MAX` events wait already and this one is not `needed`.
   */
  async accept(inbound: Inbound, needed = false): Promise<Conversation | "queued" | "duplicate" | "full"> {
    const until = this.#leaseEnd();
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
        { _id, until: { $lte: this.#now() }, ...unknown(inbound) },
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
      { _id, ...unknown(inbound), ...room },
      { $push: put(_id, inbound, this.#now()), $inc: { heard: 1 }, $set: { due, at: this.#now() } },
    );
    return queued.matchedCount === 1;
  }

  async #knows({ id, address }: Inbound): Promise<boolean> {
    const _id = conversationId(address);
    this.#onTrip("accept");
    const known = { _id, $or: [{ seen: id }, { "seen.id": id }] };
    return (await conversations().findOne(known, { projection: { _id: 1 } })) !== null;
  }

  /**
   * Whether an event that was taken has been handled before: a repeat that came after more deliveries than a conversation
   * remembers itself. Costs a look only within a day of so many.
   */
  async isRepeat(held: Conversation, { id }: Inbound): Promise<boolean> {
    if (held.pagedAt === undefined || this.#now().getTime() - held.pagedAt.getTime() > REMEMBERED_MS)
      return false;
    this.#onTrip("page");
    return await isOnPage(held._id, id);
  }

  /**
   * Looks now and then how many deliveries of the last day a conversation remembers. Beyond `SEEN_KEPT` the oldest go to a
   * page, but for those whose events still wait.
   */
  async makeRoom(held: Conversation): Promise<void> {
    const { _id, heard = 0 } = held;
    if (heard < SEEN_KEPT) return;
    this.#onTrip("page");
    const read = await conversations().findOne({ _id }, { projection: { seen: 1, "inbox.id": 1 } });
    const waiting = new Set(read?.inbox.map(({ id }) => id));
    const idOf = (seen: Seen | string) => (typeof seen === "string" ? seen : seen.id);
    const leaving = (read?.seen ?? []).slice(0, -SEEN_KEPT).filter((seen) => !waiting.has(idOf(seen)));
    if (leaving.length > 0) {
      this.#onTrip("page");
      await keepPage(_id, leaving.map(idOf), this.#now());
      held.pagedAt = this.#now();
    }
    this.#onTrip("page");
    await conversations().updateOne(
      { _id },
      {
        $inc: { heard: -heard },
        ...(leaving.length > 0 && { $pullAll: { seen: leaving }, $set: { pagedAt: this.#now() } }),
      },
    );
    held.heard = 0;
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
        { _id, ...unknown(inbound) },
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
        $pull: { inbox: { id: event.id }, seen: { at: { $lt: this.#dayAgo() } } },
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

  /**
   * Deletes a person's conversations that nobody works on, given the address of their own channel: that one, what they said
   * in shared channels, and whatever else of theirs a platform has, such as a front page.
   */
  async forget(direct: Address): Promise<void> {
    const theirs = (await this.#of(direct)).map(({ _id }) => _id);
    await ConversationModel.deleteMany({ _id: trusted({ $in: theirs }), owner: null });
    await forgetPages(theirs);
  }

  /** When a person was last heard or told something on a platform; null if there is nothing left of that. */
  async lastActive(direct: Address): Promise<Date | null> {
    const times = (await this.#of(direct)).map(({ at }) => at?.getTime() ?? 0);
    return times.length === 0 ? null : new Date(Math.max(...times));
  }

  /** A person's conversations, given the address of their own channel. Each question is answered by an index. */
  async #of(direct: Address): Promise<Pick<Conversation, "_id" | "at">[]> {
    const { platform, connection, channel: user } = direct;
    const there = { "address.platform": platform, "address.connection": connection };
    const filters = [
      { _id: conversationId(direct) },
      { ...there, "address.user": user },
      // Named by nobody else's id, as one in a shared channel would be.
      { ...there, "person.id": user, "address.user": trusted({ $exists: false }) },
    ];
    const found = await Promise.all(
      filters.map((filter) =>
        ConversationModel.find(filter, { at: 1 }).lean<Pick<Conversation, "_id" | "at">[]>(),
      ),
    );
    return found.flat();
  }

  #dayAgo(): Date {
    return new Date(this.#now().getTime() - REMEMBERED_MS);
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
const put = (_id: string, inbound: Inbound, at: Date) => ({
  inbox: sealEvent(_id, inbound),
  seen: { $each: [{ id: inbound.id, at }], $slice: -SEEN_CUT },
});

/** Holds where this event never came; the second is how earlier versions remembered. */
const unknown = ({ id }: Inbound) => ({ "seen.id": { $ne: id }, seen: { $ne: id } });

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
