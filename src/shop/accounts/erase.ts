import { trusted } from "mongoose";
import { forgetCarts } from "../cart/cart.ts";
import { ShopError } from "../core/errors.ts";
import { CustomerModel, ERASED, type Identity, identityKey } from "../customers/customer-record.ts";
import { forgetLinkCodes } from "../customers/link-code.ts";
import { linkedAccountsById } from "../customers/linked-accounts.ts";
import { changeOrder } from "../orders/change-order.ts";
import { ownedBy } from "../orders/find-order.ts";
import type { Order } from "../orders/order.ts";
import type { OrderState } from "../orders/order-machine.ts";
import { OrderModel } from "../orders/order-model.ts";
import { anonymiseReviews } from "../reviews/review.ts";
import { erasePictures } from "../reviews/sweep-pictures.ts";

/** Orders in these states still need their customer: to be paid, packed, delivered or given money back. */
const OPEN: readonly OrderState[] = ["awaiting_payment", "paid", "packed", "shipped", "refunding"];
/** Who asked to be erased once their orders are done is looked at again after an hour. */
const LATER_MS = 60 * 60_000;

/** Some orders are under way, which nobody could deliver without an address. */
export class OrdersOpen extends ShopError {
  /** "H-1042" */
  readonly numbers: readonly string[];
  constructor(numbers: readonly string[]) {
    super("ORDERS_OPEN", `orders ${numbers.join(", ")} are still open`);
    this.numbers = numbers;
  }
}

/** Throws away what was said with somebody on every platform. May be called again. */
export type ForgetChats = (identities: readonly Identity[]) => Promise<void>;

/**
 * Erases what is known of a person, with all their accounts: identities, name, contact, addresses, carts, codes, and the
 * pictures they sent.
 *
 * Reviews stay without their writer and pictures. Orders stay as books must be kept (number, items, amounts, dates, country, and
 * the payment's id at its provider) without address, tracking number and payment page. The bare ids of the accounts
 * stay, since orders name them; who writes from the same account afterwards is a new customer.
 *
 * Each step may be repeated. The account `last` goes last, so that a run that died is begun again by whoever finds
 * that account: the person's next message, or the sweep. `forgetChats` is called with all identities while they are
 * still known.
 *
 * @throws {OrdersOpen} and nothing was erased, unless an order was placed meanwhile
 * @throws {NotFound}
 */
export async function eraseCustomer(
  shop: string,
  id: string,
  options: { last?: string; forgetChats?: ForgetChats } = {},
): Promise<void> {
  const { last = id, forgetChats } = options;
  const accounts = await linkedAccountsById(shop, id);
  const family = accounts.map(({ _id }) => _id);
  const open = await openOrders(shop, family);
  if (open.length > 0) throw new OrdersOpen(open);
  await forgetChats?.(accounts.flatMap(({ identities }) => identities));
  await forgetOrders(shop, family);
  await anonymiseReviews(shop, family);
  await erasePictures(
    shop,
    accounts.flatMap(({ identities }) => identities.map(({ key }) => key)),
  );
  await forgetCarts(family);
  await forgetLinkCodes(family);
  for (const account of family) if (account !== last) await eraseAccount(shop, account);
  await eraseAccount(shop, last);
}

/** Erases a customer as soon as none of their orders is open any more. */
export async function eraseWhenDone(shop: string, id: string, now: Date = new Date()): Promise<void> {
  await CustomerModel.updateOne({ _id: id, shop }, { $set: { eraseAt: now } });
}

/** Takes that wish back. */
export async function keepCustomer(shop: string, family: readonly string[]): Promise<void> {
  await CustomerModel.updateMany({ _id: trusted({ $in: [...family] }), shop }, { $unset: { eraseAt: 1 } });
}

/** Erases those who asked for it and whose orders are done by now. */
export async function eraseDue(now: Date, forgetChats?: ForgetChats): Promise<void> {
  const due = await CustomerModel.find({ eraseAt: trusted({ $lte: now }) }, { shop: 1 })
    .sort({ eraseAt: 1 })
    .limit(50)
    .lean<{ _id: string; shop: string }[]>();
  for (const { _id, shop } of due) {
    try {
      await eraseCustomer(shop, _id, { forgetChats });
    } catch (error) {
      if (!(error instanceof OrdersOpen)) throw error;
      const eraseAt = new Date(now.getTime() + LATER_MS);
      await CustomerModel.updateOne({ _id, eraseAt: trusted({ $lte: now }) }, { $set: { eraseAt } });
    }
  }
}

async function openOrders(shop: string, family: readonly string[]): Promise<string[]> {
  const open = await OrderModel.find(
    { shop, customer: ownedBy(family) },
    { number: 1, state: 1, holdUntil: 1 },
  )
    .sort({ createdAt: -1 })
    .lean<Pick<Order, "number" | "state" | "holdUntil">[]>();
  return open.filter(isOpen).map(({ number }) => number);
}

/** A draft is nothing yet, unless it is being placed at this moment. */
const isOpen = ({ state, holdUntil }: Pick<Order, "state" | "holdUntil">): boolean =>
  OPEN.includes(state) || (state === "draft" && holdUntil !== null);

async function forgetOrders(shop: string, family: readonly string[]): Promise<void> {
  const theirs = { shop, customer: ownedBy(family) };
  await OrderModel.deleteMany({ ...theirs, state: "draft", holdUntil: null });
  const orders = await OrderModel.find(theirs, { _id: 1 }).lean<{ _id: string }[]>();
  for (const { _id } of orders) {
    await changeOrder(_id, (order) => {
      if (isOpen(order)) throw new OrdersOpen([order.number]);
      return withoutPerson(order);
    });
  }
}

/** What the books need of an order, and nobody left to be told of it. */
function withoutPerson(order: Order): Order {
  const { address: _, tracking: __, payment, ...kept } = order;
  return {
    ...kept,
    ...(payment && { payment: { ...payment, url: "" } }),
    tasks: order.tasks.filter(({ name }) => name !== "invite"),
    notices: [],
  };
}

// `hasLinks` stays: a run that died after the root must still find the accounts that were linked to it.
async function eraseAccount(shop: string, _id: string): Promise<void> {
  const nobody = { platform: ERASED, connection: ERASED, user: _id };
  await CustomerModel.updateOne(
    { _id, shop },
    {
      $set: { identities: [{ ...nobody, key: identityKey(shop, nobody) }], addresses: [] },
      $unset: {
        name: 1,
        email: 1,
        phone: 1,
        consentAt: 1,
        mergedInto: 1,
        lastUsed: 1,
        newsTo: 1,
        eraseAt: 1,
      },
    },
  );
}
