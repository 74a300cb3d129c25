import { model, Schema, trusted } from "mongoose";
import { open, type Place, seal } from "../store/secret-box.ts";
import { type Address, normalAddress } from "./address.ts";
import { isDuplicateKey, NotFound } from "./errors.ts";
import { newId } from "./ids.ts";
import { lineSchema } from "./shop.ts";

/** Who someone is on a platform: never a name, always the platform's own ids. */
export interface Identity {
  platform: string;
  /** The bot, workspace or web path through which they came. */
  connection: string;
  user: string;
}

/** A person who buys. Name, contact and addresses are open here and sealed in the store. */
export interface Customer {
  _id: string;
  shop: string;
  identities: Identity[];
  name?: string;
  email?: string;
  phone?: string;
  /** The language they chose. */
  language: string;
  /** When they agreed to be written to and remembered. */
  consentAt?: Date;
  /** Up to ten, the one used last first. */
  addresses: (Address & { id: string })[];
  createdAt: Date;
}

interface StoredCustomer extends Omit<Customer, "identities" | "addresses"> {
  /** `key` is what is unique: an index over three fields of an array would not tell one identity from another. */
  identities: (Identity & { key: string })[];
  addresses: { id: string; sealed: string }[];
}

// The platform of an erased customer's one identity, which keeps the unique index from seeing two with none.
const ERASED = "erased";

/** At most so many addresses are kept of a customer; the one used longest ago makes room. */
export const ADDRESSES_MAX = 10;

const part = { _id: false, id: false, strict: "throw" } as const;
const required = { type: String, required: true } as const;
const schema = new Schema<StoredCustomer>(
  {
    _id: required,
    shop: required,
    identities: [
      new Schema({ platform: required, connection: required, user: required, key: required }, part),
    ],
    name: String,
    email: String,
    phone: String,
    language: required,
    consentAt: Date,
    addresses: [new Schema({ id: required, sealed: required }, part)],
    createdAt: { type: Date, required: true },
  },
  { strict: "throw", versionKey: false, id: false },
);
// Unique over several documents: an identity is one customer's.
schema.index({ "identities.key": 1 }, { unique: true });

/** The customers of all shops, with personal fields sealed. Read them through the functions of this file. */
export const CustomerModel = model<StoredCustomer>("Customer", schema);

const keyOf = (shop: string, { platform, connection, user }: Identity): string =>
  JSON.stringify([shop, platform, connection, user]);

const place = (field: string, id: string): Place => ({ collection: "customers", field, id });

function opened(stored: StoredCustomer): Customer {
  const { _id, identities, name, email, phone, addresses, ...rest } = stored;
  const field = (name: string, sealed: string | undefined) =>
    sealed === undefined ? undefined : open(sealed, place(name, _id));
  return {
    ...rest,
    _id,
    identities: identities
      .filter(({ platform }) => platform !== ERASED)
      .map(({ platform, connection, user }) => ({ platform, connection, user })),
    name: field("name", name),
    email: field("email", email),
    phone: field("phone", phone),
    addresses: addresses
      .map(({ id, sealed }) => {
        const address: Omit<Address, "id"> = JSON.parse(open(sealed, place("address", `${_id}/${id}`)));
        return { ...address, id };
      })
      .reverse(),
  };
}

// A platform's name may be anything, a customer's is one short line.
function knownName(name: string | undefined): string | undefined {
  const line = lineSchema(80).safeParse(name?.slice(0, 80));
  return line.success ? line.data : undefined;
}

/**
 * The customer behind an identity, made at first sight.
 *
 * Two processes that see a person first at the same time get the same customer; `isNew` is true for one of them.
 */
export async function customerFor(
  shop: string,
  identity: Identity,
  first: { language: string; name?: string },
  now: Date = new Date(),
): Promise<{ customer: Customer; isNew: boolean }> {
  const key = keyOf(shop, identity);
  const known = async () => CustomerModel.findOne({ "identities.key": key }).lean<StoredCustomer>();
  const found = await known();
  if (found !== null) return { customer: opened(found), isNew: false };
  const _id = newId("c");
  const name = knownName(first.name);
  const stored: StoredCustomer = {
    _id,
    shop,
    identities: [{ platform: identity.platform, connection: identity.connection, user: identity.user, key }],
    ...(name === undefined ? {} : { name: seal(name, place("name", _id)) }),
    language: first.language,
    addresses: [],
    createdAt: now,
  };
  try {
    await CustomerModel.create(stored);
    return { customer: opened(stored), isNew: true };
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const other = await known();
    if (other === null) throw error;
    return { customer: opened(other), isNew: false };
  }
}

async function stored(shop: string, id: string): Promise<StoredCustomer> {
  const customer = await CustomerModel.findOne({ _id: id, shop }).lean<StoredCustomer>();
  if (customer === null) throw new NotFound("customer", id);
  return customer;
}

/** The customer of this id. @throws {NotFound} */
export const getCustomer = async (shop: string, id: string): Promise<Customer> =>
  opened(await stored(shop, id));

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
 * Keeps an address as the customer's latest, and its name, e-mail and phone as theirs. Answers its id.
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
  const text = JSON.stringify(valid);
  const before = opened(await stored(shop, customer));
  const same = before.addresses.find(({ id: _, ...known }) => JSON.stringify(known) === text);
  const kept = same?.id ?? before.addresses.find((known) => known.id === id)?.id ?? newId("a");
  const entry = { id: kept, sealed: seal(text, place("address", `${customer}/${kept}`)) };
  const own = (["name", "email", "phone"] as const).map((field) => [
    field,
    seal(valid[field], place(field, customer)),
  ]);
  // Two updates: MongoDB takes no $pull and $push of one field together.
  await CustomerModel.updateOne({ _id: customer, shop }, { $pull: { addresses: { id: kept } } });
  await CustomerModel.updateOne(
    { _id: customer, shop },
    {
      $push: { addresses: { $each: [entry], $slice: -ADDRESSES_MAX } },
      $set: Object.fromEntries(own),
    },
  );
  return { ...valid, id: kept };
}

/** Forgets an address. */
export async function removeAddress(shop: string, customer: string, id: string): Promise<void> {
  await CustomerModel.updateOne({ _id: customer, shop }, { $pull: { addresses: { id } } });
}

/**
 * Erases what is known of a person: identities, name, contact, addresses. The bare id stays, since orders name it; who
 * writes from the same account afterwards is a new customer.
 */
export async function eraseCustomer(shop: string, id: string): Promise<void> {
  const nobody = { platform: ERASED, connection: ERASED, user: id };
  await CustomerModel.updateOne(
    { _id: id, shop },
    {
      $set: { identities: [{ ...nobody, key: keyOf(shop, nobody) }], addresses: [] },
      $unset: { name: 1, email: 1, phone: 1, consentAt: 1 },
    },
  );
}
