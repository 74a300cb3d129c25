import { removeLines } from "../cart/change-cart.ts";
import { afterCancel } from "./cancel-order.ts";
import { moved, withNotification, withTask } from "./change-order.ts";
import { DRAFT_MS } from "./checkout/checkout.ts";
import { GivenUp, type Outcome } from "./given-up.ts";
import type { Order, Payment, Task, TaskName } from "./order.ts";
import type { OrderContext } from "./order-context.ts";
import { can } from "./order-machine.ts";
import { OrderModel } from "./order-model.ts";
import { commitAll, releaseAll, restockAll, shipAll } from "./order-stock.ts";
import { isDisputed, lostTo, refundable } from "./payments/captured.ts";
import { isTestOrder, testOrderEnded } from "./payments/live-switch.ts";
import { again } from "./payments/money-gone.ts";
import { PaymentError, type SessionState } from "./payments/payment.ts";
import { applySession, expiredDraft, type Moment, PENDING_CHECK_MS } from "./payments/payment-outcome.ts";
import { doubted, ownRefundFailed, refundKey, refundRefused, withRefund } from "./payments/refund-change.ts";
import { refundStrays } from "./payments/refund-strays.ts";

/** Does a task. The effect may be repeated any number of times; its outcome is written with the task's removal. */
type DoTask = (context: OrderContext, order: Order, task: Task) => Promise<Outcome>;

const unchanged: Outcome = (order) => order;

const stockTask =
  (change: (shop: string, order: string, lines: Order["lines"]) => Promise<void>): DoTask =>
  async (_context, { shop, _id, lines }) => {
    await change(shop, _id, lines);
    return unchanged;
  };

const moment = ({ live, now }: OrderContext): Moment => ({ live, now: now() });

/** Of a test order in a live shop nobody is asked: it has ended. */
const unlessTest =
  (task: DoTask): DoTask =>
  async (context, order, due) =>
    isTestOrder(context, order)
      ? (current) => testOrderEnded(current, context.now()) ?? current
      : task(context, order, due);

/** How each task is done. */
export const orderTasks: Readonly<Record<TaskName, DoTask>> = {
  discard: async (context, { _id, revision }) => {
    await OrderModel.deleteOne({ _id, revision, state: "draft" });
    // Still there if somebody was just changing it: it is thrown away later, unless it has been placed by then.
    return (draft) =>
      draft.state === "draft" && draft.holdUntil === null
        ? withTask(draft, "discard", new Date(context.now().getTime() + DRAFT_MS))
        : draft;
  },
  // The hold is over. It is let go only once nobody can pay any more; if the shopper was faster, the order is fulfilled.
  expire: unlessTest(async (context, order) => {
    if (order.state === "draft") return (draft) => expiredDraft(draft, context.now());
    const session = await closed(context, order);
    return session === null
      ? unchanged
      : (current) => applySession(current, session, moment(context)) ?? current;
  }),
  cancel: unlessTest(async (context, order, { by = "shop" }) => {
    const session = await closed(context, order);
    return session === null ? unchanged : (current) => afterCancel(current, session, by, moment(context));
  }),
  // A transfer may take days; its provider tells when it is over, this asks in case the word is lost.
  check: unlessTest(async (context, { payment }) => {
    if (payment === undefined) return unchanged;
    const session = await context.provider(payment.provider).readSession(payment.session);
    return (current) => {
      const seen = applySession(current, session, moment(context)) ?? current;
      const waiting = seen.state === "awaiting_payment" && seen.payment?.status === "pending";
      return waiting ? withTask(seen, "check", new Date(context.now().getTime() + PENDING_CHECK_MS)) : seen;
    };
  }),
  cart: async (context, { shop, customer, lines, _id }) => {
    const skus = lines.map(({ sku }) => sku);
    await removeLines(shop, customer, skus, `order-${_id}`, context.now());
    return unchanged;
  },
  commit: stockTask(commitAll),
  release: stockTask(releaseAll),
  restock: stockTask(restockAll),
  shipped: stockTask(shipAll),
  refund: unlessTest(async (context, order) => {
    const { _id, payment } = order;
    if (!isGivingBack(order)) return unchanged;
    // Nothing was paid, so nothing is given back: an order that cost nothing.
    if (payment === undefined)
      return (free) =>
        free.state === "refunding"
          ? withNotification(moved(free, "refunded", "shop", context.now()), "order.cancelled", context.now())
          : free;
    // Of real money a test key knows nothing, and its no means nothing: it waits for the live one.
    if (isDisputed(order) || (payment.live && !context.live)) return later("refund", context);
    const { session, refundsFailed, refunded, currency } = payment;
    const amount = refundable(order);
    if (amount <= 0) return (current) => givenBackAll(current, {}, context.now());
    const refund = await context
      .provider(payment.provider)
      .refund({
        session,
        amount: { amount, currency },
        idempotencyKey: refundKey(_id, session, refundsFailed, refunded === 0 ? undefined : amount),
      })
      .catch((error: unknown) => {
        if (error instanceof PaymentError && error.reason === "exceeds") return "exceeds" as const;
        const waits = isDisputed(order) || !order.disputes?.length;
        if (error instanceof PaymentError && error.reason === "disputed" && waits) return "disputed" as const;
        if (error instanceof PaymentError && error.fate === "refused")
          throw new GivenUp(
            "a refund is refused for good and waits for the merchant",
            (current) => (isGivingBack(current) ? refundRefused(current, context.now()) : current),
            error,
          );
        throw error;
      });
    if (refund === "exceeds") return leftover(context, payment);
    // The word of the dispute is on its way, or lost: the provider is asked, and the refund waits for its end.
    if (refund === "disputed")
      return (current) =>
        isGivingBack(current) ? doubted(later("refund", context)(current), context.now()) : current;
    return (current) => {
      // Another process was told of the same refund's end and has gone on from there.
      if (!isGivingBack(current) || current.payment?.refundsFailed !== refundsFailed) return current;
      if (refund.status === "failed")
        return ownRefundFailed(current, refund.id, amount, context.now(), context.now());
      // It may still fail: asked for again with the same key, the provider says how it stands.
      if (refund.status === "pending")
        return later("refund", context)({ ...current, payment: { ...current.payment, refund: refund.id } });
      const made = { id: refund.id, amount, status: "succeeded" } as const;
      const refunds = withRefund(current.payment.refunds ?? [], made);
      return givenBackAll(
        current,
        { refunded: refunded + amount, refund: refund.id, refunds },
        context.now(),
      );
    };
  }),
  "refund-strays": refundStrays,
  invite:
    async ({ now }) =>
    (order) =>
      withNotification(order, "review.invite", now()),
  complete:
    async ({ now }) =>
    (order) =>
      can(order.state, "complete") ? moved(order, "complete", "shop", now()) : order,
};

