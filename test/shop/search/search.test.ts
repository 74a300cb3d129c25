import mongoose from "mongoose";
import { beforeAll, describe, expect, test } from "vitest";
import { saveCategory } from "../../../src/shop/catalog/category.ts";
import { type Product, ProductModel } from "../../../src/shop/catalog/product.ts";
import { saveProduct, writeProduct } from "../../../src/shop/catalog/save-product.ts";
import { CatalogSearch } from "../../../src/shop/search/search.ts";
import { termsOf } from "../../../src/shop/search/search-terms.ts";
import { aProduct, aShop, withStore } from "../catalog/with-store.ts";

withStore();

let shop: string;
const products = new Map<string, Product>();
const search = new CatalogSearch();
const found = async (query: string, options: Parameters<CatalogSearch["search"]>[2] = {}) =>
  (await search.search(shop, query, options)).products.map(({ slug }) => slug);

beforeAll(async () => {
  shop = (await aShop())._id;
  const kitchen = await saveCategory({
    shop,
    slug: "kitchen",
    title: { en: "Kitchen", zh: "厨房" },
    position: 0,
  });
  for (const [slug, en, zh, price, tags, text] of [
    ["mug", "Ceramic Mug", "陶瓷马克杯", 1800, ["coffee"], "Hand thrown stoneware"],
    ["teapot", "Cast Iron Teapot", "铸铁茶壶", 6500, ["tea"], "Keeps tea warm"],
    ["journal", "Leather Journal", "皮革日记本", 2900, ["paper"], "Two hundred pages"],
    ["scarf", "Café Scarf", "羊毛围巾", 4200, ["wool"], "Soft merino"],
  ] as const)
    products.set(
      slug,
      await saveProduct(
        aProduct(shop, slug, {
          title: { en, zh },
          description: { en: text },
          tags: [...tags],
          category: slug === "mug" || slug === "teapot" ? kitchen._id : "other",
          variants: [{ sku: `SKU-${slug}`, values: [], price }],
        }),
      ),
    );
});

describe("in English", () => {
  test.each([
    ["mug", "mug"],
    ["MUGS", "mug"],
    ["ceramic", "mug"],
    ["cer", "mug"],
    ["ceramik mug", "mug"],
    ["ceramci", "mug"],
    ["teapott", "teapot"],
    ["tepot", "teapot"],
    ["jornal", "journal"],
    ["jounral", "journal"],
    ["lether journal", "journal"],
    ["cafe", "scarf"],
    ["ＣＡＦＥ", "scarf"],
    ["merino", "scarf"],
    ["coffee", "mug"],
    ["SKU-teapot", "teapot"],
    ["iron, teapot!", "teapot"],
    ["red mug please", "mug"],
  ])("%s finds the %s first", async (query, slug) => {
    expect((await found(query))[0]).toBe(slug);
  });
});

describe("in Chinese", () => {
  test.each([
    ["马克杯", "mug"],
    ["马克", "mug"],
    ["杯", "mug"],
    ["杯子", "mug"],
    ["马可杯", "mug"],
    ["茶壶", "teapot"],
    ["铸铁", "teapot"],
    ["日记", "journal"],
    ["笔记本", "journal"],
    ["羊毛围巾", "scarf"],
    ["ceramic 马克杯", "mug"],
    ["mug马克杯", "mug"],
  ])("%s finds the %s first", async (query, slug) => {
    expect((await found(query))[0]).toBe(slug);
  });
});

test("the category's name finds what is in it", async () => {
  expect((await found("厨房")).sort()).toEqual(["mug", "teapot"]);
  expect((await found("kitchen")).sort()).toEqual(["mug", "teapot"]);
});

test("all words count before any does", async () => {
  expect(await found("leather journal")).toEqual(["journal"]);
  // Also with a typing mistake: the teapot is in the kitchen too, but no mug.
  expect(await found("kitchn mug")).toEqual(["mug"]);
});

test("what has nothing in common is not found", async () => {
  for (const query of ["bicycle", "自行车", "", "   ", "!!!", "*", ".*", "𝕏🙂", "\u0000"])
    expect(await found(query)).toEqual([]);
});

test("a query of any length is answered quickly", async () => {
  const start = performance.now();
  for (const query of ["a".repeat(1e6), "mug ".repeat(1e5), "杯".repeat(1e5)]) await found(query);
  expect(performance.now() - start).toBeLessThan(2000);
});

test("results are filtered by category and price, and come in pages", async () => {
  const { category } = products.get("mug")!;
  expect((await found("SKU", { filters: { category } })).sort()).toEqual(["mug", "teapot"]);
  expect(await found("SKU", { filters: { maxPrice: 2000 } })).toEqual(["mug"]);
  expect((await found("SKU", { filters: { minPrice: 2900, maxPrice: 4200 } })).sort()).toEqual([
    "journal",
    "scarf",
  ]);
  const pages = await Promise.all(
    [1, 2, 3, 9].map(async (page) => search.search(shop, "SKU", { page, size: 2 })),
  );
  expect(pages.map(({ total, page, pages, products }) => [total, page, pages, products.length])).toEqual([
    [4, 1, 2, 2],
    [4, 2, 2, 2],
    [4, 2, 2, 2],
    [4, 2, 2, 2],
  ]);
  expect(new Set(pages.slice(0, 2).flatMap((one) => one.products.map(({ _id }) => _id))).size).toBe(4);
});

test("shops do not see each other's products", async () => {
  const { _id: other } = await aShop();
  expect((await search.search(other, "mug")).total).toBe(0);
});

