import { type mongo, trusted } from "mongoose";
import { driverCollection } from "../store/driver-collection.ts";
import { isDuplicateKey } from "./errors.ts";
import { type Stock, StockModel, setStock, stockId } from "./stock.ts";

/** A count as a merchant gives it: whole pieces free to be bought. */
export interface StockCount {
  readonly sku: string;
  readonly available: number;
}

/**
 * Sets many counts as `setStock` does, by a few commands for all of them. Where something is sold at the same moment, the
 * SKU's count is set again by itself.
 */
export async function setStocks(shop: string, counts: readonly StockCount[]): Promise<void> {
  await changeStocks(shop, counts, ({ available }) => available, true);
}

/**
 * Takes back what merchants' counts have added to SKUs since `adjustments` was noted; what was sold meanwhile stays sold.
 * SKUs without stock are passed over.
 */
export async function takeBackStocks(
  shop: string,
  before: readonly { readonly sku: string; readonly adjustments: number }[],
): Promise<void> {
  await changeStocks(
    shop,
    before,
    ({ adjustments }, stock) => Math.max(0, stock.available - (stock.adjustments - adjustments)),
    false,
  );
}

type Known = Pick<Stock, "_id" | "sku" | "available" | "adjustments">;

async function changeStocks<C extends { readonly sku: string }>(
  shop: string,
  changes: readonly C[],
  wanted: (change: C, stock: Pick<Known, "available" | "adjustments">) => number,
  create: boolean,
): Promise<void> {
  if (changes.length === 0) return;
  const found = await StockModel.find(
    { _id: trusted({ $in: changes.map(({ sku }) => stockId(shop, sku)) }) },
    { sku: 1, available: 1, adjustments: 1 },
  ).lean<Known[]>();
  const stocks = new Map(found.map((stock) => [stock.sku, stock]));
  const operations: mongo.AnyBulkWriteOperation<Stock>[] = [];
  const counts: StockCount[] = [];
  for (const change of changes) {
    const { sku } = change;
    const stock = stocks.get(sku);
    if (stock === undefined && !create) continue;
    const available = wanted(change, stock ?? { available: 0, adjustments: 0 });
    if (stock === undefined) operations.push({ insertOne: { document: emptyStock(shop, sku, available) } });
    else if (stock.available !== available) {
      const difference = available - stock.available;
      operations.push({
        updateOne: {
          filter: { _id: stock._id, available: stock.available },
          update: { $inc: { available: difference, adjustments: difference } },
        },
      });
    } else continue;
    counts.push({ sku, available });
  }
  if (operations.length === 0 || (await writtenAll(operations))) return;
  for (const { sku, available } of counts) await setStock(shop, sku, available);
}

async function writtenAll(operations: mongo.AnyBulkWriteOperation<Stock>[]): Promise<boolean> {
  try {
    const { insertedCount, matchedCount } = await driverCollection(StockModel).bulkWrite(operations, {
      ordered: false,
    });
    return insertedCount + matchedCount === operations.length;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return false;
  }
}

const emptyStock = (shop: string, sku: string, available: number): Stock => ({
  _id: stockId(shop, sku),
  shop,
  sku,
  available,
  holds: [],
  sales: [],
  sold: 0,
  adjustments: available,
  settled: [],
});
