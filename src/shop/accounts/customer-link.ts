import { trusted } from "mongoose";
import { mergeCarts } from "../cart/change-cart.ts";
import { NotFound } from "../core/errors.ts";
import { accountById, CustomerModel, openField } from "../customers/customer-record.ts";
import { type LinkOffer, readLinkCode, takeLinkCode, WrongCode } from "../customers/link-code.ts";
import { repairRoot } from "../customers/linked-accounts.ts";

/** What came of linking. */
export interface Linked {
  /** The account that had shown the code. */
  readonly shownTo: string;
  /** The accounts that became the customer's by it; none if they were already. */
  readonly joined: readonly string[];
}

/** What linking by a code would do. */
export interface Proposal extends LinkOffer {
  /** The platform of the account that would be shared with, and the name that is known of it. */
  readonly platform: string;
  readonly name?: string | undefined;
}

/**
 * What a typed code would link an account with. Nothing is linked, and the code is not used up.
 *
 * @throws {WrongCode | OwnCode | TooManyTries}
 */
export async function proposeLink(
  shop: string,
  account: string,
  typed: string,
  now: Date = new Date(),
): Promise<Proposal> {
  const offer = await readLinkCode(shop, account, typed, now);
  const other = await accountById(shop, offer.account).catch(wrongIfGone);
  return { ...offer, platform: other.identities[0]?.platform ?? "", name: openField(other, "name") };
}

/** A code of an account that was erased meanwhile is no code. */
function wrongIfGone(error: unknown): never {
  if (error instanceof NotFound) throw new WrongCode();
  throw error;
}

/**
 * Makes the account that was proposed a link one customer with the account that had shown the code, with all that are
 * linked to either. Run again with the same `key`, it changes nothing and does what was left undone.
 *
 * @throws {WrongCode | OwnCode}
 */
export async function linkByCode(
  shop: string,
  account: string,
  proof: string,
  key: string,
  now: Date = new Date(),
): Promise<Linked> {
  const shownTo = await takeLinkCode(shop, account, proof, key, now);
  return { shownTo, joined: await link(shop, shownTo, account).catch(wrongIfGone) };
}

/**
 * Links an account, with its family, to another's: one cart, one list of orders, of addresses and of reviews, and the
 * settings (language, news) of `to`. Returns the accounts that joined; linking what is linked changes nothing.
 *
 * One write does it; a crash before leaves two customers, of whom one has the other's cart as well, and the next run
 * goes on from there.
 *
 * @throws {NotFound}
 */
export async function link(shop: string, to: string, from: string): Promise<string[]> {
  for (;;) {
    const [root] = await repairRoot(shop, to);
    const moving = await repairRoot(shop, from);
    const [head] = moving;
    if (head._id === root._id) return [];
    await mergeCarts(shop, root._id, head._id);
    await CustomerModel.updateOne({ _id: root._id }, { $set: { hasLinks: true }, $unset: { eraseAt: 1 } });
    const linked = await CustomerModel.updateOne(
      { _id: head._id, mergedInto: trusted({ $exists: false }) },
      { $set: { mergedInto: root._id }, $unset: { eraseAt: 1 } },
    );
    await repairRoot(shop, to);
    if (linked.modifiedCount === 1) return moving.map(({ _id }) => _id);
  }
}

/**
 * Lets an account stand alone again, with what it had before and, if it was the root, what came since. Of those that
 * remain the oldest is the root. Doing it twice changes nothing.
 *
 * Every write but the last leaves the family as it was, so a crash leaves it linked and the next run unlinks it.
 *
 * @throws {NotFound}
 */
export async function unlink(shop: string, account: string): Promise<void> {
  const family = await repairRoot(shop, account);
  const leaving = await accountById(shop, account);
  const [heir, ...others] = family.filter(({ _id }) => _id !== account);
  if (heir === undefined) return;
  // The one all others point at; of a root that leaves, the oldest that remains.
  if (leaving.mergedInto === undefined)
    await CustomerModel.updateOne({ _id: heir._id }, { $set: { mergedInto: account } });
  await CustomerModel.updateOne({ _id: heir._id }, { $set: { hasLinks: true } });
  await CustomerModel.updateMany(
    { _id: trusted({ $in: others.map(({ _id }) => _id) }) },
    { $set: { mergedInto: heir._id } },
  );
  const last = leaving.mergedInto === undefined ? heir._id : account;
  await CustomerModel.updateOne({ _id: last }, { $unset: { mergedInto: 1 } });
}
