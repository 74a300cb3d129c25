import { expect, test } from "vitest";
import { beginImport } from "../../../src/shop/catalog/import/journal.ts";
import type { ProductInput } from "../../../src/shop/catalog/product.ts";
import { ProductModel } from "../../../src/shop/catalog/product.ts";
import { PRODUCT_LIMITS, productSchema } from "../../../src/shop/catalog/product-schema.ts";
import { saveProduct } from "../../../src/shop/catalog/save-product.ts";
import { aProduct, aShop, withStore } from "./with-store.ts";

withStore();

/** The largest product there may be: every text at its full length, every list full. */
function largest(shop: string): ProductInput {
  const value = (option: number, n: number) => `${option}-${n}-${"x".repeat(255)}`.slice(0, 255);
  const numbers = Array.from({ length: PRODUCT_LIMITS.variants }, (_, n) => n);
  const options = [0, 1, 2].map((option) => ({
    name: { en: `Option ${option} ${"x".repeat(240)}` },
    values: numbers.map((n) => ({ en: value(option, n) })),
  }));
  return aProduct(shop, "largest", {
    title: { en: "T".repeat(255) },
    tags: Array.from({ length: 250 }, (_, n) => `${n}-${"t".repeat(255)}`.slice(0, 255)),
    options,
    variants: numbers.map((n) => ({
      sku: `LARGEST-${n}`,
      values: [0, 1, 2].map((option) => value(option, n)),
      price: 1000 + n,
    })),
    images: Array.from({ length: PRODUCT_LIMITS.images }, (_, n) => ({
      url: `https://example.com/${n}.jpg`,
      alt: { en: "A" },
    })),
  });
}

test("the largest product that is allowed is kept, by a store that takes documents of 16 MB", async () => {
  const { _id: shop } = await aShop();
  await saveProduct(largest(shop));
  const kept = await ProductModel.findOne({ shop, slug: "largest" }).lean();
  expect(kept?.variants).toHaveLength(2048);
  expect(kept?.options[2]?.values).toHaveLength(2048);
  expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(8_000_000);
});

test.each([
  ["a title", { title: { en: "T".repeat(256) } }],
  ["a tag", { tags: ["t".repeat(256)] }],
  ["tags", { tags: Array.from({ length: 251 }, (_, n) => `tag ${n}`) }],
])("%s beyond the limits is refused", (_, change) => {
  expect(productSchema.safeParse(aProduct("shop", "mug", change)).success).toBe(false);
});

test("an import remembers products as large as they may be, more than a document of the store holds", async () => {
  const { _id: shop } = await aShop();
  const journal = await beginImport(shop, () => new Date());
  const large = (n: number) => ({
    kind: "product" as const,
    target: `p-${n}`,
    before: { slug: `large-${n}`, tags: ["x".repeat(3_000_000)] },
  });
  await journal.remember([0, 1, 2, 3, 4, 5].map(large));
  await journal.finish();
  // Another may begin, as nothing is left of the first.
  await (await beginImport(shop, () => new Date())).finish();
});
