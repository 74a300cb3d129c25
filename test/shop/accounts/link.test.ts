import { beforeEach, describe, expect, test } from "vitest";
import { unlink } from "../../../src/shop/accounts/customer-link.ts";
import { CartModel } from "../../../src/shop/cart/cart.ts";
import { readCart } from "../../../src/shop/cart/cart-view.ts";
import { addToCart, CART_LINES_MAX, QUANTITY_MAX } from "../../../src/shop/cart/change-cart.ts";
import { saveProduct } from "../../../src/shop/catalog/save-product.ts";
import {
  getCustomer,
  giveConsent,
  owns,
  removeAddress,
  saveAddress,
  setLanguage,
} from "../../../src/shop/customers/customer.ts";
import { CustomerModel } from "../../../src/shop/customers/customer-record.ts";
import { OPEN_HOLDS_MAX, TooManyOpenOrders } from "../../../src/shop/orders/checkout/place-order.ts";
import { getOrder, listOrders } from "../../../src/shop/orders/find-order.ts";
import { NotReviewable, reviewsBy, writeReview } from "../../../src/shop/reviews/review.ts";
import { type Account, anAccount, familyOf, ids, links, quantities, rootOf } from "../customers/accounts.ts";
import { dieAnywhere } from "../dying.ts";
import { address, mug, useStore, World } from "../orders/world.ts";

useStore();
dieAnywhere();

const shop = "house";
let world: World;
beforeEach(async () => {
  world = await World.create();
});

