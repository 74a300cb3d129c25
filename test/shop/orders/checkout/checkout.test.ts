import { beforeEach, describe, expect, test } from "vitest";
import { CartModel } from "../../../../src/shop/cart/cart.ts";
import { readCart } from "../../../../src/shop/cart/cart-view.ts";
import { acceptPrices, addToCart } from "../../../../src/shop/cart/change-cart.ts";
import { saveProduct } from "../../../../src/shop/catalog/save-product.ts";
import { NotFound } from "../../../../src/shop/core/errors.ts";
import { OutOfStock, setStock, stopCounting } from "../../../../src/shop/inventory/stock.ts";
import {
  CartChanged,
  EmptyCart,
  setAddress,
  setShipping,
  startCheckout,
} from "../../../../src/shop/orders/checkout/checkout.ts";
import { addressOf } from "../../../../src/shop/orders/checkout/order-address.ts";
import {
  NETWORK_HOLDS_MAX,
  PaymentUnavailable,
  TooManyOpenOrders,
} from "../../../../src/shop/orders/checkout/place-order.ts";
import { shippingOptions } from "../../../../src/shop/orders/checkout/shipping.ts";
import { getOrder, getOrderByNumber, listOrders } from "../../../../src/shop/orders/find-order.ts";
import type { Order } from "../../../../src/shop/orders/order.ts";
import { IllegalTransition } from "../../../../src/shop/orders/order-machine.ts";
import { OrderModel } from "../../../../src/shop/orders/order-model.ts";
import {
  address,
  anyCustomer,
  DAY,
  expectStockConserved,
  MINUTE,
  mug,
  sessionOf,
  useStore,
  World,
} from "../world.ts";

useStore();

let world: World;
beforeEach(async () => {
  world = await World.create();
});

