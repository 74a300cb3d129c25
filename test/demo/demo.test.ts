import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoCatalog, demoFolder, demoShop, seedDemo } from "../../src/demo/index.ts";
import { listCategories } from "../../src/shop/catalog/category.ts";
import { readCatalogFile } from "../../src/shop/catalog/files/index.ts";
import type { FileProduct } from "../../src/shop/catalog/files/reading.ts";
import { planImport } from "../../src/shop/catalog/import/index.ts";
import { readMedia } from "../../src/shop/catalog/media.ts";
import { type Product, ProductModel } from "../../src/shop/catalog/product.ts";
import type { Localised } from "../../src/shop/core/localised-text.ts";
import { getShop, saveShop } from "../../src/shop/core/shop.ts";
import { counted } from "../../src/shop/inventory/availability.ts";
import { setStock, stockOf } from "../../src/shop/inventory/stock.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { unitsOf } from "../shop/catalog/import/units.ts";

const file = await readCatalogFile(await readFile(demoCatalog), demoShop.currency);
const products: FileProduct[] = [];
for await (const some of file.products) products.push(...some);
const { issues } = file;
const categories = [...file.categories.values()];
const chinese = /\p{Script=Han}/u;

describe("the catalog that comes with the code", () => {
  test("has no fault in its format", () => {
    expect(issues).toEqual([]);
  });

  test("is about 24 products in five categories, with scarce and sold out ones and reduced prices", () => {
    expect(Math.abs(products.length - 24)).toBeLessThanOrEqual(2);
    expect(categories).toHaveLength(5);
    const counts = products.flatMap(({ stock }) => stock.map((one) => Number(unitsOf(one.stock))));
    const variants = products.flatMap(({ product }) => product.variants);
    expect(counts).toHaveLength(variants.length);
    expect(counts.filter((count) => count === 0)).toHaveLength(1);
    expect(counts.filter((count) => count >= 1 && count <= 3).length).toBeGreaterThanOrEqual(3);
    expect(variants.filter(({ compareAt }) => compareAt !== undefined).length).toBeGreaterThanOrEqual(3);
    expect(variants.every(({ grams }) => grams !== undefined && grams > 0)).toBe(true);
    expect(products.some(({ product }) => product.options.length === 2)).toBe(true);
  });

  test.each(products.map(({ product }) => [product.slug, product] as const))(
    "says everything about %s in English and Chinese",
    (_, product) => {
      const prose: Localised[] = [
        product.title,
        product.description,
        ...product.options.map(({ name }) => name),
        ...product.images.map(({ alt }) => alt),
      ];
      for (const { en, zh } of prose) {
        expect(en).toMatch(/[a-z]/i);
        expect(zh).toMatch(chinese);
      }
      // A value may be the same in both languages ("A5").
      for (const { values } of product.options) for (const { zh } of values) expect(zh).toBeTruthy();
      expect(product.description.en.match(/[.!?](\s|$)/g)?.length).toBeGreaterThanOrEqual(2);
      expect(product.tags.length).toBeGreaterThan(0);
    },
  );

  test("shows each product and each colour by a JPEG of a sensible size, and keeps no picture nobody shows", async () => {
    const named = products.flatMap(({ product }) => {
      expect(product.images.length).toBeGreaterThan(0);
      if (product.images.length > 1)
        expect(product.variants.every(({ image }) => image !== undefined)).toBe(true);
      return product.images.map(({ media = "" }) => media.replace(/^file:/, ""));
    });
    for (const name of named) {
      const bytes = await readFile(join(demoFolder, name));
      const { format, width, height } = await sharp(bytes).metadata();
      expect({ name, format, width, height }).toEqual({ name, format: "jpeg", width: 1000, height: 1000 });
      expect(bytes.byteLength, name).toBeLessThan(120_000);
    }
    const kept = await readdir(join(demoFolder, "pictures"));
    expect(kept.map((name) => `pictures/${name}`).sort()).toEqual([...new Set(named)].sort());
  });
});

