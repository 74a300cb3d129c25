import { moved, withNotification, withoutTasks, withTask } from "../change-order.ts";
import type { Order } from "../order.ts";
import { lostTo } from "./captured.ts";

/**
 * The order once nothing is left of its payment, given back or lost to a bank. One that has not left the house ends, and its
 * units go back into the stock; one that was shipped stays as it is.
 */
export function allGone(order: Order, now: Date): Order {
  const by = order.payment?.provider ?? "shop";
  const { quarantine, ...free } = order;
  switch (order.state) {
    case "awaiting_payment": // in quarantine
    case "paid":
    case "packed": {
      const going = moved(withoutTasks(free, "cancel", "expire", "check", "refund"), "refund", by, now);
      return told(withTask({ ...moved(going, "refunded", by, now), holdUntil: null }, "restock", now), now);
    }
    case "refunding":
      return told(moved(withoutTasks(free, "refund"), "refunded", by, now), now);
    case "refunded": // whose first refund came to nothing
      return told(withoutTasks(free, "refund"), now);
    default:
      return told(order, now);
  }
}

/** Part of the payment was given back elsewhere, `all` of it by now; the order goes on. */
export const partGone = (order: Order, all: number, now: Date): Order =>
  withNotification(order, "order.refunded_part", now, amountOf(order), `-${all}`);

const amountOf = ({ payment }: Order) => ({ amount: payment?.refunded ?? 0, currency: payment?.currency });

/** Tells that all was given back; what was lost to a bank is told as such. */
const told = (order: Order, now: Date): Order =>
  lostTo(order) > 0
    ? order
    : withNotification(
        order,
        "order.refunded",
        now,
        amountOf(order),
        again(order.payment?.refundsFailed ?? 0),
      );

/** Tells the notice of a refund from the one before it, which failed. */
export const again = (refundsFailed: number): string => (refundsFailed === 0 ? "" : `-${refundsFailed}`);