describe("a checkout", () => {
  test("copies the cart with its prices, and starts once per turn", async () => {
    await addToCart(world.shop, world.customer, "MUG", 2, world.key());
    const [one, other] = await Promise.all(
      [1, 2].map(() => startCheckout(world.shop, world.customer, "turn", {}, world.clock.now())),
    );
    expect(one!._id).toBe(other!._id);
    expect(one).toMatchObject({ state: "draft", subtotal: 2400, total: 2400, currency: "EUR" });
    expect(one!.lines).toMatchObject([{ sku: "MUG", title: { en: "Mug" }, unitPrice: 1200, quantity: 2 }]);
    expect(await OrderModel.countDocuments()).toBe(1);
  });

  test("needs something in the cart", async () => {
    await expect(startCheckout(world.shop, world.customer, "turn")).rejects.toBeInstanceOf(EmptyCart);
  });

  test("waits until a changed price was accepted: the price charged is the price last shown", async () => {
    await addToCart(world.shop, world.customer, "MUG", 1, world.key());
    await saveProduct(mug(world.shop, 1500));
    await expect(startCheckout(world.shop, world.customer, "a")).rejects.toBeInstanceOf(CartChanged);
    await acceptPrices(world.shop, world.customer, (await readCart(world.shop, world.customer)).prices);
    expect(await startCheckout(world.shop, world.customer, "b")).toMatchObject({ subtotal: 1500 });
  });

  test("a price that changes between draft and placing is shown before it is charged", async () => {
    const draft = await world.draft();
    await saveProduct(mug(world.shop, 1500));
    await expect(world.commerce.placeOrder(draft)).rejects.toBeInstanceOf(CartChanged);
    expect((await world.order(draft)).state).toBe("cancelled");
    expect((await readCart(world.shop, world.customer)).lines[0]).toMatchObject({ problem: "price-changed" });
    expect(world.provider.sessions).toEqual([]);
  });

  test("something bought at once passes by the cart, at the price that was shown", async () => {
    await addToCart(world.shop, world.customer, "LAMP", 1, world.key());
    const buy = (seenPrice: number, key: string) =>
      startCheckout(world.shop, world.customer, key, { buyNow: { sku: "MUG", quantity: 1, seenPrice } });
    await expect(buy(1100, "a")).rejects.toBeInstanceOf(CartChanged);
    const draft = await buy(1200, "b");
    await setAddress(draft, address);
    const order = await world.commerce.placeOrder(await setShipping(draft, "post"));
    expect(order.lines.map(({ sku }) => sku)).toEqual(["MUG"]);
    expect((await readCart(world.shop, world.customer)).lines.map(({ sku }) => sku)).toEqual(["LAMP"]);
  });

  test("keeps the address sealed, and opens it for its own order only", async () => {
    const draft = await world.draft();
    expect(addressOf(draft)).toMatchObject({ city: "Berlin", phone: "+4930901820" });
    expect(JSON.stringify(await OrderModel.findById(draft._id).lean())).not.toMatch(/Mei|Linden|mei@/);
    expect(() => addressOf({ ...draft, _id: "o-other" })).toThrow();
  });

  test("ships as the country's zone says, free from its threshold", async () => {
    const prices = async (country: string, amount: number) =>
      (await shippingOptions(world.shop, country, { amount, currency: "EUR" })).map(({ id, price }) => [
        id,
        price.amount,
      ]);
    expect(await prices("DE", 9_999)).toEqual([
      ["post", 490],
      ["courier", 990],
    ]);
    expect(await prices("DE", 10_000)).toEqual([
      ["post", 0],
      ["courier", 990],
    ]);
    expect(await prices("JP", 1)).toEqual([["air", 1900]]);
  });

  test("another country takes away shipping that is not offered there", async () => {
    const draft = await world.draft();
    expect(draft.total).toBe(1200 + 490);
    const abroad = await setAddress(draft, { ...address, country: "FR", postalCode: "75001" });
    expect(abroad).toMatchObject({ total: 1200, country: "FR" });
    expect(abroad.shipping).toBeUndefined();
    await expect(setShipping(draft, "post")).rejects.toBeInstanceOf(NotFound);
    await expect(world.commerce.placeOrder(draft)).rejects.toMatchObject({ missing: "shipping" });
  });

  test("holds nothing before it has an address", async () => {
    await addToCart(world.shop, world.customer, "MUG", 1, world.key(), {}, world.clock.now());
    const draft = await startCheckout(world.shop, world.customer, world.key(), {}, world.clock.now());
    await expect(world.commerce.placeOrder(draft)).rejects.toMatchObject({ missing: "address" });
    expect(await world.stock("MUG")).toMatchObject({ held: 0 });
  });

  test("a draft nobody places is gone after two days", async () => {
    const draft = await world.draft();
    world.clock.advance(3 * DAY);
    await world.commerce.sweep();
    await expect(world.order(draft)).rejects.toBeInstanceOf(NotFound);
  });
});

