import { ShopError } from "../core/errors.ts";
import { changeOrder, moved, withoutTasks, withTask } from "./change-order.ts";
import { endHolding } from "./end-holding.ts";
import type { Order } from "./order.ts";
import type { OrderContext } from "./order-context.ts";
import { IllegalTransition } from "./order-machine.ts";
import type { SessionState } from "./payments/payment.ts";
import { applySession, cancelled, type Moment } from "./payments/payment-outcome.ts";

/** The shopper has finished paying and the money is on its way, so the order cannot be cancelled just now. */
export class PaymentUnderWay extends ShopError {
  constructor() {
    super("PAYMENT_UNDER_WAY", "the payment is on its way");
  }
}

/**
 * Writes down that an order is to be cancelled. A draft ends at once; an order that awaits payment gets its session
 * closed first (the task "cancel"); a paid one that is not shipped is refunded and its stock put back. An order that
 * has been cancelled already is left alone.
 *
 * @throws {PaymentUnderWay}
 * @throws {IllegalTransition} once it has been shipped
 */
export const requestCancel = (
  { now }: Pick<OrderContext, "now">,
  { _id }: Order,
  by: string,
): Promise<Order> =>
  changeOrder(_id, (order) => {
    switch (order.state) {
      case "draft":
        return endHolding(moved(order, "cancel", by, now()), now());
      case "awaiting_payment":
        // In quarantine the merchant decides; a payment on its way cannot be called back.
        if (order.payment?.status !== "unpaid" || order.quarantine !== undefined) throw new PaymentUnderWay();
        return order.tasks.some(({ name }) => name === "cancel")
          ? null
          : withTask(order, "cancel", now(), by);
      case "paid":
      case "packed":
        return givenBack(order, by, now());
      case "cancelled":
      case "expired":
      case "refunding":
      case "refunded":
        return null;
      default:
        throw new IllegalTransition(order.state, "cancel");
    }
  });

/** An order that is paid and not shipped, on its way back: the money to the shopper, the units to the stock. */
export const givenBack = (order: Order, by: string, now: Date): Order =>
  withTask(withTask(moved(withoutTasks(order, "cancel"), "refund", by, now), "restock", now), "refund", now);

/** What becomes of an order that is to be cancelled, once its session is closed: if the shopper was faster, a refund. */
export function afterCancel(order: Order, session: SessionState, by: string, moment: Moment): Order {
  const { now } = moment;
  if (order.state === "awaiting_payment" && session.status === "expired") return cancelled(order, by, now);
  const seen = applySession(order, session, moment) ?? order;
  return seen.state === "paid" || seen.state === "packed" ? givenBack(seen, by, now) : seen;
}
