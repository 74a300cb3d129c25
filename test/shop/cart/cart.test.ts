import { beforeEach, describe, expect, test } from "vitest";
import { readCart } from "../../../src/shop/cart/cart-view.ts";
import {
  acceptPrices,
  addToCart,
  BadQuantity,
  CART_LINES_MAX,
  CartFull,
  removeLine,
  setQuantity,
} from "../../../src/shop/cart/change-cart.ts";
import { NotOnSale } from "../../../src/shop/catalog/on-sale.ts";
import type { ProductInput } from "../../../src/shop/catalog/product.ts";
import { saveProduct } from "../../../src/shop/catalog/save-product.ts";
import { OutOfStock, setStock } from "../../../src/shop/inventory/stock.ts";
import { lamp, mug, useStore, World } from "../orders/world.ts";

useStore();

let world: World;
beforeEach(async () => {
  world = await World.create();
});
const cart = () => readCart(world.shop, world.customer);
const put = (sku: string, quantity: number, key = world.key()) =>
  addToCart(world.shop, world.customer, sku, quantity, key);
const lines = async () => (await cart()).lines.map(({ sku, quantity }) => [sku, quantity]);

describe("the cart", () => {
  test("is empty until something is put in, and adds up what is", async () => {
    expect(await cart()).toMatchObject({
      lines: [],
      subtotal: { amount: 0, currency: "EUR" },
      changed: false,
    });
    await put("MUG", 2);
    await put("LAMP", 1);
    const view = await put("MUG", 1);
    expect(view.subtotal).toEqual({ amount: 3 * 1200 + 4500, currency: "EUR" });
    expect(view.lines[0]).toMatchObject({
      sku: "MUG",
      quantity: 3,
      price: { amount: 1200 },
      stock: { kind: "counted", units: 10 },
    });
  });

  test("a turn that is run again adds once", async () => {
    await put("MUG", 2, "turn-a");
    await put("MUG", 2, "turn-a");
    expect(await lines()).toEqual([["MUG", 2]]);
    await setStock(world.shop, "MUG", 0);
    await expect(put("MUG", 2, "turn-a")).resolves.toMatchObject({ changed: true });
  });

  test("keeps every one of many changes made at the same time", async () => {
    await Promise.all(Array.from({ length: 8 }, () => put("MUG", 1)));
    expect(await lines()).toEqual([["MUG", 8]]);
  });

  test("sets, zeroes and removes quantities", async () => {
    await put("MUG", 2);
    await setQuantity(world.shop, world.customer, "MUG", 5, world.key());
    await setQuantity(world.shop, world.customer, "LAMP", 1, world.key());
    expect(await lines()).toEqual([
      ["MUG", 5],
      ["LAMP", 1],
    ]);
    await setQuantity(world.shop, world.customer, "MUG", 0, world.key());
    await removeLine(world.shop, world.customer, "LAMP");
    await removeLine(world.shop, world.customer, "LAMP");
    expect(await lines()).toEqual([]);
  });

  test.each([0, -1, 1.5, 100, Number.NaN])("refuses %d pieces", async (quantity) => {
    await expect(put("MUG", quantity)).rejects.toBeInstanceOf(BadQuantity);
  });

  test("refuses more than there are, on top of what is in the cart, and says how many are left", async () => {
    await put("LAMP", 2);
    await expect(put("LAMP", 2)).rejects.toEqual(new OutOfStock("LAMP", 3));
    expect(await lines()).toEqual([["LAMP", 2]]);
  });

  test("refuses what is not on sale", async () => {
    await expect(put("GHOST", 1)).rejects.toBeInstanceOf(NotOnSale);
    await saveProduct({ ...mug(world.shop), status: "draft" });
    await expect(put("MUG", 1)).rejects.toBeInstanceOf(NotOnSale);
  });

  test("holds fifty lines", async () => {
    const sizes = Array.from({ length: CART_LINES_MAX + 1 }, (_, size) => `S${size}`);
    const shirt: ProductInput = {
      ...mug(world.shop),
      _id: "p-shirt",
      slug: "shirt",
      options: [{ name: { en: "Size" }, values: sizes.slice(0, 50).map((en) => ({ en })) }],
      variants: sizes.slice(0, 50).map((size) => ({ sku: `SHIRT-${size}`, values: [size], price: 100 })),
    };
    await saveProduct(shirt);
    for (const { sku } of shirt.variants) {
      await setStock(world.shop, sku, 1);
      await put(sku, 1);
    }
    await expect(put("MUG", 1)).rejects.toBeInstanceOf(CartFull);
  });
});

describe("a cart whose things have changed", () => {
  test("shows the old price beside the new one until it is accepted", async () => {
    await put("MUG", 2);
    await saveProduct(mug(world.shop, 1500));
    const view = await cart();
    expect(view).toMatchObject({ changed: true, subtotal: { amount: 3000 } });
    expect(view.lines[0]).toMatchObject({
      problem: "price-changed",
      price: { amount: 1500 },
      was: { amount: 1200 },
    });
    const accepted = await acceptPrices(world.shop, world.customer, view.prices);
    expect(accepted.changed).toBe(false);
    expect(accepted.lines[0]).not.toHaveProperty("was");
  });

  test("accepts no prices but those that were shown", async () => {
    await put("MUG", 1);
    await saveProduct(mug(world.shop, 1500));
    const shown = await cart();
    await saveProduct(mug(world.shop, 9900));
    const view = await acceptPrices(world.shop, world.customer, shown.prices);
    expect(view.lines[0]).toMatchObject({ problem: "price-changed", price: { amount: 9900 } });
  });

  test("says what is sold out, too many or gone, and counts only what can be had", async () => {
    await put("MUG", 3);
    await put("LAMP", 2);
    await setStock(world.shop, "MUG", 2);
    await setStock(world.shop, "LAMP", 0);
    const view = await cart();
    expect(view.lines.map(({ problem }) => problem)).toEqual(["too-many", "sold-out"]);
    expect(view.subtotal.amount).toBe(3 * 1200);
    await saveProduct({ ...lamp(world.shop), status: "archived" });
    expect((await cart()).lines[1]).toMatchObject({ problem: "gone", product: null });
  });
});
