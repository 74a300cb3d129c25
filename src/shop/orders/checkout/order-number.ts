import { model, Schema } from "mongoose";
import { isDuplicateKey } from "../../core/errors.ts";

const Counter = model<{ _id: string; count: number }>(
  "Counter",
  new Schema(
    { _id: { type: String, required: true }, count: { type: Number, required: true } },
    { strict: "throw", versionKey: false, id: false },
  ),
);

/** The next order number of the shop; numbers are never given twice, but may be left out. */
export async function nextOrderNumber(shop: string): Promise<string> {
  const _id = `orders/${shop}`;
  for (;;) {
    const counter = await Counter.findOneAndUpdate(
      { _id },
      { $inc: { count: 1 } },
      { returnDocument: "after" },
    ).lean<{ count: number }>();
    if (counter !== null) return `H-${counter.count}`;
    // Made apart from the counting: an upsert of two at a time may clash, and not every store answers what it made.
    await Counter.create({ _id, count: 1000 }).catch((error: unknown) => {
      if (!isDuplicateKey(error)) throw error;
    });
  }
}