describe("placing an order", () => {
  test("holds its stock, opens a session for its total, and takes its lines out of the cart", async () => {
    const order = await world.placed({ MUG: 2, LAMP: 1 });
    expect(order).toMatchObject({ state: "awaiting_payment", total: 2400 + 4500 + 490 });
    expect(order.holdUntil).toEqual(new Date(world.clock.now().getTime() + 30 * MINUTE));
    expect(world.provider.state(sessionOf(order))).toMatchObject({
      order: order._id,
      amount: { amount: order.total },
    });
    expect(await world.stock()).toEqual({ available: 8, held: 2, sold: 0 });
    expect((await readCart(world.shop, world.customer)).lines).toEqual([]);
  });

  test("once is enough: placing again, also at the same time, changes nothing", async () => {
    const draft = await world.draft();
    await Promise.all([1, 2, 3].map(() => world.commerce.placeOrder(draft)));
    const order = await world.commerce.placeOrder(draft);
    expect(order.state).toBe("awaiting_payment");
    expect(world.provider.sessions).toHaveLength(1);
    expect(await world.stock()).toEqual({ available: 9, held: 1, sold: 0 });
    await addToCart(world.shop, world.customer, "MUG", 1, world.key());
    await world.commerce.placeOrder(draft);
    expect((await readCart(world.shop, world.customer)).lines).toHaveLength(1);
  });

  test.each(["before", "after"] as const)(
    "a session call that breaks %s its effect is repeated, not doubled",
    async (when) => {
      const draft = await world.draft();
      world.provider.breakOnce("createSession", when);
      await expect(world.commerce.placeOrder(draft)).rejects.toBeInstanceOf(PaymentUnavailable);
      world.clock.advance(5 * MINUTE);
      const order = await world.restart().placeOrder(draft);
      expect(order.state).toBe("awaiting_payment");
      expect(world.provider.sessions).toHaveLength(1);
      expect(await world.stock()).toEqual({ available: 9, held: 1, sold: 0 });
    },
  );

  test("a draft changed after a failed attempt gets a session for what it is now", async () => {
    const draft = await world.draft();
    world.provider.breakOnce("createSession", "after");
    await expect(world.commerce.placeOrder(draft)).rejects.toBeInstanceOf(PaymentUnavailable);
    const order = await world.commerce.placeOrder(await setShipping(draft, "courier"));
    expect(world.provider.state(sessionOf(order)).amount.amount).toBe(1200 + 990);
  });

  test("a draft changed while its session is being made is charged for what it is now", async () => {
    const draft = await world.draft();
    const create = world.provider.createSession.bind(world.provider);
    world.provider.createSession = async (request) => {
      const session = await create(request);
      if (request.shipping.amount === 490) await setShipping(draft, "courier");
      return session;
    };
    const order = await world.commerce.placeOrder(draft);
    expect(order.total).toBe(1200 + 990);
    expect(world.provider.state(sessionOf(order))).toMatchObject({
      status: "open",
      amount: { amount: order.total },
    });
    expect(world.provider.sessions.filter(({ status }) => status === "open")).toHaveLength(1);
  });

  test("an attempt that is never finished lets go of its stock when the hold is over", async () => {
    const draft = await world.draft();
    world.provider.breakOnce("createSession", "before");
    await expect(world.commerce.placeOrder(draft)).rejects.toBeInstanceOf(PaymentUnavailable);
    expect((await world.stock()).held).toBe(1);
    world.clock.advance(31 * MINUTE);
    await world.restart().sweep();
    expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
    expect((await world.order(draft)).state).toBe("expired");
    await expect(world.commerce.placeOrder(draft)).rejects.toBeInstanceOf(IllegalTransition);
  });

  test("an attempt that is finished too late is over: no page is opened, and the stock is let go", async () => {
    const draft = await world.draft();
    world.provider.breakOnce("createSession", "before");
    await expect(world.commerce.placeOrder(draft)).rejects.toBeInstanceOf(PaymentUnavailable);
    world.clock.advance(31 * MINUTE);
    await expect(world.restart().placeOrder(draft)).rejects.toBeInstanceOf(IllegalTransition);
    expect(world.provider.sessions).toHaveLength(0);
    expect((await world.order(draft)).state).toBe("expired");
    expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
  });

  test("what sold out in between cannot be placed: nothing is held and the cart says so", async () => {
    const draft = await world.draft({ LAMP: 1, MUG: 2 });
    await setStock(world.shop, "MUG", 1);
    await expect(world.commerce.placeOrder(draft)).rejects.toEqual(new OutOfStock("MUG", 1));
    expect((await world.order(draft)).state).toBe("cancelled");
    expect(await world.stock("LAMP")).toEqual({ available: 3, held: 0, sold: 0 });
    expect((await readCart(world.shop, world.customer)).lines.map(({ problem }) => problem)).toContain(
      "too-many",
    );
    await expectStockConserved();
  });

  test("of many buyers of the last lamp one gets it", async () => {
    await setStock(world.shop, "LAMP", 1);
    const drafts = [];
    for (let buyer = 0; buyer < 12; buyer += 1)
      drafts.push(await world.draft({ LAMP: 1 }, await anyCustomer(world.shop)));
    const outcomes = await Promise.allSettled(drafts.map((draft) => world.commerce.placeOrder(draft)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await world.stock("LAMP")).toEqual({ available: 0, held: 1, sold: 0 });
    await expectStockConserved();
  });

  test("a customer has at most five orders waiting, however fast they press", async () => {
    const next = async () => {
      const buyNow = { sku: "MUG", quantity: 1 };
      const draft = await startCheckout(
        world.shop,
        world.customer,
        world.key(),
        { buyNow },
        world.clock.now(),
      );
      await setAddress(draft, address);
      return setShipping(draft, "post");
    };
    const drafts = [];
    for (let order = 0; order < 8; order += 1) drafts.push(await next());
    const outcomes = await Promise.allSettled(drafts.map((draft) => world.commerce.placeOrder(draft)));
    const placed = outcomes.filter(({ status }) => status === "fulfilled").length;
    expect(placed).toBeLessThanOrEqual(5);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(TooManyOpenOrders);
    expect((await world.stock()).held).toBe(placed);
    for (let more = placed; more < 5; more += 1) await world.commerce.placeOrder(await next());
    const sixth = await next();
    await expect(world.commerce.placeOrder(sixth)).rejects.toBeInstanceOf(TooManyOpenOrders);
    expect((await world.order(sixth)).state).toBe("draft");
    await expectStockConserved();
  });

  describe("a network", () => {
    /** A draft of somebody who has never been here. */
    const ofStranger = async (quantity = 1): Promise<Order> => {
      const customer = await anyCustomer(world.shop);
      const buyNow = { sku: "MUG", quantity };
      const draft = await startCheckout(world.shop, customer, world.key(), { buyNow }, world.clock.now());
      await setAddress(draft, address);
      return setShipping(draft, "post");
    };

    test("has at most eight orders waiting, however many customers it says it is, and however fast", async () => {
      await setStock(world.shop, "MUG", 100);
      await setStock(world.shop, "LAMP", 100);
      const drafts = await Promise.all(Array.from({ length: 12 }, () => ofStranger()));
      const outcomes = await Promise.allSettled(
        drafts.map((draft) => world.commerce.placeOrder(draft, "net-a")),
      );
      let placed = outcomes.filter(({ status }) => status === "fulfilled").length;
      expect(placed).toBeLessThanOrEqual(NETWORK_HOLDS_MAX);
      for (; placed < NETWORK_HOLDS_MAX; placed++)
        await world.commerce.placeOrder(await ofStranger(), "net-a");
      const one = await ofStranger();
      await expect(world.commerce.placeOrder(one, "net-a")).rejects.toMatchObject({ of: "network" });
      expect((await world.order(one)).state).toBe("draft");
      expect((await world.stock()).held).toBe(NETWORK_HOLDS_MAX);
      // Another network, a platform that shows none, and the same one once somebody has paid.
      await world.commerce.placeOrder(await ofStranger(), "net-b");
      await world.commerce.placeOrder(await ofStranger());
      const [open] = await OrderModel.find({ shop: world.shop, network: "net-a" }).lean<Order[]>();
      await world.receive(world.provider.pay(open!.payment!.session));
      expect((await world.order(open!)).network).toBeUndefined();
      expect((await world.commerce.placeOrder(one, "net-a")).state).toBe("awaiting_payment");
      await expectStockConserved();
    });

    test("can not hold all there is by several small orders; a single one may be large", async () => {
      await setStock(world.shop, "MUG", 60);
      await world.commerce.placeOrder(await ofStranger(20), "net-a");
      await world.commerce.placeOrder(await ofStranger(4), "net-b");
      await world.commerce.placeOrder(await ofStranger(6), "net-b");
      for (const network of ["net-a", "net-b"])
        await expect(world.commerce.placeOrder(await ofStranger(1), network)).rejects.toMatchObject({
          code: "TOO_MANY_OPEN_ORDERS",
          of: "network",
        });
      expect((await world.stock()).held).toBe(30);
    });
  });

  describe("who would hold most of what there is", () => {
    const minutesOf = ({ holdUntil }: Order) =>
      ((holdUntil?.getTime() ?? 0) - world.clock.now().getTime()) / MINUTE;
    const draftOf = async (quantity: number, customer?: string): Promise<Order> => {
      const buyNow = { sku: "MUG", quantity };
      const of = customer ?? (await anyCustomer(world.shop));
      const draft = await startCheckout(world.shop, of, world.key(), { buyNow }, world.clock.now());
      await setAddress(draft, address);
      return setShipping(draft, "post");
    };

    test("by one order holds it for ten minutes, and then it is everybody's again", async () => {
      const order = await world.commerce.placeOrder(await draftOf(10));
      expect(minutesOf(order)).toBe(10);
      expect(await world.stock()).toMatchObject({ available: 0, held: 10 });
      world.clock.advance(10 * MINUTE);
      await world.commerce.sweep();
      expect(await world.stock()).toMatchObject({ available: 10, held: 0 });
      await expectStockConserved();
    });

    test("by three cookies of one network holds long no more than half of it", async () => {
      const held = [];
      for (const quantity of [4, 3, 3])
        held.push(minutesOf(await world.commerce.placeOrder(await draftOf(quantity), "net-a")));
      expect(held).toEqual([30, 10, 10]);
      world.clock.advance(10 * MINUTE);
      await world.commerce.sweep();
      expect(await world.stock()).toMatchObject({ available: 6, held: 4 });
    });

    test("by several orders of one person on a platform without networks as well", async () => {
      const customer = await anyCustomer(world.shop);
      const held = [];
      for (const quantity of [4, 3])
        held.push(minutesOf(await world.commerce.placeOrder(await draftOf(quantity, customer))));
      expect(held).toEqual([30, 10]);
    });

    test("wants the last two, or half, or what nobody counts, and has half an hour like everybody", async () => {
      expect(minutesOf(await world.commerce.placeOrder(await draftOf(5)))).toBe(30);
      await setStock(world.shop, "MUG", 2);
      expect(minutesOf(await world.commerce.placeOrder(await draftOf(2)))).toBe(30);
      await stopCounting(world.shop, "MUG");
      expect(minutesOf(await world.commerce.placeOrder(await draftOf(50)))).toBe(30);
    });
  });

  test("an order cancelled while its session is being made leaves no open session and no hold", async () => {
    const draft = await world.draft();
    const placing = world.commerce.placeOrder(draft);
    const cancelling = world.commerce.cancelOrder(draft, world.customer);
    await Promise.allSettled([placing, cancelling]);
    await world.commerce.cancelOrder(draft, world.customer);
    expect((await world.order(draft)).state).toBe("cancelled");
    expect(world.provider.sessions.filter(({ status }) => status === "open")).toEqual([]);
    expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
  });

  test("a crash before the cart was cleared clears it afterwards", async () => {
    const draft = await world.draft();
    await world.commerce.placeOrder(draft);
    // As if the process had died between the two writes.
    await OrderModel.updateOne(
      { _id: draft._id },
      {
        $push: { tasks: { name: "cart", at: world.clock.now(), attempts: 0 } },
        $set: { attendAt: world.clock.now() },
      },
    );
    await CartModel.updateOne(
      { _id: world.customer },
      { $set: { lines: [{ sku: "MUG", quantity: 1, seenPrice: 1200 }], keys: [] } },
    );
    await world.restart().sweep();
    expect((await readCart(world.shop, world.customer)).lines).toEqual([]);
  });
});

describe("finding orders", () => {
  test("numbers are never given twice, also to many at the same time", async () => {
    const buyNow = { sku: "MUG", quantity: 1 };
    const keys = Array.from({ length: 10 }, () => world.key());
    const drafts = await Promise.all(
      keys.map((key) => startCheckout(world.shop, world.customer, key, { buyNow })),
    );
    expect(new Set(drafts.map(({ number }) => number)).size).toBe(10);
  });

  test("numbers count up in each shop and are found however they are typed", async () => {
    const first = await world.draft();
    const second = await world.draft();
    expect([first.number, second.number]).toEqual(["H-1001", "H-1002"]);
    for (const typed of ["H-1001", "h-1001", "1001", " #1001 "])
      expect((await getOrderByNumber(world.shop, typed))._id).toBe(first._id);
    await expect(getOrderByNumber("other", "H-1001")).rejects.toBeInstanceOf(NotFound);
    await expect(getOrder("other", first._id)).rejects.toBeInstanceOf(NotFound);
  });

  test("a customer's list shows their placed orders, newest first, and no drafts", async () => {
    const one = await world.placed();
    world.clock.advance(MINUTE);
    const two = await world.placed();
    await world.draft();
    await world.draft({ LAMP: 1 }, await anyCustomer(world.shop));
    const { orders, total, pages } = await listOrders(world.shop, world.customer, 1);
    expect(orders.map(({ _id }) => _id)).toEqual([two._id, one._id]);
    expect({ total, pages }).toEqual({ total: 2, pages: 1 });
  });
});
