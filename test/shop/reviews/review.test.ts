import { expect, test } from "vitest";
import { getProduct } from "../../../src/shop/catalog/catalog.ts";
import { ProductModel } from "../../../src/shop/catalog/product.ts";
import { saveProduct } from "../../../src/shop/catalog/save-product.ts";
import { type OrderState, orderStates } from "../../../src/shop/orders/order-machine.ts";
import { OrderModel } from "../../../src/shop/orders/order-model.ts";
import { getReview, listReviews, ReviewModel, writeReview } from "../../../src/shop/reviews/review.ts";
import { aProduct, aShop, withStore } from "../catalog/with-store.ts";

withStore();

const now = new Date(Date.UTC(2026, 0, 1));
let orders = 0;

async function anOrder(shop: string, product: string, state: OrderState, skus = ["MUG"]): Promise<string> {
  const _id = `o${++orders}`;
  await OrderModel.create({
    _id,
    shop,
    number: `H-${orders}`,
    customer: "ada",
    key: _id,
    revision: 1,
    lines: skus.map((sku) => ({
      sku,
      product,
      title: { en: "Mug" },
      values: [],
      unitPrice: 1000,
      quantity: 1,
    })),
    buyNow: false,
    locale: "en",
    currency: "EUR",
    subtotal: 1000,
    total: 1000,
    state,
    holdUntil: null,
    strays: [],
    history: [],
    tasks: [],
    notices: [],
    attendAt: null,
    createdAt: now,
  });
  return _id;
}

async function aMug() {
  const { _id: shop } = await aShop();
  const { _id: product } = await saveProduct(
    aProduct(shop, "mug", {
      options: [{ name: { en: "Kind" }, values: [{ en: "A" }, { en: "B" }] }],
      variants: [
        { sku: "MUG", values: ["A"], price: 1000 },
        { sku: "CUP", values: ["B"], price: 1000 },
      ],
    }),
  );
  return { shop, product };
}

test("who received a thing can review it", async () => {
  const { shop, product } = await aMug();
  const order = await anOrder(shop, product, "delivered");
  const { review, isNew } = await writeReview(
    { shop, order, sku: "MUG", customer: "ada", rating: 4, text: " Nice\u202e mug ", photo: "pic" },
    now,
  );
  expect(isNew).toBe(true);
  expect(review).toMatchObject({ product, rating: 4, text: "Nice mug", photo: "pic", at: now });
  expect(await getReview(order, "MUG")).toEqual(review);
  expect(await listReviews(shop, product)).toEqual({ reviews: [review], total: 1, page: 1, pages: 1 });
  expect((await getProduct(shop, product))?.rating).toEqual({ average: 4, count: 1 });
});

test("only what is delivered or completed can be reviewed", async () => {
  const { shop, product } = await aMug();
  for (const state of orderStates) {
    const order = await anOrder(shop, product, state);
    const writing = writeReview({ shop, order, sku: "MUG", customer: "ada", rating: 5 });
    if (state === "delivered" || state === "completed") expect((await writing).isNew).toBe(true);
    else await expect(writing).rejects.toMatchObject({ code: "NOT_REVIEWABLE", reason: "not-delivered" });
  }
  expect((await getProduct(shop, product))?.rating.count).toBe(2);
});

