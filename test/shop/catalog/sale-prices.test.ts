import fc from "fast-check";
import mongoose from "mongoose";
import { beforeEach, describe, expect, test } from "vitest";
import {
  findBySlug,
  findVariant,
  getProduct,
  getProducts,
  listProducts,
} from "../../../src/shop/catalog/catalog.ts";
import { lowestPriceAt, lowestPrices, offerAt } from "../../../src/shop/catalog/offer.ts";
import { ProductModel, type Variant } from "../../../src/shop/catalog/product.ts";
import { saveProduct } from "../../../src/shop/catalog/save-product.ts";
import { CatalogSearch } from "../../../src/shop/search/search.ts";
import { SearchIndex } from "../../../src/shop/search/search-index.ts";
import { times } from "../../setup/long.ts";
import { aProduct, aShop, withStore } from "./with-store.ts";

withStore();

const day = (text: string) => new Date(`${text}T00:00:00Z`);
const BEFORE = day("2026-11-01");
const FROM = day("2026-11-27");
const DURING = day("2026-11-28");
const UNTIL = day("2026-12-01");

const blanket = (shop: string, sale?: Variant["sale"]) =>
  aProduct(shop, "blanket", {
    _id: `${shop}-blanket`,
    title: { en: "Winter blanket" },
    variants: [{ sku: "BLANKET", values: [], price: 5900, ...(sale && { sale }) }],
  });

let shop: string;
beforeEach(async () => {
  shop = (await aShop())._id;
});

describe("a price for a time", () => {
  const variant: Variant = {
    sku: "A",
    values: [],
    price: 5900,
    sale: { price: 2900, from: FROM, until: UNTIL },
  };
  const at = async (now: Date) => {
    const saved = await saveProduct({ ...blanket(shop), variants: [variant] }, BEFORE);
    return offerAt(saved, now).variants[0];
  };

  test.each([
    [BEFORE, 5900],
    [new Date(FROM.getTime() - 1), 5900],
    [FROM, 2900],
    [DURING, 2900],
    [new Date(UNTIL.getTime() - 1), 2900],
    [UNTIL, 5900],
  ])("is what it is at %s", async (now, price) => {
    const offered = await at(now);
    expect(offered?.price).toBe(price);
    // What is struck through is the price it goes back to, and only while there is something to strike.
    expect(offered?.compareAt).toBe(price === 5900 ? undefined : 5900);
  });

  test.each([
    ["has no dates", { price: 2900 }],
    ["ends before it begins", { price: 2900, from: UNTIL, until: FROM }],
    ["ends when it begins", { price: 2900, from: FROM, until: FROM }],
    ["is not lower", { price: 5900, from: FROM }],
    ["begins at no time", { price: 2900, from: new Date(Number.NaN) }],
    ["is below nothing", { price: -1, from: FROM }],
  ])("is refused if it %s", async (_, sale) => {
    await expect(saveProduct(blanket(shop, sale))).rejects.toThrow();
  });

  test("that has no beginning, or no end, is there before or after for good", async () => {
    const long = (sale: Variant["sale"], now: Date) =>
      lowestPriceAt([{ ...variant, ...(sale && { sale }) }], now);
    expect(long({ price: 1, until: UNTIL }, new Date(0))).toEqual({ minPrice: 1, repriceAt: UNTIL });
    expect(long({ price: 1, from: FROM }, FROM)).toEqual({ minPrice: 1, repriceAt: null });
  });

  test("is the same whether it is asked for at a moment or told for all time", () => {
    const moment = fc.integer({ min: 0, max: 12 });
    const sale = fc
      .record({ price: fc.nat(99), from: fc.option(moment), until: fc.option(moment) })
      .map(({ price, from, until }) => ({
        price,
        ...(from === null ? {} : { from: new Date(from) }),
        ...(until === null ? {} : { until: new Date(until) }),
      }));
    const variants = fc.array(
      fc.record({ price: fc.integer({ min: 100, max: 200 }), sale: fc.option(sale, { nil: undefined }) }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(variants, moment, (all, now) => {
        const priced = all.map(({ price, sale: one }) => (one ? { price, sale: one } : { price }));
        const { minPrice, repriceAt } = lowestPriceAt(priced, new Date(now));
        const timeline = lowestPrices(priced);
        expect(timeline.findLast(({ from }) => from <= now)?.price).toBe(minPrice);
        expect(repriceAt?.getTime()).toBe(timeline.find(({ from }) => from > now)?.from);
      }),
      { numRuns: times(300, 10_000) },
    );
  });
});

describe("wherever a product is read", () => {
  test.each([
    ["before its sale", BEFORE, 5900],
    ["during its sale", DURING, 2900],
    ["after its sale", UNTIL, 5900],
  ])("%s it has the price of then", async (_, now, price) => {
    const { _id } = await saveProduct(
      blanket(shop, { price: 2900, from: FROM, until: UNTIL }),
      day("2026-10-01"),
    );
    const search = new CatalogSearch({ now: () => now.getTime() });
    const page = await search.search(shop, "blanket");
    const read = [
      await getProduct(shop, _id, now),
      await findBySlug(shop, "blanket", now),
      (await findVariant(shop, "BLANKET", now))?.product,
      ...(await getProducts(shop, [_id], now)),
      ...(await listProducts(shop, {}, now)).products,
      ...(await listProducts(shop, { sort: "price" }, now)).products,
      ...page.products,
    ];
    expect(read.map((product) => [product?.minPrice, product?.variants[0]?.price])).toEqual(
      Array.from({ length: 7 }, () => [price, price]),
    );
    for (const product of read) expect(product?.variants[0]).not.toHaveProperty("sale");
  });

  test("one stored by an earlier version has the price it always had", async () => {
    const { _id } = await saveProduct(blanket(shop));
    await ProductModel.collection.updateOne({ _id } as object, { $unset: { repriceAt: 1 } });
    expect((await getProduct(shop, _id, DURING))?.variants[0]).toEqual({
      sku: "BLANKET",
      values: [],
      price: 5900,
    });
    expect((await listProducts(shop, { sort: "price" }, DURING)).total).toBe(1);
  });
});

/** Filters of the commands to the products while something is done. */
async function commandsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const heard: string[] = [];
  const note = ({ commandName, command }: { commandName: string; command: Record<string, unknown> }) => {
    if (command[commandName] === "products") heard.push(commandName);
  };
  const client = mongoose.connection.getClient().on("commandStarted", note);
  await work();
  client.off("commandStarted", note);
  return heard;
}

