import { givenBack } from "./cancel-order.ts";
import { changeOrder, moved, withNotification, withTask } from "./change-order.ts";
import type { Order } from "./order.ts";
import { strayResolved } from "./payments/refund-strays.ts";

/**
 * The merchant's word on a payment that does not match its order: "accept" fulfils the order as it is, "refund" gives
 * back what was captured and puts the stock back. After a refund that failed, "refund" tries once more and "accept"
 * says that the merchant has given the money back elsewhere; the same where the refund of a payment that was not the order's
 * own is refused. An order of which nothing waits for a word is left alone.
 *
 * @throws {IllegalTransition} when an order that has ended is accepted
 */
export const resolveQuarantine = (
  { _id }: Order,
  decision: "accept" | "refund",
  by = "shop",
  now: Date = new Date(),
): Promise<Order> =>
  changeOrder(_id, (order) => {
    if (order.quarantine === undefined) return strayResolved(order, decision, now);
    const { quarantine: _, ...free } = order;
    if (order.state === "refunded") return decision === "refund" ? withTask(free, "refund", now) : free;
    if (order.state === "refunding") {
      return decision === "refund" ? withTask(free, "refund", now) : moved(free, "refunded", by, now);
    }
    if (decision === "refund") return givenBack(free, by, now);
    return withNotification(withTask(moved(free, "pay", by, now), "commit", now), "order.paid", now);
  });