test("only the buyer can review, only what was bought, only in its shop", async () => {
  const { shop, product } = await aMug();
  const order = await anOrder(shop, product, "delivered");
  const review = { shop, order, sku: "MUG", customer: "ada", rating: 5 };
  await expect(writeReview({ ...review, customer: "eve" })).rejects.toMatchObject({ reason: "not-yours" });
  await expect(writeReview({ ...review, sku: "CUP" })).rejects.toMatchObject({ reason: "not-bought" });
  await expect(writeReview({ ...review, shop: "other" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(writeReview({ ...review, order: "none" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await ReviewModel.countDocuments({ shop, product })).toBe(0);
});

test("a rating is one to five whole stars", async () => {
  const { shop, product } = await aMug();
  const order = await anOrder(shop, product, "delivered");
  for (const rating of [0, 6, 2.5, Number.NaN, -1])
    await expect(writeReview({ shop, order, sku: "MUG", customer: "ada", rating })).rejects.toThrow();
});

test("a purchase has one review: the first stands however often it is written", async () => {
  const { shop, product } = await aMug();
  const order = await anOrder(shop, product, "delivered");
  const write = (rating: number) => writeReview({ shop, order, sku: "MUG", customer: "ada", rating }, now);
  const all = await Promise.all(Array.from({ length: 8 }, async () => write(5)));
  expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
  const later = await write(1);
  expect(later).toMatchObject({ isNew: false, review: { rating: 5 } });
  expect((await getProduct(shop, product))?.rating).toEqual({ average: 5, count: 1 });
});

test("two items of one order, and one item of two orders, have a review each", async () => {
  const { shop, product } = await aMug();
  const first = await anOrder(shop, product, "completed", ["MUG", "CUP"]);
  const second = await anOrder(shop, product, "completed");
  for (const [order, sku] of [
    [first, "MUG"],
    [first, "CUP"],
    [second, "MUG"],
  ] as const)
    expect((await writeReview({ shop, order, sku, customer: "ada", rating: 3 })).isNew).toBe(true);
  expect((await getProduct(shop, product))?.rating).toEqual({ average: 3, count: 3 });
});

test("the rating is exact after many reviews at a time", async () => {
  const { shop, product } = await aMug();
  const ratings = [5, 4, 4, 1, 2, 5, 3, 5, 1, 1, 4, 5];
  const made = await Promise.all(ratings.map(async () => anOrder(shop, product, "delivered")));
  await Promise.all(
    made.map(async (order, index) =>
      writeReview({ shop, order, sku: "MUG", customer: "ada", rating: ratings[index] ?? 0 }, now),
    ),
  );
  const sum = ratings.reduce((a, b) => a + b, 0);
  expect((await getProduct(shop, product))?.rating).toEqual({
    average: sum / ratings.length,
    count: ratings.length,
  });
});

test("a rating that a crash left behind is put right by the repeated turn", async () => {
  const { shop, product } = await aMug();
  const order = await anOrder(shop, product, "delivered");
  await ReviewModel.create({
    _id: `r${order}`,
    shop,
    product,
    order,
    sku: "MUG",
    customer: "ada",
    rating: 2,
    at: now,
  });
  expect((await getProduct(shop, product))?.rating.count).toBe(0);
  await writeReview({ shop, order, sku: "MUG", customer: "ada", rating: 2 });
  expect((await getProduct(shop, product))?.rating).toEqual({ average: 2, count: 1 });
});

test("a process that counted fewer reviews does not write over one that counted more", async () => {
  const { shop, product } = await aMug();
  await ProductModel.updateOne({ _id: product }, { $set: { rating: { average: 4, count: 2 } } });
  const order = await anOrder(shop, product, "delivered");
  await writeReview({ shop, order, sku: "MUG", customer: "ada", rating: 1 });
  expect((await getProduct(shop, product))?.rating).toEqual({ average: 4, count: 2 });
});

test("reviews are listed the latest first, page by page", async () => {
  const { shop, product } = await aMug();
  for (let minute = 0; minute < 7; minute += 1) {
    const order = await anOrder(shop, product, "delivered");
    await writeReview(
      { shop, order, sku: "MUG", customer: "ada", rating: 5, text: `${minute}` },
      new Date(now.getTime() + minute * 60_000),
    );
  }
  const { reviews, total, page, pages } = await listReviews(shop, product, 2, 3);
  expect({ texts: reviews.map(({ text }) => text), total, page, pages }).toEqual({
    texts: ["3", "2", "1"],
    total: 7,
    page: 2,
    pages: 3,
  });
});
