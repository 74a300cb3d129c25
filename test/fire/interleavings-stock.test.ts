import { expect, test } from "vitest";
import { OutOfStock, type Stock, StockModel, setStock } from "../../src/shop/inventory/stock.ts";
import {
  commitAll,
  HoldEnded,
  holdAll,
  releaseAll,
  restockAll,
  shipAll,
} from "../../src/shop/orders/order-stock.ts";
import { Clock } from "../shop/orders/clock.ts";
import { expectStockConserved, HOUR } from "../shop/orders/world.ts";
import { everyInterruption, type Outcome, pairsOfInterruptions } from "./interleavings.ts";
import { useGatedStore } from "./interleavings-world.ts";

const store = useGatedStore();

const PUT_IN = 5;
const lines = [{ sku: "MUG", quantity: 2 }];
const until = new Date(new Clock().now().getTime() + HOUR);
const steps = {
  holds: () => holdAll("s", "o", lines, until),
  commits: () => commitAll("s", "o", lines),
  releases: () => releaseAll("s", "o", lines),
  restocks: () => restockAll("s", "o", lines),
  ships: () => shipAll("s", "o", lines),
} as const;
type Step = keyof typeof steps;

/** What came before, the two steps that meet, and how many units of the two are then gone for good. */
const meetings: readonly [before: readonly Step[], one: Step, other: Step, gone: readonly number[]][] = [
  [[], "holds", "releases", [0]],
  [[], "holds", "restocks", [0]],
  [["holds"], "commits", "releases", [0, 2]],
  [["holds"], "commits", "restocks", [0]],
  [["holds"], "releases", "restocks", [0]],
  [["holds", "commits"], "restocks", "ships", [0, 2]],
];

test.each(meetings)(
  "after %j an order %s and %s: no unit stays held for it",
  async (before, one, other, gone) => {
    const meeting = {
      async world() {
        await StockModel.deleteMany({});
        await setStock("s", "MUG", PUT_IN);
        for (const step of before) await steps[step]();
      },
      // Whoever comes too late to hold is told so.
      one: () => steps[one]().catch((error: unknown) => expect(error).toBeInstanceOf(HoldEnded)),
      other: steps[other],
      async rest() {
        const stock = await StockModel.findById("s/MUG").lean<Stock>();
        expect(stock?.holds).toEqual([]);
        expect(gone).toContain(PUT_IN - (stock?.available ?? 0));
        await expectStockConserved();
      },
    };
    expect(await everyInterruption(store().gate, meeting)).toBeGreaterThan(2);
    await pairsOfInterruptions(store().gate, meeting, 1000);
  },
);

test("units that come back while an order asks for them are held or refused, and a refusal is for good", async () => {
  const all = [{ sku: "MUG", quantity: PUT_IN + 2 }];
  const holds = () => holdAll("s", "o", all, until);
  const meeting = {
    async world() {
      await StockModel.deleteMany({});
      await setStock("s", "MUG", PUT_IN);
    },
    one: holds,
    other: () => setStock("s", "MUG", 2 * PUT_IN),
    async rest(_: unknown, one: Outcome) {
      if ("error" in one) {
        expect(one.error).toBeInstanceOf(OutOfStock);
        await expect(holds()).rejects.toBeInstanceOf(HoldEnded);
      } else await holds();
      const held = "error" in one ? 0 : PUT_IN + 2;
      expect(await StockModel.findById("s/MUG").lean()).toMatchObject({ available: 2 * PUT_IN - held });
      await expectStockConserved();
    },
  };
  expect(await everyInterruption(store().gate, meeting)).toBeGreaterThan(3);
  await pairsOfInterruptions(store().gate, meeting, 1000);
});

test("in a flash sale a refusal costs one command to the store", async () => {
  await StockModel.deleteMany({});
  await setStock("s", "LAMP", 1);
  const one = [{ sku: "LAMP", quantity: 1 }];
  const { gate } = store();
  const costs = async (order: string) => {
    const from = gate.steps.length;
    await holdAll("s", order, one, until).catch((error: unknown) => expect(error).toBeInstanceOf(OutOfStock));
    return gate.steps.slice(from).map(({ command }) => command);
  };
  expect(await costs("first")).toEqual(["update"]);
  // Nobody in this process has met the empty shelf yet.
  expect(await costs("second")).toEqual(["update", "findAndModify"]);
  expect(await costs("third")).toEqual(["findAndModify"]);
  await releaseAll("s", "first", one);
  await holdAll("s", "fourth", one, until);
  await expectStockConserved();
});
