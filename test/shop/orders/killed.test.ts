import { describe, expect, test } from "vitest";
import { readCart } from "../../../src/shop/cart/cart-view.ts";
import { OutOfStock, type Stock, StockModel, setStock } from "../../../src/shop/inventory/stock.ts";
import type { Order } from "../../../src/shop/orders/order.ts";
import { dieAnywhere, everywhere, killedAfter } from "../dying.ts";
import {
  expectLegalHistory,
  expectStockConserved,
  HOUR,
  MINUTE,
  sessionOf,
  useStore,
  World,
} from "./world.ts";

useStore();

dieAnywhere();

async function comeToRest(world: World, commands: (() => Promise<unknown>)[]): Promise<void> {
  world.restart();
  for (const command of commands) await command();
  for (let round = 0; round < 3; round += 1) {
    world.clock.advance(MINUTE);
    await world.commerce.sweep();
  }
}

const events = async (world: World) => {
  for (const delivery of world.provider.deliveries) await world.receive(delivery);
};

describe("a process killed at any write and started again", { timeout: 120_000 }, () => {
  test("places one order with one session and one hold, and clears the cart", async () => {
    const points = await everywhere(async (at) => {
      const world = await World.create();
      const draft = await world.draft({ MUG: 2, LAMP: 1 });
      const place = () => world.commerce.placeOrder(draft);
      const died = await killedAfter(at, [place]);
      await comeToRest(world, [place]);
      expect((await world.order(draft)).state).toBe("awaiting_payment");
      expect(world.provider.sessions).toHaveLength(1);
      expect([await world.stock("MUG"), await world.stock("LAMP")]).toMatchObject([{ held: 2 }, { held: 1 }]);
      expect((await readCart(world.shop, world.customer)).lines).toEqual([]);
      await expectStockConserved();
      return died;
    });
    expect(points).toBeGreaterThan(5);
  });

  test.each(["LAMP", "MUG"])("says that the %s sold out in between, and holds nothing", async (short) => {
    const points = await everywhere(async (at) => {
      const world = await World.create();
      const draft = await world.draft({ MUG: 2, LAMP: 2 });
      await setStock(world.shop, short, 1);
      let said: unknown;
      const place = async () => {
        said = await world.commerce.placeOrder(draft).catch((error: unknown) => error);
      };
      const died = await killedAfter(at, [place]);
      // Units that come back are for others: that it is sold out has been decided.
      await setStock(world.shop, short, 3);
      const ended = (await world.order(draft)).state === "cancelled";
      const decided = (await StockModel.findById(`${world.shop}/${short}`).lean<Stock>())?.settled.length;
      await comeToRest(world, [place]);
      if (decided && !ended) expect(said).toBeInstanceOf(OutOfStock);
      expect((await world.order(draft)).state).toBe(decided ? "cancelled" : "awaiting_payment");
      const held = decided ? 0 : 2;
      expect([await world.stock("LAMP"), await world.stock("MUG")]).toMatchObject([{ held }, { held }]);
      await expectStockConserved();
      return died;
    });
    expect(points).toBeGreaterThan(2);
  });

  test("fulfils a paid order once, though nobody repeats the webhook", async () => {
    const points = await everywhere(async (at) => {
      const world = await World.create();
      const order = await world.placed({ MUG: 2 });
      const delivery = world.provider.pay(sessionOf(order));
      const died = await killedAfter(at, [() => world.receive(delivery)]);
      // Only a delivery that was not acknowledged before it was kept comes again.
      await comeToRest(world, at < 1 ? [() => world.receive(delivery)] : []);
      expect((await world.order(order)).state).toBe("paid");
      expect(world.told(order)).toEqual(["order.paid"]);
      expect(await world.stock()).toEqual({ available: 8, held: 0, sold: 2 });
      return died;
    });
    expect(points).toBeGreaterThan(4);
  });

  test("lets an unpaid order expire once", async () => {
    await everywhere(async (at) => {
      const world = await World.create();
      const order = await world.placed({ MUG: 2 });
      world.clock.advance(HOUR);
      const died = await killedAfter(at, [() => world.commerce.sweep()]);
      await comeToRest(world, [() => events(world)]);
      expect((await world.order(order)).state).toBe("expired");
      expect(world.told(order)).toEqual(["order.expired"]);
      expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
      return died;
    });
  });

  test("refunds a cancelled order once and puts its units back once", async () => {
    await everywhere(async (at) => {
      const world = await World.create();
      const order = await world.paid({ MUG: 2 });
      const cancel = () => world.commerce.cancelOrder(order, world.customer);
      const died = await killedAfter(at, [cancel]);
      await comeToRest(world, [cancel]);
      const refunded: Order = await world.order(order);
      expect(refunded.state).toBe("refunded");
      expect(world.provider.refunds).toHaveLength(1);
      expect(world.told(order)).toEqual(["order.paid", "order.refunded"]);
      expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
      expectLegalHistory(refunded);
      return died;
    });
  });
});
