import type { Order } from "../order.ts";

/** What disputes took of a payment for good, in minor units. */
export const lostTo = ({ disputes = [] }: Pick<Order, "disputes">): number =>
  disputes.filter(({ status }) => status === "lost").reduce((sum, { amount }) => sum + amount, 0);

/** What is left of a payment and may be given back, in minor units: never more than was captured is. */
export const refundable = (order: Pick<Order, "payment" | "disputes">): number =>
  Math.max(0, (order.payment?.paid ?? 0) - (order.payment?.refunded ?? 0) - lostTo(order));

/** Whether a bank is still deciding about the payment. */
export const isDisputed = ({ disputes = [] }: Pick<Order, "disputes">): boolean =>
  disputes.some(({ status }) => status === "open");
