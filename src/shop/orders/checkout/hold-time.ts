import mongoose from "mongoose";
import { linkedAccountIds } from "../../customers/linked-accounts.ts";
import { StockModel, stockId } from "../../inventory/stock.ts";
import { ownedBy } from "../find-order.ts";
import type { Order, OrderLine } from "../order.ts";
import { OrderModel } from "../order-model.ts";

const { trusted } = mongoose;

/** Stock is held for half an hour while the shopper pays. */
export const HOLD_MS = 30 * 60_000;
/** Less where one person, or one network, would hold most of what there is; how long if nothing else is set. */
export const LARGE_HOLD_MS = 10 * 60_000;
/**
 * So few units are never a large share: somebody wants the last two. What many orders of so few hold together is bounded by
 * how many a person and a network may have open.
 */
const SMALL_UNITS = 2;
/** Open orders of a person and their network that are looked at; placing refuses more of either. */
const ORDERS_READ = 20;

/**
 * How long an order may hold its stock, in milliseconds: `large` where it brings what its customer and its network hold
 * unpaid of a SKU to more than half of what could be had of it, else half an hour. Somebody may want all there is, but who
 * does not mean it keeps it from others for minutes only. An order of one or two units of each costs no look at the store.
 */
export async function holdTime(order: Order, large: number): Promise<number> {
  const { shop, lines } = order;
  const skus = [...new Set(lines.map(({ sku }) => sku))].filter((sku) => unitsOf(sku, lines) > SMALL_UNITS);
  if (skus.length === 0) return HOLD_MS;
  const [stocks, others] = await Promise.all([
    StockModel.find(
      { _id: trusted({ $in: skus.map((sku) => stockId(shop, sku)) }) },
      { sku: 1, available: 1, tracking: 1 },
    ).lean(),
    heldBeside(order),
  ]);
  const isLarge = stocks.some(({ sku, available, tracking }) => {
    if (tracking === "untracked") return false;
    const already = unitsOf(sku, others);
    return 2 * (already + unitsOf(sku, lines)) > available + already;
  });
  return isLarge ? Math.min(large, HOLD_MS) : HOLD_MS;
}

/** The lines of the other open orders that the same customer, or the same network, holds stock with. */
async function heldBeside({ shop, _id, customer, network }: Order): Promise<OrderLine[]> {
  const family = await linkedAccountIds(shop, customer);
  const open = {
    _id: trusted({ $ne: _id }),
    state: trusted({ $in: ["draft", "awaiting_payment"] as const }),
    holdUntil: trusted({ $ne: null }),
  };
  const read = async (orders: ReturnType<typeof OrderModel.find>) =>
    await orders.select({ lines: 1 }).limit(ORDERS_READ).lean<Pick<Order, "_id" | "lines">[]>();
  // Each is answered by an index of its own.
  const found = await Promise.all([
    read(OrderModel.find({ shop, customer: ownedBy(family), ...open })),
    network === undefined ? [] : read(OrderModel.find({ shop, network, ...open })),
  ]);
  const each = new Map(found.flat().map((one) => [one._id, one.lines]));
  return [...each.values()].flat();
}

/** Units of a SKU in these lines. */
export const unitsOf = (sku: string, lines: readonly OrderLine[]): number =>
  lines.reduce((units, line) => units + (line.sku === sku ? line.quantity : 0), 0);
