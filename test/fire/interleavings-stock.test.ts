import { expect, test } from "vitest";
import {
  commitAll,
  HoldEnded,
  holdAll,
  releaseAll,
  restockAll,
  type Stock,
  StockModel,
  setStock,
  shipAll,
} from "../../src/shop/stock.ts";
import { Clock } from "../shop/orders/clock.ts";
import { expectStockConserved, HOUR } from "../shop/orders/world.ts";
import { everyInterruption, pairsOfInterruptions } from "./interleavings.ts";
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
    expect(await everyInterruption(store().gate, meeting)).toBeGreaterThan(4);
    await pairsOfInterruptions(store().gate, meeting, 1000);
  },
);
