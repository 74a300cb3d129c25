import fc from "fast-check";
import mongoose from "mongoose";
import { expect, test } from "vitest";
import { ShopError } from "../../../src/shop/core/errors.ts";
import { StockModel } from "../../../src/shop/inventory/stock.ts";
import type { Order } from "../../../src/shop/orders/order.ts";
import { OrderModel } from "../../../src/shop/orders/order-model.ts";
import {
  anyCustomer,
  DAY,
  expectLegalHistory,
  expectStockConserved,
  HOUR,
  MINUTE,
  sessionOf,
  useStore,
  World,
} from "./world.ts";

useStore();

const call = fc.constantFrom(
  "createSession" as const,
  "readSession" as const,
  "expireSession" as const,
  "refund" as const,
);
const which = fc.nat(2);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant("place" as const), order: which }) },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constantFrom("pay" as const, "promise" as const), order: which }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom("arrive" as const, "fail" as const), order: which }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom("cancel" as const, "reconcile" as const), order: which }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constantFrom("ship" as const, "deliver" as const, "confirm" as const),
      order: which,
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("webhook" as const), event: fc.nat(30) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("wait" as const),
      ms: fc.constantFrom(MINUTE, 20 * MINUTE, HOUR, DAY),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("break" as const),
      call,
      when: fc.constantFrom("before" as const, "after" as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("sweep" as const, "restart" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(world: World, drafts: Order[], now: Step): Promise<void> {
  const { commerce, provider } = world;
  switch (now.does) {
    case "wait":
      return world.clock.advance(now.ms);
    case "break":
      return provider.breakOnce(now.call, now.when);
    case "restart":
      world.restart();
      return;
    case "sweep":
      return commerce.sweep();
    case "webhook": {
      const delivery = provider.deliveries[now.event % Math.max(1, provider.deliveries.length)];
      if (delivery !== undefined) await world.receive(delivery);
      return;
    }
  }
  const order = await world.order(drafts[now.order]!);
  const session = provider.sessions.find(({ id }) => id === order.payment?.session);
  switch (now.does) {
    case "place":
      await commerce.placeOrder(order);
      return;
    case "cancel":
      await commerce.cancelOrder(order, order.customer);
      return;
    case "reconcile":
      await commerce.reconcile(order._id);
      return;
    case "ship":
      await commerce.ship(order, { carrier: "DHL", tracking: "1" });
      return;
    case "deliver":
      await commerce.deliver(order);
      return;
    case "confirm":
      await commerce.confirmReceived(order);
      return;
    case "pay":
      if (session?.status === "open") provider.pay(session.id);
      return;
    case "promise":
      if (session?.status === "open") provider.promise(session.id);
      return;
    case "arrive":
      if (session?.payment === "pending") provider.settle(session.id, "paid");
      return;
    case "fail":
      if (session?.payment === "pending") provider.settle(session.id, "failed");
      return;
  }
}

/** Nobody acts any more: transfers settle, every event comes twice and backwards, and time passes until all is done. */
async function comeToRest(world: World): Promise<void> {
  for (const { id, payment } of world.provider.sessions)
    if (payment === "pending") world.provider.settle(id, "paid");
  for (const delivery of [...world.provider.deliveries].reverse()) await world.receive(delivery);
  for (let round = 0; round < 8; round += 1) {
    world.clock.advance(6 * HOUR);
    await world.restart().sweep();
  }
}

const fulfilled = ["paid", "packed", "shipped", "delivered", "completed"];

test("whatever happens, in whatever order, breaking wherever it may, everything comes to a good end", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 4, maxLength: 14 }),
      async (moments) => {
        for (const name of mongoose.modelNames()) await mongoose.model(name).deleteMany({});
        const world = await World.create();
        const drafts: Order[] = [];
        const carts: Record<string, number>[] = [{ MUG: 2 }, { MUG: 1, LAMP: 2 }, { LAMP: 2 }];
        for (const lines of carts) drafts.push(await world.draft(lines, await anyCustomer(world.shop)));
        for (const moment of moments) {
          const outcomes = await Promise.allSettled(moment.map((now) => take(world, drafts, now)));
          for (const outcome of outcomes)
            if (
              outcome.status === "rejected" &&
              !(outcome.reason instanceof ShopError) &&
              outcome.reason.code !== "BROKEN"
            )
              throw outcome.reason;
          await expectStockConserved();
        }
        await comeToRest(world);

        const orders = await OrderModel.find().lean<Order[]>();
        for (const order of orders) {
          expectLegalHistory(order);
          expect(["awaiting_payment", "refunding"]).not.toContain(order.state);
          expect(order.notices).toEqual([]);
          expect(order.tasks.filter(({ name }) => !["invite", "complete", "discard"].includes(name))).toEqual(
            [],
          );
        }
        // Every paid session ends either fulfilled or refunded: never neither, never both.
        for (const { id, order, payment, status, amount, refunded } of world.provider.sessions) {
          const own = orders.find(({ _id }) => _id === order);
          // Left open is only what was made by an attempt that broke off: nobody has its address, the provider ends it.
          if (own?.payment?.session === id) expect(status, id).not.toBe("open");
          const kept = own !== undefined && fulfilled.includes(own.state) && sessionOf(own) === id;
          if (payment === "paid") expect([kept, refunded]).toEqual(kept ? [true, 0] : [false, amount.amount]);
          else expect([kept, refunded]).toEqual([false, 0]);
        }
        // What is sold is what was fulfilled, and nothing is held any more.
        await expectStockConserved();
        for (const sku of ["MUG", "LAMP"]) {
          const sold = orders
            .filter(({ state }) => fulfilled.includes(state))
            .flatMap(({ lines }) => lines.filter((line) => line.sku === sku))
            .reduce((sum, { quantity }) => sum + quantity, 0);
          const stock = await world.stock(sku);
          expect([sku, stock.held, stock.sold]).toEqual([sku, 0, sold]);
        }
        // One notice of each name and order, however often it was handed over.
        for (const order of orders) expect(new Set(world.told(order)).size).toBe(world.told(order).length);
        expect(await StockModel.countDocuments()).toBe(2);
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 25) },
  );
}, 240_000);
