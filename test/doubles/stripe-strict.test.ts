import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Clock } from "../shop/orders/clock.ts";
import { HOUR, MINUTE } from "../shop/orders/world.ts";
import { type Road, type StripeDouble, startStripe, type Weather } from "./stripe.ts";

let clock: Clock;
let stripe: StripeDouble;
let client: Stripe;
/** What the shop's webhook answers, and what came to it. */
let status: number;
let came: { id: string; type: string; hour: number }[];
let road: Road;
let weather: ReturnType<Weather>;

beforeEach(async () => {
  clock = new Clock();
  const begin = clock.now().getTime();
  status = 200;
  came = [];
  road = { delay: 0, end: "arrives" };
  weather = undefined;
  stripe = await startStripe({
    now: clock.now,
    webhook: () => "http://shop.test/webhooks/stripe",
    carry: async (request) => {
      const { id, type } = await request.json();
      came.push({ id, type, hour: (clock.now().getTime() - begin) / HOUR });
      return new Response(null, { status });
    },
    road: () => road,
    weather: () => weather,
  });
  const { hostname, port } = new URL(stripe.url);
  client = new Stripe(stripe.secretKey, { host: hostname, port, protocol: "http", maxNetworkRetries: 0 });
});
afterEach(() => stripe.close());

const create = (idempotencyKey?: string) =>
  client.checkout.sessions.create(
    {
      mode: "payment",
      success_url: "https://shop.test/",
      line_items: [
        { quantity: 1, price_data: { currency: "eur", unit_amount: 1000, product_data: { name: "Mug" } } },
      ],
    },
    idempotencyKey === undefined ? undefined : { idempotencyKey },
  );
async function paid(): Promise<string> {
  const { id } = await create();
  await stripe.pays(id);
  return String(stripe.session(id).payment_intent);
}

describe("a key of the Stripe of the tests", () => {
  test("is kept for 24 hours", async () => {
    const { id } = await create("k");
    clock.advance(24 * HOUR - 1);
    expect((await create("k")).id).toBe(id);
    clock.advance(1);
    expect((await create("k")).id).not.toBe(id);
  });

  test("has 255 characters at most", async () => {
    await expect(create("k".repeat(255))).resolves.toBeDefined();
    await expect(create("k".repeat(256))).rejects.toMatchObject({ type: "StripeIdempotencyError" });
  });

  test("is refused while its first request is under way", async () => {
    const both = await Promise.allSettled([create("k"), create("k")]);
    expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(stripe.sessions()).toHaveLength(1);
    expect(stripe.requests.map((seen) => seen.status)).toContain(409);
  });

  test("of a connection that broke before stands for nothing, of one that broke after for what was done", async () => {
    weather = "cut before";
    await expect(create("k")).rejects.toMatchObject({ type: "StripeConnectionError" });
    expect(stripe.sessions()).toHaveLength(0);
    weather = "cut";
    await expect(create("k")).rejects.toMatchObject({ type: "StripeConnectionError" });
    weather = undefined;
    expect((await create("k")).id).toBe(stripe.sessions()[0]?.id);
  });
});

describe("an event of the Stripe of the tests", () => {
  beforeEach(() => {
    stripe.delivery = "by road";
  });

  /** Lets days pass, looking every minute for an hour and every hour after that. */
  async function pass(hours: number): Promise<void> {
    for (let minute = 0; minute < 60; minute += 1) {
      clock.advance(MINUTE);
      await stripe.deliverDue();
    }
    for (let hour = 1; hour < hours; hour += 1) {
      clock.advance(HOUR);
      await stripe.deliverDue();
    }
  }

  test("is tried with growing pauses until it is acknowledged", async () => {
    status = 500;
    await stripe.tells("charge.refunded", {});
    await stripe.deliverDue();
    await pass(8);
    status = 200;
    await pass(100);
    expect(came.map(({ hour }) => Math.round(hour * 12) / 12)).toEqual([0, 1 / 12, 7 / 12, 3, 8, 18]);
    expect(new Set(came.map(({ id }) => id)).size).toBe(1);
  });

  test("is given up after three days", async () => {
    road = { delay: 0, end: "answer lost" };
    await stripe.tells("charge.refunded", {});
    await pass(200);
    expect(came.length).toBeGreaterThan(8);
    expect(came.at(-1)?.hour).toBeLessThanOrEqual(73);
  });

  test("comes late, twice, or not at all", async () => {
    road = { delay: 2 * HOUR, end: "arrives twice" };
    await stripe.tells("charge.refunded", {});
    await stripe.deliverDue();
    expect(came).toEqual([]);
    await pass(3);
    expect(came).toHaveLength(2);
    await stripe.tells("charge.refunded", {});
    stripe.losesEvents();
    await pass(200);
    expect(came).toHaveLength(2);
  });
});

describe("a refund of the Stripe of the tests", () => {
  test("never exceeds what was captured, with those that are under way", async () => {
    const payment_intent = await paid();
    await client.refunds.create({ payment_intent, amount: 700 });
    await expect(client.refunds.create({ payment_intent, amount: 301 })).rejects.toMatchObject({
      message: expect.stringContaining("(300)"),
    });
    await client.refunds.create({ payment_intent, amount: 300 });
    await expect(client.refunds.create({ payment_intent })).rejects.toMatchObject({
      code: "charge_already_refunded",
    });
    const listed = await client.refunds.list({ payment_intent, limit: 1 });
    expect([listed.data[0]?.amount, listed.has_more]).toEqual([300, true]);
    const further = await client.refunds.list({ payment_intent, starting_after: listed.data[0]?.id });
    expect(further.data.map(({ amount }) => amount)).toEqual([700]);
  });

  test("that fails leaves its money to be refunded again, and is told", async () => {
    const { id } = await create();
    await stripe.pays(id, { method: "wechat_pay" });
    const payment_intent = String(stripe.session(id).payment_intent);
    const first = await client.refunds.create({ payment_intent });
    expect(first.status).toBe("pending");
    await stripe.refundEnds(first.id, "failed");
    expect((await client.refunds.retrieve(first.id)).status).toBe("failed");
    expect(stripe.events.at(-1)?.type).toBe("refund.failed");
    await expect(client.refunds.create({ payment_intent })).resolves.toMatchObject({ amount: 1000 });
    await expect(stripe.refundEnds(first.id, "succeeded")).rejects.toThrow(/No such refund/);
  });
});

test("a page of the Stripe of the tests closes at its time, though nobody asks for it", async () => {
  const { id } = await create();
  clock.advance(24 * HOUR);
  await stripe.deliverDue();
  expect(stripe.events.map(({ type }) => type)).toEqual(["checkout.session.expired"]);
  await expect(stripe.pays(id)).rejects.toThrow(/expired/);
});
