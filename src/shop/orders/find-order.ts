import { type QueryFilter, trusted } from "mongoose";
import { NotFound } from "../core/errors.ts";
import type { Order } from "./order.ts";
import { orderStates } from "./order-machine.ts";
import { OrderModel } from "./order-model.ts";

/** The order of this id, whatever its shop; for what providers and timers bring. */
export const findOrder = (id: string): Promise<Order | null> => OrderModel.findById(id).lean<Order>().exec();

/** The order of this id in this shop. @throws {NotFound} */
export async function getOrder(shop: string, id: string): Promise<Order> {
  const order = await findOrder(id);
  if (order === null || order.shop !== shop) throw new NotFound("order", id);
  return order;
}

/** The order with this number ("H-1042", in any case, the "H-" may be left out). @throws {NotFound} */
export async function getOrderByNumber(shop: string, number: string): Promise<Order> {
  const digits = /^\s*#?(?:h-?)?(\d+)\s*$/i.exec(number)?.[1] ?? "";
  const order = await OrderModel.findOne({ shop, number: `H-${digits}` }).lean<Order>();
  if (order === null) throw new NotFound("order", number);
  return order;
}

/** One page of orders, newest first. */
export interface OrderPage {
  readonly orders: Order[];
  readonly total: number;
  readonly page: number;
  readonly pages: number;
}

/** The orders of a customer, or of all accounts of one, drafts left out. Pages count from 1. */
export function listOrders(
  shop: string,
  customer: string | readonly string[],
  page = 1,
  size = 10,
): Promise<OrderPage> {
  return pageOf(
    {
      shop,
      customer: ownedBy(customer),
      state: trusted({ $in: orderStates.filter((state) => state !== "draft") }),
    },
    page,
    size,
  );
}

/** What orders are asked for by: their customer, or the accounts of one. */
export const ownedBy = (customer: string | readonly string[]) =>
  typeof customer === "string" ? customer : trusted({ $in: [...customer] });

const open = ["awaiting_payment", "paid", "packed", "shipped", "delivered", "refunding"] as const;

/** The orders that a merchant has still to do with: those under way, and those whose refund did not arrive or cannot be made. */
export const listOpenOrders = (shop: string, page = 1, size = 20): Promise<OrderPage> =>
  pageOf(
    {
      shop,
      $or: [
        { state: trusted({ $in: [...open] }) },
        { state: "refunded", quarantine: trusted({ $in: ["refund-failed", "refund-refused"] }) },
        { "strays.refused": true },
      ],
    },
    page,
    size,
  );

async function pageOf(filter: QueryFilter<Order>, page: number, size: number): Promise<OrderPage> {
  const total = await OrderModel.countDocuments(filter);
  const pages = Math.max(1, Math.ceil(total / size));
  const at = Math.min(Math.max(1, Math.trunc(page) || 1), pages);
  const orders = await OrderModel.find(filter)
    .sort({ createdAt: -1 })
    .skip((at - 1) * size)
    .limit(size)
    .lean<Order[]>();
  return { orders, total, page: at, pages };
}
