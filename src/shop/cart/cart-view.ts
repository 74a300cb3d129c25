import type { OfferedProduct, OfferedVariant } from "../catalog/offer.ts";
import { onSale } from "../catalog/on-sale.ts";
import { contentId } from "../core/ids.ts";
import type { Localised } from "../core/localised-text.ts";
import { type Money, money, multiply, sum } from "../core/money.ts";
import { getShop } from "../core/shop.ts";
import { type Availability, SOLD_OUT, suffices } from "../inventory/availability.ts";
import { stockOf } from "../inventory/stock.ts";
import { type CartLine, loadCart } from "./cart.ts";

/** A cart line as it is now. `was` is the price last seen where it is another one today; `problem` keeps it from being bought. */
export interface CartViewLine {
  readonly sku: string;
  /** Null once the SKU is not on sale any more. */
  readonly product: OfferedProduct | null;
  readonly variant: OfferedVariant | null;
  readonly title: Localised;
  readonly quantity: number;
  readonly price: Money;
  readonly was?: Money;
  readonly stock: Availability;
  readonly problem?: "price-changed" | "sold-out" | "too-many" | "gone";
}

/** The cart at the prices of a moment. */
export interface CartView {
  readonly lines: CartViewLine[];
  /** Of the lines that are on sale and in stock. */
  readonly subtotal: Money;
  /** True while a line has a problem; checkout waits until each is accepted, changed or removed. */
  readonly changed: boolean;
  /** Stands for the prices of this view: hand it to `acceptPrices`, so that no other prices are accepted. */
  readonly prices: string;
}

/** The customer's cart at the prices of `now`; empty where there is none. */
export async function readCart(shop: string, customer: string, now: Date = new Date()): Promise<CartView> {
  return cartViewOf(shop, (await loadCart(shop, customer)).lines, now);
}

/** Some lines at the prices of `now`. */
export async function cartViewOf(shop: string, lines: readonly CartLine[], now: Date): Promise<CartView> {
  const { currency } = await getShop(shop);
  const skus = lines.map(({ sku }) => sku);
  const [found, stock] = await Promise.all([onSale(shop, skus, now), stockOf(shop, skus)]);
  const shown = lines.map((line): CartViewLine => {
    const { sku, quantity, seenPrice } = line;
    const known = found.get(sku);
    const seen = money(seenPrice, currency);
    if (known === undefined) {
      const title = { en: sku };
      return {
        sku,
        product: null,
        variant: null,
        title,
        quantity,
        price: seen,
        stock: SOLD_OUT,
        problem: "gone",
      };
    }
    const { product, variant } = known;
    const left = stock.get(sku) ?? SOLD_OUT;
    const price = money(variant.price, currency);
    const repriced = variant.price !== seenPrice;
    const problem = !suffices(left, 1)
      ? "sold-out"
      : !suffices(left, quantity)
        ? "too-many"
        : repriced
          ? "price-changed"
          : undefined;
    return {
      sku,
      product,
      variant,
      title: product.title,
      quantity,
      price,
      stock: left,
      ...(repriced ? { was: seen } : {}),
      ...(problem === undefined ? {} : { problem }),
    };
  });
  const sellable = shown.filter(({ problem }) => problem !== "gone" && problem !== "sold-out");
  return {
    lines: shown,
    subtotal: sum(
      sellable.map(({ price, quantity }) => multiply(price, quantity)),
      currency,
    ),
    changed: shown.some(({ problem }) => problem !== undefined),
    prices: contentId(...shown.map(({ sku, price }) => `${sku}=${price.amount}`)).slice(0, 8),
  };
}
