import { type mongo, trusted } from "mongoose";
import { driverCollection } from "../../store/driver-collection.ts";
import { isDuplicateKey } from "../core/errors.ts";
import { type Availability, counted, sameAvailability, UNTRACKED } from "./availability.ts";
import {
  availabilityIn,
  newStock,
  type Stock,
  StockModel,
  setStock,
  stockId,
  stopCounting,
} from "./stock.ts";

/** What can be bought of a SKU as a merchant says it: so many pieces, or any number. */
export interface StockSetting {
  readonly sku: string;
  readonly stock: Availability;
}

/**
 * Sets many stocks as `setStock` and `stopCounting` do, by a few commands for all of them. Where something is sold at the same
 * moment, the SKU's count is set again by itself.
 */
export async function setStocks(shop: string, settings: readonly StockSetting[]): Promise<void> {
  await changeStocks(shop, settings, ({ stock }) => stock, true);
}

/** What is noted of a SKU's stock before an import changes it. */
export interface StockBefore {
  readonly sku: string;
  readonly adjustments: number;
  readonly untracked: boolean;
}

/**
 * Takes back what merchants have said of SKUs since this was noted; what was sold meanwhile stays sold. SKUs without stock are
 * passed over.
 */
export async function takeBackStocks(shop: string, before: readonly StockBefore[]): Promise<void> {
  await changeStocks(
    shop,
    before,
    ({ adjustments, untracked }, stock) =>
      untracked ? UNTRACKED : counted(Math.max(0, stock.available - (stock.adjustments - adjustments))),
    false,
  );
}

type Known = Pick<Stock, "_id" | "sku" | "tracking" | "available" | "adjustments">;

async function changeStocks<C extends { readonly sku: string }>(
  shop: string,
  changes: readonly C[],
  wanted: (change: C, stock: Pick<Known, "available" | "adjustments">) => Availability,
  create: boolean,
): Promise<void> {
  if (changes.length === 0) return;
  const found = await StockModel.find(
    { _id: trusted({ $in: changes.map(({ sku }) => stockId(shop, sku)) }) },
    { sku: 1, tracking: 1, available: 1, adjustments: 1 },
  ).lean<Known[]>();
  const stocks = new Map(found.map((stock) => [stock.sku, stock]));
  const operations: mongo.AnyBulkWriteOperation<Stock>[] = [];
  const settings: StockSetting[] = [];
  for (const change of changes) {
    const { sku } = change;
    const stock = stocks.get(sku);
    if (stock === undefined && !create) continue;
    const after = wanted(change, stock ?? { available: 0, adjustments: 0 });
    if (stock === undefined) operations.push({ insertOne: { document: newStock(shop, sku, after) } });
    else if (sameAvailability(after, availabilityIn(stock))) continue;
    else operations.push({ updateOne: updateTo(stock, after) });
    settings.push({ sku, stock: after });
  }
  if (operations.length === 0 || (await writtenAll(operations))) return;
  for (const { sku, stock } of settings)
    await (stock.kind === "untracked" ? stopCounting(shop, sku) : setStock(shop, sku, stock.units));
}

function updateTo({ _id, available }: Known, after: Availability) {
  const $set = { tracking: after.kind };
  if (after.kind === "untracked") return { filter: { _id }, update: { $set } };
  const difference = after.units - available;
  return {
    filter: { _id, available },
    update: { $set, $inc: { available: difference, adjustments: difference } },
  };
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
