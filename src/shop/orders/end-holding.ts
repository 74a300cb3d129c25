import { withoutTasks, withTask } from "./change-order.ts";
import type { Order } from "./order.ts";

/** The end of an order that holds stock and is not paid. */
export const endHolding = (order: Order, now: Date): Order => withTask(endWithoutHold(order), "release", now);

/** The end of an order that holds nothing. */
export const endWithoutHold = (order: Order): Order => ({
  ...withoutTasks(order, "expire", "check", "discard"),
  holdUntil: null,
});
