import mongoose, { model, Schema } from "mongoose";
import { isDuplicateKey, NotFound } from "../../core/errors.ts";
import { changeOrder } from "../change-order.ts";
import { findOrder } from "../find-order.ts";
import type { Order } from "../order.ts";
import type { OrderContext } from "../order-context.ts";
import { OrderModel } from "../order-model.ts";
import type { PaymentChange, PaymentProvider, ProviderEvent, SessionState } from "./payment.ts";
import { applyChange } from "./payment-change.ts";
import { applySession } from "./payment-outcome.ts";

const { trusted } = mongoose;

/** An event of a payment provider, kept as it came so that each counts once, also after a crash. */
export interface PaymentEvent {
  /** `<provider>/<id of the event>` */
  _id: string;
  provider: string;
  /** It is about a session, or about what became of captured money. */
  session?: SessionState;
  change?: PaymentChange;
  at: Date;
  receivedAt: Date;
  /** Null until it has been applied to its order. */
  appliedAt: Date | null;
}

const text = { type: String, required: true } as const;

const schema = new Schema<PaymentEvent>(
  {
    _id: text,
    provider: text,
    session: new Schema<SessionState>(
      {
        id: text,
        order: text,
        status: text,
        payment: text,
        amount: new Schema({ amount: { type: Number, required: true }, currency: text }, { _id: false }),
        live: { type: Boolean, required: true },
        method: String,
        reference: String,
        refunded: Number,
      },
      { _id: false, id: false, strict: "throw" },
    ),
    // One of several shapes; it was parsed before it was kept.
    change: Schema.Types.Mixed,
    at: { type: Date, required: true },
    receivedAt: { type: Date, required: true },
    appliedAt: { type: Date, default: null },
  },
  { strict: "throw", versionKey: false, id: false },
);
schema.index({ appliedAt: 1, receivedAt: 1 });

/** The events of all providers. */
export const PaymentEventModel = model<PaymentEvent>("PaymentEvent", schema);

/** Events are remembered for a month; providers stop repeating them after days. */
const KEPT_MS = 30 * 24 * 60 * 60_000;
/** An event that was not applied when it came is tried again after this. */
const AGAIN_MS = 5_000;

/** What became of a delivery. `order` is the one it was about, where this shop has it. */
export interface Receipt {
  readonly outcome: "applied" | "duplicate" | "ignored";
  /** Whether it told of a session, or of what became of captured money. */
  readonly about?: "session" | "change";
  readonly order?: string;
}

/**
 * Takes one delivery of a provider: checks its signature, keeps the event by its id, applies it to its order. Resolves
 * once it is kept and applied; if it throws, the provider sends it again. Repeats and late events change nothing.
 *
 * @throws {BadSignature | UnreadableEvent} before anything is read or written
 */
export async function receiveEvent(
  context: OrderContext,
  provider: PaymentProvider,
  raw: Buffer,
  headers: Headers,
): Promise<Receipt> {
  const event = await provider.verifyEvent(raw, headers);
  if (event === null) return { outcome: "ignored" };
  const about = event.session === undefined ? "change" : "session";
  const kept: PaymentEvent = {
    _id: `${provider.name}/${event.id}`,
    provider: provider.name,
    ...aboutOf(event),
    at: event.at,
    receivedAt: context.now(),
    appliedAt: null,
  };
  try {
    await PaymentEventModel.create(kept);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const before = await PaymentEventModel.findById(kept._id).lean<PaymentEvent>();
    if (before !== null && before.appliedAt !== null)
      return { outcome: "duplicate", about, order: event.session?.order ?? event.change?.order };
  }
  const order = await apply(context, () => provider, kept);
  return order === undefined ? { outcome: "ignored" } : { outcome: "applied", about, order };
}

const aboutOf = ({ session, change }: ProviderEvent) => (session === undefined ? { change } : { session });

/** Applies the events that a process kept and did not live to apply. Returns the orders they were about. */
export async function applyKeptEvents(
  context: OrderContext,
  onError: (error: unknown, event: string) => void,
): Promise<string[]> {
  const now = context.now();
  const left = await PaymentEventModel.find({
    appliedAt: null,
    receivedAt: trusted({ $lte: new Date(now.getTime() - AGAIN_MS) }),
  })
    .limit(200)
    .lean<PaymentEvent[]>();
  const orders: string[] = [];
  for (const event of left) {
    try {
      const order = await apply(context, () => context.provider(event.provider), event);
      if (order !== undefined) orders.push(order);
    } catch (error) {
      // One that cannot be applied now does not keep the others waiting; it is tried again, later each time.
      onError(error, event._id);
      await PaymentEventModel.updateOne({ _id: event._id }, { $set: { receivedAt: now } });
    }
  }
  return orders;
}

/** Forgets events that no provider will repeat. */
export async function forgetOldEvents(now: Date = new Date()): Promise<void> {
  await PaymentEventModel.deleteMany({
    appliedAt: trusted({ $lt: new Date(now.getTime() - KEPT_MS), $ne: null }),
  });
}

/** The order it was about; undefined where it is none of ours (another system on the same account), which is done with too. */
async function apply(
  context: OrderContext,
  provider: () => PaymentProvider,
  event: PaymentEvent,
): Promise<string | undefined> {
  const { _id, session, change, at } = event;
  const order =
    session !== undefined
      ? await applied(session.order, (current) => applySession(current, session, moment(context)))
      : change !== undefined
        ? await applyToMoney(context, provider, change, at)
        : undefined;
  await PaymentEventModel.updateOne({ _id }, { $set: { appliedAt: context.now() } });
  return order;
}

const moment = ({ live, now }: OrderContext) => ({ live, now: now() });

async function applied(
  of: string | Order,
  decide: (order: Order) => Order | null,
): Promise<string | undefined> {
  try {
    return (await changeOrder(of, decide))._id;
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    return undefined;
  }
}

async function applyToMoney(
  context: OrderContext,
  provider: () => PaymentProvider,
  change: PaymentChange,
  at: Date,
): Promise<string | undefined> {
  // Test money is none; of an order that a bank or a merchant gives real money back for, the live provider tells.
  if (context.live && !change.live) return undefined;
  const id = change.order ?? (await orderBehind(provider(), change.reference));
  const order = id === undefined ? null : await findOrder(id);
  if (order === null) return undefined;
  const { payment } = order;
  // It came before the word of the payment itself, which is lost or on its way: the session is read instead.
  if (payment !== undefined && payment.status !== "paid") {
    const session = await context.provider(payment.provider).readSession(payment.session);
    await changeOrder(order._id, (current) => applySession(current, session, moment(context)));
  }
  return applied(order._id, (current) => applyChange(current, change, at, context.now()));
}

async function orderBehind(provider: PaymentProvider, reference: string): Promise<string | undefined> {
  const known = await OrderModel.findOne({ "payment.reference": reference }, { _id: 1 }).lean<{
    _id: string;
  }>();
  return known?._id ?? (await provider.orderOf?.(reference));
}
