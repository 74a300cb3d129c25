import { trusted } from "mongoose";
import { forgetCarts } from "../cart/cart.ts";
import {
  CustomerModel,
  ERASED,
  type Identity,
  type StoredCustomer,
  VISITOR_MS,
} from "../customers/customer-record.ts";
import { forgetLinkCodes } from "../customers/link-code.ts";
import { OrderModel } from "../orders/order-model.ts";
import { ReviewModel } from "../reviews/review.ts";
import type { ForgetChats } from "./erase.ts";

/** When somebody was last heard or told something, over these identities; null if that is not known. */
export type LastActive = (identities: readonly Identity[]) => Promise<Date | null>;

/** Who has bought something is not looked at again. */
const NEVER = new Date("9999-12-31T00:00:00Z");
const AT_A_TIME = 50;

/**
 * Forgets visitors: who has ordered nothing, written no review, is linked to nobody and was not heard of for `VISITOR_MS`.
 * Their account, cart, codes and chats go. Who comes back is a new visitor.
 *
 * Each account carries the time at which to look at it, so that an index finds those that are due; accounts of earlier
 * versions have none and are looked at first. Looking costs nothing where nothing is due. Answers how many were looked at, at
 * most fifty at a time.
 */
export async function forgetVisitors(
  now: Date,
  chats: { readonly forgetChats: ForgetChats; readonly lastActive: LastActive },
): Promise<number> {
  const due = await CustomerModel.find({ forgetAt: trusted({ $lte: now }) })
    .sort({ forgetAt: 1 })
    .limit(AT_A_TIME)
    .lean<StoredCustomer[]>();
  const unmarked =
    due.length < AT_A_TIME
      ? await CustomerModel.find({ forgetAt: null })
          .limit(AT_A_TIME - due.length)
          .lean<StoredCustomer[]>()
      : [];
  for (const account of [...due, ...unmarked]) {
    const later = await lookAgainAt(account, now, chats.lastActive);
    if (later === null) await forget(account, chats.forgetChats);
    else await CustomerModel.updateOne({ _id: account._id }, { $set: { forgetAt: later } });
  }
  return due.length + unmarked.length;
}

const identitiesOf = ({ identities }: StoredCustomer): Identity[] =>
  identities.flatMap(({ platform, connection, user }) =>
    platform === ERASED ? [] : [{ platform, connection, user }],
  );

/** When an account is to be looked at again; null if it is to be forgotten. */
async function lookAgainAt(account: StoredCustomer, now: Date, lastActive: LastActive): Promise<Date | null> {
  const { _id, shop, createdAt } = account;
  const later = (from: Date) => new Date(from.getTime() + VISITOR_MS);
  if (await hasBought(shop, _id)) return NEVER;
  // What links accounts may end, and then they are looked at for themselves; who asked to be erased is, by another hand.
  if (account.mergedInto !== undefined || account.hasLinks === true || account.eraseAt !== undefined)
    return later(now);
  if (await OrderModel.exists({ shop, customer: _id })) return later(now); // a draft, which will be gone by then
  const heard = (await lastActive(identitiesOf(account))) ?? createdAt;
  const last = new Date(Math.max(heard.getTime(), createdAt.getTime()));
  return later(last) > now ? later(last) : null;
}

const hasBought = async (shop: string, customer: string): Promise<boolean> =>
  (await OrderModel.exists({ shop, customer, state: trusted({ $ne: "draft" }) })) !== null ||
  (await ReviewModel.exists({ shop, customer })) !== null;

/** The account goes last, so that a run that died is begun again. */
async function forget(account: StoredCustomer, forgetChats: ForgetChats): Promise<void> {
  const { _id, shop } = account;
  await forgetChats(identitiesOf(account));
  await forgetCarts([_id]);
  await forgetLinkCodes([_id]);
  const unchanged = {
    _id,
    forgetAt: account.forgetAt ?? null,
    mergedInto: trusted({ $exists: false }),
    hasLinks: trusted({ $exists: false }),
    eraseAt: trusted({ $exists: false }),
  };
  const gone = await CustomerModel.deleteOne(unchanged);
  // Somebody came back at this very moment and ordered: their order needs its customer.
  if (gone.deletedCount === 1 && (await OrderModel.exists({ shop, customer: _id })))
    await CustomerModel.create({ ...account, forgetAt: NEVER });
}