describe("linked accounts", () => {
  test("are one customer with all their identities, and the settings of the one that showed the code", async () => {
    const [ada, web] = [await anAccount(shop, "telegram", 1), await anAccount(shop, "web", 0)];
    await setLanguage(shop, ada.id, "zh");
    expect(await links(shop, ada, web)).toEqual({ shownTo: ada.id, joined: [web.id] });
    const customer = await web.customer();
    expect(customer).toEqual(await ada.customer());
    expect(customer).toMatchObject({
      _id: ada.id,
      family: [ada.id, web.id],
      identities: [ada.identity, web.identity],
      language: "zh",
    });
    expect(await getCustomer(shop, web.id)).toEqual(customer);
  });

  test("have one cart: pieces are summed up to the limit, and of two prices seen the lower stands", async () => {
    const [ada, web] = [await anAccount(shop), await anAccount(shop)];
    await addToCart(shop, web.id, "MUG", 2, "k1");
    await saveProduct(mug(shop, 1500));
    await addToCart(shop, ada.id, "MUG", 3, "k2");
    await addToCart(shop, ada.id, "LAMP", 1, "k3");
    await links(shop, ada, web);
    const cart = await readCart(shop, await rootOf(web));
    expect(await quantities(shop, ada.id)).toEqual({ MUG: 5, LAMP: 1 });
    expect(cart.lines[0]).toMatchObject({ was: { amount: 1200 }, problem: "price-changed" });
  });

  test("have the lower price whichever of them saw it", async () => {
    const [ada, web] = [await anAccount(shop), await anAccount(shop)];
    await addToCart(shop, ada.id, "MUG", 1, "k1");
    await saveProduct(mug(shop, 1500));
    await addToCart(shop, web.id, "MUG", 1, "k2");
    await links(shop, ada, web);
    expect((await readCart(shop, ada.id)).lines[0]).toMatchObject({ was: { amount: 1200 } });
  });

  test("never have more in the cart than a cart holds", async () => {
    const [ada, web] = [await anAccount(shop), await anAccount(shop)];
    const lines = (from: number) =>
      Array.from({ length: 40 }, (_, index) => ({ sku: `S${from + index}`, quantity: 60, seenPrice: 1 }));
    await CartModel.create({ _id: ada.id, shop, lines: lines(0), revision: 1, keys: [] });
    await CartModel.create({ _id: web.id, shop, lines: lines(20), revision: 1, keys: [] });
    await links(shop, ada, web);
    const cart = await readCart(shop, ada.id);
    expect(cart.lines).toHaveLength(CART_LINES_MAX);
    expect(Math.max(...cart.lines.map(({ quantity }) => quantity))).toBe(QUANTITY_MAX);
    expect(cart.lines[0]?.quantity).toBe(60);
  });

  test("find in the cart no more what one of them drafted before and places now", async () => {
    const [ada, web] = [await anAccount(shop), await anAccount(shop)];
    const draft = await world.draft({ MUG: 1 }, web.id);
    await links(shop, ada, web);
    expect(await quantities(shop, ada.id)).toEqual({ MUG: 1 });
    await world.commerce.placeOrder(draft);
    expect(await quantities(shop, ada.id)).toEqual({});
  });

  test("see each other's orders, and nobody else does", async () => {
    const [ada, web, eve] = [await anAccount(shop), await anAccount(shop), await anAccount(shop)];
    const mine = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, ada.id));
    const other = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, web.id));
    await links(shop, ada, web);
    const customer = await web.customer();
    const { orders } = await listOrders(shop, customer.family);
    expect(orders.map(({ _id }) => _id).toSorted()).toEqual([mine._id, other._id].toSorted());
    for (const { _id } of [mine, other]) {
      expect(owns(customer, await getOrder(shop, _id))).toBe(true);
      expect(owns(await eve.customer(), await getOrder(shop, _id))).toBe(false);
    }
    expect((await listOrders(shop, (await eve.customer()).family)).total).toBe(0);
  });

  test("share addresses, each once, and a removed one is gone from all", async () => {
    const [ada, web] = [await anAccount(shop), await anAccount(shop)];
    await saveAddress(shop, ada.id, address);
    await saveAddress(shop, web.id, address);
    await saveAddress(shop, web.id, { ...address, street: "Torstraße 2" });
    await links(shop, ada, web);
    const { addresses, _id, name } = await ada.customer();
    expect(addresses.map(({ street }) => street)).toEqual([address.street, "Torstraße 2"]);
    expect(name).toBe(address.name);
    await removeAddress(shop, _id, addresses[1]!.id);
    expect((await web.customer()).addresses).toHaveLength(1);
  });

  test("may review what any of them bought, once", async () => {
    const [ada, web, eve] = [await anAccount(shop), await anAccount(shop), await anAccount(shop)];
    const placed = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, web.id));
    await world.receive(world.provider.pay(placed.payment!.session));
    await world.commerce.ship(await world.order(placed), { carrier: "DHL", tracking: "1" });
    await world.commerce.deliver(await world.order(placed));
    await links(shop, ada, web);
    const review = async (account: Account, rating: number) => {
      const { _id: customer, family } = await account.customer();
      return writeReview(
        { shop, order: placed._id, sku: "MUG", customer, rating },
        world.clock.now(),
        family,
      );
    };
    expect((await review(ada, 5)).isNew).toBe(true);
    expect(await review(web, 1)).toMatchObject({ isNew: false, review: { rating: 5 } });
    await expect(review(eve, 1)).rejects.toThrow(NotReviewable);
    expect(await reviewsBy(shop, (await web.customer()).family)).toHaveLength(1);
  });

  test("together hold no more stock than one may", async () => {
    const [ada, web] = [await anAccount(shop), await anAccount(shop)];
    for (let time = 0; time < OPEN_HOLDS_MAX; time += 1)
      await world.commerce.placeOrder(await world.draft({ MUG: 1 }, time % 2 ? ada.id : web.id));
    await links(shop, ada, web);
    const sixth = await world.draft({ LAMP: 1 }, web.id);
    await expect(world.commerce.placeOrder(sixth)).rejects.toThrow(TooManyOpenOrders);
  });

  test("are linked once, however often", async () => {
    const [ada, web] = [await anAccount(shop), await anAccount(shop)];
    await addToCart(shop, web.id, "MUG", 2, "k1");
    await links(shop, ada, web);
    const before = await CustomerModel.find().sort({ _id: 1 }).lean();
    expect((await links(shop, ada, web)).joined).toEqual([]);
    expect((await links(shop, web, ada)).joined).toEqual([]);
    expect(await CustomerModel.find().sort({ _id: 1 }).lean()).toEqual(before);
    expect(await quantities(shop, ada.id)).toEqual({ MUG: 2 });
  });

  test("agree where one has agreed", async () => {
    const [ada, web] = [await anAccount(shop), await anAccount(shop)];
    await giveConsent(shop, web.id, world.clock.now());
    await links(shop, ada, web);
    expect((await ada.customer()).consentAt).toEqual(world.clock.now());
  });

  test("of two families become one", async () => {
    const [a, b, c, d] = [
      await anAccount(shop),
      await anAccount(shop),
      await anAccount(shop),
      await anAccount(shop),
    ];
    await links(shop, a, b);
    await links(shop, c, d);
    expect((await links(shop, b, d)).joined.toSorted()).toEqual(ids(c, d));
    for (const account of [a, b, c, d]) {
      expect(await familyOf(account)).toEqual(ids(a, b, c, d));
      expect(await rootOf(account)).toBe(a.id);
    }
  });
});

