import { withNotification, withTask } from "../change-order.ts";
import type { Dispute, Order, Payment } from "../order.ts";
import { isDisputed, refundable } from "./captured.ts";
import { allGone } from "./money-gone.ts";
import type { DisputeState } from "./payment.ts";

/**
 * What becomes of an order as a bank disputes its payment or decides about it; null where nothing changes. `at` is when it
 * happened; absent where the provider was asked, and says how it stands.
 */
export function disputed(
  order: Order,
  payment: Payment,
  about: DisputeState,
  at: Date | undefined,
  now: Date,
): Order | null {
  if (about.amount.currency !== payment.currency) return null;
  const { dispute: id, status, reason } = about;
  const { amount } = about.amount;
  const known = order.disputes?.find((one) => one.id === id);
  if (known !== undefined && !isNews(known, status, at)) return null;
  const since = at ?? known?.at ?? now;
  const dispute: Dispute = { id, status, amount, at: since, ...(reason === undefined ? {} : { reason }) };
  const others = (order.disputes ?? []).filter((one) => one.id !== id);
  const noted: Order = { ...order, disputes: [...others, dispute] };
  if (known?.status === status) return noted;
  const facts = { amount, currency: payment.currency, ...(reason === undefined ? {} : { reason }) };
  const name = status === "open" ? "order.disputed" : (`order.dispute_${status}` as const);
  const after = withNotification(noted, name, now, facts, `-${id}`);
  if (order.state === "refunding") {
    // A refund waits while a bank decides.
    return isDisputed(after) || after.quarantine !== undefined ? after : withTask(after, "refund", now);
  }
  return status === "lost" && refundable(after) === 0 && order.state !== "refunded"
    ? allGone(after, now)
    : after;
}

/**
 * The later word counts; of two of the same moment the one that ends it. An answer has no moment of its own, as two clocks
 * would be compared: it counts but where a decision is known that it has not heard of.
 */
function isNews(known: Dispute, status: Dispute["status"], at: Date | undefined): boolean {
  if (at === undefined) return status !== known.status && status !== "open";
  if (at.getTime() !== known.at.getTime()) return at > known.at;
  return known.status === "open" && status !== "open";
}
