import { model, Schema, trusted } from "mongoose";
import { isDuplicateKey, ShopError } from "./errors.ts";

/** Units taken by an order. A hold is for an order that is not paid yet, a sale for one that is not shipped yet. */
export interface Taken {
  order: string;
  quantity: number;
}

/**
 * The units of one SKU. All changes are single conditional updates of this one document, so that
 * `available` plus held plus `sold` equals `adjustments` whatever runs at the same time.
 */
export interface Stock {
  /** `<shop>/<sku>` */
  _id: string;
  shop: string;
  sku: string;
  /** Units free to be bought; never negative. */
  available: number;
  holds: (Taken & { until: Date })[];
  /** Sold and not shipped: what a refund may still put back. */
  sales: Taken[];
  sold: number;
  /** Everything merchants put in or took out, from zero. */
  adjustments: number;
  /** Orders that are through with this SKU, the latest hundred: a late or repeated hold of theirs is refused. */
  settled: string[];
}

/** Fewer units are free than asked for. */
export class OutOfStock extends ShopError {
  readonly sku: string;
  readonly available: number;
  constructor(sku: string, available: number) {
    super("OUT_OF_STOCK", `only ${available} of ${sku} left`);
    this.sku = sku;
    this.available = available;
  }
}

const taken = { order: { type: String, required: true }, quantity: { type: Number, required: true } };
const part = { _id: false, id: false, strict: "throw" } as const;

/** The stock of all shops, read and written by `_id`. */
export const StockModel = model<Stock>(
  "Stock",
  new Schema<Stock>(
    {
      _id: { type: String, required: true },
      shop: { type: String, required: true },
      sku: { type: String, required: true },
      available: { type: Number, required: true },
      holds: [new Schema({ ...taken, until: { type: Date, required: true } }, part)],
      sales: [new Schema(taken, part)],
      sold: { type: Number, required: true },
      adjustments: { type: Number, required: true },
      settled: [String],
    },
    { strict: "throw", versionKey: false, id: false },
  ),
);

/** The `_id` of a SKU's stock. */
export const stockId = (shop: string, sku: string): string => `${shop}/${sku}`;

/** Sets what is free to be bought, as a merchant counts it; holds and sales stay. Units: whole pieces, 0 or more. */
export async function setStock(shop: string, sku: string, available: number): Promise<void> {
  if (!Number.isSafeInteger(available) || available < 0) throw new RangeError(`${available} is not a stock`);
  const _id = stockId(shop, sku);
  for (;;) {
    const stock = await StockModel.findById(_id).lean<Stock>();
    if (stock === null) {
      try {
        await StockModel.create({
          _id,
          shop,
          sku,
          available,
          holds: [],
          sales: [],
          sold: 0,
          adjustments: available,
          settled: [],
        });
        return;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        continue;
      }
    }
    // Another change came between if nothing matches: then the difference is worked out again.
    const difference = available - stock.available;
    const set = await StockModel.updateOne(
      { _id, available: stock.available },
      { $inc: { available: difference, adjustments: difference } },
    );
    if (set.matchedCount === 1) return;
  }
}

/** Units free to be bought of each SKU; 0 for one that has no stock. */
export async function stockOf(shop: string, skus: readonly string[]): Promise<Map<string, number>> {
  const stocks = await StockModel.find({ _id: trusted({ $in: skus.map((sku) => stockId(shop, sku)) }) }).lean<
    Stock[]
  >();
  const free = new Map(skus.map((sku) => [sku, 0]));
  for (const { sku, available } of stocks) free.set(sku, available);
  return free;
}