describe("lists by price", () => {
  beforeEach(async () => {
    const saved = day("2026-10-01");
    await saveProduct(blanket(shop, { price: 2900, from: FROM, until: UNTIL }), saved);
    for (const [slug, price] of [
      ["cup", 1000],
      ["lamp", 4000],
    ] as const)
      await saveProduct(
        aProduct(shop, slug, { variants: [{ sku: slug.toUpperCase(), values: [], price }] }),
        saved,
      );
  });
  const slugs = async (now: Date, query: Parameters<typeof listProducts>[1] = { sort: "price" }) =>
    (await listProducts(shop, query, now)).products.map(({ slug }) => slug);

  test("move a product when its sale begins and when it ends", async () => {
    expect(await slugs(BEFORE)).toEqual(["cup", "lamp", "blanket"]);
    expect(await slugs(FROM)).toEqual(["cup", "blanket", "lamp"]);
    expect((await slugs(FROM, { maxPrice: 3000 })).sort()).toEqual(["blanket", "cup"]);
    expect(await slugs(UNTIL)).toEqual(["cup", "lamp", "blanket"]);
    expect(await slugs(UNTIL, { maxPrice: 3000 })).toEqual(["cup"]);
  });

  test("catch up when nobody has looked for as long as the sale was", async () => {
    expect(await slugs(new Date(UNTIL.getTime() + 1))).toEqual(["cup", "lamp", "blanket"]);
  });

  test("cost one command more, and others none", async () => {
    expect(await commandsDuring(() => slugs(BEFORE, { sort: "new" }))).toEqual(["aggregate", "find"]);
    expect(await commandsDuring(() => slugs(BEFORE))).toEqual(["find", "aggregate", "find"]);
    expect(await commandsDuring(() => slugs(FROM))).toEqual(["find", "update", "aggregate", "find"]);
    expect(await commandsDuring(() => slugs(DURING))).toEqual(["find", "aggregate", "find"]);
  });

  test("leave what a merchant wrote as it is, so that an import that was checked may still be written", async () => {
    const before = await ProductModel.findOne({ shop, slug: "blanket" }).lean();
    await slugs(DURING);
    expect(await ProductModel.findOne({ shop, slug: "blanket" }).lean()).toEqual({
      ...before,
      minPrice: 2900,
      repriceAt: UNTIL,
    });
  });
});

describe("the search index", () => {
  test("follows a sale by its clock, without a word from the store", async () => {
    await saveProduct(blanket(shop, { price: 2900, from: FROM, until: UNTIL }), BEFORE);
    let now = BEFORE.getTime();
    const search = new CatalogSearch({ now: () => now, freshForMs: Number.POSITIVE_INFINITY });
    await search.refresh(shop);
    const cheap = () => search.count(shop, { maxPrice: 3000 });
    const seen: unknown[] = [];
    const commands = await commandsDuring(async () => {
      for (const at of [BEFORE, FROM, DURING, UNTIL, DURING, BEFORE]) {
        now = at.getTime();
        seen.push(await cheap());
      }
    });
    expect(seen).toEqual([0, 1, 1, 0, 1, 0]);
    expect(commands).toEqual([]);
    now = DURING.getTime();
    const found = await search.search(shop, "blanket", { filters: { maxPrice: 3000 } });
    expect(found.products.map(({ minPrice }) => minPrice)).toEqual([2900]);
  });

  test("has at any moment the prices of then, whatever was added, changed and taken out, in any order of time", () => {
    const prices = fc
      .array(fc.record({ from: fc.nat(20), price: fc.nat(9) }), { maxLength: 3 })
      .chain((later) =>
        fc
          .nat(9)
          .map((price) => [
            { from: Number.NEGATIVE_INFINITY, price },
            ...[...new Map(later.map((one) => [one.from, one])).values()].sort((a, b) => a.from - b.from),
          ]),
      );
    const step = fc.oneof(
      fc.record({ id: fc.constantFrom("a", "b", "c"), prices: fc.option(prices) }),
      fc.record({ now: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const index = new SearchIndex();
        const model = new Map<string, readonly { from: number; price: number }[]>();
        let now = 0;
        index.moveTo(now);
        for (const one of steps) {
          if ("now" in one) {
            now = one.now;
            index.moveTo(now);
          } else if (one.prices === null) {
            index.remove(one.id);
            model.delete(one.id);
          } else {
            index.add({ id: one.id, category: "c", revision: 1, prices: one.prices, texts: [] });
            model.set(one.id, one.prices);
          }
          const costs = [...model.values()].map(
            (all) => all.findLast(({ from }) => from <= now)?.price ?? Number.NaN,
          );
          for (const maxPrice of [0, 4, 8])
            expect(index.count({ maxPrice })).toBe(costs.filter((price) => price <= maxPrice).length);
        }
      }),
      { numRuns: times(300, 10_000) },
    );
  });
});
