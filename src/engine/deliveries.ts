import type { Conversation, Seen } from "./conversation.ts";
import { isOnPage, keepPage, REMEMBERED_MS } from "./delivery-pages.ts";
import type { Inbound } from "./inbound.ts";
import { conversations, type Step } from "./lease.ts";

/** After so many deliveries it is looked whether a conversation remembers more than so many; the oldest then go to a page. */
const SEEN_KEPT = 128;
/** What a burst may add before somebody looks. */
const SEEN_CUT = 1024;

/** The deliveries that a conversation remembers: for a day, however many come, so that each is handled once. */
export class Deliveries {
  readonly #now: () => Date;
  readonly #onTrip: (step: Step) => void;

  constructor(now: () => Date, onTrip: (step: Step) => void) {
    this.#now = now;
    this.#onTrip = onTrip;
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
}

/** How an event is remembered, as part of a push. */
export const seenAt = ({ id }: Inbound, at: Date) => ({ $each: [{ id, at }], $slice: -SEEN_CUT });

/** What is remembered no longer, as part of a pull. */
export const seenBefore = (now: Date) => ({ at: { $lt: new Date(now.getTime() - REMEMBERED_MS) } });

/** Holds where this event never came; the second is how earlier versions remembered. */
export const neverCame = ({ id }: Inbound) => ({ "seen.id": { $ne: id }, seen: { $ne: id } });

/** Holds where this event came. */
export const cameBefore = ({ id }: Inbound) => ({ $or: [{ seen: id }, { "seen.id": id }] });
