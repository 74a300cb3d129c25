import { beforeEach, describe, expect, test } from "vitest";
import { HeldBack } from "../../../../src/shop/orders/fulfilment.ts";
import type { Order } from "../../../../src/shop/orders/order.ts";
import { OrderModel } from "../../../../src/shop/orders/order-model.ts";
import { RECONCILE_FOR_MS, RECONCILE_LEAST_MS } from "../../../../src/shop/orders/payments/reconcile-pace.ts";
import type { Delivery } from "../../../doubles/payment-provider.ts";
import { DAY, expectStockConserved, HOUR, MINUTE, sessionOf, useStore, World } from "../world.ts";

useStore();

let world: World;
beforeEach(async () => {
  world = await World.create();
});
const untouched = { available: 10, held: 0, sold: 0 };
const parcel = { carrier: "DHL", tracking: "1" };

/** Nothing of what happened is told, and time passes until it is asked after. */
async function isAsked(order: Order): Promise<Order> {
  world.clock.advance(RECONCILE_LEAST_MS + MINUTE);
  await world.commerce.sweep();
  return world.order(order);
}
const asked = () => world.provider.calls.filter((call) => call.startsWith("read")).length;

describe("what nobody tells of", () => {
  test("a refund of all ends an order that has not been shipped, and its units go back", async () => {
    const order = await world.paid();
    world.provider.givesBack(sessionOf(order));
    expect(await isAsked(order)).toMatchObject({
      state: "refunded",
      payment: { refunded: order.total },
      attendAt: null,
    });
    expect(world.told(order)).toEqual(["order.paid", "order.refunded"]);
    expect(await world.stock()).toEqual(untouched);
  });

  test("a refund of a part is counted, and holds the parcel back", async () => {
    const order = await world.paid();
    world.provider.givesBack(sessionOf(order), 300);
    world.provider.givesBack(sessionOf(order), 200);
    expect(await isAsked(order)).toMatchObject({ state: "paid", payment: { refunded: 500 } });
    await expect(world.commerce.ship(order, parcel)).rejects.toThrow(HeldBack);
  });

  test("a dispute holds the parcel back, and lets it go when it is won", async () => {
    const order = await world.paid();
    world.provider.disputes(sessionOf(order), "open");
    await isAsked(order);
    await expect(world.commerce.ship(order, parcel)).rejects.toThrow(/disputed/);
    world.provider.disputes(sessionOf(order), "won");
    await isAsked(order);
    expect((await world.commerce.ship(order, parcel)).state).toBe("shipped");
    expect(world.told(order)).toEqual(["order.paid", "order.disputed", "order.dispute_won", "order.shipped"]);
  });

  test("a dispute that is lost ends the order", async () => {
    const order = await world.paid();
    world.provider.disputes(sessionOf(order), "lost");
    expect(await isAsked(order)).toMatchObject({ state: "refunded", payment: { refunded: 0 } });
    expect(await world.stock()).toEqual(untouched);
  });

  test("a refund of ours that a bank sends back waits for the merchant, and stays so", async () => {
    const order = await world.paid();
    await world.commerce.cancelOrder(order, "shop");
    world.provider.refundFails(sessionOf(order), order.total);
    expect(await isAsked(order)).toMatchObject({ state: "refunded", quarantine: "refund-failed" });
    expect(await isAsked(order)).toMatchObject({ state: "refunded", quarantine: "refund-failed" });
    expect(world.told(order)).toEqual(["order.paid", "order.refunded", "order.quarantined"]);
    await world.commerce.resolveQuarantine(order, "refund");
    expect(world.provider.state(sessionOf(order)).refunded).toBe(order.total);
  });

  test("a refund of a second payment that a bank sends back is made anew", async () => {
    const order = await world.paid();
    const second = await world.paidTwice(order);
    world.provider.refundFails(second, 500);
    expect(world.provider.state(second).refunded).toBe(0);
    await isAsked(order);
    world.clock.advance(MINUTE);
    await world.commerce.sweep();
    expect(world.provider.state(second).refunded).toBe(500);
    expect(await world.order(order)).toMatchObject({ state: "paid", payment: { refunded: 0 } });
    // The next looks find it where it is.
    await isAsked(order);
    expect(world.provider.refunds).toHaveLength(2);
  });

  test("a refund of a second payment is asked after although the order itself was never paid", async () => {
    const order = await world.placed();
    await world.commerce.cancelOrder(order, world.customer);
    const second = await world.paidTwice(order);
    expect(world.provider.state(second).refunded).toBe(500);
    world.provider.refundFails(second, 500);
    await isAsked(order);
    world.clock.advance(MINUTE);
    await world.commerce.sweep();
    expect(world.provider.state(second).refunded).toBe(500);
    expect((await world.order(order)).state).toBe("cancelled");
  });

  test("a dispute that keeps a refund from being made is found at once, and the refund waits for its end", async () => {
    const order = await world.paid();
    world.provider.disputes(sessionOf(order), "open");
    await world.commerce.cancelOrder(order, "shop");
    world.clock.advance(MINUTE);
    await world.commerce.sweep();
    expect(await world.order(order)).toMatchObject({ state: "refunding", disputes: [{ status: "open" }] });
    expect(world.errors).toEqual([]);
    world.provider.disputes(sessionOf(order), "lost");
    expect((await isAsked(order)).state).toBe("refunded");
    expect(world.provider.refunds).toEqual([]);
    await expectStockConserved();
  });

  test("in quarantine stays there", async () => {
    const order = await world.placed();
    world.provider.distort(sessionOf(order), { amount: { amount: 1, currency: "IDR" } });
    await world.receive(world.provider.pay(sessionOf(order)));
    expect(await isAsked(order)).toMatchObject({ state: "awaiting_payment", quarantine: "currency" });
  });

  test("is found when somebody asks for the order to be reconciled", async () => {
    const order = await world.paid();
    world.provider.givesBack(sessionOf(order));
    expect((await world.commerce.reconcile(order._id)).state).toBe("refunded");
  });
});

