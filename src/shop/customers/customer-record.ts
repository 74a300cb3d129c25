import { model, Schema } from "mongoose";
import { driverCollection } from "../../store/driver-collection.ts";
import { open, type Place, seal } from "../../store/secret-box.ts";
import { NotFound } from "../core/errors.ts";
import type { Address } from "./addresses/address.ts";

/** Who someone is on a platform: never a name, always the platform's own ids. */
export interface Identity {
  platform: string;
  /** The bot, workspace or web path through which they came. */
  connection: string;
  user: string;
}

/**
 * An account as it is stored: what somebody left behind on one platform, with personal fields sealed. Accounts that
 * were linked stay documents of their own, so that linking moves nothing and can be undone.
 */
export interface StoredCustomer {
  _id: string;
  shop: string;
  /** `key` is what is unique: an index over three fields of an array would not tell one identity from another. */
  identities: (Identity & { key: string })[];
  name?: string;
  email?: string;
  phone?: string;
  language: string;
  consentAt?: Date;
  addresses: { id: string; sealed: string }[];
  /** The account this one was linked to; the one at the end of these steps is the root of the family. */
  mergedInto?: string;
  /** Set before the first account is linked to this one, and left: whoever lacks it is known to have no family. */
  hasLinks?: boolean;
  /** Key of the identity used last and of the one chosen for news. Written on the root. */
  lastUsed?: string;
  newsTo?: string;
  /** When to try to erase them, as they asked to be once their orders are done. */
  eraseAt?: Date;
  /** When to look whether they are a visitor to be forgotten (see forget-visitors.ts). Earlier versions wrote none. */
  forgetAt?: Date;
  /** Idempotency key of what made the account. */
  madeBy?: string;
  createdAt: Date;
}

/** Who has bought nothing is forgotten so long after they were last heard of, in milliseconds: 30 days. */
export const VISITOR_MS = 30 * 24 * 60 * 60_000;

/** The platform of an erased account's one identity, which keeps the unique index from seeing two with none. */
export const ERASED = "erased";

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
    mergedInto: String,
    hasLinks: Boolean,
    lastUsed: String,
    newsTo: String,
    eraseAt: Date,
    forgetAt: Date,
    madeBy: String,
    createdAt: { type: Date, required: true },
  },
  { strict: "throw", versionKey: false, id: false },
);
// Unique over several documents: an identity is one account's.
schema.index({ "identities.key": 1 }, { unique: true });
schema.index({ mergedInto: 1 }, { sparse: true });
schema.index({ eraseAt: 1 }, { sparse: true });
// Not sparse: those without a time are looked for too.
schema.index({ forgetAt: 1 });

/** The accounts of all shops, with personal fields sealed. Read them through `customerFor` and `getCustomer`. */
export const CustomerModel = model<StoredCustomer>("Customer", schema);

/** One text for an identity in a shop, the same for no other. */
export const identityKey = (shop: string, { platform, connection, user }: Identity): string =>
  JSON.stringify([shop, platform, connection, user]);

const place = (field: string, id: string): Place => ({ collection: "customers", field, id });
const addressPlace = (account: string, id: string): Place => place("address", `${account}/${id}`);

/** Seals a personal field for an account. */
export const sealField = (account: string, field: "name" | "email" | "phone", text: string): string =>
  seal(text, place(field, account));

/** Seals an address for an account. */
export const sealAddress = (account: string, id: string, address: Omit<Address, "id">): string =>
  seal(JSON.stringify(address), addressPlace(account, id));

/** A personal field of an account in plain text. @throws {CannotOpen} */
export const openField = (account: StoredCustomer, field: "name" | "email" | "phone"): string | undefined => {
  const sealed = account[field];
  return sealed === undefined ? undefined : open(sealed, place(field, account._id));
};

/** The addresses of an account in plain text, the one used last first. @throws {CannotOpen} */
export const openAddresses = ({ _id, addresses }: StoredCustomer): (Address & { id: string })[] =>
  addresses
    .map(({ id, sealed }) => {
      const address: Omit<Address, "id"> = JSON.parse(open(sealed, addressPlace(_id, id)));
      return { ...address, id };
    })
    .reverse();

/** The account of this id. @throws {NotFound} */
export async function accountById(shop: string, id: string): Promise<StoredCustomer> {
  const account = await CustomerModel.findOne({ _id: id, shop }).lean<StoredCustomer>();
  if (account === null) throw new NotFound("customer", id);
  return account;
}

/** The account of an identity, or null before its first visit. */
export const accountByIdentity = async (shop: string, identity: Identity): Promise<StoredCustomer | null> =>
  driverCollection(CustomerModel).findOne({ "identities.key": identityKey(shop, identity) });
