import mongoose from "mongoose";
import { changeOrder, moved, withNotice, withoutTasks } from "./change-order.ts";
import { ending } from "./ending.ts";
import type { Order } from "./order.ts";
import type { OrderState } from "./order-machine.ts";
import { OrderModel } from "./order-model.ts";

const { trusted } = mongoose;

/**
 * Whether an order was placed for test money, in the sandbox or by a provider's test key, in a shop that takes real money
 * now. Nothing that is told of its payment counts, and no provider needs to be asked: a live key cannot even see it.
 */
export const isTestOrder = ({ live }: { readonly live: boolean }, { payment }: Order): boolean =>
  live && payment?.live === false;

const touched = ["awaiting_payment", "paid", "packed", "refunding"] as const satisfies OrderState[];

/**
 * What becomes of a test order once the shop is live; null where nothing does.
 *
 * One that waits for payment is cancelled and lets go of its stock, and its shopper is told. One that was "paid" and has
 * not been shipped is marked, and does not ship without the merchant's word (`obstaclesOf`): it is not cancelled by
 * itself, since a merchant may have been paid in another way meanwhile, and cannot bring a cancelled order back.
 */
export function testOrderEnded(order: Order, now: Date): Order | null {
  const { payment } = order;
  if (payment === undefined || payment.live) return null;
  const { quarantine: _, ...free } = order;
  switch (order.state) {
    case "awaiting_payment":
      return ended(ending(moved(withoutTasks(free, "cancel"), "cancel", "shop", now), now), now);
    case "paid":
    case "packed":
      return payment.testMoney === true ? null : { ...order, payment: { ...payment, testMoney: true } };
    case "refunding":
      return ended(withoutTasks(moved(free, "refunded", "shop", now), "refund"), now);
    default:
      return null;
  }
}

const ended = (order: Order, now: Date): Order => withNotice(order, "order.test_ended", now);

/** Ends the test orders of all shops; for a shop that is live. Answers the orders it changed. Safe to repeat. */
export async function endTestOrders(now: Date): Promise<string[]> {
  const changed: string[] = [];
  for (;;) {
    const left = await OrderModel.find(
      {
        "payment.live": false,
        state: trusted({ $in: [...touched] }),
        "payment.testMoney": trusted({ $ne: true }),
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
