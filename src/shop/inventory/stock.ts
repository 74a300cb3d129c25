import { model, Schema, trusted } from "mongoose";
import { isDuplicateKey, ShopError } from "../core/errors.ts";
import { type Availability, counted, SOLD_OUT, UNTRACKED } from "./availability.ts";

/** Units taken by an order. A hold is for an order that is not paid yet, a sale for one that is not shipped yet. */
export interface Taken {
  order: string;
  quantity: number;
}

/**
 * The units of one SKU. All changes are single conditional updates of this one document, so that
 * `available` plus held plus `sold` equals `adjustments` whatever runs at the same time.
 *
 * Of an untracked SKU each hold puts in the units it takes (`adjustments`). From then on they are units like others: they
 * are sold, come back and are counted in the same way, so that a merchant may begin or stop counting while orders are open.
 */
export interface Stock {
  /** `<shop>/<sku>` */
  _id: string;
  shop: string;
  sku: string;
  /** Absent in documents of earlier versions, which are all counted. */
  tracking?: Availability["kind"];
  /** Units free to be bought; never negative. Of an untracked SKU only those that came back: they limit nothing. */
  available: number;
  holds: (Taken & { until: Date })[];
  /** Sold and not shipped: what a refund may still put back. */
  sales: Taken[];
  sold: number;
  /** Everything merchants, and holds of an untracked SKU, put in or took out, from zero. */
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
      tracking: { type: String, enum: ["counted", "untracked"] },
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
        await StockModel.create(newStock(shop, sku, counted(available)));
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
      { $inc: { available: difference, adjustments: difference }, $set: { tracking: "counted" } },
    );
    if (set.matchedCount === 1) return;
  }
}

/** Stops counting a SKU: it can always be bought until `setStock` counts it again. Holds and sales stay. Safe to repeat. */
export async function stopCounting(shop: string, sku: string): Promise<void> {
  const { _id, tracking, ...rest } = newStock(shop, sku, UNTRACKED);
  const change = { $set: { tracking }, $setOnInsert: rest };
  try {
    await StockModel.updateOne({ _id }, change, { upsert: true });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    // Somebody else has made it a moment ago.
    await StockModel.updateOne({ _id }, { $set: { tracking } });
  }
}

/** The stock of a SKU that has none yet. */
export const newStock = (shop: string, sku: string, stock: Availability): Stock => {
  const available = stock.kind === "counted" ? stock.units : 0;
  const none = { holds: [], sales: [], sold: 0, settled: [] };
  return {
    _id: stockId(shop, sku),
    shop,
    sku,
    tracking: stock.kind,
    available,
    adjustments: available,
    ...none,
  };
};

/** What can be bought of a stock. */
export const availabilityIn = ({
  tracking,
  available,
}: Pick<Stock, "tracking" | "available">): Availability =>
  tracking === "untracked" ? UNTRACKED : counted(available);

/** What can be bought of each SKU; nothing of one that has no stock. */
export async function stockOf(shop: string, skus: readonly string[]): Promise<Map<string, Availability>> {
  const stocks = await StockModel.find({ _id: trusted({ $in: skus.map((sku) => stockId(shop, sku)) }) }).lean<
    Stock[]
  >();
  const free = new Map(skus.map((sku) => [sku, SOLD_OUT]));
  for (const stock of stocks) free.set(stock.sku, availabilityIn(stock));
  return free;
}
