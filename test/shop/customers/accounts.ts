import { type Linked, linkByCode } from "../../../src/shop/accounts/customer-link.ts";
import { readCart } from "../../../src/shop/cart/cart-view.ts";
import { type Customer, customerFor } from "../../../src/shop/customers/customer.ts";
import type { Identity } from "../../../src/shop/customers/customer-record.ts";
import { readLinkCode, showLinkCode } from "../../../src/shop/customers/link-code.ts";

let people = 0;

/** An account of a shop that nobody has used yet. */
export interface Account {
  readonly id: string;
  readonly identity: Identity;
  /** The customer it belongs to now. */
  customer(): Promise<Customer>;
}

/** A new account, made at `at` (minutes), since age decides who is the heir. */
export async function anAccount(shop: string, platform = "telegram", at = 0): Promise<Account> {
  const identity = { platform, connection: "bot", user: `u${++people}` };
  const now = new Date(Date.UTC(2026, 0, 1, 0, at));
  const read = async () => (await customerFor(shop, identity, { language: "en" }, now)).customer;
  const { _id } = await read();
  return { id: _id, identity, customer: read };
}

/** `from` types the code that `to` was shown, and confirms it. */
export async function links(
  shop: string,
  to: Account,
  from: Account,
  key = `key-${++people}`,
): Promise<Linked> {
  return linkByCode(shop, from.id, await proofFor(shop, to.id, from.id), key);
}

/** What proves that the account `from` typed a code that `to` was shown. */
export async function proofFor(shop: string, to: string, from: string): Promise<string> {
  const { code } = await showLinkCode(shop, to);
  return (await readLinkCode(shop, from, code)).proof;
}

/** The account that the customer of this one is kept under. */
export const rootOf = async (account: Account): Promise<string> => (await account.customer())._id;
/** All accounts of its customer, in order of their ids. */
export const familyOf = async (account: Account): Promise<string[]> =>
  (await account.customer()).family.toSorted();
export const ids = (...accounts: Account[]): string[] => accounts.map(({ id }) => id).toSorted();
/** What is in the cart: pieces by SKU. */
export const quantities = async (shop: string, customer: string): Promise<Record<string, number>> =>
  Object.fromEntries((await readCart(shop, customer)).lines.map(({ sku, quantity }) => [sku, quantity]));
