import fc from "fast-check";
import { expect, test } from "vitest";
import { findVariant, getProduct, getProducts, listProducts } from "../../../src/shop/catalog/catalog.ts";
import { listCategories, saveCategory } from "../../../src/shop/catalog/category.ts";
import { ProductModel, variantTitle } from "../../../src/shop/catalog/product.ts";
import { ProductClash, saveProduct } from "../../../src/shop/catalog/save-product.ts";
import { inLanguage } from "../../../src/shop/core/localised-text.ts";
import { getShop, saveShop, timeZoneOf } from "../../../src/shop/core/shop.ts";
import { times } from "../../setup/long.ts";
import { aProduct, aShop, withStore } from "./with-store.ts";

withStore();

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));

test("a shop comes back as it was saved, and an unknown one is an error", async () => {
  const shop = await aShop();
  const zones = [
    {
      id: "eu",
      countries: ["DE", "FR"],
      options: [
        {
          id: "post",
          name: { en: "Post", zh: "邮政" },
          price: 490,
          days: [2, 4] as [number, number],
          freeFrom: 5000,
        },
      ],
    },
  ];
  await saveShop({ ...shop, zones });
  expect(await getShop(shop._id)).toEqual({ ...shop, zones });
  await expect(getShop("nowhere")).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(saveShop({ ...shop, currency: "XQX" })).rejects.toThrow();
  await expect(saveShop({ ...shop, timeZone: "Europe/Atlantis" })).rejects.toThrow(/is not a time zone/);
  expect(timeZoneOf(await saveShop({ ...shop, timeZone: "Asia/Tokyo" }))).toBe("Asia/Tokyo");
  expect(timeZoneOf({})).toBe("UTC");
});

test("a field of a product that is said to be undefined is not kept", async () => {
  const { _id: shop } = await aShop();
  const variant = { sku: "MUG", values: [], price: 1000, compareAt: undefined };
  await saveProduct(aProduct(shop, "mug", { descriptionFormat: undefined, variants: [variant] }));
  const kept = await ProductModel.collection.findOne({ shop });
  expect(kept?.variants).toEqual([{ sku: "MUG", values: [], price: 1000 }]);
  expect(kept).not.toHaveProperty("descriptionFormat");
});

test("text is shown in the language asked for, else in English", () => {
  expect(inLanguage({ en: "Mug", zh: "马克杯" }, "zh-Hans-CN")).toBe("马克杯");
  expect(inLanguage({ en: "Mug" }, "zh")).toBe("Mug");
  expect(inLanguage({ en: "Mug", zh: "马克杯" }, "de")).toBe("Mug");
});

test("a product is found by id and by SKU in its own shop while it is on sale", async () => {
  const { _id: shop } = await aShop();
  const { _id: other } = await aShop();
  const mug = await saveProduct(aProduct(shop, "mug"));
  expect(await getProduct(shop, mug._id)).toEqual(mug);
  expect(await findVariant(shop, "MUG")).toEqual({ product: mug, variant: mug.variants[0] });
  expect(await getProduct(other, mug._id)).toBeNull();
  expect(await findVariant(other, "MUG")).toBeNull();
  await saveProduct({ ...aProduct(shop, "mug"), _id: mug._id, status: "archived" });
  expect(await getProduct(shop, mug._id)).toBeNull();
  expect(await findVariant(shop, "MUG")).toBeNull();
});

test("saving a product again keeps its rating and its time of creation", async () => {
  const { _id: shop } = await aShop();
  const mug = await saveProduct(aProduct(shop, "mug"), at(1));
  await ProductModel.updateOne({ _id: mug._id }, { $set: { rating: { average: 4.5, count: 2 } } });
  const after = await saveProduct(
    { ...aProduct(shop, "mug"), _id: mug._id, title: { en: "Big mug" } },
    at(2),
  );
  expect(after).toMatchObject({
    rating: { average: 4.5, count: 2 },
    createdAt: at(1),
    updatedAt: at(2),
    revision: 2,
  });
});

