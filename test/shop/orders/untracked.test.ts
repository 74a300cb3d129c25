import mongoose from "mongoose";
import { describe, expect, test } from "vitest";
import { readCart } from "../../../src/shop/cart/cart-view.ts";
import { addToCart, setQuantity } from "../../../src/shop/cart/change-cart.ts";
import { UNTRACKED } from "../../../src/shop/inventory/availability.ts";
import { StockModel, setStock, stockOf, stopCounting } from "../../../src/shop/inventory/stock.ts";
import { setStocks, takeBackStocks } from "../../../src/shop/inventory/stock-counts.ts";
import { commitAll, holdAll, releaseAll, restockAll, shipAll } from "../../../src/shop/orders/order-stock.ts";
import { unitsOf } from "../catalog/import/units.ts";
import { expectStockConserved, sessionOf, useStore, World } from "./world.ts";

useStore();

const until = new Date("2026-03-01T10:30:00Z");
const one = (sku: string, quantity = 1) => [{ sku, quantity }];
const free = async (sku: string) => unitsOf((await stockOf("s", [sku])).get(sku));

async function commandsDuring(work: () => Promise<unknown>): Promise<number> {
  let heard = 0;
  const note = ({ commandName, command }: { commandName: string; command: Record<string, unknown> }) => {
    if (command[commandName] === "stocks") heard += 1;
  };
  const client = mongoose.connection.getClient().on("commandStarted", note);
  await work();
  client.off("commandStarted", note);
  return heard;
}

describe("a SKU that nobody counts", () => {
  test("is there for everybody, in any number, and every unit is accounted for", async () => {
    await stopCounting("s", "PRINT");
    await Promise.all(
      Array.from({ length: 20 }, (_, order) => holdAll("s", `o${order}`, one("PRINT", 50), until)),
    );
    expect(await free("PRINT")).toBe("untracked");
    await expectStockConserved();
    await commitAll("s", "o1", one("PRINT", 50));
    await shipAll("s", "o1", one("PRINT", 50));
    await commitAll("s", "o2", one("PRINT", 50));
    await restockAll("s", "o2", one("PRINT", 50));
    await releaseAll("s", "o3", one("PRINT", 50));
    await expectStockConserved();
    expect(await StockModel.findById("s/PRINT").lean()).toMatchObject({ sold: 50, adjustments: 1000 });
    expect(await free("PRINT")).toBe("untracked");
  });

  test("is held once by an order that asks again, and never by one that let go", async () => {
    await stopCounting("s", "PRINT");
    for (let run = 0; run < 3; run += 1) await holdAll("s", "o1", one("PRINT", 2), until);
    expect(await StockModel.findById("s/PRINT").lean()).toMatchObject({
      adjustments: 2,
      holds: [{ quantity: 2 }],
    });
    await releaseAll("s", "o1", one("PRINT", 2));
    await expect(holdAll("s", "o1", one("PRINT", 2), until)).rejects.toMatchObject({ code: "HOLD_ENDED" });
    await expectStockConserved();
  });

  test("costs one command a hold, once it is known, like any other", async () => {
    await stopCounting("s", "PRINT-COST");
    await setStock("s", "MUG-COST", 5);
    expect(await commandsDuring(() => holdAll("s", "o1", one("MUG-COST"), until))).toBe(1);
    await holdAll("s", "o1", one("PRINT-COST"), until);
    expect(await commandsDuring(() => holdAll("s", "o2", one("PRINT-COST"), until))).toBe(1);
  });

  test("may be counted again, and stop being counted, while orders are open", async () => {
    await stopCounting("s", "PRINT");
    await holdAll("s", "o1", one("PRINT", 7), until);
    await holdAll("s", "o2", one("PRINT", 5), until);
    await setStock("s", "PRINT", 3);
    await expect(holdAll("s", "o3", one("PRINT", 4), until)).rejects.toMatchObject({ available: 3 });
    await holdAll("s", "o4", one("PRINT", 3), until);
    expect(await free("PRINT")).toBe(0);
    // What was held is in the merchant's hands again, as with any count.
    await releaseAll("s", "o1", one("PRINT", 7));
    expect(await free("PRINT")).toBe(7);
    await stopCounting("s", "PRINT");
    await holdAll("s", "o5", one("PRINT", 99), until);
    await releaseAll("s", "o4", one("PRINT", 3));
    await commitAll("s", "o2", one("PRINT", 5));
    await expectStockConserved();
    expect(await free("PRINT")).toBe("untracked");
    await setStock("s", "PRINT", 0);
    expect(await free("PRINT")).toBe(0);
    await expectStockConserved();
  });

  test("is stopped being counted by many at once, also where it was never known", async () => {
    await Promise.all(Array.from({ length: 10 }, () => stopCounting("s", "NEW")));
    expect(await free("NEW")).toBe("untracked");
  });

  test("goes back to its count when an import is undone, less what was sold", async () => {
    await setStock("s", "MUG", 5);
    const before = { sku: "MUG", adjustments: 5, untracked: false };
    await setStocks("s", [{ sku: "MUG", stock: UNTRACKED }]);
    await holdAll("s", "o1", one("MUG", 2), until);
    await takeBackStocks("s", [before]);
    await expectStockConserved();
    await setStocks("s", [{ sku: "MUG", stock: UNTRACKED }]);
    await takeBackStocks("s", [{ sku: "MUG", adjustments: 0, untracked: true }]);
    expect(await free("MUG")).toBe("untracked");
  });

  test("is bought like anything else, up to what one cart may hold", async () => {
    const world = await World.create();
    await stopCounting(world.shop, "LAMP");
    await addToCart(world.shop, world.customer, "LAMP", 98, world.key());
    const cart = await setQuantity(world.shop, world.customer, "LAMP", 99, world.key());
    expect(cart).toMatchObject({ changed: false, lines: [{ quantity: 99, stock: UNTRACKED }] });
    await expect(addToCart(world.shop, world.customer, "LAMP", 1, world.key())).rejects.toMatchObject({
      code: "BAD_QUANTITY",
    });
    await setQuantity(world.shop, world.customer, "LAMP", 4, world.key());
    const order = await world.placed({});
    await world.receive(world.provider.pay(sessionOf(order)));
    expect(await world.stock("LAMP")).toMatchObject({ held: 0, sold: 4 });
    await world.commerce.cancelOrder(await world.order(order), "shop");
    expect(await world.stock("LAMP")).toMatchObject({ held: 0, sold: 0 });
    await expectStockConserved();
    expect((await readCart(world.shop, world.customer)).changed).toBe(false);
  });
});
