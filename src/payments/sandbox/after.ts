import { createHash, randomBytes } from "node:crypto";
import { trusted } from "mongoose";
import type { Money } from "../../shop/core/money.ts";
import { type PaymentChange, PaymentError } from "../../shop/orders/payments/payment.ts";
import { getSession, type SandboxSession, Session } from "./session.ts";

/** What may become of a payment after it was made, as a person decides on its page. */
export const afterwards = [
  "refund",
  "refund-part",
  "refund-fails",
  "dispute",
  "dispute-won",
  "dispute-lost",
] as const;
export type Afterwards = (typeof afterwards)[number];

const event = (id: string, at: Date, change: object) => ({ id, at, change });
const about = ({ _id, order }: SandboxSession) => ({ reference: _id, order, live: false });
const shown = ({ amount, currency }: Money): Money => ({ amount, currency });

/**
 * Gives back part of a paid session, once per key and never more than is left of it.
 *
 * @throws {PaymentError} `refused` when it was not paid, the currency is another or too little is left ("exceeds").
 */
export async function giveBack(
  id: string,
  amount: Money,
  key: string,
  now: Date,
): Promise<{ id: string; status: "succeeded" | "failed" }> {
  const refund = { id: refundId(id, key), key, amount: amount.amount, at: now };
  for (;;) {
    const session = await getSession(id);
    const known = session.refunds.find((one) => one.key === key);
    const sound =
      Number.isSafeInteger(amount.amount) && amount.amount > 0 && amount.currency === session.amount.currency;
    if (known !== undefined && sound && known.amount === amount.amount)
      return { id: known.id, status: known.failed ? "failed" : "succeeded" };
    const left =
      session.amount.amount - session.refunded - (session.dispute === "lost" ? session.amount.amount : 0);
    const why =
      session.payment !== "paid"
        ? "not_paid"
        : !sound || known !== undefined || amount.amount > session.amount.amount
          ? "bad_amount"
          : amount.amount > left
            ? "exceeds"
            : undefined;
    if (why !== undefined)
      throw new PaymentError(
        "refused",
        `${amount.amount} ${amount.currency} of session ${id} cannot be given back.`,
        { reason: why },
      );
    if (await refunded(session, refund, now)) return { id: refund.id, status: "succeeded" };
  }
}

const refundId = (session: string, key: string): string =>
  `re_${createHash("sha256").update(`${session} ${key}`).digest("hex").slice(0, 24)}`;

/** Writes a refund and its event, unless the session's money has moved since it was read. */
async function refunded(
  session: SandboxSession,
  refund: { id: string; key?: string; amount: number; at: Date },
  now: Date,
): Promise<boolean> {
  const total = { amount: session.refunded + refund.amount, currency: session.amount.currency };
  const change = { what: "refunded", total, ...about(session) } satisfies PaymentChange;
  const written = await Session.updateOne(
    {
      _id: session._id,
      payment: "paid",
      refunded: session.refunded,
      refunds: trusted({ $size: session.refunds.length }),
    },
    {
      $inc: { refunded: refund.amount },
      $push: { refunds: refund, outbox: event(`evt_${refund.id}`, now, change) },
    },
  );
  return written.modifiedCount === 1;
}

/** Lets something become of a paid session at the provider's own pages; returns whether it could. */
export async function becomes(id: string, what: Afterwards, now: Date): Promise<boolean> {
  const session = await getSession(id);
  const left = session.amount.amount - session.refunded;
  const part = Math.max(1, Math.floor(left / 2));
  switch (what) {
    case "refund":
    case "refund-part": {
      if (session.payment !== "paid" || left <= 0) return false;
      const refund = {
        id: `re_${randomBytes(12).toString("hex")}`,
        amount: what === "refund" ? left : part,
        at: now,
      };
      return refunded(session, refund, now);
    }
    case "refund-fails":
      return refundFails(session, now);
    case "dispute":
      return disputed(session, undefined, "open", now);
    case "dispute-won":
      return disputed(session, "open", "won", now);
    case "dispute-lost":
      return disputed(session, "open", "lost", now);
  }
}

/** The bank of the payer sends the latest refund back. */
async function refundFails(session: SandboxSession, now: Date): Promise<boolean> {
  const refund = session.refunds.findLast((one) => !one.failed);
  if (refund === undefined) return false;
  const amount = { amount: refund.amount, currency: session.amount.currency };
  const change: PaymentChange = {
    what: "refund",
    refund: refund.id,
    status: "failed",
    amount,
    ...about(session),
  };
  const written = await Session.updateOne(
    { _id: session._id, refunds: trusted({ $elemMatch: { id: refund.id, failed: { $ne: true } } }) },
    {
      $set: { "refunds.$.failed": true },
      $inc: { refunded: -refund.amount },
      $push: { outbox: event(`evt_${refund.id}_failed`, now, change) },
    },
  );
  return written.modifiedCount === 1;
}

async function disputed(
  session: SandboxSession,
  from: "open" | undefined,
  status: "open" | "won" | "lost",
  now: Date,
): Promise<boolean> {
  if (session.payment !== "paid") return false;
  const dispute = `dp_${session._id}`;
  const change: PaymentChange = {
    what: "dispute",
    dispute,
    status,
    amount: shown(session.amount),
    reason: "fraudulent",
    ...about(session),
  };
  const written = await Session.updateOne(
    { _id: session._id, dispute: from === undefined ? trusted({ $exists: false }) : from },
    { $set: { dispute: status }, $push: { outbox: event(`evt_${dispute}_${status}`, now, change) } },
  );
  return written.modifiedCount === 1;
}
