import { LRUCache } from "lru-cache";
import { type QueryFilter, trusted, type UpdateQuery } from "mongoose";
import { ShopError } from "../core/errors.ts";
import { OutOfStock, type Stock, StockModel, stockId } from "../inventory/stock.ts";

/** A line of an order, as far as stock is concerned. */
export interface StockLine {
  readonly sku: string;
  readonly quantity: number;
}

/** The order is through with the SKU: it has given its units back or was refused before, so it can take none again. */
export class HoldEnded extends ShopError {
  readonly sku: string;
  readonly available: number;
  constructor(order: string, sku: string, available: number) {
    super("HOLD_ENDED", `order ${order} has ended its hold of ${sku}`);
    this.sku = sku;
    this.available = available;
  }
}

/**
 * Orders a stock remembers as through with it. Each is read and written with every change, so they are few; what a run that
 * fell behind by more takes late, placing the order gives back.
 */
const SETTLED_KEPT = 100;

/**
 * Holds the units of all lines for an order, or none of them: lines of one SKU are summed, SKUs are taken in sorted
 * order, and what was taken is put back when one falls short.
 *
 * Repeating it while the order holds changes nothing. An order holds once in its life: after `releaseAll` or a
 * failure it can hold no more.
 *
 * @throws {OutOfStock} naming the first SKU that falls short
 * @throws {HoldEnded}
 */
export async function holdAll(
  shop: string,
  order: string,
  lines: readonly StockLine[],
  until: Date,
): Promise<void> {
  try {
    await takeAll(shop, order, lines, until);
  } catch (error) {
    if (error instanceof OutOfStock || error instanceof HoldEnded)
      await releaseAll(shop, order, linesBefore(error.sku, lines));
    throw error;
  }
}

/**
 * As `holdAll`, but keeps what it took when it throws, for callers that first write down that the order has ended. Then
 * only lines `before` the SKU that the error names may be held: the order is through with that one, and so no other run
 * of it comes past.
 */
export async function takeAll(
  shop: string,
  order: string,
  lines: readonly StockLine[],
  until: Date,
): Promise<void> {
  for (const line of summed(lines)) await take(stockId(shop, line.sku), order, line, until);
}

/** The lines whose SKUs are taken before this one. */
export const linesBefore = (sku: string, lines: readonly StockLine[]): StockLine[] =>
  lines.filter((line) => line.sku < sku);

/** SKUs that fell short or were untracked when they were last asked for, so that the likelier step comes first; only a hint. */
const likely = new LRUCache<string, "short" | "untracked">({ max: 1_000 });

/** Holds the units of one SKU, or sees to it that the order never will: whichever it is, is decided once. */
async function take(_id: string, order: string, { sku, quantity }: StockLine, until: Date): Promise<void> {
  const hold = async (): Promise<boolean> => {
    const held = await StockModel.updateOne(
      { _id, available: trusted({ $gte: quantity }), ...neverHad(order) },
      { $inc: { available: -quantity }, $push: { holds: { order, quantity, until } } },
    );
    return held.modifiedCount === 1;
  };
  /** Of what nobody counts, there are as many as are asked for. */
  const holdUncounted = async (): Promise<boolean> => {
    const held = await StockModel.updateOne(
      { _id, tracking: "untracked", ...neverHad(order) },
      { $inc: { adjustments: quantity }, $push: { holds: { order, quantity, until } } },
    );
    return held.modifiedCount === 1;
  };
  for (;;) {
    const hint = likely.get(_id);
    if (hint === "untracked" && (await holdUncounted())) return;
    if (hint === undefined && (await hold())) return;
    const refused = await StockModel.findOneAndUpdate(
      {
        _id,
        tracking: trusted({ $ne: "untracked" }),
        available: trusted({ $lt: quantity }),
        ...neverHad(order),
      },
      { $push: settledBy(order) },
      { projection: { available: 1 } },
    ).lean<Pick<Stock, "available">>();
    if (refused !== null) {
      likely.set(_id, "short");
      throw new OutOfStock(sku, refused.available);
    }
    likely.delete(_id);
    const stock = await StockModel.findById(_id).lean<Stock>();
    if (stock === null) throw new OutOfStock(sku, 0);
    if (stock.settled.includes(order)) throw new HoldEnded(order, sku, stock.available);
    if ([...stock.holds, ...stock.sales].some((one) => one.order === order)) return;
    if (stock.tracking === "untracked") likely.set(_id, "untracked");
    // Else units came or went in between.
  }
}