test("the demo shop ships home, to the Union and to the rest of the world, free from an amount", () => {
  expect(demoShop.zones.map(({ countries }) => countries.length)).toEqual([1, 26, 1]);
  expect(demoShop.zones.at(-1)?.countries).toEqual(["*"]);
  for (const { options } of demoShop.zones) {
    expect(options.length).toBeGreaterThanOrEqual(2);
    expect(options.some(({ freeFrom }) => freeFrom !== undefined)).toBe(true);
    for (const { name } of options) expect(name.zh).toMatch(chinese);
  }
  const ids = demoShop.zones.flatMap(({ options }) => options.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
});

describe("seeding", () => {
  let database: FreshDatabase;
  const shop = demoShop._id;
  beforeAll(async () => {
    database = await freshDatabase();
    await connect(database.url);
    await ensureIndexes();
  });
  afterAll(async () => {
    await disconnect();
    await database.drop();
  });

  test("by several at once fills the store once, and each returns when all is there", async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const answer = await seedDemo();
        expect(await ProductModel.countDocuments({ shop })).toBe(products.length);
        return answer;
      }),
    );
    expect(answers.sort()).toEqual(["present", "present", "present", "seeded"]);

    const found = await ProductModel.find({ shop }).lean<Product[]>();
    expect(await getShop(shop)).toEqual(demoShop);
    const shelves = await listCategories(shop);
    expect(shelves.map(({ title }) => title.zh)).toEqual(categories.map(({ title }) => title?.zh));
    for (const { media = "" } of found.flatMap(({ images }) => images))
      expect((await readMedia(media))?.contentType).toBe("image/jpeg");
    const wanted = products.flatMap(({ stock }) => stock);
    const stock = await stockOf(
      shop,
      wanted.map(({ sku }) => sku),
    );
    for (const one of wanted) expect([one.sku, stock.get(one.sku)]).toEqual([one.sku, one.stock]);
  });

  test("leaves the file and the shop in step: a dry run of the importer has nothing to say", async () => {
    const plan = await planImport(shop, await readFile(demoCatalog), demoFolder);
    expect(plan.issues).toEqual([]);
    expect(plan.entries.filter(({ action }) => action !== "same")).toEqual([]);
  });

  test("again changes nothing that was changed since", async () => {
    await saveShop({ ...demoShop, name: { en: "My own" } });
    await setStock(shop, "MUG-OAT-250", 7);
    expect(await seedDemo()).toBe("present");
    expect((await getShop(shop)).name).toEqual({ en: "My own" });
    expect((await stockOf(shop, ["MUG-OAT-250"])).get("MUG-OAT-250")).toEqual(counted(7));
  });
});

describe("seeding a store", () => {
  const shop = demoShop._id;
  const inFreshStore = async (act: () => Promise<void>) => {
    const database = await freshDatabase();
    await connect(database.url);
    try {
      await ensureIndexes();
      await act();
    } finally {
      await disconnect();
      await database.drop();
    }
  };

  test("in which the shop stands already leaves it as it is", () =>
    inFreshStore(async () => {
      await saveShop({ ...demoShop, name: { en: "Somebody else's" } });
      expect(await seedDemo()).toBe("present");
      expect(await seedDemo()).toBe("present");
      expect(await ProductModel.countDocuments({ shop })).toBe(0);
      expect((await getShop(shop)).name.en).toBe("Somebody else's");
    }));

  test("in which seeding died after the shop was made finishes it", () =>
    inFreshStore(async () => {
      expect(await seedDemo()).toBe("seeded");
      // What is left when the process dies between making the shop and filling it.
      await ProductModel.deleteMany({ shop });
      const { default: mongoose } = await import("mongoose");
      await mongoose.model("DemoMark").updateOne({ _id: shop }, { $set: { state: "seeding" } });
      expect(await seedDemo()).toBe("seeded");
      expect(await ProductModel.countDocuments({ shop })).toBe(products.length);
    }));
});
