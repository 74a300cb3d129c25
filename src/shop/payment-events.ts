import mongoose, { model, Schema } from "mongoose";
import { changeOrder } from "./change-order.ts";
import { isDuplicateKey, NotFound } from "./errors.ts";
import type { PaymentProvider, SessionState } from "./payment.ts";
import { applySession } from "./payment-outcome.ts";

const { trusted } = mongoose;

/** An event of a payment provider, kept as it came so that each counts once, also after a crash. */
export interface PaymentEvent {
  /** `<provider>/<id of the event>` */
  _id: string;
  provider: string;
  session: SessionState;
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
      },
      { _id: false, id: false, strict: "throw" },
    ),
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
  readonly order?: string;
}

/**
 * Takes one delivery of a provider: checks its signature, keeps the event by its id, applies it to its order. Resolves
 * once it is kept and applied; if it throws, the provider sends it again. Repeats and late events change nothing.
 *
 * @throws {BadSignature} before anything is read or written
 */
export async function receiveEvent(
  provider: PaymentProvider,
  raw: Buffer,
  headers: Headers,
  now: Date = new Date(),
): Promise<Receipt> {
  const event = await provider.verifyEvent(raw, headers);
  if (event === null) return { outcome: "ignored" };
  const { session, at } = event;
  const kept: PaymentEvent = {
    _id: `${provider.name}/${event.id}`,
    provider: provider.name,
    session,
    at,
    receivedAt: now,
    appliedAt: null,
  };
  try {
    await PaymentEventModel.create(kept);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const before = await PaymentEventModel.findById(kept._id).lean<PaymentEvent>();
    if (before !== null && before.appliedAt !== null) return { outcome: "duplicate", order: session.order };
  }
  return (await apply(kept, now)) ? { outcome: "applied", order: session.order } : { outcome: "ignored" };
}

/** Applies the events that a process kept and did not live to apply. Answers the orders they were about. */
export async function applyKeptEvents(now: Date = new Date()): Promise<string[]> {
  const left = await PaymentEventModel.find({
    appliedAt: null,
    receivedAt: trusted({ $lte: new Date(now.getTime() - AGAIN_MS) }),
  })
    .limit(200)
    .lean<PaymentEvent[]>();
  for (const event of left) await apply(event, now);
  return left.map(({ session }) => session.order);
}

/** Forgets events that no provider will repeat. */
export async function forgetOldEvents(now: Date = new Date()): Promise<void> {
  await PaymentEventModel.deleteMany({
    appliedAt: trusted({ $lt: new Date(now.getTime() - KEPT_MS), $ne: null }),
  });
}

// True where the event is about an order of ours. One that is not (another system on the same account) is done with too.
async function apply({ _id, session }: PaymentEvent, now: Date): Promise<boolean> {
  let ours = true;
  try {
    await changeOrder(session.order, (order) => applySession(order, session, now));
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    ours = false;
  }
  await PaymentEventModel.updateOne({ _id }, { $set: { appliedAt: now } });
  return ours;
}
