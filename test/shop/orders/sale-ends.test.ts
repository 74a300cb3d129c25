import { beforeEach, describe, expect, test } from "vitest";
import { readCart } from "../../../src/shop/cart/cart-view.ts";
import { acceptPrices, addToCart } from "../../../src/shop/cart/change-cart.ts";
import { saveProduct } from "../../../src/shop/catalog/save-product.ts";
import { startCheckout } from "../../../src/shop/orders/checkout/checkout.ts";
import { HOUR, MINUTE, mug, sessionOf, useStore, World } from "./world.ts";

useStore();

let world: World;
beforeEach(async () => {
  world = await World.create();
  const now = world.clock.now().getTime();
  const [variant] = mug(world.shop).variants;
  const sale = { price: 900, from: new Date(now + HOUR), until: new Date(now + 2 * HOUR) };
  await saveProduct({ ...mug(world.shop), variants: [{ ...variant!, sale }] }, world.clock.now());
});
const put = () => addToCart(world.shop, world.customer, "MUG", 1, world.key(), {}, world.clock.now());
const cart = () => readCart(world.shop, world.customer, world.clock.now());
const checkout = () => startCheckout(world.shop, world.customer, world.key(), {}, world.clock.now());

describe("a sale that comes and goes by itself", () => {
  test("is in the cart while it is on, and each change is shown and waits to be accepted", async () => {
    await put();
    expect(await cart()).toMatchObject({ changed: false, subtotal: { amount: 1200 } });
    world.clock.advance(HOUR);
    expect(await cart()).toMatchObject({
      changed: true,
      lines: [{ problem: "price-changed", price: { amount: 900 }, was: { amount: 1200 } }],
    });
    await acceptPrices(world.shop, world.customer, (await cart()).prices, world.clock.now());
    expect(await cart()).toMatchObject({ changed: false, subtotal: { amount: 900 } });
    world.clock.advance(HOUR);
    await expect(checkout()).rejects.toMatchObject({
      code: "CART_CHANGED",
      cart: { lines: [{ price: { amount: 1200 }, was: { amount: 900 } }] },
    });
  });

  test("and ends while its price is still on the screen, is not put into the cart for more without a word", async () => {
    world.clock.advance(2 * HOUR);
    await addToCart(world.shop, world.customer, "MUG", 1, world.key(), { seenPrice: 900 }, world.clock.now());
    expect(await cart()).toMatchObject({
      changed: true,
      lines: [{ problem: "price-changed", price: { amount: 1200 }, was: { amount: 900 } }],
    });
    const again = { buyNow: { sku: "MUG", quantity: 1, seenPrice: 900 } };
    await expect(
      startCheckout(world.shop, world.customer, world.key(), again, world.clock.now()),
    ).rejects.toMatchObject({ code: "CART_CHANGED" });
  });

  test("and ends between the cart and the payment, holds the order back until the new price is accepted", async () => {
    world.clock.advance(HOUR);
    const draft = await world.draft();
    expect(draft.subtotal).toBe(900);
    world.clock.advance(HOUR);
    await expect(world.commerce.placeOrder(draft)).rejects.toMatchObject({ code: "CART_CHANGED" });
    expect((await world.order(draft)).state).toBe("cancelled");
    expect(await world.stock()).toEqual({ available: 10, held: 0, sold: 0 });
    expect(world.provider.calls).not.toContain("createSession");
    await acceptPrices(world.shop, world.customer, (await cart()).prices, world.clock.now());
    expect((await checkout()).subtotal).toBe(1200);
  });

  test("and ends while the shopper pays, is charged as it was shown", async () => {
    world.clock.advance(2 * HOUR - MINUTE);
    const order = await world.placed();
    world.clock.advance(5 * MINUTE);
    await world.receive(world.provider.pay(sessionOf(order)));
    const paid = await world.order(order);
    expect(paid).toMatchObject({ state: "paid", subtotal: 900, payment: { paid: 900 + 490 } });
  });
});
