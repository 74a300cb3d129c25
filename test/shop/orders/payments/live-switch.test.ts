import mongoose from "mongoose";
import { beforeEach, describe, expect, test } from "vitest";
import { runShopCommand } from "../../../../src/cli/shop.ts";
import { createCommerce } from "../../../../src/shop/commerce.ts";
import { changeOrder } from "../../../../src/shop/orders/change-order.ts";
import { listOpenOrders } from "../../../../src/shop/orders/find-order.ts";
import { HeldBack } from "../../../../src/shop/orders/fulfilment.ts";
import type { Order } from "../../../../src/shop/orders/order.ts";
import { applySession } from "../../../../src/shop/orders/payments/payment-outcome.ts";
import { PaymentDouble } from "../../../doubles/payment-provider.ts";
import { expectLegalHistory, expectStockConserved, MINUTE, sessionOf, useStore, World } from "../world.ts";

useStore();

let world: World;
let real: PaymentDouble;
beforeEach(async () => {
  world = await World.create();
  real = new PaymentDouble({ now: world.clock.now, live: true });
});

/** The shop starts again with the live key: of what was begun with the test key its provider knows nothing. */
async function goesLive(): Promise<void> {
  world.commerce = createCommerce({
    provider: real,
    live: true,
    now: world.clock.now,
    onError: (error) => world.errors.push(error),
  });
  world.commerce.onNotification(async (notice) => void world.notices.push(notice));
  await world.commerce.endTestOrders();
  await world.commerce.sweep();
}

const parcel = { carrier: "DHL", tracking: "1" };
const untouched = { available: 10, held: 0, sold: 0 };

describe("when the shop takes real money", () => {
  test("an order that waits for test money is cancelled, lets go of its stock, and its shopper is told", async () => {
    const order = await world.placed();
    await goesLive();
    const after = await world.order(order);
    expect(after).toMatchObject({ state: "cancelled", holdUntil: null, attendAt: null });
    expectLegalHistory(after);
    expect(await world.stock()).toEqual(untouched);
    expect(world.told(order)).toEqual(["order.test_ended"]);
    expect(real.calls).toEqual([]);
    expect(world.errors).toEqual([]);
  });

  test.each(["before", "after"])(
    "a test payment that comes %s the switch was swept pays for nothing",
    async (when) => {
      const order = await world.placed();
      const delivery = world.provider.pay(sessionOf(order));
      if (when === "before") {
        world.commerce = createCommerce({ provider: real, live: true, now: world.clock.now });
        await world.receive(delivery);
        await goesLive();
      } else {
        await goesLive();
        await world.receive(delivery);
      }
      await world.commerce.sweep();
      expect(await world.order(order)).toMatchObject({
        state: "cancelled",
        payment: { status: "unpaid", paid: 0 },
      });
      expect(await world.stock()).toEqual(untouched);
      expect(world.told(order)).toEqual(["order.test_ended"]);
      expect(world.provider.refunds).toEqual([]);
    },
  );

  test("neither the shopper's return nor the end of the hold asks a provider about it", async () => {
    const order = await world.placed();
    world.provider.pay(sessionOf(order));
    world.commerce = createCommerce({ provider: real, live: true, now: world.clock.now });
    expect(await world.commerce.comeBack(order._id, sessionOf(order))).toMatchObject({ state: "cancelled" });
    world.clock.advance(31 * MINUTE);
    await world.commerce.sweep();
    expect(real.calls).toEqual([]);
    expect(await world.stock()).toEqual(untouched);
  });

  test.each(["paid", "packed"])(
    "an order that is %s with test money ends: its units go back, its shopper is told, nothing is refunded",
    async (state) => {
      const order = await world.paid({ MUG: 2 });
      if (state === "packed") await world.commerce.pack(order);
      await goesLive();
      const after = await world.order(order);
      expect(after).toMatchObject({
        state: "cancelled",
        holdUntil: null,
        attendAt: null,
        payment: { testMoney: true, refunded: 0 },
      });
      expectLegalHistory(after);
      expect(await world.stock()).toEqual(untouched);
      expect(world.told(order)).toEqual(["order.paid", "order.test_ended"]);
      expect([...real.calls, ...world.provider.refunds]).toEqual([]);
      expect((await listOpenOrders(world.shop)).total).toBe(0);
      await expect(world.commerce.ship(after, parcel, "shop", { anyway: true })).rejects.toThrow(
        /cancelled cannot ship/,
      );
    },
  );

  test("one that was paid with test money and whose units wait to be sold ends with them free", async () => {
    const order = await world.placed({ MUG: 2 });
    const { raw, headers } = world.provider.pay(sessionOf(order));
    const event = await world.provider.verifyEvent(raw, headers);
    // The process died between the payment and the sale of its units.
    await changeOrder(order._id, (waiting) =>
      event?.session === undefined
        ? null
        : applySession(waiting, event.session, { live: false, now: world.clock.now() }),
    );
    await goesLive();
    expect(await world.order(order)).toMatchObject({ state: "cancelled", attendAt: null });
    expect(await world.stock()).toEqual(untouched);
  });

  test("an order that was marked by a version before this ends as well", async () => {
    const order = await world.paid();
    await changeOrder(order._id, ({ payment, ...rest }) =>
      payment === undefined ? null : { ...rest, payment: { ...payment, testMoney: true } },
    );
    await goesLive();
    expect((await world.order(order)).state).toBe("cancelled");
    expect(await world.stock()).toEqual(untouched);
  });

  test("before the switch was swept, what was paid with test money goes only when the merchant says so", async () => {
    const order = await world.paid();
    const live = createCommerce({ provider: real, live: true, now: world.clock.now });
    await expect(live.ship(order, parcel)).rejects.toThrow(HeldBack);
    expect((await live.ship(order, parcel, "shop", { anyway: true })).state).toBe("shipped");
  });

  test("an order that was shipped stays as it is", async () => {
    const order = await world.commerce.ship(await world.paid(), parcel);
    await goesLive();
    expect(await world.order(order)).toMatchObject({ state: "shipped", payment: { live: false } });
    expect(world.told(order)).toEqual(["order.paid", "order.shipped"]);
    expect(await world.stock()).toEqual({ available: 9, held: 0, sold: 1 });
  });

  test("a refund of test money that was under way is over", async () => {
    const order = await world.paid();
    world.provider.refundStatus = "pending";
    await world.commerce.cancelOrder(order, "shop");
    expect((await world.order(order)).state).toBe("refunding");
    await goesLive();
    expect(await world.order(order)).toMatchObject({ state: "refunded", attendAt: null });
    await expectStockConserved();
  });

  test("real orders live on beside", async () => {
    const test = await world.placed();
    await goesLive();
    const order = await world.placed();
    const { raw, headers } = real.pay(sessionOf(order));
    await world.commerce.receiveEvent(real, raw, headers);
    await world.commerce.endTestOrders();
    expect((await world.order(order)).state).toBe("paid");
    expect((await world.order(test)).state).toBe("cancelled");
  });
});

