import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { priceSteps } from "../../../src/shop/catalog/price-steps.ts";
import { saveProduct } from "../../../src/shop/catalog/save-product.ts";
import { CatalogSearch } from "../../../src/shop/search/search.ts";
import { times } from "../../setup/long.ts";
import { aProduct, aShop, withStore } from "./with-store.ts";

withStore();

/** A number people call round among prices so far apart: of two digits, or in units of at least a 25th of that. */
function isRound(step: number, range: number): boolean {
  if (/^\d\d?0*$/.test(String(step))) return true;
  for (let power = 1; power <= step; power *= 10)
    for (const unit of [power, 2 * power, 5 * power])
      if (unit >= range / 25 && step % unit === 0) return true;
  return false;
}

describe("the steps of a price filter", () => {
  test.each([
    ["EUR", [990, 1290, 1490, 1990, 2490, 2900, 3900, 4900, 6500, 8900], [1500, 2000, 4000, 5000]],
    ["JPY", [1200, 1500, 1800, 2400, 2980, 3500, 4800, 6500, 9800, 12_000], [2000, 3000, 5000, 10_000]],
    ["KWD", [1250, 2500, 3750, 4900, 7500, 9900, 15_000, 22_500], [2000, 5000, 8000, 20_000]],
    ["VND", [49_000, 89_000, 150_000, 249_000, 390_000, 1_290_000], undefined],
  ])("in %s are round, whatever a unit of it is worth", (_, prices, expected) => {
    const steps = priceSteps(prices);
    expect(steps.length).toBeGreaterThanOrEqual(3);
    for (const step of steps) expect(isRound(step, 0), String(step)).toBe(true);
    if (expected !== undefined) expect(steps).toEqual(expected);
  });

  test.each([
    ["no products", []],
    ["products of one price", [1999, 1999, 1999]],
    ["products that cost nothing", [0, 0]],
    ["prices with nothing round between them", [199_901, 199_902, 199_903]],
  ])("are none for %s", (_, prices) => {
    expect(priceSteps(prices).filter((step) => step % 10 === 0)).toEqual([]);
  });

  test("part a catalog of which nearly all costs the same", () => {
    const steps = priceSteps([...Array.from({ length: 100 }, () => 1000), 300, 500, 2500, 7000]);
    expect(steps.length).toBeGreaterThanOrEqual(3);
  });

  test("grow, are round, and have products on both sides, of any prices", () => {
    const price = fc.oneof(
      fc.integer({ min: 0, max: 99_999_999 }),
      fc.integer({ min: 900, max: 1100 }),
      fc.integer({ min: 1, max: 400 }).map((units) => units * 100 - 1),
      fc.integer({ min: 0, max: 8 }).map((digits) => 10 ** digits),
    );
    fc.assert(
      fc.property(fc.array(price, { maxLength: 60 }), (prices) => {
        const steps = priceSteps(prices);
        expect(steps.length).toBeLessThanOrEqual(4);
        expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
        for (const step of steps) {
          expect(prices.some((one) => one <= step)).toBe(true);
          expect(prices.some((one) => one > step)).toBe(true);
          expect(isRound(step, Math.max(...prices) - Math.min(...prices)), `${step} of ${prices}`).toBe(true);
        }
      }),
      { numRuns: times(2000, 100_000) },
    );
  });

  test("are as many as say something, where prices are spread", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 8, maxLength: 40 }),
        fc.constantFrom(1, 10, 100, 1000, 100_000),
        (units, scale) => {
          expect(priceSteps(units.map((unit) => unit * scale)).length).toBeGreaterThanOrEqual(3);
        },
      ),
      { numRuns: times(500, 10_000) },
    );
  });
});

test("a category has the steps of its own products, at the prices of now, as they change", async () => {
  const { _id: shop } = await aShop("JPY");
  const save = (slug: string, price: number, category: string) =>
    saveProduct(
      aProduct(shop, slug, {
        _id: `${shop}-${slug}`,
        category,
        variants: [{ sku: slug.toUpperCase(), values: [], price }],
      }),
    );
  for (const [index, price] of [1200, 2400, 3600, 4800, 9800].entries())
    await save(`a${index}`, price, "cups");
  for (const index of [0, 1, 2]) await save(`b${index}`, 500_000 * (index + 1), "rings");
  const search = new CatalogSearch();
  await search.refresh(shop);
  const cups = await search.priceSteps(shop, "cups");
  expect(cups).toHaveLength(4);
  expect(Math.max(...cups)).toBeLessThan(9800);
  expect(await search.priceSteps(shop, "rings")).toEqual([500_000, 1_000_000]);
  expect(await search.priceSteps(shop, "nothing")).toEqual([]);
  await save("b3", 9_000_000, "rings");
  expect(Math.max(...(await search.priceSteps(shop, "rings")))).toBeGreaterThan(1_500_000);
});
