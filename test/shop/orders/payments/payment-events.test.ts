import { beforeEach, describe, expect, test } from "vitest";
import type { Order } from "../../../../src/shop/orders/order.ts";
import { OrderModel } from "../../../../src/shop/orders/order-model.ts";
import { BadSignature } from "../../../../src/shop/orders/payments/payment.ts";
import { PaymentEventModel } from "../../../../src/shop/orders/payments/payment-events.ts";
import { DAY, expectStockConserved, HOUR, MINUTE, sessionOf, useStore, World } from "../world.ts";

useStore();

let world: World;
beforeEach(async () => {
  world = await World.create();
});

async function expectFulfilledOnce(order: Order): Promise<void> {
  expect((await world.order(order)).state).toBe("paid");
  expect(world.told(order)).toEqual(["order.paid"]);
  expect(world.notices.filter(({ name }) => name === "order.paid")).toHaveLength(1);
  expect(await world.stock()).toEqual({ available: 9, held: 0, sold: 1 });
  expect(world.provider.refunds).toEqual([]);
}

async function expectRefundedOnce(order: Order): Promise<void> {
  expect((await world.order(order)).state).toBe("refunded");
  expect(world.provider.refunds).toMatchObject([
    { session: sessionOf(order), amount: { amount: order.total } },
  ]);
  expect(world.told(order).filter((name) => name === "order.refunded")).toHaveLength(1);
  expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
}

describe("a payment event", () => {
  test("delivered five times, some at the same time, pays once", async () => {
    const order = await world.placed();
    const delivery = world.provider.pay(sessionOf(order));
    await Promise.all([1, 2, 3].map(() => world.receive(delivery)));
    expect(await world.receive(delivery)).toMatchObject({ outcome: "duplicate" });
    await world.restart().receiveEvent(world.provider, delivery.raw, delivery.headers);
    await expectFulfilledOnce(order);
  });

  test("and the landing page together fulfil once", async () => {
    const order = await world.placed();
    const delivery = world.provider.pay(sessionOf(order));
    await Promise.all([
      world.commerce.reconcile(order._id),
      world.receive(delivery),
      world.commerce.reconcile(order._id),
    ]);
    await expectFulfilledOnce(order);
  });

  test("that is not signed by the provider is refused before anything is kept", async () => {
    const order = await world.placed();
    const { headers } = world.provider.pay(sessionOf(order));
    const forged = Buffer.from(
      JSON.stringify({ id: "evt", at: new Date(), session: world.provider.state(sessionOf(order)) }),
    );
    await expect(world.receive({ raw: forged, headers })).rejects.toBeInstanceOf(BadSignature);
    expect(await PaymentEventModel.countDocuments()).toBe(0);
    expect((await world.order(order)).state).toBe("awaiting_payment");
  });

  test("about an order of somebody else is taken and ignored", async () => {
    const order = await world.placed();
    const delivery = world.provider.forge(sessionOf(order), { order: "o-unknown", payment: "paid" });
    expect(await world.receive(delivery)).toEqual({ outcome: "ignored" });
    expect(await world.receive(delivery)).toMatchObject({ outcome: "duplicate" });
  });

  test("that was kept by a process that then died is applied by the next", async () => {
    const order = await world.placed();
    const delivery = world.provider.pay(sessionOf(order));
    const event = (await world.provider.verifyEvent(delivery.raw, delivery.headers))!;
    await PaymentEventModel.create({
      _id: `double/${event.id}`,
      provider: "double",
      session: event.session,
      at: event.at,
      receivedAt: world.clock.now(),
      appliedAt: null,
    });
    world.clock.advance(10_000);
    await world.restart().sweep();
    await expectFulfilledOnce(order);
  });

  test("late and out of order changes nothing any more", async () => {
    const order = await world.placed();
    const session = sessionOf(order);
    const pending = world.provider.promise(session);
    const paid = world.provider.settle(session, "paid");
    const expired = world.provider.forge(session, { status: "expired", payment: "unpaid" });
    const failed = world.provider.forge(session, { status: "complete", payment: "failed" });
    for (const delivery of [paid, pending, expired, failed, paid]) await world.receive(delivery);
    await expectFulfilledOnce(order);
  });

  test.each([23 * HOUR, 71 * HOUR])("replayed %d ms later changes nothing", async (later) => {
    const order = await world.placed();
    const delivery = world.provider.pay(sessionOf(order));
    await world.receive(delivery);
    world.clock.advance(later);
    await world.commerce.sweep();
    expect(await world.receive(delivery)).toMatchObject({ outcome: "duplicate" });
    await expectFulfilledOnce(order);
  });

  test("old enough to never come again is forgotten", async () => {
    await world.paid();
    world.clock.advance(31 * DAY);
    await world.commerce.sweep();
    expect(await PaymentEventModel.countDocuments()).toBe(0);
  });
});

