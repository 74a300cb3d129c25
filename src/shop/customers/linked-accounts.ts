import { trusted } from "mongoose";
import { NotFound } from "../core/errors.ts";
import { accountById, CustomerModel, type StoredCustomer } from "./customer-record.ts";

/** Linked accounts: the root first, the others from the oldest to the newest. */
export type LinkedAccounts = readonly [root: StoredCustomer, ...members: StoredCustomer[]];

/** Orders accounts by age; two of one moment by id, so that every process agrees. */
export const byAge = (one: StoredCustomer, other: StoredCustomer): number =>
  one.createdAt.getTime() - other.createdAt.getTime() || (one._id < other._id ? -1 : 1);

/**
 * The family an account belongs to. One that was never linked costs no read.
 *
 * `mergedInto` says where to go, over several steps while linking is under way. Two accounts that are linked to each
 * other at the same moment point at each other; the older one counts as the root then, until `settle` makes it so.
 */
export async function linkedAccountsOf(account: StoredCustomer): Promise<LinkedAccounts> {
  const root = await rootOf(account);
  const members = new Map<string, StoredCustomer>();
  for (let front = [root]; front.length > 0; ) {
    const parents = front.filter(({ hasLinks }) => hasLinks === true).map(({ _id }) => _id);
    if (parents.length === 0) break;
    const found = await CustomerModel.find({ mergedInto: trusted({ $in: parents }) }).lean<
      StoredCustomer[]
    >();
    front = found.filter(({ _id }) => _id !== root._id && !members.has(_id));
    for (const member of front) members.set(member._id, member);
  }
  return [root, ...[...members.values()].sort(byAge)];
}

async function rootOf(account: StoredCustomer): Promise<StoredCustomer> {
  const way = [account];
  for (let at = account; at.mergedInto !== undefined; ) {
    const { mergedInto } = at;
    const circle = way.findIndex(({ _id }) => _id === mergedInto);
    if (circle >= 0) return way.slice(circle).reduce((one, other) => (byAge(one, other) < 0 ? one : other));
    at = await accountById(at.shop, mergedInto);
    way.push(at);
  }
  return way.at(-1) ?? account;
}

/** The family of the account of this id. @throws {NotFound} */
export const linkedAccountsById = async (shop: string, id: string): Promise<LinkedAccounts> =>
  linkedAccountsOf(await accountById(shop, id));

/** Ids of all accounts that are one person with this one; only itself where nobody knows it. */
export async function linkedAccountIds(shop: string, id: string): Promise<string[]> {
  try {
    return (await linkedAccountsById(shop, id)).map(({ _id }) => _id);
  } catch (error) {
    if (error instanceof NotFound) return [id];
    throw error;
  }
}

/** The family of an account, with a root that points nowhere: undoes a circle that two links at a time have made. */
export async function repairRoot(shop: string, id: string): Promise<LinkedAccounts> {
  const [root, ...members] = await linkedAccountsById(shop, id);
  if (root.mergedInto === undefined) return [root, ...members];
  await CustomerModel.updateOne(
    { _id: root._id, mergedInto: root.mergedInto },
    { $unset: { mergedInto: 1 } },
  );
  return repairRoot(shop, id);
}
