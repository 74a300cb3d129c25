import { moved, withNotification, withoutTasks, withTask } from "../change-order.ts";
import { endHolding } from "../end-holding.ts";
import type { Order, Payment } from "../order.ts";
import { isTestOrder, testOrderEnded } from "./live-switch.ts";
import type { SessionState } from "./payment.ts";
import { nextReconciliation } from "./reconcile-pace.ts";

/** How often a payment that is on its way (a bank transfer) is asked after, besides the provider's own events. */
export const PENDING_CHECK_MS = 60 * 60_000;

/**
 * What the state of a payment session means for its order: the order as it shall be, or null where nothing changes.
 *
 * Pure, and the only place where payments count. The same state may come any number of times and late: whatever the
 * order has gone through already is left alone. Every paid session ends in exactly one of fulfilment, refund or
 * quarantine (the merchant's decision). In a live shop test money is none: it pays for nothing and nothing of it goes back.
 */
export function applySession(order: Order, session: SessionState, { live, now }: Moment): Order | null {
  if (session.order !== order._id) return null;
  if (isTestOrder({ live }, order)) return testOrderEnded(order, now);
  const { payment } = order;
  if (payment === undefined || payment.session !== session.id)
    return live && !session.live ? null : stray(order, session, now);
  // Captured before: fulfilled, on its way back, or in quarantine. Older news changes nothing.
  if (payment.status === "paid" || order.quarantine !== undefined) return null;
  if (session.payment === "paid") return paid(order, payment, session, now);
  if (order.state !== "awaiting_payment") return null;
  if (session.payment === "failed") return failed(order, payment, now);
  if (session.status === "expired") return expired(order, now);
  if (session.status === "complete") return pending(order, payment, session, now);
  return null;
}

/** When the state of a session is looked at, and whether the shop takes real money by then. */
export interface Moment {
  readonly live: boolean;
  readonly now: Date;
}

function paid(order: Order, payment: Payment, session: SessionState, now: Date): Order {
  const { amount, currency } = session.amount;
  const { method, reference } = session;
  const captured: Payment = {
    ...payment,
    status: "paid",
    method,
    paid: amount,
    currency,
    ...(reference === undefined ? {} : { reference }),
    reconcileAt: nextReconciliation(order, now),
  };
  const settled = { ...withoutTasks(order, "expire", "check"), payment: captured, holdUntil: null };
  const reason = mismatch(order, payment, session);
  if (reason !== undefined) {
    return withNotification({ ...settled, quarantine: reason }, "order.quarantined", now, {
      reason,
      amount,
      currency,
      live: session.live,
    });
  }
  if (order.state === "awaiting_payment") {
    return withNotification(
      withTask(moved(settled, "pay", payment.provider, now), "commit", now),
      "order.paid",
      now,
    );
  }
  // The order had ended, its stock may be gone: the money goes back.
  return withTask(moved(settled, "refund", payment.provider, now), "refund", now);
}

function mismatch(order: Order, payment: Payment, session: SessionState): string | undefined {
  if (session.live !== payment.live) return "mode";
  if (session.amount.currency !== order.currency) return "currency";
  if (session.amount.amount !== order.total) return "amount";
  return undefined;
}

function failed(order: Order, payment: Payment, now: Date): Order {
  const ended = {
    ...moved(order, "fail", payment.provider, now),
    payment: { ...payment, status: "failed" as const },
  };
  return withNotification(endHolding(ended, now), "order.payment_failed", now);
}

function expired(order: Order, now: Date): Order {
  const cancel = order.tasks.find(({ name }) => name === "cancel");
  if (cancel !== undefined) return cancelled(order, cancel.by ?? "shop", now);
  return withNotification(endHolding(moved(order, "expire", "shop", now), now), "order.expired", now);
}

/** The order cancelled while nothing is paid and nothing can be paid any more. */
export function cancelled(order: Order, by: string, now: Date): Order {
  return withNotification(endHolding(moved(order, "cancel", by, now), now), "order.cancelled", now, { by });
}

/** A draft whose hold is over. Nobody was ever shown where to pay; a payment that comes all the same is a stray. */
export const expiredDraft = (order: Order, now: Date): Order =>
  order.state === "draft" ? endHolding(moved(order, "expire", "shop", now), now) : order;

/** The shopper is done, the money is on its way: the hold stays for as long as that takes. */
function pending(order: Order, payment: Payment, session: SessionState, now: Date): Order | null {
  if (payment.status === "pending") return null;
  const waiting = { ...order, payment: { ...payment, status: "pending" as const, method: session.method } };
  return withTask(withoutTasks(waiting, "expire"), "check", new Date(now.getTime() + PENDING_CHECK_MS));
}

/** A second session of the order was paid, or one of an attempt that was given up: the money goes back. */
function stray(order: Order, session: SessionState, now: Date): Order | null {
  if (session.payment !== "paid" || order.strays.some((known) => known.session === session.id)) return null;
  const { amount, currency } = session.amount;
  const known = {
    ...order,
    strays: [...order.strays, { session: session.id, amount, currency, live: session.live }],
  };
  return withTask(known, "refund-strays", now);
}
