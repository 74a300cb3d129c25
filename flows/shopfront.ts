import type { Button, Media, Turn } from "../src/engine/index.ts";
import type { Commerce } from "../src/shop/commerce.ts";
import { type Customer, customerFor } from "../src/shop/customer.ts";
import { format, type Money } from "../src/shop/money.ts";
import type { Product, ProductImage } from "../src/shop/product.ts";
import type { CatalogSearch } from "../src/shop/search.ts";
import { getShop, inLanguage, type Shop } from "../src/shop/shop.ts";
import { links } from "./links.ts";

/** What the flows need of the house. */
export interface Shopfront {
  readonly commerce: Commerce;
  readonly search: CatalogSearch;
  /** The shop that a connection sells for. */
  shopOf(connection: string): string;
}

/** The shop and the customer of a turn. */
export interface Visit {
  readonly shop: Shop;
  readonly customer: Customer;
  readonly isNew: boolean;
}

const visits = new WeakMap<Turn, Promise<Visit>>();

/** Who is here and in which shop; registers a person at first contact. Read once a turn. */
export function visit(front: Shopfront, turn: Turn): Promise<Visit> {
  const known = visits.get(turn);
  if (known) return known;
  const reading = readVisit(front, turn);
  visits.set(turn, reading);
  return reading;
}

async function readVisit(front: Shopfront, turn: Turn): Promise<Visit> {
  const { platform, connection } = turn.address;
  const id = front.shopOf(connection);
  const { id: user, name } = turn.sender;
  const [shop, { customer, isNew }] = await Promise.all([
    getShop(id),
    customerFor(
      id,
      { platform, connection, user },
      { language: turn.locale, ...(name && { name }) },
      turn.now,
    ),
  ]);
  return { shop, customer, isNew };
}

/** An amount in the shop's currency, as people of the turn's language write it. */
export const price = (turn: Turn, amount: number | Money, currency: string): string =>
  format(typeof amount === "number" ? { amount, currency } : amount, turn.locale);

/** A product's picture, if it has one. */
export function picture(product: Product, turn: Turn, index = 0): { image: Media } | Record<string, never> {
  const found: ProductImage | undefined = product.images[index] ?? product.images[0];
  if (!found) return {};
  const { media, url, alt } = found;
  return { image: { alt: inLanguage(alt, turn.locale), ...(media && { id: media }), ...(url && { url }) } };
}

/** The way home and to the main places. */
export const mainMenu = (turn: Turn): Button[] => [
  turn.button(turn.say("menu.browse"), links.browse(), { style: "primary" }),
  turn.button(turn.say("menu.search"), links.askSearch()),
  turn.button(turn.say("menu.cart"), links.cart()),
  turn.button(turn.say("menu.orders"), links.orders({ page: 1 })),
  turn.button(turn.say("menu.account"), links.account()),
  turn.button(turn.say("menu.help"), links.help()),
];

/** Previous and next, where there are such pages. */
export const pager = (
  turn: Turn,
  at: { page: number; pages: number },
  to: (page: number) => Parameters<Turn["button"]>[1],
): Button[] => [
  ...(at.page > 1 ? [turn.button(`‹ ${turn.say("previous")}`, to(at.page - 1))] : []),
  ...(at.page < at.pages ? [turn.button(`${turn.say("next")} ›`, to(at.page + 1))] : []),
];

/** Filled and empty stars for a rating of 1 to 5. */
export const stars = (rating: number): string =>
  "★".repeat(Math.round(rating)) + "☆".repeat(5 - Math.round(rating));
