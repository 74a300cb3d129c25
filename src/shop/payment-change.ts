import { isDisputed, lostTo, refundable } from "./captured.ts";
import { moved, withNotice, withoutTasks, withTask } from "./change-order.ts";
import type { Dispute, FailedRefund, Order, Payment } from "./order.ts";
import type { DisputeState, PaymentChange, RefundedTotal, RefundState } from "./payment.ts";

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
  if (payment === undefined || payment.status !== "paid") return null;
  if (payment.reference !== undefined && payment.reference !== change.reference) return null;
  switch (change.what) {
    case "refunded":
      return refunded(order, payment, change, at, now);
    case "refund":
      return change.status === "failed"
        ? refundFailed(order, payment, change, at, now)
        : refundMoves(order, change, now);
    case "dispute":
      return disputed(order, payment, change, at, now);
  }
}

function refunded(
  order: Order,
  payment: Payment,
  { total }: RefundedTotal,
  at: Date,
  now: Date,
): Order | null {
  if (total.currency !== payment.currency) return null;
  const gone = (payment.failedRefunds ?? [])
    .filter((one) => one.at > at || (one.early && one.at.getTime() === at.getTime()))
    .reduce((sum, { amount }) => sum + amount, 0);
  const all = Math.min(payment.paid, total.amount - gone);
  if (all <= payment.refunded) return null;
  const known: Order = { ...order, payment: { ...payment, refunded: all } };
  if (order.state === "refunding" && order.quarantine === undefined) {
    // Ours is among them, or somebody was faster; the provider knows, and is asked.
    return refundable(known) === 0 ? withTask(order, "refund", now) : known;
  }
  if (order.state === "refunded")
    return order.quarantine !== undefined && refundable(known) === 0 ? allGone(known, now) : known;
  return refundable(known) === 0 ? allGone(known, now) : partGone(known, all, now);
}

const amountOf = ({ payment }: Order) => ({ amount: payment?.refunded ?? 0, currency: payment?.currency });

const partGone = (order: Order, all: number, now: Date): Order =>
  withNotice(order, "order.refunded_part", now, amountOf(order), `-${all}`);

/** Nothing is left of the payment. */
function allGone(order: Order, now: Date): Order {
  const by = order.payment?.provider ?? "shop";
  const { quarantine, ...free } = order;
  switch (order.state) {
    case "awaiting_payment": // in quarantine
    case "paid":
    case "packed": {
      const going = moved(withoutTasks(free, "cancel", "expire", "check", "refund"), "refund", by, now);
      return told(withTask({ ...moved(going, "refunded", by, now), holdUntil: null }, "restock", now), now);
    }
    case "refunding":
      return told(moved(withoutTasks(free, "refund"), "refunded", by, now), now);
    case "refunded": // whose first refund came to nothing
      return told(withoutTasks(free, "refund"), now);
    default:
      return told(order, now);
  }
}

/** Tells that all was given back; what was lost to a bank is told as such. */
const told = (order: Order, now: Date): Order =>
  lostTo(order) > 0
    ? order
    : withNotice(order, "order.refunded", now, amountOf(order), again(order.payment?.refundsFailed ?? 0));

/** Tells the notice of a refund from the one before it, which failed. */
export const again = (refundsFailed: number): string => (refundsFailed === 0 ? "" : `-${refundsFailed}`);

/** A refund goes on; if ours was waited for, the provider is asked now. */
const refundMoves = (order: Order, { status }: RefundState, now: Date): Order | null =>
  status === "succeeded" && order.state === "refunding" && order.tasks.some(isLater(now))
    ? withTask(order, "refund", now)
    : null;
const isLater =
  (now: Date) =>
  ({ name, at }: Order["tasks"][number]): boolean =>
    name === "refund" && at > now;

