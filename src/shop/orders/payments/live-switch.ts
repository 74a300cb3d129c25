import mongoose, { Schema } from "mongoose";
import { changeOrder, moved, withNotification, withoutTasks, withTask } from "../change-order.ts";
import { endHolding, endWithoutHold } from "../end-holding.ts";
import type { Order } from "../order.ts";
import type { OrderState } from "../order-machine.ts";
import { OrderModel } from "../order-model.ts";

const { trusted } = mongoose;

/**
 * Whether an order was placed for test money, in the sandbox or by a provider's test key, in a shop that takes real money
 * now. Nothing that is told of its payment counts, and no provider needs to be asked: a live key cannot even see it. One that
 * was ended for that is marked, so that a process which still has the test key leaves it alone as well.
 */
export const isTestOrder = ({ live }: { readonly live: boolean }, { payment }: Order): boolean =>
  payment?.testMoney === true || (live && payment?.live === false);

const touched = ["awaiting_payment", "paid", "packed", "refunding"] as const satisfies OrderState[];

/**
 * What becomes of a test order once the shop is live; null where nothing does.
 *
 * Whatever of it has not left the house ends, paid or not: it is cancelled, its units go back, and its shopper is told that
 * it was a test and no money was taken. No provider is asked for a refund, as there is nothing to give back. One that was
 * shipped stays as it is: where its goods are, only people know.
 */
export function testOrderEnded(order: Order, now: Date): Order | null {
  const { payment } = order;
  if (payment === undefined || payment.live) return null;
  const { quarantine: _, ...rest } = order;
  const free: Order = { ...rest, payment: { ...payment, testMoney: true } };
  switch (order.state) {
    case "awaiting_payment":
      return ended(endHolding(moved(withoutTasks(free, "cancel"), "cancel", "shop", now), now), now);
    case "paid":
    case "packed": {
      const cancelled = moved(withoutTasks(free, "cancel", "refund"), "cancel", "shop", now);
      return ended(withTask(endWithoutHold(cancelled), "restock", now), now);
    }
    case "refunding":
      return ended(withoutTasks(moved(free, "refunded", "shop", now), "refund"), now);
    default:
      return null;
  }
}

const ended = (order: Order, now: Date): Order => withNotification(order, "order.test_ended", now);

/** Ends the test orders of all shops; for a shop that is live. Returns the orders it changed. Safe to repeat. */
export async function endTestOrders(now: Date): Promise<string[]> {
  const changed: string[] = [];
  for (;;) {
    const left = await OrderModel.find(
      {
        "payment.live": false,
        state: trusted({ $in: [...touched] }),
      },
      { _id: 1 },
    )
      .limit(200)
      .lean<{ _id: string }[]>();
    if (left.length === 0) return changed;
    for (const { _id } of left) {
      await changeOrder(_id, (order) => testOrderEnded(order, now));
      changed.push(_id);
    }
  }
}

/** How many orders wait for real money; a shop that has gone back to test keys cannot ask after it. */
export const countLiveOrders = (): Promise<number> =>
  OrderModel.countDocuments({
    "payment.live": true,
    state: trusted({ $in: ["awaiting_payment", "refunding"] }),
  }).exec();

/**
 * That the deployment takes real money, kept in the store at each start with a live key. Whoever has no such key asks here: a
 * terminal, a process that was left with a test key. It stays until the merchant takes it away, since a key that is missing for
 * an hour must not make test money good.
 */
interface LiveMark {
  _id: "live";
  /** Of the first start with a live key. */
  since: Date;
}

const LiveMarkModel = mongoose.model<LiveMark>(
  "LiveMark",
  new Schema<LiveMark>({ _id: String, since: Date }, { versionKey: false }),
  "payment_modes",
);

/** Notes that real money is taken. May be repeated; the first time stands. */
export async function markLive(now: Date): Promise<void> {
  await LiveMarkModel.updateOne({ _id: "live" }, { $setOnInsert: { since: now } }, { upsert: true });
}

/** Since when real money is taken; null if it never was, or the merchant has gone back to test money. */
export async function liveSince(): Promise<Date | null> {
  return (await LiveMarkModel.findById("live").lean())?.since ?? null;
}

/** Goes back to test money; returns whether real money was taken before. */
export async function unmarkLive(): Promise<boolean> {
  return (await LiveMarkModel.deleteOne({ _id: "live" })).deletedCount === 1;
}
