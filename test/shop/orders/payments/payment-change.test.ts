import { beforeEach, describe, expect, test } from "vitest";
import { HeldBack } from "../../../../src/shop/orders/fulfilment.ts";
import type { Order } from "../../../../src/shop/orders/order.ts";
import type { Delivery } from "../../../doubles/payment-provider.ts";
import { expectLegalHistory, expectStockConserved, MINUTE, sessionOf, useStore, World } from "../world.ts";

useStore();

let world: World;
beforeEach(async () => {
  world = await World.create();
});
const untouched = { available: 10, held: 0, sold: 0 };
const parcel = { carrier: "DHL", tracking: "1" };
const shipped = async (): Promise<Order> => world.commerce.ship(await world.paid(), parcel);

/** Each of them in this order, and again from the first. */
async function receive(...deliveries: readonly Delivery[]): Promise<void> {
  for (const delivery of [...deliveries, ...deliveries]) await world.receive(delivery);
}
/** Something happens a minute later than all before. */
function later<T>(happens: () => T): T {
  world.clock.advance(MINUTE);
  return happens();
}

describe("a refund that the merchant makes at the provider", () => {
  test("of all that was paid ends an order that has not been shipped, once", async () => {
    const order = await world.paid();
    await receive(world.provider.givesBack(sessionOf(order)));
    const after = await world.order(order);
    expect(after).toMatchObject({ state: "refunded", payment: { refunded: order.total }, attendAt: null });
    expectLegalHistory(after);
    expect(world.told(order)).toEqual(["order.paid", "order.refunded"]);
    expect(await world.stock()).toEqual(untouched);
    expect(world.provider.refunds).toEqual([]);
    await expect(world.commerce.ship(order, parcel)).rejects.toThrow(/refunded/);
  });

  test("of a part is shown, does not ship without a word, and is not given back again", async () => {
    const order = await world.paid();
    await receive(world.provider.givesBack(sessionOf(order), 500));
    expect(await world.order(order)).toMatchObject({ state: "paid", payment: { refunded: 500 } });
    expect(world.told(order)).toEqual(["order.paid", "order.refunded_part"]);
    await expect(world.commerce.ship(order, parcel)).rejects.toThrow(HeldBack);
    await world.commerce.cancelOrder(order, "shop");
    expect(world.provider.refunds).toMatchObject([{ amount: { amount: order.total - 500 } }]);
    expect(await world.order(order)).toMatchObject({
      state: "refunded",
      payment: { refunded: order.total },
    });
  });

  test("that nobody has told of yet leaves the rest to be refunded", async () => {
    const order = await world.paid();
    const told = world.provider.givesBack(sessionOf(order), 500);
    await world.commerce.cancelOrder(order, "shop");
    world.clock.advance(MINUTE);
    await world.commerce.sweep();
    await receive(told, ...world.provider.deliveries);
    expect(world.provider.refunds).toMatchObject([{ amount: { amount: order.total - 500 } }]);
    expect(world.provider.state(sessionOf(order)).refunded).toBe(order.total);
    expect(await world.order(order)).toMatchObject({
      state: "refunded",
      payment: { refunded: order.total },
      attendAt: null,
    });
    expect(world.told(order).filter((name) => name === "order.refunded")).toHaveLength(1);
    expect(await world.stock()).toEqual(untouched);
  });

  test("of an order that has been shipped changes its money and not its way", async () => {
    const order = await shipped();
    await receive(
      world.provider.givesBack(sessionOf(order), 500),
      later(() => world.provider.givesBack(sessionOf(order))),
    );
    expect(await world.order(order)).toMatchObject({ state: "shipped", payment: { refunded: order.total } });
    expect(world.told(order)).toEqual([
      "order.paid",
      "order.shipped",
      "order.refunded_part",
      "order.refunded",
    ]);
    expect(await world.stock()).toEqual({ available: 9, held: 0, sold: 1 });
  });

  test("counts the same when its totals come in the wrong order", async () => {
    const order = await shipped();
    const first = world.provider.givesBack(sessionOf(order), 500);
    const second = later(() => world.provider.givesBack(sessionOf(order), 300));
    await receive(second, first);
    expect((await world.order(order)).payment?.refunded).toBe(800);
  });

  test.each([true, false])(
    "that is told before the payment itself counts all the same (the event names the order: %s)",
    async (names) => {
      world.provider.namesOrders = names;
      const order = await world.placed();
      const paid = world.provider.pay(sessionOf(order));
      await receive(world.provider.givesBack(sessionOf(order)), paid);
      expect((await world.order(order)).state).toBe("refunded");
      expect(world.told(order)).toEqual(["order.paid", "order.refunded"]);
      expect(await world.stock()).toEqual(untouched);
    },
  );

  test("of a payment in quarantine settles it", async () => {
    const order = await world.placed();
    const session = sessionOf(order);
    world.provider.distort(session, { amount: { amount: 1, currency: "EUR" } });
    await world.receive(world.provider.pay(session));
    expect((await world.order(order)).quarantine).toBe("amount");
    await receive(world.provider.givesBack(session));
    const after = await world.order(order);
    expect(after).toMatchObject({ state: "refunded", payment: { refunded: 1 } });
    expect(after.quarantine).toBeUndefined();
    expect(await world.stock()).toEqual(untouched);
  });

  test("that goes with one of ours is told once", async () => {
    const order = await world.paid();
    await world.commerce.cancelOrder(order, "shop");
    await receive(...world.provider.deliveries);
    expect(world.told(order)).toEqual(["order.paid", "order.refunded"]);
    expect(world.provider.refunds).toHaveLength(1);
  });
});

