import { afterCancel } from "./cancel-order.ts";
import { removeLines } from "./change-cart.ts";
import { moved, withNotice, withTask } from "./change-order.ts";
import { DRAFT_MS } from "./checkout.ts";
import type { Desk } from "./desk.ts";
import type { Order, Payment, StrayPayment, Task, TaskName } from "./order.ts";
import { can } from "./order-machine.ts";
import { OrderModel } from "./order-model.ts";
import { commitAll, releaseAll, restockAll, shipAll } from "./order-stock.ts";
import type { SessionState } from "./payment.ts";
import { applySession, expiredDraft, PENDING_CHECK_MS } from "./payment-outcome.ts";

/** What a task leaves of its order, worked out on the order as it is by then. */
type Outcome = (order: Order) => Order;
/** Does a task. The effect may be repeated any number of times; its outcome is written with the task's removal. */
type DoTask = (desk: Desk, order: Order, task: Task) => Promise<Outcome>;

const unchanged: Outcome = (order) => order;

const stockTask =
  (change: (shop: string, order: string, lines: Order["lines"]) => Promise<void>): DoTask =>
  async (_desk, { shop, _id, lines }) => {
    await change(shop, _id, lines);
    return unchanged;
  };

/** How each task is done. */
export const orderTasks: Readonly<Record<TaskName, DoTask>> = {
  discard: async (desk, { _id, revision }) => {
    await OrderModel.deleteOne({ _id, revision, state: "draft" });
    // Still there if somebody was just changing it: it is thrown away later, unless it has been placed by then.
    return (draft) =>
      draft.state === "draft" && draft.holdUntil === null
        ? withTask(draft, "discard", new Date(desk.now().getTime() + DRAFT_MS))
        : draft;
  },
  // The hold is over. It is let go only once nobody can pay any more; if the shopper was faster, the order is fulfilled.
  expire: async (desk, order) => {
    if (order.state === "draft") return (draft) => expiredDraft(draft, desk.now());
    const session = await closed(desk, order);
    return session === null ? unchanged : (current) => applySession(current, session, desk.now()) ?? current;
  },
  cancel: async (desk, order, { by = "shop" }) => {
    const session = await closed(desk, order);
    return session === null ? unchanged : (current) => afterCancel(current, session, by, desk.now());
  },
  // A transfer may take days; its provider tells when it is over, this asks in case the word is lost.
  check: async (desk, { payment }) => {
    if (payment === undefined) return unchanged;
    const session = await desk.provider(payment.provider).readSession(payment.session);
    return (current) => {
      const seen = applySession(current, session, desk.now()) ?? current;
      const waiting = seen.state === "awaiting_payment" && seen.payment?.status === "pending";
      return waiting ? withTask(seen, "check", new Date(desk.now().getTime() + PENDING_CHECK_MS)) : seen;
    };
  },
  cart: async (desk, { shop, customer, lines, _id }) => {
    const skus = lines.map(({ sku }) => sku);
    await removeLines(shop, customer, skus, `order-${_id}`, desk.now());
    return unchanged;
  },
  commit: stockTask(commitAll),
  release: stockTask(releaseAll),
  restock: stockTask(restockAll),
  shipped: stockTask(shipAll),
  refund: async (desk, { _id, state, payment }) => {
    if (payment === undefined || state !== "refunding") return unchanged;
    const { session, paid, refunded, refundsFailed, currency } = payment;
    const amount = paid - refunded;
    if (amount <= 0) return (order) => givenBackAll(order, payment, desk.now());
    const refund = await desk.provider(payment.provider).refund({
      session,
      amount: { amount, currency },
      idempotencyKey: refundKey(_id, session, refundsFailed),
    });
    return (order) => {
      // Another process was told of the same refund's end and has gone on from there.
      if (order.state !== "refunding" || order.payment?.refundsFailed !== refundsFailed) return order;
      if (refund.status === "failed") return refundFailed(order, payment, desk.now());
      // It may still fail: asked for again with the same key, the provider says how it stands.
      if (refund.status === "pending")
        return withTask(order, "refund", new Date(desk.now().getTime() + PENDING_CHECK_MS));
      return givenBackAll(order, { ...payment, refunded: paid, refund: refund.id }, desk.now());
    };
  },
  "refund-strays": async (desk, { _id, strays, payment }) => {
    const made = new Map<string, { id: string; status: "succeeded" | "pending" | "failed" }>();
    for (const { session, amount, currency, refund, refundsFailed = 0 } of strays) {
      if (refund !== undefined) continue;
      const refunded = await desk.provider(payment?.provider).refund({
        session,
        amount: { amount, currency },
        idempotencyKey: refundKey(_id, session, refundsFailed),
      });
      made.set(session, refunded);
    }
    return (order) => {
      const after = {
        ...order,
        strays: order.strays.map((stray) => afterRefund(stray, made.get(stray.session))),
      };
      const open = after.strays.some(({ refund }) => refund === undefined);
      return open
        ? withTask(after, "refund-strays", new Date(desk.now().getTime() + PENDING_CHECK_MS))
        : after;
    };
  },
  invite:
    async ({ now }) =>
    (order) =>
      withNotice(order, "review.invite", now()),
  complete:
    async ({ now }) =>
    (order) =>
      can(order.state, "complete") ? moved(order, "complete", "shop", now()) : order,
};

/** The same for each try of one refund; after one that failed, another refund's. */
const refundKey = (order: string, session: string, failed: number): string =>
  `refund-${order}-${session}${failed === 0 ? "" : `-${failed}`}`;

/** A stray payment after its refund was asked for. One that failed is made anew, one that is pending is asked for again. */
function afterRefund(stray: StrayPayment, made?: { id: string; status: string }): StrayPayment {
  if (stray.refund !== undefined || made === undefined || made.status === "pending") return stray;
  return made.status === "failed"
    ? { ...stray, refundsFailed: (stray.refundsFailed ?? 0) + 1 }
    : { ...stray, refund: made.id };
}

/** Closes the order's session at the provider; null when there is none. @throws {Error} while it stays open, so that it is tried again. */
async function closed(desk: Desk, { payment }: Order): Promise<SessionState | null> {
  if (payment === undefined) return null;
  const session = await desk.provider(payment.provider).expireSession(payment.session);
  if (session.status === "open") throw new Error(`session ${session.id} is still open`);
  return session;
}

function givenBackAll(order: Order, payment: Payment, now: Date): Order {
  if (order.state !== "refunding") return order;
  const { refunded: amount, currency } = payment;
  return withNotice({ ...moved(order, "refunded", "shop", now), payment }, "order.refunded", now, {
    amount,
    currency,
  });
}

function refundFailed(order: Order, payment: Payment, now: Date): Order {
  const failed = { ...payment, refundsFailed: payment.refundsFailed + 1 };
  const reason = "refund-failed";
  return withNotice(
    { ...order, payment: failed, quarantine: reason },
    "order.quarantined",
    now,
    { reason },
    `-refund-${failed.refundsFailed}`,
  );
}
