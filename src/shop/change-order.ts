import { NotFound } from "./errors.ts";
import { findOrder, type NoticeName, type Order, OrderModel, type Task, type TaskName } from "./order.ts";
import { next, type OrderEvent } from "./order-machine.ts";

/**
 * Changes an order by compare-and-swap: `decide` gets the order as it is and answers what it shall be, or null to
 * leave it. When somebody else wrote in between it is asked again, so it must be free of side effects.
 *
 * Answers the order as it is afterwards. Errors of `decide` pass through and nothing is written.
 *
 * @throws {NotFound}
 */
export async function changeOrder(id: string, decide: (order: Order) => Order | null): Promise<Order> {
  for (;;) {
    const order = await findOrder(id);
    if (order === null) throw new NotFound("order", id);
    const decided = decide(order);
    if (decided === null) return order;
    const changed = { ...decided, revision: order.revision + 1, attendAt: attendAt(decided) };
    const written = await OrderModel.replaceOne({ _id: id, revision: order.revision }, changed);
    if (written.matchedCount === 1) return changed;
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
export function withNotice(
  order: Order,
  name: NoticeName,
  now: Date,
  data: Record<string, unknown> = {},
  which = "",
): Order {
  const id = `${order._id}-${name}${which}`;
  if (order.notices.some((notice) => notice.id === id)) return order;
  return { ...order, notices: [...order.notices, { id, name, data, at: now, due: now, attempts: 0 }] };
}
