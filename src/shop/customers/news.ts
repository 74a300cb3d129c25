import { type Customer, getCustomer } from "./customer.ts";
import { accountByIdentity, CustomerModel, type Identity, identityKey } from "./customer-record.ts";

const same = (one: Identity | undefined, other: Identity): boolean =>
  one?.platform === other.platform && one.connection === other.connection && one.user === other.user;

/** Where a customer hears of their orders: where they chose, else where they wrote last. None once they are erased. */
export const newsIdentity = ({ newsTo, lastUsed, identities }: Customer): Identity | undefined =>
  newsTo ?? lastUsed ?? identities.at(-1);

/**
 * Where to take news that an identity refuses: the customer's next one, beginning with where news goes first. Undefined
 * after the last, so news that goes from one to the next comes to an end.
 */
export async function nextForNews(shop: string, refused: Identity): Promise<Identity | undefined> {
  const account = await accountByIdentity(shop, refused);
  if (account === null) return undefined;
  const customer = await getCustomer(shop, account._id);
  const first = newsIdentity(customer);
  const order = first ? [first, ...customer.identities.filter((one) => !same(first, one))] : [];
  return order[order.findIndex((one) => same(one, refused)) + 1];
}

/** Remembers from where a customer writes. Writes only when it is another identity than last time. */
export async function noteUse(customer: Customer, identity: Identity): Promise<void> {
  const { _id, shop, identities, lastUsed } = customer;
  if (identities.length < 2 || same(lastUsed, identity)) return;
  await CustomerModel.updateOne({ _id, shop }, { $set: { lastUsed: identityKey(shop, identity) } });
}

/** Chooses where news goes: one of the customer's identities, or (null) wherever they wrote last. */
export async function chooseNews(
  { _id, shop, identities }: Customer,
  identity: Identity | null,
): Promise<void> {
  if (identity === null) {
    await CustomerModel.updateOne({ _id, shop }, { $unset: { newsTo: 1 } });
    return;
  }
  if (!identities.some((own) => same(own, identity))) return;
  await CustomerModel.updateOne({ _id, shop }, { $set: { newsTo: identityKey(shop, identity) } });
}
