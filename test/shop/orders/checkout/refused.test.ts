import { beforeEach, describe, expect, test } from "vitest";
import { stripeLimits } from "../../../../src/payments/stripe-limits.ts";
import { saveProduct } from "../../../../src/shop/catalog/save-product.ts";
import { createCommerce } from "../../../../src/shop/commerce.ts";
import { PaymentError } from "../../../../src/shop/orders/payments/payment.ts";
import { paymentTroubles } from "../../../../src/shop/orders/payments/payment-trouble.ts";
import { expectLegalHistory, lamp, MINUTE, mug, sessionOf, useStore, World } from "../world.ts";

useStore();

let world: World;
const refusals: unknown[] = [];
beforeEach(async () => {
  world = await World.create();
  refusals.length = 0;
  Object.assign(world.provider, { limits: (currency: string) => stripeLimits(currency, 2) });
  world.commerce = createCommerce({
    provider: world.provider,
    live: false,
    now: world.clock.now,
    onRefusal: (cause) => refusals.push(cause),
  });
  world.commerce.onNotification(async (notice) => void world.notices.push(notice));
});
const untouched = { available: 10, held: 0, sold: 0 };

describe("an amount that the provider does not take", () => {
  test("is told with the bound before anything is held or asked for", async () => {
    await saveProduct(lamp(world.shop, 99_999_999));
    const draft = await world.draft({ LAMP: 2 });
    await expect(world.commerce.placeOrder(draft)).rejects.toMatchObject({
      code: "AMOUNT_OUT_OF_BOUNDS",
      bound: "too_large",
      limit: { amount: 99_999_999, currency: "EUR" },
    });
    expect(world.provider.calls).toEqual([]);
    expect((await world.order(draft)).state).toBe("draft");
    expect((await world.stock("LAMP")).held).toBe(0);
  });

  test.each(["too_small", "too_large"] as const)(
    "that only the provider knows (%s) ends the draft",
    async (fault) => {
      const draft = await world.draft();
      world.provider.refuses = new PaymentError("refused", "no", { reason: `amount_${fault}`, fault });
      await expect(world.commerce.placeOrder(draft)).rejects.toMatchObject({ bound: fault });
      expect((await world.order(draft)).state).toBe("cancelled");
      expect(await world.stock()).toEqual(untouched);
      expect(refusals).toMatchObject([{ reason: `amount_${fault}` }]);
    },
  );
});

test("a refused e-mail address leaves the draft, which is placed with another", async () => {
  const draft = await world.draft();
  world.provider.refuses = new PaymentError("refused", "no", { reason: "email_invalid", fault: "email" });
  await expect(world.commerce.placeOrder(draft)).rejects.toMatchObject({
    code: "PAYMENT_REFUSED",
    fault: "email",
  });
  expect((await world.commerce.placeOrder(draft)).state).toBe("awaiting_payment");
  expect(refusals).toHaveLength(1);
});

test("what only the merchant can mend is kept for them until a payment page opens again", async () => {
  const draft = await world.draft();
  for (const _ of [1, 2]) {
    world.provider.refuses = new PaymentError("retry", "Expired API Key", {
      reason: "api_key_expired",
      fault: "merchant",
    });
    await expect(world.commerce.placeOrder(draft)).rejects.toMatchObject({ fault: "merchant" });
  }
  expect(await paymentTroubles()).toMatchObject([{ _id: "double", reason: "api_key_expired", count: 2 }]);
  await world.commerce.placeOrder(draft);
  expect(await paymentTroubles()).toEqual([]);
});

describe("an order that costs nothing", () => {
  const freeOrder = async () => {
    await saveProduct(mug(world.shop, 0));
    const draft = await world.draft({ MUG: 3 });
    const { OrderModel } = await import("../../../../src/shop/orders/order-model.ts");
    await OrderModel.updateOne(
      { _id: draft._id },
      { $set: { total: 0, "shipping.price": 0 }, $inc: { revision: 1 } },
    );
    return world.order(draft);
  };

  test("is placed at once, without a provider, and keeps its stock", async () => {
    const order = await world.commerce.placeOrder(await freeOrder());
    expect(order).toMatchObject({ state: "paid", holdUntil: null });
    expect(order.payment).toBeUndefined();
    expectLegalHistory(order);
    expect(world.provider.calls).toEqual([]);
    expect(world.told(order)).toEqual(["order.paid"]);
    expect(await world.stock()).toEqual({ available: 7, held: 0, sold: 3 });
    world.clock.advance(60 * MINUTE);
    await world.commerce.sweep();
    expect((await world.commerce.ship(order, { carrier: "DHL", tracking: "1" })).state).toBe("shipped");
  });

  test("is cancelled without a refund", async () => {
    const order = await world.commerce.placeOrder(await freeOrder());
    expect((await world.commerce.cancelOrder(order, "shop")).state).toBe("refunded");
    expect(world.told(order)).toEqual(["order.paid", "order.cancelled"]);
    expect(await world.stock()).toEqual(untouched);
    expect(world.provider.calls).toEqual([]);
  });
});

test("somebody who comes back again and again causes one call in some seconds, and a stranger none", async () => {
  const order = await world.placed();
  world.provider.calls.splice(0);
  const calls = () => world.provider.calls.length;
  const back = (session: string | undefined) => world.commerce.comeBack(order._id, session);
  await back("cs_of_nobody");
  expect(calls()).toBe(0);
  await Promise.all([back(sessionOf(order)), back(undefined), back(sessionOf(order))]);
  expect(calls()).toBe(1);
  await expect(world.commerce.comeBack("o_of_nobody", undefined)).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
  expect(calls()).toBe(1);
  world.provider.pay(sessionOf(order));
  world.clock.advance(6_000);
  expect((await back(sessionOf(order))).state).toBe("paid");
  world.clock.advance(6_000);
  await back(sessionOf(order));
  expect(calls()).toBe(2);
});
