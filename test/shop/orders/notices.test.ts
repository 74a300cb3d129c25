import { beforeEach, describe, expect, test } from "vitest";
import { IllegalTransition } from "../../../src/shop/orders/order-machine.ts";
import { OrderModel } from "../../../src/shop/orders/order-model.ts";
import { DAY, expectLegalHistory, MINUTE, useStore, World } from "./world.ts";

useStore();

let world: World;
beforeEach(async () => {
  world = await World.create();
});
const parcel = { carrier: "DHL", tracking: "JJD0099" };

describe("the way of a paid order", () => {
  test("packed, shipped, delivered, confirmed: each step once, each piece of news once", async () => {
    const order = await world.paid();
    for (let time = 0; time < 2; time += 1) await world.commerce.pack(order);
    for (let time = 0; time < 2; time += 1) await world.commerce.ship(order, parcel);
    await world.commerce.ship(order, { carrier: "UPS", tracking: "other" });
    for (let time = 0; time < 2; time += 1) await world.commerce.deliver(order);
    world.clock.advance(DAY);
    await world.commerce.sweep();
    for (let time = 0; time < 2; time += 1) await world.commerce.confirmReceived(order);
    const completed = await world.order(order);
    expect(completed).toMatchObject({ state: "completed", tracking: { carrier: "DHL", number: "JJD0099" } });
    expect(completed.history.map(({ state }) => state)).toEqual([
      "draft",
      "awaiting_payment",
      "paid",
      "packed",
      "shipped",
      "delivered",
      "completed",
    ]);
    expect(world.notices.map(({ name }) => name)).toEqual([
      "order.paid",
      "order.shipped",
      "order.delivered",
      "review.invite",
    ]);
    expect(world.notices[1]).toMatchObject({
      order: order._id,
      customer: world.customer,
      shop: "house",
      data: parcel,
    });
    expect(completed.attendAt).toBeNull();
    expectLegalHistory(completed);
  });

  test("a customer may confirm before anyone says it was delivered, and is still asked for a review", async () => {
    const order = await world.paid();
    await expect(world.commerce.confirmReceived(order)).rejects.toBeInstanceOf(IllegalTransition);
    await world.commerce.ship(order, parcel);
    await world.commerce.confirmReceived(order);
    world.clock.advance(2 * DAY);
    await world.commerce.sweep();
    expect((await world.order(order)).state).toBe("completed");
    expect(world.told(order)).toContain("review.invite");
  });

  test("an order nobody confirms is complete two weeks after delivery", async () => {
    const order = await world.paid();
    await world.commerce.ship(order, parcel);
    await world.commerce.deliver(order);
    world.clock.advance(15 * DAY);
    await world.restart().sweep();
    expect((await world.order(order)).state).toBe("completed");
  });

  test.each(["ship", "deliver", "pack"] as const)("an order that is not paid cannot %s", async (step) => {
    const order = await world.placed();
    const taken = step === "ship" ? world.commerce.ship(order, parcel) : world.commerce[step](order);
    await expect(taken).rejects.toBeInstanceOf(IllegalTransition);
  });
});

describe("news", () => {
  test("is handed over again until the handler is done with it, and what follows waits its turn", async () => {
    const told: string[] = [];
    let broken = true;
    world.commerce.onNotification(async ({ name }) => {
      if (broken) throw new Error("the chat is down");
      told.push(name);
    });
    const order = await world.paid();
    await world.commerce.ship(order, parcel);
    expect((await world.order(order)).notices.map(({ name }) => name)).toEqual([
      "order.paid",
      "order.shipped",
    ]);
    broken = false;
    await world.commerce.sweep();
    expect(told).toEqual([]);
    world.clock.advance(MINUTE);
    await world.commerce.sweep();
    expect(told).toEqual(["order.paid", "order.shipped"]);
    expect((await world.order(order)).notices).toEqual([]);
    expect(world.errors.length).toBeGreaterThan(0);
  });

  test("left behind by a process that died in the middle is told by the next, with the same id", async () => {
    const order = await world.placed();
    const ids: string[] = [];
    world.commerce.onNotification(async ({ id }) => {
      ids.push(id);
      // The process ends here: what it was about to write is never written.
      await OrderModel.updateOne({ _id: order._id }, { $inc: { revision: 1 } });
      throw new Error("killed");
    });
    await world.receive(world.provider.pay(order.payment!.session));
    world.clock.advance(MINUTE);
    await world.restart().sweep();
    expect(world.notices.map(({ id }) => id)).toEqual(ids);
  });

  test("of an order another process is attending to waits until that one has had its time", async () => {
    const order = await world.placed();
    world.provider.pay(order.payment!.session);
    const claim = new Date(world.clock.now().getTime() + 30_000);
    await world.commerce.reconcile(order._id);
    await OrderModel.updateOne({ _id: order._id }, { $set: { attendAt: claim } });
    const before = world.notices.length;
    await world.commerce.sweep();
    expect(world.notices.length).toBe(before);
    world.clock.advance(MINUTE);
    await world.restart().sweep();
    expect((await world.order(order)).attendAt).toEqual(new Date(world.clock.now().getTime() + 30_000));
  });

  test("two processes that sweep at the same time tell it, and an order is paid once", async () => {
    const order = await world.placed();
    const first = world.commerce;
    const second = world.restart();
    world.provider.pay(order.payment!.session);
    world.clock.advance(31 * MINUTE);
    await Promise.all([first.sweep(), second.sweep()]);
    expect(world.told(order)).toEqual(["order.paid"]);
    expect(await world.stock()).toEqual({ available: 9, held: 0, sold: 1 });
  });

  test("starts and stops with the process, finishing what is under way", async () => {
    const order = await world.placed();
    let release = () => {};
    const handed = new Promise<void>((handedOver) => {
      world.commerce.onNotification(async () => {
        handedOver();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      });
    });
    world.commerce.start();
    world.provider.pay(order.payment!.session);
    world.clock.advance(31 * MINUTE);
    await handed;
    let stopped = false;
    const stopping = world.commerce.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect((await world.order(order)).notices).toEqual([]);
  });
});
