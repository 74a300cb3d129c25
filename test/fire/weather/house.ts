import { CartModel } from "../../../src/shop/cart/cart.ts";
import { saveProduct } from "../../../src/shop/catalog/save-product.ts";
import { newId } from "../../../src/shop/core/ids.ts";
import { saveShop } from "../../../src/shop/core/shop.ts";
import { StockModel, setStock } from "../../../src/shop/inventory/stock.ts";
import {
  DRAFT_MS,
  setAddress,
  setShipping,
  startCheckout,
} from "../../../src/shop/orders/checkout/checkout.ts";
import { sealAddress } from "../../../src/shop/orders/checkout/order-address.ts";
import type { Order } from "../../../src/shop/orders/order.ts";
import { OrderModel } from "../../../src/shop/orders/order-model.ts";
import { PaymentEventModel } from "../../../src/shop/orders/payments/payment-events.ts";
import { address, anyCustomer, mug } from "../../shop/orders/world.ts";

/** Mugs at the start of each history: enough for one order of two and not for two of them. */
export const MUGS = 3;
/** Mugs in an order. */
export const QUANTITY = 2;

/** A shop that sells mugs, and its one customer. */
export interface House {
  readonly shop: string;
  /** A draft of the customer's, with address and shipping. */
  readonly draft: Order;
}

/** Opens the shop in an empty database. */
export async function openHouse(): Promise<House> {
  const shop = "house";
  await saveShop({
    _id: shop,
    name: { en: "House of mugs" },
    currency: "EUR",
    languages: ["en"],
    zones: [
      {
        id: "all",
        countries: ["*"],
        options: [{ id: "post", name: { en: "Post" }, price: 490, days: [2, 4] }],
      },
    ],
  });
  await saveProduct(mug(shop));
  await setStock(shop, "MUG", MUGS);
  const customer = await anyCustomer(shop);
  const buyNow = { sku: "MUG", quantity: QUANTITY };
  const draft = await startCheckout(shop, customer, "press", { buyNow, locale: "en" });
  await setAddress(draft, address);
  return { shop, draft: await setShipping(draft, "post") };
}

/** The shop as it was opened: no orders, all mugs on the shelf. */
export async function clearHouse({ shop }: House): Promise<void> {
  await Promise.all([
    OrderModel.deleteMany({}),
    PaymentEventModel.deleteMany({}),
    CartModel.deleteMany({}),
    StockModel.deleteMany({}),
  ]);
  await setStock(shop, "MUG", MUGS);
}

/** A draft that needs only to be placed, as the shopper would have made it now. The same `key` is the same draft. */
export async function drafted({ draft }: House, key: string, now: Date): Promise<Order> {
  const before = await OrderModel.findOne({ shop: draft.shop, customer: draft.customer, key }).lean<Order>();
  if (before !== null) return before;
  const _id = newId("o");
  const at = new Date(now.getTime() + DRAFT_MS);
  const fresh: Order = {
    ...draft,
    _id,
    key,
    number: `H-${key}`,
    address: sealAddress(_id, address),
    history: [{ state: "draft", at: now, by: draft.customer }],
    tasks: [{ name: "discard", at, attempts: 0 }],
    attendAt: at,
    createdAt: now,
  };
  await OrderModel.create(fresh);
  return fresh;
}
