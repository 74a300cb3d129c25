import { Stripe } from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { useSecret } from "../../src/store/secret-box.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";

import { History } from "./weather/history.ts";
import { clearHouse, type House, openHouse } from "./weather/house.ts";
import type { OrderAct, Plan, Sky } from "./weather/steps.ts";
import { complaints } from "./weather/verdict.ts";

/** Histories that went wrong once, or that must not be left to chance. */
describe("a history in which", () => {
  let database: FreshDatabase;
  let house: House;
  beforeAll(async () => {
    Reflect.set(Stripe.prototype, "getInitialNetworkRetryDelay", () => 0.001);
    useSecret("a secret that only tests know");
    database = await freshDatabase();
    await connect(database.url);
    await ensureIndexes();
    house = await openHouse();
  });
  afterAll(async () => {
    await disconnect();
    await database.drop();
  });

  const act = (name: OrderAct, ...skies: Sky[]) => ({ order: 0, act: name, skies }) as const;
  const story = (steps: Plan["steps"], more: Partial<Plan> = {}): Plan => ({
    steps,
    roads: [],
    refunds: [],
    lateTransfers: "arrive",
    lateRefunds: "succeeded",
    lateDisputes: "won",
    eventsLost: false,
    ...more,
  });
  const cancelled = [act("places"), act("pays by card"), act("is cancelled by the shop")];

  test.each<[string, Plan, state: string, quarantines: number]>([
    ["a pending refund arrives", story(cancelled, { refunds: ["pending"] }), "refunded", 0],
    [
      "a pending refund fails days later, and the merchant refunds once more",
      story(cancelled, { refunds: ["pending"], lateRefunds: "failed" }),
      "refunded",
      1,
    ],
    [
      "a refund fails twice, and the merchant is told twice",
      story([...cancelled, act("is refunded out of quarantine")], { refunds: ["failed", "failed"] }),
      "refunded",
      2,
    ],
    [
      "the answer to a refund is lost, and that to its repeat",
      story([
        act("places"),
        act("pays by card"),
        act("cancels", "clear", "clear", "cut", "cut", "error after"),
      ]),
      "refunded",
      0,
    ],
    [
      "the process dies when the refund is made, and the next one asks again",
      story([act("places"), act("pays by card"), act("cancels", "clear", "clear", "dies after")]),
      "refunded",
      0,
    ],
    [
      "the answer to the session is lost, and the shopper presses again",
      story([act("places", "cut", "cut", "cut"), act("places"), act("pays by card")]),
      "paid",
      0,
    ],
    [
      "no event ever comes",
      story([act("places"), act("pays by card")], { roads: [{ delay: 0, end: "lost" }], eventsLost: true }),
      "paid",
      0,
    ],
    [
      "a transfer fails, and no event tells",
      story([act("places"), act("promises a transfer")], {
        roads: [{ delay: 0, end: "lost" }],
        lateTransfers: "fail",
        eventsLost: true,
      }),
      "cancelled",
      0,
    ],
  ])("%s", async (_, plan, state, quarantines) => {
    await clearHouse(house);
    const history = await History.begin(house, plan);
    await history.lives();
    expect(await complaints(history)).toEqual([]);
    expect((await OrderModel.find().lean()).map((order) => order.state)).toEqual([state]);
    const told = [...history.news.values()].filter(({ name }) => name === "order.quarantined");
    expect(told).toHaveLength(quarantines);
    await history.close();
  });
});