test("a handle and a SKU belong to one product of a shop", async () => {
  const { _id: shop } = await aShop();
  const { _id: other } = await aShop();
  await saveProduct(aProduct(shop, "mug"));
  await saveProduct(aProduct(other, "mug"));
  await expect(
    saveProduct(aProduct(shop, "mug", { variants: [{ sku: "X", values: [], price: 1 }] })),
  ).rejects.toThrow(ProductClash);
  const twin = {
    variants: [
      { sku: "Y", values: [], price: 1 },
      { sku: "MUG", values: [], price: 1 },
    ],
  };
  await expect(saveProduct(aProduct(shop, "cup", twin))).rejects.toThrow();
  await expect(
    saveProduct(aProduct(shop, "cup", { variants: [{ sku: "MUG", values: [], price: 1 }] })),
  ).rejects.toThrow(ProductClash);
});

test("what is no product is refused with the field", async () => {
  const { _id: shop } = await aShop();
  const wrong = async (change: object) =>
    saveProduct({ ...aProduct(shop, "mug"), ...change }).then(
      () => [],
      (error: { issues: { path: PropertyKey[] }[] }) => error.issues.map(({ path }) => path.join(".")),
    );
  expect(await wrong({ variants: [] })).toEqual(["variants"]);
  expect(await wrong({ variants: [{ sku: "A", values: [], price: 9.5 }] })).toEqual(["variants.0.price"]);
  expect(await wrong({ images: [{ url: "javascript:alert(1)", alt: { en: "x" } }] })).toEqual([
    "images.0.url",
  ]);
  expect(await wrong({ images: [{ alt: { en: "x" } }] })).toEqual(["images.0"]);
  expect(await wrong({ title: { en: "\u200b" } })).toEqual(["title.en"]);
  expect(await wrong({ $where: "1" })).toEqual([""]);
});

test("a variant is named by its values in the reader's language", async () => {
  const { _id: shop } = await aShop();
  const mug = await saveProduct(
    aProduct(shop, "mug", {
      options: [
        { name: { en: "Colour" }, values: [{ en: "Blue", zh: "蓝色" }] },
        { name: { en: "Size" }, values: [{ en: "L" }] },
      ],
      variants: [{ sku: "MUG", values: ["Blue", "L"], price: 1 }],
    }),
  );
  expect(variantTitle(mug, mug.variants[0]!, "zh")).toBe("蓝色 / L");
});

test("categories are listed in their order with the number of products on sale", async () => {
  const { _id: shop } = await aShop();
  const lamps = await saveCategory({ shop, slug: "lamps", title: { en: "Lamps" }, position: 1 });
  const mugs = await saveCategory({ shop, slug: "mugs", title: { en: "Mugs", zh: "杯子" }, position: 0 });
  await saveCategory({ shop, slug: "empty", title: { en: "Empty" }, position: 2 });
  await saveProduct(aProduct(shop, "a", { category: mugs._id }));
  await saveProduct(aProduct(shop, "b", { category: mugs._id }));
  await saveProduct(aProduct(shop, "c", { category: mugs._id, status: "draft" }));
  await saveProduct(aProduct(shop, "d", { category: lamps._id }));
  expect((await listCategories(shop)).map(({ slug, products }) => [slug, products])).toEqual([
    ["mugs", 2],
    ["lamps", 1],
  ]);
});

test("two who make the same category at the same time make one", async () => {
  const { _id: shop } = await aShop();
  for (let n = 0; n < 5; n += 1) {
    const make = () => saveCategory({ shop, slug: `lamps-${n}`, title: { en: "Lamps" }, position: n });
    const [one, other] = await Promise.all([make(), make()]);
    expect(one).toEqual(other);
  }
});

