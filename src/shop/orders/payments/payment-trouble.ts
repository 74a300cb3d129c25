import { model, Schema, trusted } from "mongoose";
import type { PaymentError } from "./payment.ts";

/** What keeps a provider from taking payments until the merchant mends it: a wrong key, a disabled account, … */
export interface PaymentTrouble {
  /** The provider's name. */
  _id: string;
  /** The provider's own code. */
  reason: string;
  message: string;
  since: Date;
  /** The latest time it happened. */
  at: Date;
  count: number;
}

const schema = new Schema<PaymentTrouble>(
  {
    _id: { type: String, required: true },
    reason: { type: String, required: true },
    message: { type: String, required: true },
    since: { type: Date, required: true },
    at: { type: Date, required: true },
    count: { type: Number, required: true },
  },
  { strict: "throw", versionKey: false, id: false },
);
const PaymentTroubleModel = model<PaymentTrouble>("PaymentTrouble", schema);

/** Keeps what the merchant has to mend, for `npm run shop -- list`. */
export async function noteTrouble(provider: string, error: PaymentError, now: Date): Promise<void> {
  const { reason = error.code, message } = error;
  await PaymentTroubleModel.updateOne(
    { _id: provider },
    { $set: { reason, message, at: now }, $setOnInsert: { since: now }, $inc: { count: 1 } },
    { upsert: true },
  );
}

/** The provider takes payments (again). */
export const clearTrouble = async (provider: string): Promise<void> =>
  void (await PaymentTroubleModel.deleteOne({ _id: provider }));

/** What the merchant has to mend; none where all is well. */
export const paymentTroubles = (): Promise<PaymentTrouble[]> =>
  PaymentTroubleModel.find({ _id: trusted({ $gte: "" }) })
    .lean<PaymentTrouble[]>()
    .exec();
