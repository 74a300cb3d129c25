import type { Turn } from "../src/engine/index.ts";
import { NotFound } from "../src/shop/core/errors.ts";
import { owns } from "../src/shop/customers/customer.ts";
import { getOrder } from "../src/shop/orders/find-order.ts";
import type { Order } from "../src/shop/orders/order.ts";
import { type Shopfront, visit } from "./shopfront.ts";

/** An order of the customer of this turn; null where there is none or it is somebody else's, and the log has which. */
export async function ownedOrder(front: Shopfront, turn: Turn, id: string): Promise<Order | null> {
  const { shop, customer } = await visit(front, turn);
  try {
    const order = await getOrder(shop._id, id);
    if (owns(customer, order)) return order;
    front.refused?.(new NotFound("order of this customer", id));
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    front.refused?.(error);
  }
  return null;
}