describe("a refund that a bank sends back", () => {
  test("after it had succeeded waits for the merchant, and is made again with their word", async () => {
    const order = await world.paid();
    await world.commerce.cancelOrder(order, "shop");
    const failed = later(() => world.provider.refundFails(sessionOf(order), order.total));
    await receive(failed);
    expect(await world.order(order)).toMatchObject({
      state: "refunded",
      quarantine: "refund-failed",
      payment: { refunded: 0, refundsFailed: 1 },
    });
    expect(world.told(order)).toEqual(["order.paid", "order.refunded", "order.quarantined"]);
    world.clock.advance(MINUTE);
    await world.commerce.resolveQuarantine(order, "refund");
    expect(await world.order(order)).toMatchObject({
      state: "refunded",
      payment: { refunded: order.total },
      attendAt: null,
    });
    expect(world.provider.refunds).toHaveLength(2);
    expect(world.provider.state(sessionOf(order)).refunded).toBe(order.total);
  });

  test("is the same when its failure is told first", async () => {
    const order = await shipped();
    const given = world.provider.givesBack(sessionOf(order), 500);
    const failed = later(() => world.provider.refundFails(sessionOf(order), 500, "re_page"));
    await receive(failed, given);
    expect((await world.order(order)).payment?.refunded).toBe(0);
  });

  test("of a part lowers what was given back, tells the shopper, and holds the parcel back", async () => {
    const order = await world.paid();
    const given = world.provider.givesBack(sessionOf(order), 500);
    const failed = later(() => world.provider.refundFails(sessionOf(order), 500, "re_page"));
    await receive(given, failed);
    expect(await world.order(order)).toMatchObject({ state: "paid", payment: { refunded: 0 } });
    expect(world.told(order)).toEqual(["order.paid", "order.refunded_part", "order.refund_failed"]);
    await expect(world.commerce.ship(order, parcel)).rejects.toThrow(/refund-failed/);
  });
});

describe("a dispute", () => {
  test("holds the parcel back until it is won", async () => {
    const order = await world.paid();
    const opened = world.provider.disputes(sessionOf(order), "open");
    await receive(opened);
    await expect(world.commerce.ship(order, parcel)).rejects.toThrow(/disputed/);
    await receive(
      later(() => world.provider.disputes(sessionOf(order), "won")),
      opened,
    );
    expect((await world.commerce.ship(order, parcel)).state).toBe("shipped");
    expect(world.told(order)).toEqual(["order.paid", "order.disputed", "order.dispute_won", "order.shipped"]);
  });

  test("that is lost ends an order that has not been shipped; its units go back and no money is refunded", async () => {
    const order = await world.paid();
    const opened = world.provider.disputes(sessionOf(order), "open");
    const lost = later(() => world.provider.disputes(sessionOf(order), "lost"));
    await receive(lost, opened);
    const after = await world.order(order);
    expect(after).toMatchObject({ state: "refunded", payment: { refunded: 0 }, attendAt: null });
    expectLegalHistory(after);
    expect(world.told(order)).toEqual(["order.paid", "order.dispute_lost"]);
    expect(world.provider.refunds).toEqual([]);
    expect(await world.stock()).toEqual(untouched);
  });

  test("of an order that has been shipped is shown and leaves the stock alone", async () => {
    const order = await shipped();
    await receive(
      world.provider.disputes(sessionOf(order), "open"),
      later(() => world.provider.disputes(sessionOf(order), "lost")),
    );
    expect(await world.order(order)).toMatchObject({ state: "shipped", disputes: [{ status: "lost" }] });
    expect(await world.stock()).toEqual({ available: 9, held: 0, sold: 1 });
  });

  test.each(["won", "lost"] as const)("lets a refund wait until it is %s", async (end) => {
    const order = await world.paid();
    await world.receive(world.provider.disputes(sessionOf(order), "open"));
    await world.commerce.cancelOrder(order, "shop");
    expect((await world.order(order)).state).toBe("refunding");
    expect(world.provider.refunds).toEqual([]);
    await world.receive(later(() => world.provider.disputes(sessionOf(order), end)));
    expect((await world.order(order)).state).toBe("refunded");
    expect(world.provider.refunds).toHaveLength(end === "won" ? 1 : 0);
    await expectStockConserved();
  });
});
