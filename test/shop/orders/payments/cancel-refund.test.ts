import { beforeEach, describe, expect, test } from "vitest";
import { listOpenOrders } from "../../../../src/shop/orders/find-order.ts";
import { IllegalTransition } from "../../../../src/shop/orders/order-machine.ts";
import { PaymentError } from "../../../../src/shop/orders/payments/payment.ts";
import {
  expectLegalHistory,
  expectStockConserved,
  HOUR,
  MINUTE,
  sessionOf,
  useStore,
  World,
} from "../world.ts";

useStore();

let world: World;
beforeEach(async () => {
  world = await World.create();
});
const untouched = { available: 10, held: 0, sold: 0 };

describe("a refund that the provider refuses for good", () => {
  const refusal = new PaymentError("refused", "Refunds of this kind of payment are not possible.", {
    reason: "refund_not_supported",
    fault: "merchant",
  });
  const refunds = () => world.provider.calls.filter((call) => call === "refund").length;
  async function daysPass(): Promise<void> {
    for (let hour = 0; hour < 48; hour += 1) {
      world.clock.advance(HOUR);
      await world.commerce.sweep();
    }
  }

  test("waits for the merchant, is told once and tried once", async () => {
    const order = await world.paid();
    world.provider.refusesRefunds = refusal;
    await world.commerce.cancelOrder(order, "shop");
    await daysPass();
    expect(await world.order(order)).toMatchObject({ state: "refunding", quarantine: "refund-refused" });
    expect(world.told(order)).toEqual(["order.paid", "order.quarantined"]);
    expect(refunds()).toBe(1);
    expect(world.errors.map((error) => (error as Error).cause)).toEqual([refusal]);
    expect((await listOpenOrders(world.shop)).orders.map(({ _id }) => _id)).toEqual([order._id]);

    world.provider.refusesRefunds = undefined;
    await world.commerce.resolveQuarantine(order, "refund");
    expect(await world.order(order)).toMatchObject({
      state: "refunded",
      payment: { refunded: order.total },
    });
    expect(await world.stock()).toEqual(untouched);
  });

  test("may be said to be given back elsewhere", async () => {
    const order = await world.paid();
    world.provider.refusesRefunds = refusal;
    await world.commerce.cancelOrder(order, "shop");
    await world.commerce.resolveQuarantine(order, "accept");
    expect((await world.order(order)).state).toBe("refunded");
    expect((await world.order(order)).quarantine).toBeUndefined();
  });

  test("because a part of the payment was disputed and lost waits for the merchant", async () => {
    const order = await world.paid();
    await world.receive(world.provider.disputes(sessionOf(order), "open", 500));
    await world.receive(world.provider.disputes(sessionOf(order), "lost"));
    await world.commerce.cancelOrder(order, "shop");
    await daysPass();
    expect(await world.order(order)).toMatchObject({ state: "refunding", quarantine: "refund-refused" });
    expect(refunds()).toBe(1);
  });
});

describe("cancelling", () => {
  test("an order that awaits payment closes its session first, then lets go", async () => {
    const order = await world.placed();
    for (let time = 0; time < 2; time += 1) await world.commerce.cancelOrder(order, world.customer);
    expect((await world.order(order)).state).toBe("cancelled");
    expect(world.provider.state(sessionOf(order)).status).toBe("expired");
    expect(await world.stock()).toEqual(untouched);
    for (const delivery of world.provider.deliveries) await world.receive(delivery);
    expect(world.told(order)).toEqual(["order.cancelled"]);
  });

  test("waits for a provider that does not answer, and nothing is let go meanwhile", async () => {
    const order = await world.placed();
    world.provider.breakOnce("expireSession", "before");
    expect((await world.commerce.cancelOrder(order, world.customer)).state).toBe("awaiting_payment");
    expect((await world.stock()).held).toBe(1);
    world.clock.advance(MINUTE);
    await world.restart().sweep();
    expect((await world.order(order)).state).toBe("cancelled");
    expect(await world.stock()).toEqual(untouched);
  });

  test("ends as cancelled, not as expired, when the provider's own event comes first", async () => {
    const order = await world.placed();
    world.provider.breakOnce("expireSession", "after");
    await world.commerce.cancelOrder(order, world.customer);
    await world.receive(world.provider.deliveries.at(-1)!);
    expect(world.told(order)).toEqual(["order.cancelled"]);
  });

  test("when the shopper was faster the money goes back", async () => {
    const order = await world.placed();
    world.provider.pay(sessionOf(order));
    await world.commerce.cancelOrder(order, world.customer);
    for (const delivery of world.provider.deliveries) await world.receive(delivery);
    expect((await world.order(order)).state).toBe("refunded");
    expect(world.provider.refunds).toHaveLength(1);
    expect(await world.stock()).toEqual(untouched);
  });

  test.each(["before", "after"] as const)(
    "a paid order is refunded once, though the call breaks %s its effect",
    async (when) => {
      const order = await world.paid({ MUG: 2 });
      world.provider.breakOnce("refund", when);
      await Promise.all([1, 2].map(() => world.commerce.cancelOrder(order, world.customer)));
      for (let sweep = 0; sweep < 3; sweep += 1) {
        world.clock.advance(MINUTE);
        await world.restart().sweep();
      }
      const refunded = await world.order(order);
      expect(refunded).toMatchObject({
        state: "refunded",
        payment: { paid: order.total, refunded: order.total },
      });
      expect(world.provider.refunds).toMatchObject([{ amount: { amount: order.total, currency: "EUR" } }]);
      expect(world.told(order)).toEqual(["order.paid", "order.refunded"]);
      expect(await world.stock()).toEqual(untouched);
      expectLegalHistory(refunded);
    },
  );

  test("a refund the provider cannot make is the merchant's, and a second try is a refund of its own", async () => {
    const order = await world.paid();
    world.provider.refundStatus = "failed";
    await world.commerce.cancelOrder(order, world.customer);
    expect(await world.order(order)).toMatchObject({ state: "refunding", quarantine: "refund-failed" });
    expect(world.told(order)).toEqual(["order.paid", "order.quarantined"]);
    world.provider.refundStatus = "succeeded";
    await world.commerce.resolveQuarantine(order, "refund");
    expect((await world.order(order)).state).toBe("refunded");
    expect(world.provider.refunds).toHaveLength(1);
  });

  test("is too late once the parcel is on its way", async () => {
    const order = await world.paid();
    await world.commerce.ship(order, { carrier: "DHL", tracking: "1" });
    await expect(world.commerce.cancelOrder(order, world.customer)).rejects.toBeInstanceOf(IllegalTransition);
    expect(await world.stock()).toEqual({ available: 9, held: 0, sold: 1 });
    expect(world.provider.refunds).toEqual([]);
  });

  test("shipping and cancelling at the same moment end in one of the two", async () => {
    for (let round = 0; round < 4; round += 1) {
      const order = await world.paid();
      await Promise.allSettled([
        world.commerce.ship(order, { carrier: "DHL", tracking: "1" }),
        world.commerce.cancelOrder(order, world.customer),
      ]);
      const { state } = await world.order(order);
      const refunds = world.provider.refunds.filter(({ session }) => session === sessionOf(order));
      expect([state, refunds.length]).toEqual(state === "shipped" ? ["shipped", 0] : ["refunded", 1]);
      await expectStockConserved();
    }
  });
});
