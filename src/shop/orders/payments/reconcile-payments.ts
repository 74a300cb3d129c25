import mongoose from "mongoose";
import { changeOrder } from "../change-order.ts";
import { findOrder } from "../find-order.ts";
import type { Order, Payment } from "../order.ts";
import { type OrderContext, UnknownProvider } from "../order-context.ts";
import type { OrderState } from "../order-machine.ts";
import { OrderModel } from "../order-model.ts";
import type { CapturedPayment, PaymentProvider } from "./payment.ts";
import { applyDisputes, applyRefunds } from "./payment-change.ts";
import { nextReconciliation, RECONCILE_FOR_MS } from "./reconcile-pace.ts";
import { strayAgain } from "./refund-strays.ts";

const { trusted } = mongoose;

/** After an answer that did not come. */
const AGAIN_MS = 60 * 60_000;
/** Orders looked at in one round: what is due of more waits for the next. */
const ROUND = 20;

/** Told of a question that was not answered and will be put again. */
export type ReconcileReport = (error: unknown, order: string) => void;

/**
 * Asks providers for refunds and disputes of captured payments, in case the word of one was lost for good: those that are
 * due, two calls each. Returns the orders it looked at. Safe to run in many processes.
 */
export async function reconcileDue(context: OrderContext, report: ReconcileReport): Promise<string[]> {
  const due = await OrderModel.find({ "payment.reconcileAt": trusted({ $lte: context.now() }) }, { _id: 1 })
    .sort({ "payment.reconcileAt": 1 })
    .limit(ROUND)
    .lean<{ _id: string }[]>();
  for (const { _id } of due) await reconcileIfDue(context, _id, report);
  return due.map(({ _id }) => _id);
}

/** As `reconcileDue`, for one order; returns whether it was due. */
export async function reconcileIfDue(
  context: OrderContext,
  id: string,
  report: ReconcileReport,
): Promise<boolean> {
  const order = await findOrder(id);
  const now = context.now();
  const at = order?.payment?.reconcileAt;
  if (!order?.payment || !at || at > now) return false;
  const reader = readerOf(context, order);
  const next = reader === "none" ? null : nextReconciliation(order, now);
  // Whoever moves it on does it; one that dies then leaves it to the next time.
  const mine = await setNext(id, at, next);
  if (!mine || typeof reader === "string") return mine;
  try {
    await readMoney(context, reader, id);
  } catch (error) {
    report(error, id);
    if (next !== null) await setNext(id, next, new Date(now.getTime() + AGAIN_MS));
  }
  return true;
}

/**
 * Asks a provider now for the refunds and disputes of an order's payment, and for the refunds of payments that were not the
 * order's own, and applies them.
 *
 * @throws {PaymentError}
 */
export async function readMoney(context: OrderContext, provider: PaymentProvider, id: string): Promise<void> {
  const asked = await findOrder(id);
  if (asked === null) return;
  if (asked.payment?.status === "paid") await readOwn(context, provider, asked, asked.payment);
  await readStrays(context, provider, asked);
}

/** A bank may send back the refund of a payment that was not the order's own, too; then it is made anew. */
async function readStrays(
  context: OrderContext,
  provider: PaymentProvider,
  { _id, strays }: Order,
): Promise<void> {
  for (const { session, refund, live = context.live } of strays) {
    if (refund === undefined || live !== context.live) continue;
    const known = await provider.readRefunds?.({ session });
    const failed = known?.find((one) => one.refund === refund && one.status === "failed");
    if (failed !== undefined) await changeOrder(_id, (order) => strayAgain(order, failed, context.now()));
  }
}

async function readOwn(
  context: OrderContext,
  provider: PaymentProvider,
  asked: Order,
  payment: Payment,
): Promise<void> {
  const { _id: id } = asked;
  const { session, reference } = payment;
  const of: CapturedPayment = reference === undefined ? { session } : { session, reference };
  const refunds = await provider.readRefunds?.(of);
  if (refunds !== undefined)
    await changeOrder(id, (order) =>
      applyRefunds(order, refunds, { fresh: order.revision === asked.revision, now: context.now() }),
    );
  const disputes = await provider.readDisputes?.(of);
  if (disputes !== undefined) await changeOrder(id, (order) => applyDisputes(order, disputes, context.now()));
}

/** Who can be asked: "none" where nobody ever can, "later" where only another key could. */
function readerOf(context: OrderContext, { payment }: Order): PaymentProvider | "none" | "later" {
  if (payment === undefined || payment.testMoney) return "none";
  if (payment.live !== context.live) return "later";
  try {
    const provider = context.provider(payment.provider);
    return provider.readRefunds === undefined && provider.readDisputes === undefined ? "none" : provider;
  } catch (error) {
    if (error instanceof UnknownProvider) return "later";
    throw error;
  }
}

async function setNext(_id: string, from: Date, to: Date | null): Promise<boolean> {
  const set = await OrderModel.updateOne(
    { _id, "payment.reconcileAt": from },
    { $set: { "payment.reconcileAt": to } },
  );
  return set.modifiedCount === 1;
}

/** States of an order whose payment may have been captured. */
const captured: readonly OrderState[] = [
  "awaiting_payment", // in quarantine
  "paid",
  "packed",
  "shipped",
  "delivered",
  "completed",
  "refunding",
  "refunded",
];

/** Payments of versions before this one are looked at as well; at start. Returns how many. */
export async function reconcileOlder(now: Date): Promise<number> {
  const set = await OrderModel.updateMany(
    {
      "payment.live": trusted({ $in: [true, false] }),
      $or: [
        { state: trusted({ $in: [...captured] }), "payment.status": "paid" },
        // Of an order that was never paid, a second session's payment.
        { "strays.0": trusted({ $exists: true }) },
      ],
      "payment.reconcileAt": trusted({ $exists: false }),
      createdAt: trusted({ $gt: new Date(now.getTime() - RECONCILE_FOR_MS) }),
    },
    { $set: { "payment.reconcileAt": now } },
  );
  return set.modifiedCount;
}