test("a shop that goes back to test keys leaves orders for real money alone, and counts them", async () => {
  await goesLive();
  const order = await world.placed();
  world.restart();
  expect(await world.commerce.countLiveOrders()).toBe(1);
  expect(await world.commerce.endTestOrders()).toBe(0);
  expect((await world.order(order)).state).toBe("awaiting_payment");
  // The money is real, whatever keys the shop has by now.
  const { raw, headers } = real.pay(sessionOf(order));
  await world.commerce.receiveEvent(real, raw, headers);
  expect((await world.order(order)).state).toBe("paid");
});

describe("where a process or a terminal has no live key although the shop takes real money", () => {
  const say = (...args: string[]) => runShopCommand([...args, "--shop", world.shop], world.clock.now());
  const shipping = (order: Order) => say("ship", order.number, "--carrier", "DHL", "--tracking", "1");

  /** The shop went live, and a process that was left with the old key took an order and its test payment. */
  async function paidAfterwards(): Promise<Order> {
    await goesLive();
    world.restart();
    return await world.paid();
  }

  test("an order that was paid with test money is not shipped from either", async () => {
    const order = await paidAfterwards();
    await expect(world.commerce.ship(order, parcel)).rejects.toThrow(HeldBack);
    await expect(shipping(order)).rejects.toThrow(/test money.*--anyway/);
    expect((await world.order(order)).state).toBe("paid");
    expect(await world.commerce.liveSince()).toEqual(world.clock.now());
  });

  test("the merchant's word brings test money back, and a live key gainsays it", async () => {
    const order = await paidAfterwards();
    await expect(runShopCommand(["test-money"], world.clock.now(), true)).rejects.toMatchObject({
      code: "USAGE",
    });
    await expect(shipping(order)).rejects.toThrow();
    expect(await say("test-money")).toMatch(/test money counts again/);
    expect(await say("test-money")).toMatch(/no real money/);
    expect(await shipping(order)).toBe(`${order.number} is shipped`);
  });

  test("the first start with a live key is what is remembered", async () => {
    await goesLive();
    const first = await world.commerce.liveSince();
    world.clock.advance(MINUTE);
    await goesLive();
    expect(await world.commerce.liveSince()).toEqual(first);
  });

  test("nobody asks about an order of real money", async () => {
    await goesLive();
    world.provider = real;
    const order = await world.paid();
    const asked: string[] = [];
    const heard = ({ command }: { command: Record<string, unknown> }) => asked.push(String(command.find));
    const client = mongoose.connection.getClient().on("commandStarted", heard);
    expect(await shipping(order)).toBe(`${order.number} is shipped`);
    client.off("commandStarted", heard);
    expect(asked).toContain("orders");
    expect(asked).not.toContain("payment_modes");
  });

  test("a refund of real money waits for the live key, of a second payment too, whatever the test key is told", async () => {
    await goesLive();
    world.provider = real;
    const order = await world.paid();
    real.breakOnce("refund", "before");
    await world.paidTwice(order);
    real.breakOnce("refund", "before");
    await world.commerce.cancelOrder(order, "shop");
    const test = new PaymentDouble({ now: world.clock.now });
    world.commerce = createCommerce({ provider: test, live: false, now: world.clock.now });
    for (let hour = 0; hour < 5; hour += 1) {
      world.clock.advance(60 * MINUTE);
      await world.commerce.sweep();
    }
    expect(test.calls).toEqual([]);
    const waiting = await world.order(order);
    expect(waiting).toMatchObject({ state: "refunding" });
    expect(waiting.quarantine).toBeUndefined();
    expect(waiting.strays[0]).not.toHaveProperty("refund");
    await goesLive();
    world.clock.advance(2 * 60 * MINUTE);
    await world.commerce.sweep();
    expect(await world.order(order)).toMatchObject({
      state: "refunded",
      strays: [{ refund: expect.any(String) }],
    });
    expect(real.refunds).toHaveLength(2);
  });
});
