import { changeOrder, withNotification, withTask } from "../change-order.ts";
import { GivenUp, type Outcome } from "../given-up.ts";
import type { Order, StrayPayment } from "../order.ts";
import type { OrderContext } from "../order-context.ts";
import { PaymentError, type PaymentProvider, type RefundState } from "./payment.ts";
import { PENDING_CHECK_MS } from "./payment-outcome.ts";
import { nextReconciliation } from "./reconcile-pace.ts";
import { refundKey } from "./refund-change.ts";

/**
 * Gives back what was paid and was not the order's own: paid twice, or after it had ended. Each payment is for itself: what
 * became of one is written, whatever becomes of the others.
 *
 * @throws {GivenUp} where a provider refuses one for good: the merchant is told, and decides
 * @throws {Error} where one could not be asked for now, and is to be tried again
 */
export async function refundStrays(context: OrderContext, order: Order): Promise<Outcome> {
  const { _id, strays } = order;
  const refused: unknown[] = [];
  const trouble: unknown[] = [];
  // Each outcome is one write, the word of it included: whoever dies after it has lost nothing.
  const settle = (
    session: string,
    what: (stray: StrayPayment) => StrayPayment,
    told: (order: Order, stray: StrayPayment) => Order = (current) => current,
  ) =>
    changeOrder(_id, (current) => {
      const stray = current.strays.find((one) => one.session === session && isOpen(one));
      if (!stray) return null;
      const after = what(stray);
      const strays = current.strays.map((one) => (one === stray ? after : one));
      return after === stray ? null : told({ ...current, strays }, after);
    });
  for (const stray of strays.filter(isOpen)) {
    try {
      const made = await refundOf(context, order, stray);
      await settle(stray.session, (one) => afterRefund(one, made));
    } catch (error) {
      if (isRefusal(error)) {
        refused.push(error);
        await settle(stray.session, (one) => ({ ...one, refused: true }), refusalTold(context.now()));
      } else trouble.push(error);
    }
  }
  if (refused.length > 0)
    throw new GivenUp(
      "the refund of a payment that was not the order's own is refused for good and waits for the merchant",
      (current) => afterStrays(current, context.now()),
      refused.length + trouble.length === 1 ? refused[0] : new AggregateError([...refused, ...trouble]),
    );
  if (trouble.length > 0) throw trouble[0];
  return (current) => afterStrays(current, context.now());
}

/** A refund as a provider has made it. */
type Made = Awaited<ReturnType<PaymentProvider["refund"]>>;

/** What stands for the refund of a payment that was given back at the provider, or elsewhere. */
const ELSEWHERE = "elsewhere";

/** Whether it is still to be given back. */
const isOpen = ({ refund, refused }: StrayPayment): boolean => refund === undefined && !refused;

/** Whether the provider's no is for good; of a disputed payment the bank decides first. */
const isRefusal = (error: unknown): boolean =>
  error instanceof PaymentError && error.fate === "refused" && error.reason !== "disputed";

async function refundOf(
  context: OrderContext,
  { _id, payment }: Order,
  { session, amount, currency, refundsFailed = 0, live = payment?.live }: StrayPayment,
): Promise<Made> {
  // Of test money nothing goes back.
  if (context.live && live === false) return { id: "test-money", status: "succeeded" };
  // Of real money a test key knows nothing, and its no means nothing: it waits for the live one.
  if (live && !context.live) return { id: "", status: "pending" };
  const provider = context.provider(payment?.provider);
  const idempotencyKey = refundKey(_id, session, refundsFailed);
  try {
    return await provider.refund({ session, amount: { amount, currency }, idempotencyKey });
  } catch (error) {
    if (!(error instanceof PaymentError) || error.reason !== "exceeds") throw error;
    // Perhaps somebody was faster, at the provider.
    const { refunded = 0 } = await provider.readSession(session);
    if (refunded < amount) throw error;
    return { id: ELSEWHERE, status: "succeeded" };
  }
}

/** A stray payment after its refund was asked for. One that failed is made anew, one that is pending is asked for again. */
function afterRefund(stray: StrayPayment, made: Made): StrayPayment {
  if (made.status === "pending") return stray;
  return made.status === "failed"
    ? { ...stray, refundsFailed: (stray.refundsFailed ?? 0) + 1 }
    : { ...stray, refund: made.id };
}

/** The order, whose provider is asked now and then what became of its refunds, as it is of one that was paid. */
function afterStrays(order: Order, now: Date): Order {
  const asked: Order =
    order.payment === undefined || order.payment.reconcileAt
      ? order
      : { ...order, payment: { ...order.payment, reconcileAt: nextReconciliation(order, now) } };
  return order.strays.some(isOpen)
    ? withTask(asked, "refund-strays", new Date(now.getTime() + PENDING_CHECK_MS))
    : asked;
}

/** The merchant hears of each refusal once. */
const refusalTold =
  (now: Date) =>
  (order: Order, { session, amount, currency, refundsFailed = 0 }: StrayPayment): Order =>
    withNotification(
      order,
      "order.quarantined",
      now,
      { reason: STRAY_REFUSED, amount, currency },
      `-stray-${session}-${refundsFailed}`,
    );

/** How it is called that the refund of a payment which was not the order's own is refused for good. */
export const STRAY_REFUSED = "stray-refused";

/** Whether a payment that was not the order's own waits for the merchant's word. */
export const hasRefusedStray = ({ strays }: Pick<Order, "strays">): boolean =>
  strays.some(({ refused }) => refused === true);

/** The merchant's word on such payments: their refunds are tried once more, or were made elsewhere. */
export function strayResolved(order: Order, decision: "accept" | "refund", now: Date): Order | null {
  if (!hasRefusedStray(order)) return null;
  const strays = order.strays.map(({ refused, ...stray }): StrayPayment => {
    if (!refused) return stray;
    return decision === "accept"
      ? { ...stray, refund: ELSEWHERE }
      : { ...stray, refundsFailed: (stray.refundsFailed ?? 0) + 1 };
  });
  const decided = { ...order, strays };
  return decision === "accept" ? decided : withTask(decided, "refund-strays", now);
}

/** A refund of a payment that was not the order's own failed after all: it is made anew. */
export function strayAgain(order: Order, { refund }: RefundState, now: Date): Order | null {
  if (!order.strays.some((stray) => stray.refund === refund)) return null;
  const strays = order.strays.map(({ refund: made, ...stray }) =>
    made === refund
      ? { ...stray, refundsFailed: (stray.refundsFailed ?? 0) + 1 }
      : { ...stray, ...(made === undefined ? {} : { refund: made }) },
  );
  return withTask({ ...order, strays }, "refund-strays", now);
}
