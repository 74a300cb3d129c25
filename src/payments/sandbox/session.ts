import { createHash, randomBytes } from "node:crypto";
import mongoose, { Schema, trusted } from "mongoose";
import type { Money } from "../../shop/core/money.ts";
import {
  type PaymentChange,
  PaymentError,
  type SessionRequest,
  type SessionState,
} from "../../shop/orders/payments/payment.ts";
import { isDuplicateKey } from "../../store/duplicate-key.ts";

export const methods = ["card", "alipay", "wechat_pay", "bank_transfer"] as const;
export type Method = (typeof methods)[number];

/** Something that happened to a session or to its money and still has to be told. Its id is made of what it is. */
export interface SandboxEvent {
  readonly id: string;
  readonly at: Date;
  readonly session?: SessionState;
  readonly change?: PaymentChange;
}

interface SandboxRefund {
  readonly id: string;
  /** Of the shop's own call; none where the merchant gave it back on the page. */
  readonly key?: string;
  readonly amount: number;
  readonly at: Date;
  readonly failed?: boolean;
}

/** A payment of the sandbox. No card number is ever kept, and no name or address of the shopper. */
export interface SandboxSession {
  readonly _id: string;
  /** The idempotency key it was created with, and what was asked for then. */
  readonly key: string;
  readonly asked: string;
  readonly order: string;
  readonly orderNumber: string;
  readonly amount: Money;
  readonly lines: readonly { readonly title: string; readonly quantity: number; readonly unitPrice: Money }[];
  readonly shipping: Money;
  readonly locale: string;
  readonly status: SessionState["status"];
  readonly payment: SessionState["payment"];
  readonly method?: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly refunds: readonly SandboxRefund[];
  /** Minor units given back so far: the sum of `refunds` that did not fail. */
  readonly refunded: number;
  readonly dispute?: "open" | "won" | "lost";
  /** Events not yet handed to the queue. */
  readonly outbox: readonly SandboxEvent[];
}

const money = { amount: { type: Number, required: true }, currency: { type: String, required: true } };
const state = {
  id: String,
  order: String,
  status: String,
  payment: String,
  amount: money,
  live: Boolean,
  method: String,
  reference: String,
  refunded: Number,
};
const schema = new Schema<SandboxSession>(
  {
    _id: { type: String, required: true },
    key: { type: String, required: true, unique: true },
    asked: { type: String, required: true },
    order: { type: String, required: true },
    orderNumber: { type: String, required: true },
    amount: money,
    lines: [{ _id: false, title: String, quantity: Number, unitPrice: money }],
    shipping: money,
    locale: { type: String, required: true },
    status: { type: String, enum: ["open", "complete", "expired"], required: true },
    payment: { type: String, enum: ["unpaid", "pending", "paid", "failed"], required: true },
    method: String,
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
    refunds: [{ _id: false, id: String, key: String, amount: Number, at: Date, failed: Boolean }],
    refunded: { type: Number, required: true },
    dispute: String,
    outbox: [
      {
        _id: false,
        id: String,
        at: Date,
        session: { type: new Schema(state, { _id: false, id: false }) },
        change: Schema.Types.Mixed,
      },
    ],
  },
  { collection: "sandbox_sessions", versionKey: false, strict: "throw" },
);

schema.index({ status: 1 });

/** The sandbox's sessions. They are never deleted: an order keeps what paid for it. */
export const Session = mongoose.model("SandboxSession", schema);

/** 160 bits: who does not have the link cannot find the page. */
const newSessionId = (): string => `sbx_${randomBytes(20).toString("base64url")}`;

export const stateOf = (session: SandboxSession): SessionState => ({
  id: session._id,
  order: session.order,
  status: session.status,
  payment: session.payment,
  amount: { amount: session.amount.amount, currency: session.amount.currency },
  live: false,
  reference: session._id,
  refunded: session.refunded,
  ...(session.method === undefined ? {} : { method: session.method }),
});

/**
 * The session of an idempotency key, made by the first call.
 *
 * @throws {PaymentError} `refused` when the key was used for another order or amount.
 */
export async function openSession(request: SessionRequest, now: Date): Promise<SandboxSession> {
  const { order, amount } = request;
  const asked = createHash("sha256")
    .update(JSON.stringify([order, amount.amount, amount.currency]))
    .digest("hex");
  try {
    const made = await Session.create({
      _id: newSessionId(),
      key: request.idempotencyKey,
      asked,
      order,
      orderNumber: request.orderNumber,
      amount,
      lines: request.lines,
      shipping: request.shipping,
      locale: request.locale,
      status: "open",
      payment: "unpaid",
      createdAt: now,
      expiresAt: request.expiresAt,
      refunds: [],
      refunded: 0,
      outbox: [],
    });
    return made.toObject();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const known = await Session.findOne({ key: request.idempotencyKey }).lean<SandboxSession>();
  if (known === null || known.asked !== asked)
    throw new PaymentError("refused", `The key of order ${order} was used for another payment.`, {
      reason: "idempotency_key_reused",
    });
  return known;
}

/** @throws {PaymentError} `refused` when there is none. */
export async function getSession(id: string): Promise<SandboxSession> {
  const session = await Session.findOne({ _id: id }).lean<SandboxSession>();
  if (session === null)
    throw new PaymentError("refused", `The sandbox has no session ${id}.`, { reason: "no_such_session" });
  return session;
}

type Change = {
  from: Pick<SandboxSession, "status" | "payment">;
  to: Pick<SandboxSession, "status" | "payment">;
};

const changes = {
  /** The shopper paid, or promised to (bank transfer). */
  paid: { from: { status: "open", payment: "unpaid" }, to: { status: "complete", payment: "paid" } },
  promised: { from: { status: "open", payment: "unpaid" }, to: { status: "complete", payment: "pending" } },
  /** What was promised came, or did not. */
  arrived: { from: { status: "complete", payment: "pending" }, to: { status: "complete", payment: "paid" } },
  failed: { from: { status: "complete", payment: "pending" }, to: { status: "complete", payment: "failed" } },
  expired: { from: { status: "open", payment: "unpaid" }, to: { status: "expired", payment: "unpaid" } },
} as const satisfies Record<string, Change>;
export type ChangeName = keyof typeof changes;

/**
 * Moves a session on, if it is still where the change starts from: of two that compete (paying and
 * expiring, say) one happens. The event about it is written in the same update. Returns whether it was this one.
 */
export async function change(id: string, name: ChangeName, now: Date, method?: Method): Promise<boolean> {
  const { from, to } = changes[name];
  const session = await Session.findOne({ _id: id }).lean<SandboxSession>();
  if (session === null) return false;
  const event: SandboxEvent = {
    id: `evt_${id}_${name}`,
    at: now,
    session: { ...stateOf(session), ...to, ...(method === undefined ? {} : { method }) },
  };
  const inTime =
    to.status === "complete" && from.status === "open" ? { expiresAt: trusted({ $gt: now }) } : {};
  const moved = await Session.updateOne(
    { _id: id, ...from, ...inTime },
    { $set: { ...to, ...(method === undefined ? {} : { method }) }, $push: { outbox: event } },
  );
  return moved.modifiedCount === 1;
}
