import mongoose from "mongoose";
import { addToCart } from "../../../src/shop/cart/change-cart.ts";
import { giveConsent, saveAddress } from "../../../src/shop/customers/customer.ts";
import { readLinkCode, showLinkCode } from "../../../src/shop/customers/link-code.ts";
import type { Order } from "../../../src/shop/orders/order.ts";
import { writeReview } from "../../../src/shop/reviews/review.ts";
import { seal } from "../../../src/store/secret-box.ts";
import { type Account, anAccount, links } from "../customers/accounts.ts";
import { address, World } from "../orders/world.ts";

export const shop = "house";
export const parcel = { carrier: "DHL", tracking: "JJD0099" };
export let world: World;
export let ada: Account;
export let web: Account;

/** Ada has everything a customer can have, from two accounts: a delivered order, a review, a draft, a cart, a code. */
export async function adasLife(): Promise<Order> {
  world = await World.create();
  ada = await anAccount(shop);
  web = await anAccount(shop, "web");
  const placed = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, web.id));
  await world.receive(world.provider.pay(placed.payment!.session));
  await world.commerce.ship(await world.order(placed), parcel);
  await world.commerce.deliver(await world.order(placed));
  const input = { shop, order: placed._id, sku: "MUG", customer: web.id, rating: 5, text: "A fine mug" };
  await writeReview(input, world.clock.now());
  await saveAddress(shop, ada.id, address);
  await saveAddress(shop, web.id, { ...address, street: "Torstraße 2" });
  await giveConsent(shop, ada.id, world.clock.now());
  await links(shop, ada, web);
  await world.draft({ LAMP: 1 }, ada.id);
  await addToCart(shop, ada.id, "MUG", 2, "last");
  await showLinkCode(shop, ada.id);
  await readLinkCode(shop, web.id, "wrong").catch(() => {});
  return placed;
}

/** Everything in the store, by collection. */
export async function everything(): Promise<[name: string, document: unknown][]> {
  const found: [string, unknown][] = [];
  for (const { name } of (await mongoose.connection.db?.listCollections().toArray()) ?? []) {
    const documents = await mongoose.connection.collection(name).find().toArray();
    found.push(...documents.map((document): [string, unknown] => [name, document]));
  }
  return found;
}

/** What looks like a sealed value, or says a platform's id of hers: she can be found by neither. */
export async function traces(): Promise<string[]> {
  const sealed = new RegExp(
    `"${seal("x", { collection: "", field: "", id: "" }).split(".")[0]}\\.[\\w-]{30,}"`,
  );
  const words = [...Object.values(address), "Torstr", ada.identity.user, web.identity.user, parcel.tracking]
    .filter((word) => word !== address.country)
    .map((word) => `"${word}`);
  return (await everything()).flatMap(([name, document]) => {
    const text = JSON.stringify(document);
    const found = [...words.filter((word) => text.includes(word)), ...(sealed.test(text) ? ["sealed"] : [])];
    return found.map((what) => `${name}: ${what}`);
  });
}
