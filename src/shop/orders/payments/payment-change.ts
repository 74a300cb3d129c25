import type { Order } from "../order.ts";
import { disputed } from "./dispute-change.ts";
import type { DisputeState, PaymentChange, RefundState } from "./payment.ts";
import {
  countedById,
  doubted,
  isMakingRefund,
  quarantined,
  refundFailed,
  refundMoves,
  totalRefunded,
} from "./refund-change.ts";
import { strayAgain } from "./refund-strays.ts";

/**
 * What becomes of an order when the provider tells of refunds and disputes: the order as it shall be, or null where
 * nothing changes.
 *
 * Pure. The same may be told any number of times, late and in any order. `at` is when it happened at the provider.
 *
 * Where all the money of an order that has not left the house is gone, given back or lost, the order ends and its units
 * go back into the stock. One that was shipped stays as it is: where its goods are, only people know.
 */
export function applyChange(order: Order, change: PaymentChange, at: Date, now: Date): Order | null {
  const { payment } = order;
  if (change.what === "refund" && change.status === "failed") {
    const stray = strayAgain(order, change, now);
    if (stray !== null) return stray;
  }
  if (payment === undefined || payment.status !== "paid" || payment.testMoney) return null;
  if (payment.reference !== undefined && payment.reference !== change.reference) return null;
  switch (change.what) {
    case "refunded":
      return change.total.currency === payment.currency
        ? totalRefunded(order, payment, change.total.amount, at, now)
        : null;
    case "refund":
      return refundIs(order, change, at, now);
    case "dispute":
      return disputed(order, payment, change, at, now);
  }
}

function refundIs(order: Order, refund: RefundState, at: Date, now: Date): Order | null {
  const { payment } = order;
  if (payment === undefined || refund.amount.currency !== payment.currency) return null;
  return refund.status === "failed"
    ? refundFailed(order, payment, refund, at, now)
    : refundMoves(order, payment, refund, now);
}

/**
 * As `applyChange`, for the whole list of a payment's refunds that the provider was asked for.
 *
 * `fresh`: the order has not changed since it was asked. Then the list is the truth, also where it says that less was given
 * back than was thought; else what it adds counts, and it is asked for once more.
 */
export function applyRefunds(
  order: Order,
  refunds: readonly RefundState[],
  { fresh, now }: { readonly fresh: boolean; readonly now: Date },
): Order | null {
  const { payment: before } = order;
  if (before?.status !== "paid") return null;
  // Marks of doubt are for those who have not asked.
  const mark = before.reconcileAt ?? null;
  const told = refunds.reduce((current, refund) => refundIs(current, refund, now, now) ?? current, order);
  const { payment } = told;
  if (payment === undefined) return null;
  const settled: Order = { ...told, payment: { ...payment, reconcileAt: mark } };
  const counted = countedById(payment);
  if (isMakingRefund(settled) || counted === payment.refunded) return changedFrom(order, settled);
  if (!fresh) return doubted(settled, now);
  if (counted > payment.refunded) return changedFrom(order, settled);
  const exact = { ...payment, reconcileAt: mark, refunded: counted };
  if (order.state !== "refunded" || settled.quarantine !== undefined) return { ...settled, payment: exact };
  const missing = { ...exact, refundsFailed: exact.refundsFailed + 1 };
  return quarantined({ ...settled, payment: missing }, now);
}

const changedFrom = (before: Order, after: Order): Order | null =>
  JSON.stringify(after) === JSON.stringify(before) ? null : after;

/** As `applyChange`, for the whole list of a payment's disputes that the provider was asked for. */
export function applyDisputes(order: Order, disputes: readonly DisputeState[], now: Date): Order | null {
  const { payment } = order;
  if (payment?.status !== "paid") return null;
  const told = disputes.reduce(
    (current, dispute) => disputed(current, payment, dispute, undefined, now) ?? current,
    order,
  );
  return told === order ? null : told;
}