describe("how often a provider is asked", () => {
  test("twice some thirty times in four months, and never again once the order is done", async () => {
    const order = await world.commerce.ship(await world.paid(), parcel);
    await world.commerce.deliver(order);
    for (let hours = 0; hours < 150 * 24; hours += 24) {
      world.clock.advance(DAY);
      await world.commerce.sweep();
    }
    expect(asked()).toBeGreaterThan(40);
    expect(asked()).toBeLessThan(80);
    expect((await world.order(order)).payment?.reconcileAt).toBeNull();
  });

  test("an order that waits to be shipped is asked after for as long as it takes, once a week", async () => {
    const order = await world.paid();
    world.clock.advance(RECONCILE_FOR_MS + DAY);
    for (const _ of [1, 2, 3]) {
      await world.commerce.sweep();
      world.clock.advance(7 * DAY);
    }
    expect(asked()).toBe(6);
    world.provider.disputes(sessionOf(order), "open");
    await world.commerce.sweep();
    await expect(world.commerce.ship(order, parcel)).rejects.toThrow(/disputed/);
  });

  test("one process of two asks, and one that gets no answer asks again in an hour", async () => {
    const order = await world.paid();
    const left = world.commerce;
    const right = world.restart();
    world.provider.breakOnce("readRefunds", "before");
    world.clock.advance(RECONCILE_LEAST_MS + MINUTE);
    await Promise.all([left.sweep(), right.sweep()]);
    expect(world.provider.calls.filter((call) => call === "readRefunds")).toHaveLength(1);
    expect(world.errors).toHaveLength(1);
    world.provider.givesBack(sessionOf(order));
    world.clock.advance(HOUR);
    await right.sweep();
    expect((await world.order(order)).state).toBe("refunded");
  });

  test("orders of versions before are asked after too, from the first start on", async () => {
    const order = await world.paid();
    await OrderModel.updateOne({ _id: order._id }, { $unset: { "payment.reconcileAt": 1 } });
    expect(await world.commerce.reconcileOlder()).toBe(1);
    expect(await world.commerce.reconcileOlder()).toBe(0);
    world.provider.givesBack(sessionOf(order));
    await world.commerce.sweep();
    expect((await world.order(order)).state).toBe("refunded");
  });
});

describe("changes of one second", () => {
  /** All orders in which some deliveries may come. */
  function permutations<T>(all: readonly T[]): T[][] {
    if (all.length < 2) return [[...all]];
    return all.flatMap((one, at) =>
      permutations(all.filter((_, other) => other !== at)).map((rest) => [one, ...rest]),
    );
  }

  test.each([true, false])(
    "count by what they are, in whatever order they come (all of them come: %s)",
    async (all) => {
      const happen = (order: Order): Delivery[] => [
        world.provider.givesBack(sessionOf(order), 500),
        world.provider.refundFails(sessionOf(order), 500, "re_page"),
        world.provider.givesBack(sessionOf(order), 500),
      ];
      for (const order of permutations([0, 1, 2])) {
        const bought = await world.commerce.ship(await world.paid(), parcel);
        const deliveries = happen(bought);
        const come = order.flatMap((at) => deliveries[at] ?? []).slice(0, all ? 3 : 2);
        for (const delivery of come) await world.receive(delivery);
        if (!all) await isAsked(bought);
        expect((await world.order(bought)).payment?.refunded, order.join()).toBe(500);
        await OrderModel.deleteMany({});
      }
    },
  );
});
