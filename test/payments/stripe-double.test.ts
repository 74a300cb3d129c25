import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stripeProvider } from "../../src/payments/stripe.ts";
import { type StripeDouble, startStripe } from "../doubles/stripe.ts";
import { anOrder } from "./an-order.ts";
import { openShopFront } from "./shop-front.ts";

/** What the other tests trust the double for. */
describe("the Stripe of the tests", () => {
  const at = new Date("2026-11-23T12:00:00Z");
  const now = () => at;
  let shop: Awaited<ReturnType<typeof openShopFront>>;
  let stripe: StripeDouble;
  let client: Stripe;
  let session: string;

  beforeEach(async () => {
    shop = await openShopFront();
    stripe = await startStripe({ now, webhook: () => `${shop.url}/webhooks/stripe` });
    const provider = stripeProvider({ ...stripe, apiRoot: stripe.url, publicUrl: shop.url, now });
    shop.receiveFrom(provider);
    session = (await provider.createSession(anOrder(now))).id;
    const { hostname, port } = new URL(stripe.url);
    client = new Stripe(stripe.secretKey, {
      host: hostname,
      port,
      protocol: "http",
      maxNetworkRetries: 0,
      timeout: 300,
    });
  });
  afterEach(async () => {
    await stripe.close();
    await shop.close();
  });

  const types = () => stripe.answers.map((answer) => answer.type);
  const create = (more: Partial<Stripe.Checkout.SessionCreateParams> = {}, idempotencyKey?: string) =>
    client.checkout.sessions.create(
      {
        mode: "payment",
        success_url: "https://shop.test/",
        line_items: [
          { quantity: 1, price_data: { currency: "eur", unit_amount: 1000, product_data: { name: "Mug" } } },
        ],
        ...more,
      },
      idempotencyKey === undefined ? undefined : { idempotencyKey },
    );

  test("delivers events as they happen, with answers kept", async () => {
    await stripe.pays(session, { later: true });
    await stripe.moneyArrives(session);
    expect(stripe.answers.map((answer) => answer.status)).toEqual([200, 200]);
    expect(types()).toEqual(["checkout.session.completed", "checkout.session.async_payment_succeeded"]);
  });

  test("delivers twice, later, in another order, or never", async () => {
    stripe.delivery = "twice";
    await stripe.expires((await create({ metadata: { order: "x" } })).id);
    expect(types()).toEqual(["checkout.session.expired", "checkout.session.expired"]);
    stripe.delivery = "held";
    await stripe.pays(session, { later: true });
    await stripe.moneyArrives(session);
    expect(stripe.answers).toHaveLength(2);
    await stripe.deliverHeld((events) => events.toReversed());
    expect(types().slice(2)).toEqual([
      "checkout.session.async_payment_succeeded",
      "checkout.session.completed",
    ]);
    stripe.delivery = "never";
    await stripe.tells("charge.refunded", {});
    expect(stripe.answers).toHaveLength(4);
  });

  test("an event says what was true when it happened, however late it comes", async () => {
    stripe.delivery = "held";
    await stripe.pays(session, { later: true });
    await stripe.moneyArrives(session);
    await stripe.deliverHeld();
    expect(shop.events.map((event) => event.session?.payment)).toEqual(["pending", "paid"]);
  });

  test("repeats its first answer to a key, and refuses the key with other parameters", async () => {
    const first = await create({}, "k");
    expect((await create({}, "k")).id).toBe(first.id);
    expect(stripe.requests.at(-1)).toMatchObject({ replayed: true });
    await expect(create({ locale: "zh" }, "k")).rejects.toMatchObject({ type: "StripeIdempotencyError" });
  });

  test("repeats its own failures too, but not what it never looked at", async () => {
    stripe.goesWrong("error after", "POST", /sessions$/);
    await expect(create({}, "a")).rejects.toMatchObject({ statusCode: 500 });
    await expect(create({}, "a")).rejects.toMatchObject({ statusCode: 500 });
    stripe.goesWrong("busy", "POST", /sessions$/);
    await expect(create({}, "b")).rejects.toMatchObject({ statusCode: 429 });
    await expect(create({ success_url: "nowhere" }, "b")).rejects.toMatchObject({ code: "url_invalid" });
    await expect(create({}, "b")).resolves.toBeDefined();
  });

  test.each([
    ["29 minutes", 29 * 60],
    ["over a day", 24 * 60 * 60 + 1],
  ])("takes no session of %s", async (_, seconds) => {
    const expires_at = Math.floor(at.getTime() / 1000) + seconds;
    await expect(create({ expires_at })).rejects.toMatchObject({ param: "expires_at" });
  });

  test("takes no parameter that its version has dropped", async () => {
    const old: object = { payment_method_types: ["card"] };
    await expect(create(old)).rejects.toMatchObject({
      code: "parameter_unknown",
      param: "payment_method_types",
    });
  });

  test("lets nobody pay a closed page", async () => {
    await stripe.expires(session);
    await expect(stripe.pays(session)).rejects.toThrow(/expired/);
  });

  test("lists sessions", async () => {
    await create();
    expect((await client.checkout.sessions.list({ limit: 10 })).data).toHaveLength(2);
  });
});
