import { describe, expect, test } from "vitest";
import { createCommerce } from "../../../../src/shop/commerce.ts";
import type { Order } from "../../../../src/shop/orders/order.ts";
import { RECONCILE_LEAST_MS } from "../../../../src/shop/orders/payments/reconcile-pace.ts";
import { type Delivery, PaymentDouble } from "../../../doubles/payment-provider.ts";
import { dieAnywhere, everywhere, killedAfter } from "../../dying.ts";
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

dieAnywhere();

const untouched = { available: 10, held: 0, sold: 0 };

/** A process that starts with the live key, and what its provider was asked. */
function live(world: World) {
  const provider = new PaymentDouble({ now: world.clock.now, live: true });
  const commerce = createCommerce({ provider, live: true, now: world.clock.now });
  commerce.onNotification(async (notice) => void world.notices.push(notice));
  return {
    provider,
    sweep: () => commerce.sweep(),
    async starts() {
      await commerce.endTestOrders();
      await commerce.sweep();
    },
  };
}

/** The refund of a cancelled order is on its way when the shop goes live. */
async function isGivenBack(world: World): Promise<Order> {
  const order = await world.paid();
  world.provider.refundStatus = "pending";
  await world.commerce.cancelOrder(order, "shop");
  return order;
}

describe("a process killed at any write of the switch to real money, and started again", {
  timeout: 120_000,
}, () => {
  test.each<[string, (world: World) => Promise<Order>, end: string]>([
    ["an order that waits for test money", (world) => world.placed({ MUG: 2 }), "cancelled"],
    ["an order that was paid with it", (world) => world.paid({ MUG: 2 }), "cancelled"],
    ["an order that is given back", isGivenBack, "refunded"],
  ])("ends %s once", async (_, begin, end) => {
    const points = await everywhere(async (at) => {
      const world = await World.create();
      const order = await begin(world);
      const died = await killedAfter(at, [() => live(world).starts()]);
      const { provider, starts, sweep } = live(world);
      await starts();
      // What the dead one had claimed is free after half a minute.
      world.clock.advance(MINUTE);
      await sweep();
      const after = await world.order(order);
      expect(after).toMatchObject({ state: end, attendAt: null });
      expectLegalHistory(after);
      expect(world.told(order).filter((name) => name === "order.test_ended")).toHaveLength(1);
      expect(await world.stock()).toEqual(untouched);
      expect(provider.calls).toEqual([]);
      await expectStockConserved();
      return died;
    });
    expect(points).toBeGreaterThan(2);
  });
});

const changes: [string, (world: World, order: Order) => Delivery, Partial<Order>, news: string][] = [
  [
    "a refund of all",
    (world, order) => world.provider.givesBack(sessionOf(order)),
    { state: "refunded" },
    "order.refunded",
  ],
  [
    "a refund of a part",
    (world, order) => world.provider.givesBack(sessionOf(order), 500),
    { state: "paid" },
    "order.refunded_part",
  ],
  [
    "a dispute",
    (world, order) => world.provider.disputes(sessionOf(order), "open"),
    { state: "paid" },
    "order.disputed",
  ],
  [
    "a dispute that is lost",
    (world, order) => world.provider.disputes(sessionOf(order), "lost"),
    { state: "refunded" },
    "order.dispute_lost",
  ],
];

describe("a process killed at any write of what happens at the provider, and started again", {
  timeout: 120_000,
}, () => {
  async function expectOnce(world: World, order: Order, end: Partial<Order>, news: string): Promise<void> {
    const after = await world.order(order);
    expect(after).toMatchObject({ ...end, attendAt: null });
    expect(after.payment?.refunded).toBe(world.provider.state(sessionOf(order)).refunded);
    expect(world.told(order)).toEqual(["order.paid", news]);
    expect(await world.stock()).toEqual(
      end.state === "refunded" ? untouched : { available: 8, held: 0, sold: 2 },
    );
    expectLegalHistory(after);
    await expectStockConserved();
  }

  test.each(changes)("counts %s that is told, once", async (_, happens, end, news) => {
    const points = await everywhere(async (at) => {
      const world = await World.create();
      const order = await world.paid({ MUG: 2 });
      const delivery = happens(world, order);
      const died = await killedAfter(at, [() => world.receive(delivery)]);
      world.restart();
      // Only a delivery that was not acknowledged before it was kept comes again.
      if (at < 1) await world.receive(delivery);
      for (let round = 0; round < 3; round += 1) {
        world.clock.advance(MINUTE);
        await world.commerce.sweep();
      }
      await expectOnce(world, order, end, news);
      return died;
    });
    expect(points).toBeGreaterThan(2);
  });

  test.each(changes)("counts %s that nobody tells of, once", async (_, happens, end, news) => {
    const points = await everywhere(async (at) => {
      const world = await World.create();
      const order = await world.paid({ MUG: 2 });
      happens(world, order);
      world.clock.advance(RECONCILE_LEAST_MS + MINUTE);
      const died = await killedAfter(at, [() => world.commerce.sweep()]);
      world.restart();
      // Whoever died after it had taken the question on leaves it to the next time.
      for (let round = 0; round < 3; round += 1) {
        world.clock.advance(RECONCILE_LEAST_MS + HOUR);
        await world.commerce.sweep();
      }
      await expectOnce(world, order, end, news);
      return died;
    });
    expect(points).toBeGreaterThan(2);
  });
});