/** Before what is left is refunded: a provider that says two things at once is not asked in a circle, in milliseconds. */
const LEFTOVER_MS = 1_000;

/** The task again, when a provider may know more. */
const later =
  (name: TaskName, context: OrderContext): Outcome =>
  (order) =>
    withTask(order, name, new Date(context.now().getTime() + PENDING_CHECK_MS));

/** Somebody gave back some of it at the provider, which was not told yet: what is left is asked for, and refunded next. */
async function leftover(context: OrderContext, { provider, session }: Payment): Promise<Outcome> {
  const { refunded = 0 } = await context.provider(provider).readSession(session);
  return (order) => {
    const { payment } = order;
    if (!isGivingBack(order) || payment === undefined) return order;
    const known = { ...order, payment: { ...payment, refunded: Math.max(payment.refunded, refunded) } };
    return withTask(known, "refund", new Date(context.now().getTime() + LEFTOVER_MS));
  };
}

/** Closes the order's session at the provider; null when there is none. @throws {Error} while it stays open, so that it is tried again. */
async function closed(context: OrderContext, { payment }: Order): Promise<SessionState | null> {
  if (payment === undefined) return null;
  const session = await context.provider(payment.provider).expireSession(payment.session);
  if (session.status === "open") throw new Error(`session ${session.id} is still open`);
  return session;
}

/** Money of it is to go back: for the first time, or once more after a bank has sent back what had been refunded. */
const isGivingBack = (order: Order): boolean =>
  order.payment?.testMoney !== true &&
  (order.state === "refunding" ||
    (order.state === "refunded" && order.quarantine === undefined && refundable(order) > 0));

function givenBackAll(order: Order, made: Partial<Payment>, now: Date): Order {
  if (!isGivingBack(order) || order.payment === undefined) return order;
  const payment: Payment = { ...order.payment, ...made };
  const { refunded: amount, currency, refundsFailed } = payment;
  const ended = order.state === "refunding" ? moved(order, "refunded", "shop", now) : order;
  const back = { ...ended, payment };
  // What a bank took was told when it did.
  if (amount === 0 && lostTo(order) > 0) return back;
  return withNotification(back, "order.refunded", now, { amount, currency }, again(refundsFailed));
}
