import { withoutTasks, withTask } from "./change-order.ts";
import type { Order } from "./order.ts";

/** The end of an order that holds stock and is not paid. */
export const ending = (order: Order, now: Date): Order => withTask(over(order), "release", now);

/** The end of an order that holds nothing. */
export const over = (order: Order): Order => ({
  ...withoutTasks(order, "expire", "check", "discard"),
  holdUntil: null,
});
