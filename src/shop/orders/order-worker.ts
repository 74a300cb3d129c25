import mongoose from "mongoose";
import { changeOrder } from "./change-order.ts";
import { findOrder } from "./find-order.ts";
import { GivenUp } from "./given-up.ts";
import type { NotificationEntry, NotificationName, Order, Task } from "./order.ts";
import type { OrderContext } from "./order-context.ts";
import { OrderModel } from "./order-model.ts";
import { orderTasks } from "./order-tasks.ts";

const { trusted } = mongoose;

/** News about an order, for whoever tells the customer or the merchant. It may come again: tell repeats by `id`. */
export interface Notification {
  readonly id: string;
  readonly name: NotificationName;
  readonly shop: string;
  readonly order: string;
  readonly customer: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: Date;
}
/** Tells a notice; called again until it resolves. */
export type NotificationHandler = (notice: Notification) => Promise<void>;

/** Told of what failed and will be tried again. */
export type Report = (error: unknown, context: { readonly order: string; readonly doing: string }) => void;

/** For so long an order belongs to the process that attends to it; a process that died is taken over from. */
const CLAIM_MS = 30_000;
const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 5 * 60_000;

/** Steps that nobody is told of: who looks at the order sees them. */
const isNews = (name: NotificationName): boolean => name !== "order.packed" && name !== "order.completed";

/** Does what is due for orders: their tasks in order, then their notices. Everything it does may be done twice. */
export class OrderWorker {
  /** Told of what is no news but shows on cards of the order; without it nobody is. */
  changed: NotificationHandler | undefined;
  readonly #context: OrderContext;
  readonly #report: Report;
  readonly #busy = new Map<string, Promise<void>>();
  #handler: NotificationHandler | undefined;

  constructor(context: OrderContext, report: Report) {
    this.#context = context;
    this.#report = report;
  }

  /** Names who is told. Until then notices wait in their orders. */
  set handler(handler: NotificationHandler) {
    this.#handler = handler;
  }

  /** Does everything that is due for one order. What fails is reported and tried again later; never throws. */
  process(id: string): Promise<void> {
    // One at a time in this process; across processes the claim decides.
    const turn = (this.#busy.get(id) ?? Promise.resolve()).then(() =>
      this.#once(id).catch((error: unknown) => this.#report(error, { order: id, doing: "attend" })),
    );
    this.#busy.set(id, turn);
    return turn.finally(() => {
      if (this.#busy.get(id) === turn) this.#busy.delete(id);
    });
  }

  /** Attends to every order that is due. */
  async sweep(): Promise<void> {
    const due = await OrderModel.find({ attendAt: trusted({ $lte: this.#context.now() }) }, { _id: 1 })
      .sort({ attendAt: 1 })
      .limit(200)
      .lean<{ _id: string }[]>();
    for (const { _id } of due) await this.process(_id);
  }

  /** Resolves when nothing is being attended to. */
  async idle(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy.values());
  }

  async #once(id: string): Promise<void> {
    if (!(await this.#claim(id))) return;
    const tried = new Set<Task["name"]>();
    for (;;) {
      const order = await findOrder(id);
      const now = this.#context.now();
      const task = order?.tasks.find(({ name, at }) => at <= now && !tried.has(name));
      if (order === null || task === undefined) break;
      tried.add(task.name);
      await this.#perform(order, task);
    }
    await this.#tell(id);
  }

  async #claim(id: string): Promise<boolean> {
    const order = await findOrder(id);
    const now = this.#context.now();
    if (order === null || order.attendAt === null || order.attendAt > now) return false;
    const claimed = await OrderModel.updateOne(
      { _id: id, revision: order.revision, attendAt: order.attendAt },
      { $set: { attendAt: new Date(now.getTime() + CLAIM_MS) } },
    );
    return claimed.modifiedCount === 1;
  }

  async #perform(order: Order, task: Task): Promise<void> {
    try {
      const outcome = await orderTasks[task.name](this.#context, order, task);
      if ((await findOrder(order._id)) === null) return;
      await changeOrder(order._id, (current) => outcome(without(current, task)));
    } catch (error) {
      this.#report(error, { order: order._id, doing: task.name });
      if (error instanceof GivenUp) {
        await changeOrder(order._id, (current) => error.outcome(without(current, task)));
        return;
      }
      await changeOrder(order._id, (current) => ({
        ...current,
        tasks: current.tasks.map((one) => (same(one, task) ? { ...one, ...this.#later(one.attempts) } : one)),
      }));
    }
  }

  async #tell(id: string): Promise<void> {
    const handler = this.#handler;
    if (handler === undefined) return;
    for (;;) {
      const order = await findOrder(id);
      const notice = order?.notices[0];
      // The first first: what waits for another try holds up what came after it.
      if (order === null || notice === undefined || notice.due > this.#context.now()) return;
      const { name, data, at } = notice;
      try {
        const hear = isNews(name) ? handler : this.changed;
        await hear?.({
          id: notice.id,
          name,
          shop: order.shop,
          order: id,
          customer: order.customer,
          data,
          at,
        });
      } catch (error) {
        this.#report(error, { order: id, doing: name });
        await changeNotice(id, notice, (one) => {
          const { at: due, attempts } = this.#later(one.attempts);
          return [{ ...one, due, attempts }];
        });
        return;
      }
      await changeNotice(id, notice, () => []);
    }
  }

  #later(attempts: number): { at: Date; attempts: number } {
    const pause = Math.min(PAUSE_MS * 2 ** Math.min(attempts, 20), PAUSE_MAX_MS);
    return { at: new Date(this.#context.now().getTime() + pause), attempts: attempts + 1 };
  }
}

// A task that was set anew meanwhile, for another time, is another task.
const same = (one: Task, other: Task): boolean =>
  one.name === other.name && one.at.getTime() === other.at.getTime();

const without = (order: Order, task: Task): Order => ({
  ...order,
  tasks: order.tasks.filter((one) => !same(one, task)),
});

const changeNotice = (
  id: string,
  { id: settled }: NotificationEntry,
  change: (notice: NotificationEntry) => NotificationEntry[],
): Promise<Order> =>
  changeOrder(id, (order) => ({
    ...order,
    notices: order.notices.flatMap((notice) => (notice.id === settled ? change(notice) : [notice])),
  }));
