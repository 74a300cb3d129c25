import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { exportCatalog } from "../../../src/shop/catalog/files/export.ts";
import { applyImport, planImport } from "../../../src/shop/catalog/import/index.ts";
import { setStock, stockOf } from "../../../src/shop/inventory/stock.ts";
import { unitsOf } from "./import/units.ts";
import { aShop, withStore } from "./with-store.ts";

withStore();

const plan = (shop: string, text: string | Buffer) => planImport(shop, Buffer.from(text), tmpdir());
async function imported(shop: string, text: string | Buffer) {
  const found = await plan(shop, text);
  expect(found.issues).toEqual([]);
  await applyImport(found);
  return found.notes.map(({ line, column, message }) => `${line} ${column}: ${message}`);
}
const stocks = async (shop: string, ...skus: string[]) =>
  [...(await stockOf(shop, skus)).values()].map(unitsOf);

const SHOPIFY =
  "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price";
const shopify = (...rows: string[]) =>
  [SHOPIFY, ...rows.map((row, index) => `p${index},P,Title,Default Title,S${index},${row},9.50`)].join("\n");
const WOO = "ID,Type,SKU,Name,In stock?,Stock,Backorders allowed?,Regular price";
const woo = (...rows: string[]) =>
  [WOO, ...rows.map((row, index) => `${index + 1},simple,W${index},P${index},${row},9.50`)].join("\n");

describe("stock that is not tracked", () => {
  test("in Shopify's file is always available, with a note", async () => {
    const { _id: shop } = await aShop();
    const notes = await imported(
      shop,
      await readFile(new URL("../../cases/c05-shopify-untracked.csv", import.meta.url)),
    );
    expect(await stocks(shop, "TEE-S", "TEE-M", "TEE-L")).toEqual([
      "untracked",
      expect.anything(),
      "untracked",
    ]);
    for (const line of [2, 4])
      expect(notes).toContain(
        `${line} Variant Inventory Tracker: is blank: nobody counts it, so it is always available`,
      );
  });

  test("is told from what is counted, in Shopify's columns", async () => {
    const { _id: shop } = await aShop();
    const notes = await imported(
      shop,
      shopify("shopify,3,deny", ",7,deny", "shopify,0,continue", "shopify,-2,deny"),
    );
    expect(await stocks(shop, "S0", "S1", "S2", "S3")).toEqual([3, "untracked", "untracked", 0]);
    expect(notes).toEqual([
      "3 Variant Inventory Tracker: is blank: nobody counts it, so it is always available",
      "4 Variant Inventory Policy: it is sold beyond what is there, so it is always available and not counted",
      "5 Variant Inventory Qty: -2 counts as 0",
    ]);
  });

  test("and of which Shopify's file says nothing is as Shopify takes it, but a count that is there stays", async () => {
    const { _id: shop } = await aShop();
    const bytes = "Handle,Title,Variant SKU,Variant Price\nmug,Mug,MUG,9.50\ncup,Cup,CUP,9.50\n";
    expect(await imported(shop, bytes)).toHaveLength(2);
    expect(await stocks(shop, "MUG", "CUP")).toEqual(["untracked", "untracked"]);
    await setStock(shop, "MUG", 3);
    await imported(shop, bytes.replaceAll("9.50", "8.50"));
    expect(await stocks(shop, "MUG", "CUP")).toEqual([3, "untracked"]);
    // Without a tracker's column a number is what the merchant means.
    await imported(
      shop,
      "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty\npot,Pot,POT,9.50,6\n",
    );
    expect(await stocks(shop, "POT")).toEqual([6]);
  });

  test("in WooCommerce's file is always available while it is in stock, with a note", async () => {
    const { _id: shop } = await aShop();
    const notes = await imported(
      shop,
      woo("1,4,0", "1,,0", "0,,0", "1,0,1", "1,2,notify", "backorder,,0", ",,"),
    );
    expect(await stocks(shop, "W0", "W1", "W2", "W3", "W4", "W5", "W6")).toEqual([
      4,
      "untracked",
      0,
      "untracked",
      "untracked",
      "untracked",
      "untracked",
    ]);
    expect(notes.map((note) => note.split(":")[0])).toEqual([
      "3 Stock",
      "5 Backorders allowed?",
      "6 Backorders allowed?",
      "7 In stock?",
      "8 Stock",
    ]);
  });

  test("has a word in Hawker's own file, and goes to another shop and back", async () => {
    const { _id: shop } = await aShop();
    const { _id: copy } = await aShop();
    const header = "handle,title_en,category,category_en,sku,price,stock\n";
    const notes = await imported(shop, `${header}a,A,c,C,A,9,Untracked\nb,B,c,,B,9,2\nc,C,c,,C,9,\n`);
    expect(notes).toEqual(["4 stock: of C is not told; it is sold out until a stock is set"]);
    expect(await stocks(shop, "A", "B", "C")).toEqual(["untracked", 2, 0]);
    const { csv } = await exportCatalog(shop, "x");
    await imported(copy, csv);
    expect(await stocks(copy, "A", "B", "C")).toEqual(["untracked", 2, 0]);
    const same = await plan(shop, csv);
    expect(same.entries.map(({ action }) => action)).toEqual(["same", "same", "same"]);
    const change = await plan(shop, csv.replace("untracked", "5"));
    expect(change.entries.flatMap(({ changes }) => changes)).toEqual(["stock A untracked -> 5"]);
    await applyImport(change);
    expect(await stocks(shop, "A")).toEqual([5]);
    // A blank cell leaves it as it is, either way.
    await imported(copy, `${header}a,A2,c,C,A,9,\n`);
    expect(await stocks(copy, "A")).toEqual(["untracked"]);
    const there = await exportCatalog(copy, "x", "shopify");
    const { _id: third } = await aShop();
    await imported(third, there.csv);
    expect(await stocks(third, "A", "B", "C")).toEqual(["untracked", 2, 0]);
  });

  test("is put back to its count when the import fails", async () => {
    const { _id: shop } = await aShop();
    const header = "handle,title_en,category,category_en,sku,price,stock\n";
    await imported(shop, `${header}a,A,c,C,A,9,3\n`);
    const found = await plan(shop, `${header}a,A2,c,C,A,9,untracked\nb,B,c,,B,9,1\n`);
    // Somebody takes the second handle between the check and the import.
    await imported(shop, `${header}b,B,c,C,OTHER,9,1\n`);
    await expect(applyImport(found, { batch: 1 })).rejects.toMatchObject({ code: "IMPORT_OUTDATED" });
    expect(await stocks(shop, "A")).toEqual([3]);
  });
});