describe("complete but unpaid", () => {
  test("does not ship and keeps its hold, for days if need be", async () => {
    const order = await world.placed();
    await world.receive(world.provider.promise(sessionOf(order)));
    for (let hour = 0; hour < 48; hour += 6) {
      world.clock.advance(6 * HOUR);
      await world.commerce.sweep();
    }
    expect(await world.order(order)).toMatchObject({
      state: "awaiting_payment",
      payment: { status: "pending" },
    });
    expect(await world.stock()).toEqual({ available: 9, held: 1, sold: 0 });
    await expect(world.commerce.ship(order, { carrier: "DHL", tracking: "1" })).rejects.toMatchObject({
      code: "ILLEGAL_TRANSITION",
    });
    await expect(world.commerce.cancelOrder(order, world.customer)).rejects.toMatchObject({
      code: "PAYMENT_UNDER_WAY",
    });
  });

  test("ships once when the money comes, also if no event tells", async () => {
    const order = await world.placed();
    await world.receive(world.provider.promise(sessionOf(order)));
    world.provider.settle(sessionOf(order), "paid");
    world.clock.advance(2 * HOUR);
    await world.commerce.sweep();
    await expectFulfilledOnce(order);
  });

  test("lets go once when the money does not come", async () => {
    const order = await world.placed();
    await world.receive(world.provider.promise(sessionOf(order)));
    const failed = world.provider.settle(sessionOf(order), "failed");
    for (let time = 0; time < 3; time += 1) await world.receive(failed);
    await world.commerce.reconcile(order._id);
    expect((await world.order(order)).state).toBe("cancelled");
    expect(world.told(order)).toEqual(["order.payment_failed"]);
    expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
  });
});

describe("when the hold is over", () => {
  test("the session is closed first, then the stock is let go, and the customer told", async () => {
    const order = await world.placed();
    world.clock.advance(31 * MINUTE);
    await world.commerce.sweep();
    expect(world.provider.state(sessionOf(order)).status).toBe("expired");
    expect((await world.order(order)).state).toBe("expired");
    expect(world.told(order)).toEqual(["order.expired"]);
    expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
    for (const delivery of world.provider.deliveries) await world.receive(delivery);
    expect(world.told(order)).toEqual(["order.expired"]);
  });

  test("nothing is let go while the provider does not answer", async () => {
    const order = await world.placed();
    world.clock.advance(31 * MINUTE);
    world.provider.breakOnce("expireSession", "before");
    await world.commerce.sweep();
    expect(await world.stock()).toEqual({ available: 9, held: 1, sold: 0 });
    expect((await world.order(order)).state).toBe("awaiting_payment");
    world.clock.advance(MINUTE);
    await world.commerce.sweep();
    expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
  });

  test("a session that closed although its answer was lost is noticed", async () => {
    const order = await world.placed();
    world.clock.advance(31 * MINUTE);
    world.provider.breakOnce("expireSession", "after");
    await world.commerce.sweep();
    world.clock.advance(MINUTE);
    await world.restart().sweep();
    expect((await world.order(order)).state).toBe("expired");
    expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
  });

  test("a shopper who was faster gets the order, though no event arrived", async () => {
    const order = await world.placed();
    world.provider.pay(sessionOf(order));
    world.clock.advance(31 * MINUTE);
    await world.commerce.sweep();
    await expectFulfilledOnce(order);
  });

  test.each(Array.from({ length: 8 }, (_, run) => run))(
    "paying and expiring at the same moment ends in one of the two (%d)",
    async (run) => {
      const order = await world.placed();
      const session = sessionOf(order);
      world.clock.advance(31 * MINUTE);
      const pay = async () => {
        for (let step = 0; step < run; step += 1) await new Promise((resolve) => setImmediate(resolve));
        const delivery = world.provider.state(session).status === "open" ? world.provider.pay(session) : null;
        if (delivery !== null) await world.receive(delivery);
      };
      await Promise.all([world.commerce.sweep(), pay(), world.commerce.reconcile(order._id)]);
      for (const delivery of [...world.provider.deliveries].reverse()) await world.receive(delivery);
      const { payment } = world.provider.state(session);
      if (payment === "paid") return expectFulfilledOnce(order);
      expect((await world.order(order)).state).toBe("expired");
      expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
      await expectStockConserved();
    },
  );

  test("money that arrives after the end goes back once, however often it is announced", async () => {
    const order = await world.placed();
    world.clock.advance(31 * MINUTE);
    await world.commerce.sweep();
    world.provider.distort(sessionOf(order), { status: "complete", payment: "paid" });
    const late = world.provider.forge(sessionOf(order), {});
    const again = world.provider.forge(sessionOf(order), {});
    await Promise.all([world.receive(late), world.receive(again), world.receive(late)]);
    await world.commerce.reconcile(order._id);
    await expectRefundedOnce(order);
  });
});