test("products are listed page by page, filtered and sorted", async () => {
  const { _id: shop } = await aShop();
  for (const [index, price] of [500, 300, 900, 700, 100].entries())
    await saveProduct(
      aProduct(shop, `p${index}`, {
        category: index < 3 ? "first" : "second",
        variants: [
          { sku: `P${index}-A`, values: ["A"], price: price + 5000 },
          { sku: `P${index}-B`, values: ["B"], price },
        ],
        options: [{ name: { en: "Kind" }, values: [{ en: "A" }, { en: "B" }] }],
      }),
      at(index),
    );
  await saveProduct(aProduct(shop, "draft", { status: "draft" }));
  await ProductModel.updateOne({ shop, slug: "p2" }, { $set: { rating: { average: 4, count: 9 } } });
  await ProductModel.updateOne({ shop, slug: "p0" }, { $set: { rating: { average: 5, count: 1 } } });
  const slugs = async (query: Parameters<typeof listProducts>[1]) =>
    (await listProducts(shop, query)).products.map(({ slug }) => slug);

  expect(await slugs({})).toEqual(["p4", "p3", "p2", "p1", "p0"]);
  expect(await slugs({ sort: "price" })).toEqual(["p4", "p1", "p0", "p3", "p2"]);
  expect((await slugs({ sort: "rating" })).slice(0, 2)).toEqual(["p0", "p2"]);
  expect(await slugs({ category: "first", sort: "price" })).toEqual(["p1", "p0", "p2"]);
  expect(await slugs({ minPrice: 300, maxPrice: 700, sort: "price" })).toEqual(["p1", "p0", "p3"]);
  expect(await listProducts(shop, { page: 2, size: 2 })).toMatchObject({ total: 5, page: 2, pages: 3 });
  expect(await slugs({ page: 2, size: 2 })).toEqual(["p2", "p1"]);
  expect(await listProducts(shop, { page: 99, size: 2 })).toMatchObject({ page: 3 });
  expect(await listProducts(shop, { page: Number.NaN, size: -3 })).toMatchObject({ page: 1 });
  expect(await listProducts("nowhere")).toEqual({ products: [], total: 0, page: 1, pages: 1 });
});

test("several products come in the order asked for, without those that are gone", async () => {
  const { _id: shop } = await aShop();
  const a = await saveProduct(aProduct(shop, "a"));
  const b = await saveProduct(aProduct(shop, "b"));
  expect((await getProducts(shop, [b._id, "gone", a._id])).map(({ slug }) => slug)).toEqual(["b", "a"]);
});

test("an operator from outside never reaches a query", async () => {
  const { _id: shop } = await aShop();
  await saveProduct(aProduct(shop, "mug"));
  const outside: unknown = JSON.parse('{"$gt":""}');
  await expect(findVariant(shop, outside as string)).rejects.toThrow();
  await expect(getProduct(shop, outside as string)).rejects.toThrow();
});

test("any list of products can be walked page by page in both directions, whatever is changed meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ price: fc.nat(3), stars: fc.nat(2), day: fc.nat(2) }), {
        minLength: 1,
        maxLength: 13,
      }),
      fc.constantFrom("new" as const, "price" as const, "rating" as const),
      fc.constantFrom(undefined, 102),
      fc.integer({ min: 1, max: 4 }),
      async (made, sort, maxPrice, size) => {
        const { _id: shop } = await aShop();
        for (const [index, { price, stars, day }] of made.entries()) {
          const variants = [{ sku: `S${index}`, values: [], price: 100 + price }];
          const { _id } = await saveProduct(aProduct(shop, `p${index}`, { variants }), new Date(day));
          const rating = { average: stars, count: stars };
          await ProductModel.updateOne({ _id }, { $set: { rating } });
        }
        const all = await listProducts(shop, { sort, size: 50, ...(maxPrice && { maxPrice }) });
        const ids = all.products.map(({ _id }) => _id);
        const query = { sort, size, ...(maxPrice && { maxPrice }) };
        const forwards: string[] = [];
        let seen = await listProducts(shop, query);
        for (let page = 1; page <= seen.pages; page += 1) {
          const after = forwards.at(-1);
          if (page > 1) seen = await listProducts(shop, { ...query, page, ...(after && { after }) });
          forwards.push(...seen.products.map(({ _id }) => _id));
        }
        expect(forwards).toEqual(ids);
        const [first] = seen.products;
        if (first !== undefined && seen.pages > 1) {
          const back = await listProducts(shop, { ...query, page: seen.pages - 1, before: first._id });
          const end = ids.indexOf(first._id);
          // The first page is read from the beginning.
          const from = seen.pages - 1 === 1 ? 0 : end - size;
          expect(back.products.map(({ _id }) => _id)).toEqual(ids.slice(from, end));
          // What is gone can not be gone on from, so its page is counted off.
          const gone = await listProducts(shop, { ...query, page: 2, after: "gone" });
          expect(gone.products.map(({ _id }) => _id)).toEqual(ids.slice(size, 2 * size));
        }
      },
    ),
    { numRuns: times(10, 100) },
  );
});