function refundFailed(
  order: Order,
  payment: Payment,
  failed: RefundState,
  at: Date,
  now: Date,
): Order | null {
  if (payment.failedRefunds?.some(({ id }) => id === failed.refund)) return null;
  const { amount } = failed.amount;
  const ours = payment.refund === undefined ? payment.refunded === 0 : payment.refund === failed.refund;
  if (order.state === "refunding" && ours)
    return withoutTasks(ownRefundFailed(order, failed.refund, amount, at, now), "refund");
  const early = payment.refunded < amount;
  const left = Math.max(0, payment.refunded - amount);
  const noted: Payment = {
    ...payment,
    refunded: early ? payment.refunded : left,
    failedRefunds: [...(payment.failedRefunds ?? []), { id: failed.refund, amount, at, early }],
  };
  if (early) return { ...order, payment: noted };
  if (order.state === "refunded") {
    return quarantined({ ...order, payment: { ...noted, refundsFailed: noted.refundsFailed + 1 } }, now);
  }
  return withNotice(
    { ...order, payment: noted },
    "order.refund_failed",
    now,
    { amount, currency: payment.currency },
    `-${failed.refund}`,
  );
}

/** Our own refund of an order came to nothing: the merchant decides. */
export function ownRefundFailed(order: Order, id: string, amount: number, at: Date, now: Date): Order {
  const { payment } = order;
  if (payment === undefined) return order;
  const failure: FailedRefund = { id, amount, at, early: payment.refunded < amount };
  const failed: Payment = {
    ...payment,
    refundsFailed: payment.refundsFailed + 1,
    failedRefunds: [...(payment.failedRefunds ?? []), failure],
  };
  return quarantined({ ...order, payment: failed }, now);
}

function quarantined(order: Order, now: Date): Order {
  const reason = "refund-failed";
  const which = `-refund-${order.payment?.refundsFailed ?? 0}`;
  return withNotice({ ...order, quarantine: reason }, "order.quarantined", now, { reason }, which);
}

/** A refund of a payment that was not the order's own failed after all: it is made anew. */
function strayAgain(order: Order, { refund }: RefundState, now: Date): Order | null {
  if (!order.strays.some((stray) => stray.refund === refund)) return null;
  const strays = order.strays.map(({ refund: made, ...stray }) =>
    made === refund
      ? { ...stray, refundsFailed: (stray.refundsFailed ?? 0) + 1 }
      : { ...stray, ...(made === undefined ? {} : { refund: made }) },
  );
  return withTask({ ...order, strays }, "refund-strays", now);
}

function disputed(order: Order, payment: Payment, about: DisputeState, at: Date, now: Date): Order | null {
  if (about.amount.currency !== payment.currency) return null;
  const { dispute: id, status, reason } = about;
  const { amount } = about.amount;
  const known = order.disputes?.find((one) => one.id === id);
  if (known !== undefined && !isNews(known, status, at)) return null;
  const dispute: Dispute = { id, status, amount, at, ...(reason === undefined ? {} : { reason }) };
  const others = (order.disputes ?? []).filter((one) => one.id !== id);
  const noted: Order = { ...order, disputes: [...others, dispute] };
  if (known?.status === status) return noted;
  const facts = { amount, currency: payment.currency, ...(reason === undefined ? {} : { reason }) };
  const name = status === "open" ? "order.disputed" : (`order.dispute_${status}` as const);
  const after = withNotice(noted, name, now, facts, `-${id}`);
  if (order.state === "refunding") {
    // A refund waits while a bank decides.
    return isDisputed(after) || after.quarantine !== undefined ? after : withTask(after, "refund", now);
  }
  return status === "lost" && refundable(after) === 0 && order.state !== "refunded"
    ? allGone(after, now)
    : after;
}

/** The later word counts; of two of the same moment the one that ends it. */
function isNews(known: Dispute, status: Dispute["status"], at: Date): boolean {
  if (at.getTime() !== known.at.getTime()) return at > known.at;
  return known.status === "open" && status !== "open";
}
