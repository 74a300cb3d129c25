import type { Conversation, OutboxEntry } from "./conversation.ts";
import { seenBefore } from "./deliveries.ts";
import type { Inbound, Sender } from "./inbound.ts";
import { AFTER, conversations, FREE, leaseEnd, type Step } from "./lease.ts";
import type { Screen } from "./screens.ts";
import { openConversation, sealReply, sealScreens, sealState } from "./sealed.ts";

const LINKS_KEPT = 300;

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

/**
 * The store side of a conversation that is worked on: claim, commit, settle. One round trip each.
 *
 * Every write names the owner and the revision it builds on, so a worker that lost its lease writes nothing.
 */
export class Mailbox {
  readonly #owner: string;
  readonly #now: () => Date;
  readonly #onTrip: (step: Step) => void;

  /** `owner` is unique per process; `onTrip` hears of every round trip. */
  constructor(owner: string, now: () => Date, onTrip: (step: Step) => void) {
    this.#owner = owner;
    this.#now = now;
    this.#onTrip = onTrip;
  }

  /** Takes a conversation nobody works on; null if somebody does. */
  async claim(_id: string): Promise<Conversation | null> {
    const until = leaseEnd(this.#now());
    this.#onTrip("claim");
    const claimed = await conversations().findOneAndUpdate(
      { _id, until: { $lte: this.#now() } },
      { $set: { owner: this.#owner, until, due: until } },
      AFTER,
    );
    return claimed && openConversation(claimed);
  }

  /** Writes the outcome of a turn: state, replies, events popped. False if the lease was lost; nothing is written then. */
  async commit(held: Conversation, events: readonly Inbound[], outcome: Commit): Promise<boolean> {
    const until = leaseEnd(this.#now());
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
        $pull: { inbox: { id: { $in: events.map(({ id }) => id) } }, seen: seenBefore(this.#now()) },
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
  async release(held: Conversation, { sent, screens, retry }: Delivered): Promise<Conversation | null> {
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
    const until = leaseEnd(this.#now());
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
    const until = leaseEnd(this.#now());
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
    const until = leaseEnd(this.#now());
    const done = await conversations().updateOne(
      { _id: held._id, owner: this.#owner, revision: held.revision },
      { $set: { until, due: until } },
    );
    return done.matchedCount === 1;
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