describe("at the same time", () => {
  test("two accounts that type each other's code are one customer, with every account in it", async () => {
    for (let round = 0; round < 10; round += 1) {
      const [a, b] = [await anAccount(shop), await anAccount(shop)];
      await Promise.all([links(shop, a, b), links(shop, b, a)]);
      expect(await familyOf(a)).toEqual(ids(a, b));
      expect(await rootOf(a)).toBe(await rootOf(b));
    }
  });

  test("one account that types two codes brings both together", async () => {
    for (let round = 0; round < 10; round += 1) {
      const [a, b, c] = [await anAccount(shop), await anAccount(shop), await anAccount(shop)];
      await Promise.all([links(shop, a, b), links(shop, c, b)]);
      for (const account of [a, b, c]) expect(await familyOf(account)).toEqual(ids(a, b, c));
    }
  });

  test("a ring of five codes makes one customer, and none waits for ever", async () => {
    for (let round = 0; round < 5; round += 1) {
      const ring = await Promise.all(Array.from({ length: 5 }, (_, at) => anAccount(shop, "web", at)));
      await Promise.all(ring.map((account, at) => links(shop, account, ring[(at + 1) % 5]!)));
      for (const account of ring) expect(await familyOf(account)).toEqual(ids(...ring));
      expect(new Set(await Promise.all(ring.map(rootOf))).size).toBe(1);
    }
  });

  test("accounts that point at each other are read as one, and the next link sets it right", async () => {
    const [a, b, c] = [
      await anAccount(shop, "web", 1),
      await anAccount(shop, "web", 0),
      await anAccount(shop),
    ];
    await CustomerModel.updateOne({ _id: a.id }, { $set: { mergedInto: b.id, hasLinks: true } });
    await CustomerModel.updateOne({ _id: b.id }, { $set: { mergedInto: a.id, hasLinks: true } });
    expect(await rootOf(a)).toBe(b.id);
    expect(await rootOf(b)).toBe(b.id);
    await links(shop, a, c);
    expect(await familyOf(c)).toEqual(ids(a, b, c));
    expect((await CustomerModel.findById(b.id).lean())?.mergedInto).toBeUndefined();
  });
});

describe("an account that is unlinked", () => {
  test("stands alone with what it had before; what came since stays with the root", async () => {
    const [ada, web] = [await anAccount(shop), await anAccount(shop)];
    await addToCart(shop, web.id, "LAMP", 1, "k1");
    await saveAddress(shop, web.id, address);
    await links(shop, ada, web);
    await saveAddress(shop, ada.id, { ...address, street: "Torstraße 9" });
    await unlink(shop, web.id);
    await unlink(shop, web.id);
    expect(await familyOf(web)).toEqual([web.id]);
    expect(await familyOf(ada)).toEqual([ada.id]);
    expect((await web.customer()).addresses.map(({ street }) => street)).toEqual([address.street]);
    expect(await quantities(shop, web.id)).toEqual({ LAMP: 1 });
  });

  test("and is linked again brings an untouched cart once", async () => {
    const [ada, web] = [await anAccount(shop), await anAccount(shop)];
    await addToCart(shop, web.id, "LAMP", 1, "k1");
    await links(shop, ada, web);
    await unlink(shop, web.id);
    await links(shop, ada, web);
    expect(await quantities(shop, ada.id)).toEqual({ LAMP: 1 });
  });

  test("and was the root leaves the others to the oldest of them", async () => {
    const root = await anAccount(shop, "telegram", 9);
    const [young, old, middle] = [
      await anAccount(shop, "web", 3),
      await anAccount(shop, "web", 1),
      await anAccount(shop, "web", 2),
    ];
    for (const account of [young, old, middle]) await links(shop, root, account);
    await unlink(shop, root.id);
    expect(await familyOf(root)).toEqual([root.id]);
    for (const account of [young, old, middle]) {
      expect(await rootOf(account)).toBe(old.id);
      expect(await familyOf(account)).toEqual(ids(young, old, middle));
    }
  });

  test("takes nobody along that came with it", async () => {
    const [a, b, c] = [await anAccount(shop), await anAccount(shop), await anAccount(shop)];
    await links(shop, b, c);
    await links(shop, a, b);
    await unlink(shop, b.id);
    expect(await familyOf(b)).toEqual([b.id]);
    expect(await familyOf(c)).toEqual(ids(a, c));
  });
});
