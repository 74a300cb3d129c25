import { beforeEach, describe, expect, test } from "vitest";
import { createCommerce } from "../../../src/shop/commerce.ts";
import { HeldBack } from "../../../src/shop/fulfilment.ts";
import { PaymentDouble } from "../../doubles/payment-provider.ts";
import { expectLegalHistory, expectStockConserved, MINUTE, sessionOf, useStore, World } from "./world.ts";

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
  world.commerce.onNotice(async (notice) => void world.notices.push(notice));
  await world.commerce.endTestOrders();
  await world.commerce.sweep();
}

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

  test("what was paid with test money does not ship without a word, and can be ended", async () => {
    const order = await world.paid({ MUG: 2 });
    await goesLive();
    const parcel = { carrier: "DHL", tracking: "1" };
    await expect(world.commerce.ship(order, parcel)).rejects.toThrow(HeldBack);
    expect((await world.order(order)).payment?.testMoney).toBe(true);
    expect((await world.commerce.cancelOrder(order, "shop")).state).toBe("refunded");
    expect(await world.stock()).toEqual(untouched);
    expect(world.told(order)).toEqual(["order.paid", "order.test_ended"]);
    expect([...real.calls, ...world.provider.refunds]).toEqual([]);
  });

  test("an order paid with test money goes all the same when the merchant says so", async () => {
    const order = await world.paid();
    await goesLive();
    const shipped = await world.commerce.ship(order, { carrier: "DHL", tracking: "1" }, "shop", {
      anyway: true,
    });
    expect(shipped.state).toBe("shipped");
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