/** Lets go of the order's holds; what is sold stays sold. Safe to repeat. A hold of this order that comes later is refused. */
export async function releaseAll(shop: string, order: string, lines: readonly StockLine[]): Promise<void> {
  for (const { sku, quantity } of summed(lines)) await release(stockId(shop, sku), order, quantity);
}

/** Turns the order's holds into sales. Safe to repeat; an order that has let go sells nothing. */
export async function commitAll(shop: string, order: string, lines: readonly StockLine[]): Promise<void> {
  for (const { sku, quantity } of summed(lines)) {
    await StockModel.updateOne(
      { _id: stockId(shop, sku), "holds.order": order },
      { $pull: { holds: { order } }, $push: { sales: { order, quantity } }, $inc: { sold: quantity } },
    );
  }
}

/** Puts back what the order holds or has bought, for a refund before shipping. Safe to repeat. */
export async function restockAll(shop: string, order: string, lines: readonly StockLine[]): Promise<void> {
  for (const { sku, quantity } of summed(lines)) {
    const _id = stockId(shop, sku);
    const takeBack = (): Promise<boolean> =>
      settle(
        { _id, "sales.order": order },
        { $pull: { sales: { order } }, $inc: { sold: -quantity, available: quantity } },
        order,
      );
    if (!(await takeBack()) && !(await release(_id, order, quantity))) await takeBack();
  }
}

/** The order has left the house: its units stay sold for good. Safe to repeat. */
export async function shipAll(shop: string, order: string, lines: readonly StockLine[]): Promise<void> {
  await commitAll(shop, order, lines);
  for (const { sku } of summed(lines)) {
    await settle({ _id: stockId(shop, sku), "sales.order": order }, { $pull: { sales: { order } } }, order);
  }
}

/**
 * Ends the order's hold, or sees to it that none can come any more; false when the order has bought or is through.
 *
 * An order takes its units in one direction only: none, hold, sale, settled. After the likely step the rest are tried
 * in that direction, so that an order which moves on in between is met at its next place.
 */
async function release(_id: string, order: string, quantity: number): Promise<boolean> {
  const letGo = (): Promise<boolean> =>
    settle(
      { _id, "holds.order": order },
      { $pull: { holds: { order } }, $inc: { available: quantity } },
      order,
    );
  // A process that fell behind may still try to hold: remember that it must not.
  const bar = (): Promise<boolean> => settle({ _id, ...neverHad(order) }, {}, order);
  return (await letGo()) || (await bar()) || (await letGo());
}

/** Changes the stock where the filter fits, and notes that the order is through with it. Returns whether it did. */
async function settle(
  filter: QueryFilter<Stock>,
  change: UpdateQuery<Stock>,
  order: string,
): Promise<boolean> {
  const settled = await StockModel.updateOne(filter, { ...change, $push: settledBy(order) });
  return settled.modifiedCount === 1;
}

/** Fits a stock that the order has not come to yet. */
const neverHad = (order: string) => {
  const not = trusted({ $ne: order });
  return { "holds.order": not, "sales.order": not, settled: not };
};

const settledBy = (order: string) => ({ settled: { $each: [order], $slice: -SETTLED_KEPT } });

/** One line a SKU, quantities added up, in the order of the SKUs so that two orders never wait for each other. */
function summed(lines: readonly StockLine[]): StockLine[] {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  return [...quantities]
    .map(([sku, quantity]) => ({ sku, quantity }))
    .sort((one, other) => (one.sku < other.sku ? -1 : 1));
}
