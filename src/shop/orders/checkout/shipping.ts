import type { Localised } from "../../core/localised-text.ts";
import { type Money, money } from "../../core/money.ts";
import { getShop } from "../../core/shop.ts";

/** One way to have an order sent, priced for its subtotal. `days` from, to. */
export interface ShippingOption {
  readonly id: string;
  readonly name: Localised;
  readonly price: Money;
  readonly days: readonly [number, number];
}

/**
 * How the shop sends to a country (ISO 3166-1 alpha-2): the options of the zone that names it, else of the zone for
 * all others. Empty where it does not send. An option costs nothing from the subtotal it is free from.
 */
export async function shippingOptions(
  shop: string,
  country: string,
  subtotal: Money,
): Promise<ShippingOption[]> {
  const { zones, currency } = await getShop(shop);
  const zone =
    zones.find(({ countries }) => countries.includes(country)) ??
    zones.find(({ countries }) => countries.includes("*"));
  return (zone?.options ?? []).map(({ id, name, price, days, freeFrom }) => ({
    id,
    name,
    days,
    price: money(freeFrom !== undefined && subtotal.amount >= freeFrom ? 0 : price, currency),
  }));
}
