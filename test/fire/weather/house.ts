import { CartModel } from "../../../src/shop/cart.ts";
import { setAddress, setShipping, startCheckout } from "../../../src/shop/checkout.ts";
import { type Order, OrderModel } from "../../../src/shop/order.ts";
import { PaymentEventModel } from "../../../src/shop/payment-events.ts";
import { saveProduct } from "../../../src/shop/product.ts";
import { saveShop } from "../../../src/shop/shop.ts";
import { StockModel, setStock } from "../../../src/shop/stock.ts";
import { address, anyCustomer, mug } from "../../shop/orders/world.ts";

/** Mugs at the start of each history: enough for one order of two and not for two of them. */
export const MUGS = 3;
/** Mugs in an order. */
export const QUANTITY = 2;

/** A shop that sells mugs, and its one customer. */
export interface House {
  readonly shop: string;
  readonly customer: string;
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
  return { shop, customer: await anyCustomer(shop) };
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

/** A draft that needs only to be placed. The same `key` is the same draft. @throws {OutOfStock} */
export async function drafted({ shop, customer }: House, key: string, now: Date): Promise<Order> {
  const draft = await startCheckout(
    shop,
    customer,
    key,
    { buyNow: { sku: "MUG", quantity: QUANTITY }, locale: "en" },
    now,
  );
  if (draft.state !== "draft" || draft.holdUntil !== null || draft.shipping !== undefined) return draft;
  await setAddress(draft, address);
  return setShipping(draft, "post");
}