describe("a payment that is not the order's", () => {
  test.each([
    ["amount", { amount: { amount: 1, currency: "EUR" } }],
    ["currency", { amount: { amount: 1690, currency: "USD" } }],
    ["mode", { live: true }],
  ])("in %s puts the order in quarantine and tells the merchant once", async (reason, change) => {
    const order = await world.placed();
    const session = sessionOf(order);
    world.provider.distort(session, { status: "complete", payment: "paid", ...change });
    const delivery = world.provider.forge(session, {});
    await Promise.all([
      world.receive(delivery),
      world.receive(delivery),
      world.commerce.reconcile(order._id),
    ]);
    world.clock.advance(DAY);
    await world.commerce.sweep();
    expect(await world.order(order)).toMatchObject({ state: "awaiting_payment", quarantine: reason });
    expect(world.told(order)).toEqual(["order.quarantined"]);
    expect(await world.stock()).toEqual({ available: 9, held: 1, sold: 0 });
    await expect(world.commerce.ship(order, { carrier: "DHL", tracking: "1" })).rejects.toMatchObject({
      code: "ILLEGAL_TRANSITION",
    });
  });

  test("can be given back: exactly what was captured, and the stock with it", async () => {
    const order = await world.placed();
    const amount = { amount: 999, currency: "USD" };
    world.provider.distort(sessionOf(order), { status: "complete", payment: "paid", amount });
    await world.commerce.reconcile(order._id);
    for (let time = 0; time < 2; time += 1) await world.commerce.resolveQuarantine(order, "refund");
    expect((await world.order(order)).state).toBe("refunded");
    expect(world.provider.refunds).toMatchObject([{ amount }]);
    expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
  });

  test("can be accepted by the merchant", async () => {
    const order = await world.placed();
    world.provider.distort(sessionOf(order), {
      status: "complete",
      payment: "paid",
      amount: { amount: order.total - 1, currency: "EUR" },
    });
    await world.commerce.reconcile(order._id);
    for (let time = 0; time < 2; time += 1) await world.commerce.resolveQuarantine(order, "accept");
    expect(await world.order(order)).toMatchObject({ state: "paid" });
    expect(world.told(order)).toEqual(["order.quarantined", "order.paid"]);
    expect(await world.stock()).toEqual({ available: 9, held: 0, sold: 1 });
  });

  test("but of a second session of the same order goes back, while the order is fulfilled", async () => {
    const order = await world.paid();
    world.provider.breakOnce("refund", "after");
    const id = await world.paidTwice(order);
    await world.receive(world.provider.forge(id, {}));
    expect((await world.order(order)).strays).toHaveLength(1);
    world.clock.advance(MINUTE);
    await world.restart().sweep();
    expect(world.provider.refunds).toMatchObject([{ session: id, amount: { amount: 500 } }]);
    expect((await world.order(order)).state).toBe("paid");
    expect(await OrderModel.countDocuments({ attendAt: null })).toBe(1);
  });
});
