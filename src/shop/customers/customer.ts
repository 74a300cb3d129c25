import { trusted } from "mongoose";
import { beginning } from "../../i18n/graphemes.ts";
import { isDuplicateKey, NotFound } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { lineSchema } from "../core/text-schemas.ts";
import { type Address, normalAddress } from "./addresses/address.ts";
import {
  accountByIdentity,
  CustomerModel,
  ERASED,
  type Identity,
  identityKey,
  openAddresses,
  openField,
  type StoredCustomer,
  sealAddress,
  sealField,
  VISITOR_MS,
} from "./customer-record.ts";
import {
  type LinkedAccounts,
  linkedAccountIds,
  linkedAccountsById,
  linkedAccountsOf,
} from "./linked-accounts.ts";

export { CustomerModel, type Identity } from "./customer-record.ts";

/** A person who buys. Name, contact and addresses are open here and sealed in the store. */
export interface Customer {
  /** The id of the root of their accounts: what is new belongs to it. */
  _id: string;
  shop: string;
  /** Ids of all their accounts, the root first. What is older may belong to any of them. */
  family: string[];
  /** One an account, in the order of `family`. */
  identities: Identity[];
  name?: string;
  email?: string;
  phone?: string;
  /** The language they chose. */
  language: string;
  /** When they agreed to be written to and remembered. */
  consentAt?: Date;
  /** The one used last first. */
  addresses: (Address & { id: string })[];
  /** The identity they wrote from last, known once there are several. */
  lastUsed?: Identity;
  /** The identity they want to hear of their orders. */
  newsTo?: Identity;
  /** They asked to be erased as soon as their orders are done. */
  eraseAt?: Date;
  createdAt: Date;
}

/** At most so many addresses are kept of an account; the one used longest ago makes room. */
export const ADDRESSES_MAX = 10;

const contentOf = ({ id: _, ...address }: Address): string => JSON.stringify(address);

function opened(family: LinkedAccounts): Customer {
  const [{ _id, shop, language, createdAt, lastUsed, newsTo }] = family;
  const first = <T>(read: (account: StoredCustomer) => T | undefined): T | undefined =>
    family.map(read).find((value) => value !== undefined);
  const identities = family
    .flatMap((account) => account.identities)
    .filter(({ platform }) => platform !== ERASED);
  const bare = (key: string | undefined): Identity | undefined => {
    const found = identities.find((identity) => identity.key === key);
    return found && { platform: found.platform, connection: found.connection, user: found.user };
  };
  const addresses = family.flatMap(openAddresses);
  return {
    _id,
    shop,
    family: family.map((account) => account._id),
    identities: identities.map(({ platform, connection, user }) => ({ platform, connection, user })),
    name: first((account) => openField(account, "name")),
    email: first((account) => openField(account, "email")),
    phone: first((account) => openField(account, "phone")),
    language,
    consentAt: first((account) => account.consentAt),
    addresses: addresses.filter(
      (address, index) => addresses.findIndex((one) => contentOf(one) === contentOf(address)) === index,
    ),
    lastUsed: bare(lastUsed),
    newsTo: bare(newsTo),
    eraseAt: first((account) => account.eraseAt),
    createdAt,
  };
}

// A platform's name may be anything, a customer's is one short line.
function knownName(name: string | undefined): string | undefined {
  const line = lineSchema(80).safeParse(name && beginning(name, 80));
  return line.success ? line.data : undefined;
}

/**
 * The customer behind an identity, made at first sight. Of linked accounts each answers the same customer.
 *
 * Two processes that see a person first at the same time get the same customer; `isNew` is true for one of them. With
 * `first.key` it is true again for whoever repeats the call that made the customer, as a turn does after a crash.
 */
export async function customerFor(
  shop: string,
  identity: Identity,
  first: { language: string; name?: string; key?: string },
  now: Date = new Date(),
): Promise<{ customer: Customer; isNew: boolean }> {
  const found = await accountByIdentity(shop, identity);
  if (found !== null) {
    const isNew = first.key !== undefined && found.madeBy === first.key;
    return { customer: opened(await linkedAccountsOf(found)), isNew };
  }
  const _id = newId("c");
  const name = knownName(first.name);
  const { platform, connection, user } = identity;
  const account: StoredCustomer = {
    _id,
    shop,
    identities: [{ platform, connection, user, key: identityKey(shop, identity) }],
    ...(name === undefined ? {} : { name: sealField(_id, "name", name) }),
    language: first.language,
    addresses: [],
    ...(first.key === undefined ? {} : { madeBy: first.key }),
    forgetAt: new Date(now.getTime() + VISITOR_MS),
    createdAt: now,
  };
  try {
    await CustomerModel.create(account);
    return { customer: opened([account]), isNew: true };
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const other = await accountByIdentity(shop, identity);
    if (other === null) throw error;
    return { customer: opened(await linkedAccountsOf(other)), isNew: false };
  }
}

/** The customer one of whose accounts has this id. @throws {NotFound} */
export const getCustomer = async (shop: string, id: string): Promise<Customer> =>
  opened(await linkedAccountsById(shop, id));

/** Remembers the language a customer chose. @throws {NotFound} */
export async function setLanguage(shop: string, id: string, language: string): Promise<void> {
  const { matchedCount } = await CustomerModel.updateOne({ _id: id, shop }, { $set: { language } });
  if (matchedCount === 0) throw new NotFound("customer", id);
}

/** Notes when a customer first agreed; agreeing again changes nothing. */
export async function giveConsent(shop: string, id: string, now: Date = new Date()): Promise<void> {
  await CustomerModel.updateOne(
    { _id: id, shop, consentAt: trusted({ $exists: false }) },
    { $set: { consentAt: now } },
  );
}

/**
 * Keeps an address as the customer's latest, and its name, e-mail and phone as theirs. Returns its id.
 *
 * An address they have already moves to the front instead of being kept twice, so repeating the call is safe. With
 * `address.id` the one of that id is changed.
 *
 * @throws {z.ZodError} naming the field
 * @throws {NotFound}
 */
export async function saveAddress(
  shop: string,
  customer: string,
  { id, ...address }: Address,
): Promise<Address & { id: string }> {
  const valid = normalAddress(address);
  const [root] = await linkedAccountsById(shop, customer);
  const before = openAddresses(root);
  const same = before.find((known) => contentOf(known) === contentOf(valid));
  const kept = same?.id ?? before.find((known) => known.id === id)?.id ?? newId("a");
  const entry = { id: kept, sealed: sealAddress(root._id, kept, valid) };
  const own = (["name", "email", "phone"] as const).map((field) => [
    field,
    sealField(root._id, field, valid[field]),
  ]);
  // Two updates: MongoDB takes no $pull and $push of one field together.
  await CustomerModel.updateOne({ _id: root._id, shop }, { $pull: { addresses: { id: kept } } });
  await CustomerModel.updateOne(
    { _id: root._id, shop },
    {
      $push: { addresses: { $each: [entry], $slice: -ADDRESSES_MAX } },
      $set: Object.fromEntries(own),
    },
  );
  return { ...valid, id: kept };
}

/** Forgets an address, whichever of the customer's accounts it came with. */
export async function removeAddress(shop: string, customer: string, id: string): Promise<void> {
  const family = await linkedAccountIds(shop, customer);
  await CustomerModel.updateMany({ _id: trusted({ $in: family }), shop }, { $pull: { addresses: { id } } });
}

/** True when one of the customer's accounts is the one this belongs to: an order, a review. */
export const owns = (customer: Customer, { customer: owner }: { readonly customer: string }): boolean =>
  customer.family.includes(owner);
