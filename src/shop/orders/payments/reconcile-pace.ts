import type { Order } from "../order.ts";

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

/** The shortest and the longest pause between two looks at what became of a payment. */
export const RECONCILE_LEAST_MS = 6 * HOUR;
export const RECONCILE_MOST_MS = 7 * DAY;
/** A payer may dispute a card payment for 120 days (https://docs.stripe.com/disputes/how-disputes-work). */
export const RECONCILE_FOR_MS = 120 * DAY;
/**
 * When a payment is looked at next, null when never: after a quarter of its age, so that most looks fall into the days in
 * which most happens; some thirty in all. An order that has not been shipped is looked at for as long as that takes.
 */
export function nextReconciliation({ state, createdAt }: Order, now: Date): Date | null {
  const age = now.getTime() - createdAt.getTime();
  const mayBeShipped = state === "awaiting_payment" || state === "paid" || state === "packed";
  if (!mayBeShipped && age > RECONCILE_FOR_MS) return null;
  const pause = Math.min(RECONCILE_MOST_MS, Math.max(RECONCILE_LEAST_MS, age / 4));
  return new Date(now.getTime() + pause);
}
