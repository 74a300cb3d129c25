import { expect, test } from "vitest";
import { applyImport, planImport } from "../../../../src/shop/catalog/import/index.ts";
import { saveProduct } from "../../../../src/shop/catalog/save-product.ts";
import { aProduct, aShop, withStore } from "../with-store.ts";
import { seen } from "./seen.ts";

withStore();

const HEADER = "handle,title_en,category,category_en,sku,price,stock,images\n";
const csv = (...rows: string[]) => Buffer.from(HEADER + rows.join("\n"));
const plan = (shop: string, bytes: Buffer) => planImport(shop, bytes, ".");

test("a file of many groups is written whole, in its order, and undone whole", async () => {
  const { _id: shop } = await aShop();
  const rows = Array.from({ length: 1203 }, (_, n) => `p-${n},P ${n},table,Table,S-${n},${n % 9},${n % 7},`);
  await applyImport(await plan(shop, csv(...rows)));
  const after = await seen(shop);
  expect(after.order).toEqual(rows.map((_, n) => `p-${n}`));
  expect(after.stock.filter(([sku, count]) => count !== Number(sku.slice(2)) % 7)).toEqual([]);
  const again = await plan(shop, csv(...rows));
  expect(again.entries.filter(({ action }) => action !== "same")).toEqual([]);
  // The last of them fails: another product takes its SKU between check and import.
  const dearer = rows.map((row) => row.replace(/,(\d),(\d),$/, ",9$1,8,"));
  const late = await plan(shop, csv(...dearer, "last,Last,table,,LAST,1,1,"));
  await saveProduct(aProduct(shop, "thief", { variants: [{ sku: "LAST", values: [], price: 1 }] }));
  await expect(applyImport(late)).rejects.toMatchObject({ code: "PRODUCT_CLASH" });
  const undone = await seen(shop);
  expect(undone.products.filter(({ slug }) => slug !== "thief")).toEqual(after.products);
  expect(undone.stock.filter(([sku]) => sku !== "LAST")).toEqual(after.stock);
});