test("changes of this process are found at once, and those of another once the index looks again", async () => {
  const { _id: own } = await aShop();
  let now = 0;
  const mine = new CatalogSearch({ now: () => now, freshForMs: 1000 });
  const slugs = async (query: string) => (await mine.search(own, query)).products.map(({ slug }) => slug);
  const lamp = await saveProduct(aProduct(own, "lamp", { title: { en: "Oak Lamp" } }));
  expect(await slugs("lamp")).toEqual(["lamp"]);
  await saveProduct({ ...aProduct(own, "lamp", { title: { en: "Oak Chandelier" } }), _id: lamp._id });
  expect(await slugs("chandelier")).toEqual(["lamp"]);
  // As another process does it: the product, and then the version that tells of it.
  await writeProduct(aProduct(own, "vase"), new Date());
  await mongoose.connection
    .collection<{ _id: string }>("catalogversions")
    .updateOne({ _id: own }, { $inc: { version: 1 } });
  expect(await slugs("vase")).toEqual([]);
  now += 1000;
  expect(await slugs("vase")).toEqual(["vase"]);
  await saveCategory({ shop: own, slug: "light", title: { en: "Illumination" }, position: 0, _id: "c" });
  await mine.refresh(own);
  expect((await slugs("illumination")).sort()).toEqual(["lamp", "vase"]);
  await saveProduct({ ...aProduct(own, "lamp"), _id: lamp._id, status: "archived" });
  await mine.refresh(own);
  expect(await slugs("lamp")).toEqual([]);
  await Promise.all([mine.refresh(own), slugs("vase"), mine.refresh(own), slugs("vase")]);
  expect(await slugs("vase")).toEqual(["vase"]);
});

test("a change whose process died before it told so is found within a minute", async () => {
  const { _id: own } = await aShop();
  let now = 0;
  const mine = new CatalogSearch({ now: () => now });
  expect((await mine.search(own, "lamp")).total).toBe(0);
  await writeProduct(aProduct(own, "lamp"), new Date());
  now += 59_000;
  expect((await mine.search(own, "lamp")).total).toBe(0);
  now += 1000;
  expect((await mine.search(own, "lamp")).total).toBe(1);
});

test("Chinese is cut into words, pairs and characters", () => {
  expect(termsOf("陶瓷杯ABC")).toEqual(expect.arrayContaining(["陶瓷", "瓷杯", "陶", "瓷", "杯", "abc"]));
});

test("while a large catalog is being read, searches find what is there so far and say so; stopping ends it quietly", async () => {
  const { _id: own } = await aShop();
  const count = 4000;
  const now = new Date();
  const made = Array.from({ length: count }, (_, n) => ({
    ...aProduct(own, `lamp-${n}`, { title: { en: `Oak Lamp ${n}` } }),
    _id: `p-${own}-${n}`,
    minPrice: 1000,
    rating: { average: 0, count: 0 },
    revision: 1,
    createdAt: now,
    updatedAt: now,
  }));
  await ProductModel.insertMany(made);
  const errors: unknown[] = [];
  const mine = new CatalogSearch({ onError: (error) => errors.push(error) });
  const early = await mine.search(own, "lamp");
  expect(early.complete).toBe(false);
  expect(await mine.category(own, "no such")).toBeNull();
  expect(early.total).toBeGreaterThanOrEqual(2000);
  expect(early.total).toBeLessThan(count);
  expect(await mine.count(own, {})).toBeUndefined();
  await mine.refresh(own);
  expect(await mine.search(own, "lamp")).toMatchObject({ complete: true, total: count });
  expect(await mine.count(own, {})).toBe(count);
  const stopped = new CatalogSearch({ onError: (error) => errors.push(error) });
  await stopped.search(own, "lamp");
  await stopped.stop();
  expect(stopped.state(own).complete).toBe(false);
  expect(errors).toEqual([]);
});

test("browsing asks the store for nothing while the index is fresh, and tells of what changed here at once", async () => {
  const { _id: own } = await aShop();
  const shelf = async (slug: string) => {
    const { _id: category } = await saveCategory({ shop: own, slug, title: { en: slug }, position: 0 });
    await saveProduct(aProduct(own, `one-${slug}`, { category }));
    return category;
  };
  const [cups] = [await shelf("cups"), await shelf("lamps"), await shelf("pens")];
  const mine = new CatalogSearch({ now: () => 0 });
  const counts = async () => (await mine.categories(own)).map(({ slug, products }) => [slug, products]);
  const commands: string[] = [];
  const heard = ({ commandName }: { commandName: string }) => commands.push(commandName);
  const client = mongoose.connection.getClient().on("commandStarted", heard);
  await mine.categories(own);
  expect(commands.splice(0)).toContain("find");
  expect(await counts()).toEqual([
    ["cups", 1],
    ["lamps", 1],
    ["pens", 1],
  ]);
  expect(await mine.count(own, { category: cups ?? "" })).toBe(1);
  expect(await mine.category(own, cups ?? "")).toMatchObject({ slug: "cups", title: { en: "cups" } });
  expect(await mine.category(own, "no such")).toBeNull();
  expect(commands).toEqual([]);
  client.off("commandStarted", heard);
  const more = await saveProduct(aProduct(own, "more", { category: cups ?? "" }));
  expect((await counts())[0]).toEqual(["cups", 2]);
  await saveProduct({
    ...aProduct(own, "more", { category: cups ?? "" }),
    _id: more._id,
    status: "archived",
  });
  expect((await counts())[0]).toEqual(["cups", 1]);
  await saveCategory({ shop: own, slug: "cups", title: { en: "Mugs" }, position: 0 });
  expect(await mine.category(own, cups ?? "")).toMatchObject({ title: { en: "Mugs" } });
});
