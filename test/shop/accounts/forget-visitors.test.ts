import { beforeEach, expect, test } from "vitest";
import { eraseWhenDone } from "../../../src/shop/accounts/erase.ts";
import { forgetVisitors } from "../../../src/shop/accounts/forget-visitors.ts";
import { CartModel, loadCart } from "../../../src/shop/cart/cart.ts";
import { addToCart } from "../../../src/shop/cart/change-cart.ts";
import { CustomerModel, type Identity } from "../../../src/shop/customers/customer-record.ts";
import { OrderModel } from "../../../src/shop/orders/order-model.ts";
import { ReviewModel, writeReview } from "../../../src/shop/reviews/review.ts";
import { type Account, anAccount, links } from "../customers/accounts.ts";
import { DAY, useStore, World } from "../orders/world.ts";

useStore();

const shop = "house";
/** Accounts are made on this day. */
const FIRST = Date.UTC(2026, 0, 1);
let world: World;
let forgotten: Identity[];
/** When somebody was last heard of, by their id on the platform. */
let heard: Map<string, Date>;

beforeEach(async () => {
  world = await World.create();
  forgotten = [];
  heard = new Map();
});

const chats = {
  forgetChats: async (identities: readonly Identity[]) => void forgotten.push(...identities),
  lastActive: async (identities: readonly Identity[]) => heard.get(identities[0]?.user ?? "") ?? null,
};
/** Looks at everybody who is due so many days after the first. */
async function look(days: number): Promise<void> {
  while ((await forgetVisitors(new Date(FIRST + days * DAY), chats)) > 0);
}
const isKnown = async ({ id }: Account): Promise<boolean> =>
  (await CustomerModel.exists({ _id: id })) !== null;

test("a visitor who was not heard of for thirty days is forgotten, with cart and chats; one who was is not", async () => {
  const gone = await anAccount(shop);
  const back = await anAccount(shop);
  await addToCart(shop, gone.id, "MUG", 1, "k");
  heard.set(back.identity.user, new Date(FIRST + 20 * DAY));
  await look(29);
  expect(await isKnown(gone)).toBe(true);
  await look(31);
  expect(await isKnown(gone)).toBe(false);
  expect(await CartModel.exists({ _id: gone.id })).toBeNull();
  expect(forgotten).toEqual([gone.identity]);
  expect(await isKnown(back)).toBe(true);
  await look(51);
  expect(await isKnown(back)).toBe(false);
  expect((await loadCart(shop, back.id)).lines).toEqual([]);
});

test("never one who has written a review, and it stays theirs", async () => {
  const writer = await anAccount(shop);
  const order = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, writer.id));
  await OrderModel.updateOne({ _id: order._id }, { state: "delivered" });
  await writeReview({ shop, order: order._id, sku: "MUG", customer: writer.id, rating: 5 });
  // Even where nothing is left of the order.
  await OrderModel.deleteOne({ _id: order._id });
  await look(400);
  expect(await isKnown(writer)).toBe(true);
  expect(await ReviewModel.countDocuments({ shop, customer: writer.id })).toBe(1);
});

test("never one with an order, a linked account or a wish to be erased", async () => {
  const buyer = await anAccount(shop);
  await world.commerce.placeOrder(await world.draft({ MUG: 1 }, buyer.id));
  const [root, linked] = [await anAccount(shop), await anAccount(shop)];
  await links(shop, root, linked);
  const erasing = await anAccount(shop);
  await eraseWhenDone(shop, erasing.id, new Date(FIRST + 1000 * DAY));
  await look(400);
  for (const account of [buyer, root, linked, erasing]) expect(await isKnown(account)).toBe(true);
  const users = new Set(forgotten.map(({ user }) => user));
  for (const { identity } of [buyer, root, linked, erasing]) expect(users.has(identity.user)).toBe(false);
});

test("one with a draft is looked at again when the draft has gone", async () => {
  const hesitant = await anAccount(shop);
  const draft = await world.draft({ MUG: 1 }, hesitant.id);
  await look(31);
  expect(await isKnown(hesitant)).toBe(true);
  world.clock.advance(3 * DAY);
  await world.commerce.sweep();
  await expect(world.order(draft)).rejects.toThrow();
  await look(400);
  expect(await isKnown(hesitant)).toBe(false);
});

test("accounts of an earlier version, which carry no time, are looked at too", async () => {
  const old = await anAccount(shop);
  const buyer = await anAccount(shop);
  await world.commerce.placeOrder(await world.draft({ MUG: 1 }, buyer.id));
  await CustomerModel.updateMany({}, { $unset: { forgetAt: 1 } });
  await look(10);
  expect(await isKnown(old)).toBe(true);
  await look(31);
  expect(await isKnown(old)).toBe(false);
  expect(await isKnown(buyer)).toBe(true);
});

test("who orders at the very moment keeps their account", async () => {
  const late = await anAccount(shop);
  await forgetVisitors(new Date(FIRST + 31 * DAY), {
    ...chats,
    forgetChats: async () => void (await world.draft({ MUG: 1 }, late.id)),
  });
  expect(await isKnown(late)).toBe(true);
});

test("the shop looks by itself, once an hour", async () => {
  const gone = await anAccount(shop);
  world.commerce.onErase(chats.forgetChats);
  world.commerce.onVisitors(chats.lastActive);
  await world.commerce.sweep();
  expect(await isKnown(gone)).toBe(false);
});
