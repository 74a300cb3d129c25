import { withNotification, withoutTasks, withTask } from "../change-order.ts";
import type { FailedRefund, KnownRefund, Order, Payment } from "../order.ts";
import { refundable } from "./captured.ts";
import { allGone, partGone } from "./money-gone.ts";
import type { RefundState } from "./payment.ts";

/*
 * How refunds are counted. Each has an id, and goes one way: pending, succeeded, failed. What is known by id is therefore
 * the same in whatever order it is told. Of some only a total is told, and that may be from before or after a failure: where
 * the two cannot be told apart, the order is marked (`doubted`) and the provider is asked for its list, which is exact.
 */

/** What is known by id to have been given back, or to be on its way, in minor units. */
export const countedById = ({ refunds = [] }: Payment): number =>
  refunds.filter(({ status }) => status !== "failed").reduce((sum, { amount }) => sum + amount, 0);

const rank = { pending: 0, succeeded: 1, failed: 2 } as const;

/** The refunds with what is told of one of them; it never goes back to where it was before. */
export function withRefund(known: readonly KnownRefund[], told: KnownRefund): KnownRefund[] {
  const before = known.find(({ id }) => id === told.id);
  if (before === undefined) return [...known, told];
  if (rank[told.status] <= rank[before.status]) return [...known];
  return known.map((one) => (one.id === told.id ? told : one));
}

/** The order, whose provider is to be asked what was given back: what was told leaves it open. */
export const doubted = (order: Order, now: Date): Order =>
  order.payment === undefined ? order : { ...order, payment: { ...order.payment, reconcileAt: now } };

/** Whether a refund of the shop's own is being made: what it gives back is counted once it has succeeded. */
export const isMakingRefund = ({ state, quarantine }: Order): boolean =>
  state === "refunding" && quarantine === undefined;

/** All that was given back by some moment `at`, as a total. */
export function totalRefunded(order: Order, payment: Payment, total: number, at: Date, now: Date) {
  const failed = payment.failedRefunds ?? [];
  const gone = failed
    .filter((one) => one.at > at || (one.early && one.at.getTime() === at.getTime()))
    .reduce((sum, { amount }) => sum + amount, 0);
  const counted = givenBack(order, payment, total - gone, now);
  // Whether that total still holds those that failed no earlier, nobody can tell from it.
  return failed.some((one) => one.at >= at) && total > countedById(payment)
    ? doubted(counted ?? order, now)
    : counted;
}

/** Counts what was given back; null where nothing more was. */
function givenBack(order: Order, payment: Payment, total: number, now: Date): Order | null {
  const all = Math.min(payment.paid, total);
  if (all <= payment.refunded) return null;
  const known: Order = { ...order, payment: { ...payment, refunded: all } };
  if (isMakingRefund(order)) {
    // Ours is among them, or somebody was faster; the provider knows, and is asked.
    return refundable(known) === 0 ? withTask(order, "refund", now) : known;
  }
  if (order.state === "refunded")
    return order.quarantine !== undefined && refundable(known) === 0 ? allGone(known, now) : known;
  return refundable(known) === 0 ? allGone(known, now) : partGone(known, all, now);
}

/** One refund goes on; if ours was waited for, the provider is asked now. */
export function refundMoves(order: Order, payment: Payment, told: RefundState, now: Date): Order | null {
  const { refund: id, status, amount, ours } = told;
  const refunds = withRefund(payment.refunds ?? [], { id, amount: amount.amount, status });
  const isNew = refunds.some((one, at) => one !== payment.refunds?.[at]);
  const noted: Order = isNew ? { ...order, payment: { ...payment, refunds } } : order;
  const wakes = status === "succeeded" && order.state === "refunding" && order.tasks.some(isLater(now));
  if (wakes) return withTask(noted, "refund", now);
  if (isMakingRefund(order) || ours === true) return isNew ? noted : null;
  const { payment: after = payment } = noted;
  return givenBack(noted, after, countedById(after), now) ?? (isNew ? noted : null);
}
const isLater =
  (now: Date) =>
  ({ name, at }: Order["tasks"][number]): boolean =>
    name === "refund" && at > now;

/** A refund came to nothing, perhaps long after it had succeeded. */
export function refundFailed(
  order: Order,
  payment: Payment,
  failed: RefundState,
  at: Date,
  now: Date,
): Order | null {
  const { refund: id } = failed;
  if (payment.failedRefunds?.some((one) => one.id === id)) return null;
  const { amount } = failed.amount;
  if (order.state === "refunding" && isOwn(payment, failed))
    return withoutTasks(ownRefundFailed(order, id, amount, at, now), "refund");
  const before = payment.refunds?.find((one) => one.id === id);
  // What is not known by id is one of those that only a total told of, or none that was counted.
  const uncounted = before === undefined ? payment.refunded - countedById(payment) : payment.refunded;
  const early = uncounted < amount;
  const noted: Payment = {
    ...payment,
    refunded: early ? payment.refunded : payment.refunded - amount,
    refunds: withRefund(payment.refunds ?? [], { id, amount, status: "failed" }),
    failedRefunds: [...(payment.failedRefunds ?? []), { id, amount, at, early }],
  };
  const settle = (changed: Order) => (before === undefined ? doubted(changed, now) : changed);
  if (early) return settle({ ...order, payment: noted });
  if (order.state === "refunded")
    return quarantined(
      settle({ ...order, payment: { ...noted, refundsFailed: noted.refundsFailed + 1 } }),
      now,
    );
  const facts = { amount, currency: payment.currency };
  return withNotification(settle({ ...order, payment: noted }), "order.refund_failed", now, facts, `-${id}`);
}

/** Whether it is the refund that the shop is making: by the provider's word, else by what the order knows. */
const isOwn = ({ refund, refunded }: Payment, { refund: id, ours }: RefundState): boolean =>
  refund === undefined ? (ours ?? refunded === 0) : refund === id;

/** Our own refund of an order came to nothing: the merchant decides. */
export function ownRefundFailed(order: Order, id: string, amount: number, at: Date, now: Date): Order {
  const { payment } = order;
  if (payment === undefined) return order;
  const failure: FailedRefund = { id, amount, at, early: payment.refunded < amount };
  const failed: Payment = {
    ...payment,
    refundsFailed: payment.refundsFailed + 1,
    refunds: withRefund(payment.refunds ?? [], { id, amount, status: "failed" }),
    failedRefunds: [...(payment.failedRefunds ?? []), failure],
  };
  return quarantined({ ...order, payment: failed }, now);
}

/** The provider refuses a refund for good, whatever the reason: the merchant decides. */
export const refundRefused = (order: Order, now: Date): Order =>
  order.payment === undefined
    ? order
    : quarantined(
        { ...order, payment: { ...order.payment, refundsFailed: order.payment.refundsFailed + 1 } },
        now,
        "refund-refused",
      );

/** The merchant is to decide about a refund that did not arrive, or cannot be made. */
export function quarantined(
  order: Order,
  now: Date,
  reason: "refund-failed" | "refund-refused" = "refund-failed",
): Order {
  const which = `-refund-${order.payment?.refundsFailed ?? 0}`;
  return withNotification({ ...order, quarantine: reason }, "order.quarantined", now, { reason }, which);
}

/** The same for each try of one refund; after one that failed, or of what is left after others, another refund's. */
export const refundKey = (order: string, session: string, failed: number, rest?: number): string =>
  `refund-${order}-${session}${failed === 0 ? "" : `-${failed}`}${rest === undefined ? "" : `-rest-${rest}`}`;
