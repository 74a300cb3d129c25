import { describe, expect, test } from "vitest";
import { setStock } from "../../src/shop/inventory/stock.ts";
import { holding } from "../../src/shop/orders/checkout/checkout.ts";
import {
  HOLD_MS,
  OPEN_HOLDS_MAX,
  sessionRequest,
  TooManyOpenOrders,
} from "../../src/shop/orders/checkout/place-order.ts";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { HOUR, useStore, World } from "../shop/orders/world.ts";

useStore();

test("a draft whose first run died before it was counted is counted by the next", async () => {
  const world = await World.create();
  await setStock(world.shop, "MUG", 20);
  for (let count = 0; count < OPEN_HOLDS_MAX; count += 1) await world.placed();
  const draft = await world.draft();
  // What a run leaves that dies right after it has written down that the draft holds.
  const until = new Date(world.clock.now().getTime() + HOLD_MS);
  await OrderModel.replaceOne({ _id: draft._id }, holding(draft, until));
  await expect(world.commerce.placeOrder(draft)).rejects.toBeInstanceOf(TooManyOpenOrders);
  expect(await world.stock()).toMatchObject({ available: 15, held: 5 });
});

describe("a second payment of one order", () => {
  test("is refunded, however often that fails first", async () => {
    const world = await World.create();
    const order = await world.paid();
    const request = { ...sessionRequest(order), idempotencyKey: "another page for the same order" };
    const { id } = await world.provider.createSession({
      ...request,
      expiresAt: new Date(world.clock.now().getTime() + HOUR),
    });
    world.provider.refundStatus = "failed";
    await world.receive(world.provider.pay(id));
    world.clock.advance(HOUR);
    await world.commerce.sweep();
    expect(world.provider.state(id).refunded).toBe(0);
    world.provider.refundStatus = "succeeded";
    world.clock.advance(HOUR);
    await world.commerce.sweep();
    world.clock.advance(HOUR);
    await world.commerce.sweep();
    expect(world.provider.state(id).refunded).toBe(order.total);
    expect(world.provider.refunds.map(({ session }) => session)).toEqual([id]);
    expect(await world.order(order)).toMatchObject({ state: "paid", attendAt: null });
  });
});
