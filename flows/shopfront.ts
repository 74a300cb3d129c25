import { LRUCache } from "lru-cache";
import type { Address, Button, Media, Turn } from "../src/engine/index.ts";
import type { Product, ProductImage } from "../src/shop/catalog/product.ts";
import type { Commerce } from "../src/shop/commerce.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";
import { format, type Money } from "../src/shop/core/money.ts";
import { getShop, type Shop } from "../src/shop/core/shop.ts";
import { type Customer, customerFor, type Identity } from "../src/shop/customers/customer.ts";
import { noteUse } from "../src/shop/customers/news.ts";
import type { CatalogSearch } from "../src/shop/search/search.ts";
import { actions } from "./actions.ts";

/** What the flows need of the house. */
export interface Shopfront {
  readonly commerce: Commerce;
  readonly search: CatalogSearch;
  /** Where browsers reach the shop; no slash at the end. */
  readonly publicUrl: string;
  /** The shop that a connection sells for. */
  shopOf(connection: string): string;
  /** What people call a platform. */
  platformTitle(platform: string): string;
  /** Sends a signal of the flows to somebody, on another platform perhaps. The same id arrives once. */
  tell(identity: Identity, id: string, name: string, data: unknown): Promise<void>;
  /** Has the cards that show a subject made true in all other chats: each gets the signal, once for an id. */
  tellCards(subject: string, id: string, name: string, data: unknown, except: Address): Promise<void>;
  /** Told of each error that becomes a sentence for a person, so that the log has its cause. */
  refused?(error: Error): void;
  /**
   * Throws away what the chats of these people remember, the one that is going on apart: called when they are erased.
   * May be repeated.
   */
  forgetChats(identities: readonly Identity[]): Promise<void>;
}

/** The shop and the customer of a turn. */
export interface Visit {
  readonly shop: Shop;
  readonly customer: Customer;
  readonly isNew: boolean;
}

const visits = new WeakMap<Turn, Promise<Visit>>();
/** What is shown of a shop (name, currency) may be so old, in milliseconds; what is charged is read where it is. */
const SHOP_FRESH_MS = 1_000;
const shops = new WeakMap<Shopfront, LRUCache<string, Promise<Shop>>>();

/** The shop of a turn: a document that hardly changes, so not read in each turn, nor by many at once. @throws {NotFound} */
function shopOf(front: Shopfront, id: string): Promise<Shop> {
  const cache = shops.get(front) ?? new LRUCache<string, Promise<Shop>>({ max: 1_000, ttl: SHOP_FRESH_MS });
  shops.set(front, cache);
  const known = cache.get(id);
  if (known) return known;
  const reading = getShop(id);
  cache.set(id, reading);
  // What went wrong is asked again, not remembered.
  reading.catch(() => cache.delete(id));
  return reading;
}

/** Who is here and in which shop; registers a person at first contact. Read once a turn. */
export function visit(front: Shopfront, turn: Turn): Promise<Visit> {
  const known = visits.get(turn);
  if (known) return known;
  const reading = readVisit(front, turn);
  visits.set(turn, reading);
  return reading;
}

/** The same, read anew after a change of who is one with whom. */
export function visitAgain(front: Shopfront, turn: Turn): Promise<Visit> {
  visits.delete(turn);
  return visit(front, turn);
}

/** Who the person of a turn is on their platform. */
export const identityOf = ({ address: { platform, connection }, sender }: Turn): Identity => ({
  platform,
  connection,
  user: sender.id,
});

async function readVisit(front: Shopfront, turn: Turn): Promise<Visit> {
  const id = front.shopOf(turn.address.connection);
  const identity = identityOf(turn);
  const { name } = turn.sender;
  const first = { language: turn.locale, ...(name && { name }), key: turn.key("customer") };
  const [shop, { customer, isNew }] = await Promise.all([
    shopOf(front, id),
    customerFor(id, identity, first, turn.now),
  ]);
  if (turn.inbound.body.kind !== "signal") await noteUse(customer, identity);
  return { shop, customer, isNew };
}

/** An amount in the shop's currency, as people of the turn's language write it. */
export const price = (turn: Turn, amount: number | Money, currency: string): string =>
  format(typeof amount === "number" ? { amount, currency } : amount, turn.locale);

/** A product's picture, if it has one. */
export function picture(
  product: Pick<Product, "images">,
  turn: Turn,
  index = 0,
): { image: Media } | Record<string, never> {
  const found: ProductImage | undefined = product.images[index] ?? product.images[0];
  if (!found) return {};
  const { media, url, alt } = found;
  return { image: { alt: inLanguage(alt, turn.locale), ...(media && { id: media }), ...(url && { url }) } };
}

/** The way home and to the main places. */
export const mainMenu = (turn: Turn): Button[] => [
  turn.button(turn.say("menu.browse"), actions.browse(), { style: "primary" }),
  turn.button(turn.say("menu.search"), actions.askSearch()),
  turn.button(turn.say("menu.cart"), actions.cart()),
  turn.button(turn.say("menu.orders"), actions.orders({ page: 1 })),
  turn.button(turn.say("menu.account"), actions.account()),
  turn.button(turn.say("menu.help"), actions.help()),
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
