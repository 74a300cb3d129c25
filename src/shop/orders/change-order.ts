import { NotFound } from "../core/errors.ts";
import { findOrder } from "./find-order.ts";
import type { NotificationName, Order, Task, TaskName } from "./order.ts";
import { next, type OrderEvent } from "./order-machine.ts";
import { OrderModel } from "./order-model.ts";

/**
 * Changes an order by compare-and-swap: `decide` gets the order as it is and returns what it shall be, or null to
 * leave it. When somebody else wrote in between it is asked again, so it must be free of side effects.
 *
 * Given an order that was read a moment ago, that is tried first, for a read less. Nothing is believed of it but a change
 * that the store takes: where `decide` leaves it or throws, it is asked about the order as it is now.
 *
 * Returns the order as it is afterwards. Errors of `decide` pass through and nothing is written.
 *
 * @throws {NotFound}
 */
export async function changeOrder(
  of: string | Order,
  decide: (order: Order) => Order | null,
): Promise<Order> {
  const id = typeof of === "string" ? of : of._id;
  const hoped = typeof of === "string" ? null : await written(of, leftIfThrown(of, decide));
  if (hoped !== null) return hoped;
  for (;;) {
    const order = await findOrder(id);
    if (order === null) throw new NotFound("order", id);
    const decided = decide(order);
    if (decided === null) return order;
    const changed = await written(order, decided);
    if (changed !== null) return changed;
  }
}

/** The order as it was written, or null when there is nothing to write or somebody else wrote in between. */
async function written(order: Order, decided: Order | null): Promise<Order | null> {
  if (decided === null) return null;
  const { network, ...rest } = decided;
  // Where it came from is of interest only while it holds stock that it has not paid for.
  const kept = network !== undefined && holdsUnpaid(decided) ? { ...rest, network } : rest;
  const changed = { ...kept, revision: order.revision + 1, attendAt: attendAt(decided) };
  const { matchedCount } = await OrderModel.replaceOne({ _id: order._id, revision: order.revision }, changed);
  return matchedCount === 1 ? changed : null;
}

const holdsUnpaid = ({ state, holdUntil }: Order): boolean =>
  holdUntil !== null && (state === "draft" || state === "awaiting_payment");

function leftIfThrown(order: Order, decide: (order: Order) => Order | null): Order | null {
  try {
    return decide(order);
  } catch {
    return null;
  }
}

/** When the order next needs attention: the earliest of its tasks and notices. */
export function attendAt(order: Pick<Order, "tasks" | "notices">): Date | null {
  const times = [...order.tasks.map(({ at }) => at), ...order.notices.map(({ due }) => due)].map(Number);
  return times.length === 0 ? null : new Date(Math.min(...times));
}

/** The order after an event, with the step in its history. @throws {IllegalTransition} */
export function moved(order: Order, event: OrderEvent, by: string, now: Date): Order {
  const state = next(order.state, event);
  return { ...order, state, history: [...order.history, { state, at: now, by }] };
}

/** The order with a task; one of the same name is replaced. */
export function withTask(order: Order, name: TaskName, at: Date, by?: string): Order {
  const task: Task = by === undefined ? { name, at, attempts: 0 } : { name, at, attempts: 0, by };
  return { ...order, tasks: [...order.tasks.filter((other) => other.name !== name), task] };
}

/** The order without tasks of these names. */
export const withoutTasks = (order: Order, ...names: TaskName[]): Order => ({
  ...order,
  tasks: order.tasks.filter(({ name }) => !names.includes(name)),
});

/** The order with news to tell, once per name: an order is paid once, shipped once. `which` tells apart what may happen again. */
export function withNotification(
  order: Order,
  name: NotificationName,
  now: Date,
  data: Record<string, unknown> = {},
  which = "",
): Order {
  const id = `${order._id}-${name}${which}`;
  if (order.notices.some((notice) => notice.id === id)) return order;
  return { ...order, notices: [...order.notices, { id, name, data, at: now, due: now, attempts: 0 }] };
}
