import fc from "fast-check";
import { expect, test } from "vitest";
import {
  OutOfStock,
  type Stock,
  StockModel,
  setStock,
  stockOf,
  stopCounting,
} from "../../../src/shop/inventory/stock.ts";
import {
  commitAll,
  HoldEnded,
  holdAll,
  releaseAll,
  restockAll,
  shipAll,
} from "../../../src/shop/orders/order-stock.ts";
import { unitsOf } from "../catalog/import/units.ts";
import { expectStockConserved, useStore } from "../orders/world.ts";

useStore();

const until = new Date("2026-03-01T10:30:00Z");
const one = (sku: string, quantity = 1) => [{ sku, quantity }];
const free = async (sku: string) => unitsOf((await stockOf("s", [sku])).get(sku));
const soldOf = async (sku: string) => (await StockModel.findById(`s/${sku}`).lean<Stock>())?.sold;

test("the last unit goes to one of two hundred buyers", async () => {
  await setStock("s", "MUG", 1);
  const buyers = Array.from({ length: 200 }, (_, buyer) => `o${buyer}`);
  const outcomes = await Promise.allSettled(buyers.map((order) => holdAll("s", order, one("MUG"), until)));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const outcome of outcomes)
    if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(OutOfStock);
  expect(await free("MUG")).toBe(0);
  await expectStockConserved();
});

test("two lines of one SKU are checked by their sum", async () => {
  await setStock("s", "MUG", 3);
  const lines = [...one("MUG", 2), ...one("MUG", 2)];
  await expect(holdAll("s", "o1", lines, until)).rejects.toMatchObject({ sku: "MUG", available: 3 });
  expect(await free("MUG")).toBe(3);
  await holdAll("s", "o2", [...one("MUG", 2), ...one("MUG", 1)], until);
  expect(await free("MUG")).toBe(0);
});

test("when one SKU falls short, those taken before it are put back", async () => {
  await setStock("s", "A", 5);
  await setStock("s", "B", 1);
  await expect(holdAll("s", "o1", [...one("B", 2), ...one("A", 2)], until)).rejects.toBeInstanceOf(
    OutOfStock,
  );
  expect([await free("A"), await free("B")]).toEqual([5, 1]);
  await expectStockConserved();
});

test("a SKU that nobody stocked is out of stock", async () => {
  await expect(holdAll("s", "o1", one("GHOST"), until)).rejects.toMatchObject({
    code: "OUT_OF_STOCK",
    available: 0,
  });
});

test("a hold that is repeated after a crash is still one hold, and a sale one sale", async () => {
  await setStock("s", "MUG", 5);
  for (let run = 0; run < 3; run += 1) await holdAll("s", "o1", one("MUG", 2), until);
  expect(await free("MUG")).toBe(3);
  for (let run = 0; run < 3; run += 1) await commitAll("s", "o1", one("MUG", 2));
  await holdAll("s", "o1", one("MUG", 2), until);
  expect([await free("MUG"), await soldOf("MUG")]).toEqual([3, 2]);
});

test("an order that has let go takes nothing again, however late its hold comes", async () => {
  await setStock("s", "MUG", 5);
  await holdAll("s", "o1", one("MUG", 2), until);
  await releaseAll("s", "o1", one("MUG", 2));
  await releaseAll("s", "o1", one("MUG", 2));
  await expect(holdAll("s", "o1", one("MUG", 2), until)).rejects.toBeInstanceOf(HoldEnded);
  // Let go before it was ever taken, as when a process falls behind.
  await releaseAll("s", "o2", one("MUG", 1));
  await expect(holdAll("s", "o2", one("MUG", 1), until)).rejects.toBeInstanceOf(HoldEnded);
  expect(await free("MUG")).toBe(5);
});

test("a refund puts units back once, before or after they were counted as sold", async () => {
  await setStock("s", "MUG", 5);
  await holdAll("s", "o1", one("MUG", 2), until);
  await commitAll("s", "o1", one("MUG", 2));
  await restockAll("s", "o1", one("MUG", 2));
  await restockAll("s", "o1", one("MUG", 2));
  expect([await free("MUG"), await soldOf("MUG")]).toEqual([5, 0]);
  await holdAll("s", "o2", one("MUG", 2), until);
  await restockAll("s", "o2", one("MUG", 2));
  await commitAll("s", "o2", one("MUG", 2));
  expect([await free("MUG"), await soldOf("MUG")]).toEqual([5, 0]);
});

test("what has been shipped is sold for good", async () => {
  await setStock("s", "MUG", 5);
  await holdAll("s", "o1", one("MUG", 2), until);
  await shipAll("s", "o1", one("MUG", 2));
  await restockAll("s", "o1", one("MUG", 2));
  await releaseAll("s", "o1", one("MUG", 2));
  expect([await free("MUG"), await soldOf("MUG")]).toEqual([3, 2]);
});

test("setting the stock keeps holds and sales, also while others buy", async () => {
  await setStock("s", "MUG", 10);
  await Promise.all([
    ...Array.from({ length: 5 }, (_, order) => holdAll("s", `o${order}`, one("MUG"), until)),
    setStock("s", "MUG", 20),
  ]);
  await setStock("s", "MUG", 7);
  expect(await free("MUG")).toBe(7);
  await expectStockConserved();
  await expect(setStock("s", "MUG", -1)).rejects.toBeInstanceOf(RangeError);
});

test("units are conserved and never oversold under random operations at the same time", async () => {
  const sku = fc.constantFrom("A", "B", "C");
  const lines = fc.array(fc.record({ sku, quantity: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  const orders = fc.array(lines, { minLength: 1, maxLength: 5 });
  const step = fc.oneof(
    fc.record({ does: fc.constantFrom("hold", "release", "commit", "restock", "ship"), order: fc.nat(4) }),
    fc.record({ does: fc.constant("set" as const), sku, to: fc.nat(6) }),
    fc.record({ does: fc.constant("stop" as const), sku }),
  );
  await fc.assert(
    fc.asyncProperty(
      orders,
      fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 10 }),
      async (all, batches) => {
        await StockModel.deleteMany({});
        for (const name of ["A", "B", "C"]) await setStock("s", name, 4);
        const run = async (now: (typeof batches)[number][number]) => {
          if ("to" in now) return setStock("s", now.sku, now.to);
          if ("sku" in now) return stopCounting("s", now.sku);
          const number = now.order % all.length;
          const order = `o${number}`;
          const bought = all[number]!;
          switch (now.does) {
            case "hold":
              return holdAll("s", order, bought, until).catch((error: unknown) => {
                if (!(error instanceof OutOfStock || error instanceof HoldEnded)) throw error;
              });
            case "release":
              return releaseAll("s", order, bought);
            case "commit":
              return commitAll("s", order, bought);
            case "restock":
              return restockAll("s", order, bought);
            default:
              return shipAll("s", order, bought);
          }
        };
        for (const batch of batches) {
          await Promise.all(batch.map(run));
          await expectStockConserved();
        }
      },
    ),
    { numRuns: 40 },
  );
});
