import Stripe from "stripe";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PaymentError } from "../../src/payments/payment-error.ts";
import { stripeProvider } from "../../src/payments/stripe.ts";
import { reported, toStripe } from "../../src/payments/stripe-amount.ts";
import {
  BadSignature,
  type PaymentProvider,
  UnreadableEvent,
} from "../../src/shop/orders/payments/payment.ts";
import { type StripeDouble, startStripe } from "../doubles/stripe.ts";
import { anOrder } from "./an-order.ts";

const minute = 60_000;
/** Signs a body as it is. */
const signedText = (payload: string) => ({
  signature: new Stripe("sk_test_1").webhooks.generateTestHeaderString({
    payload,
    secret: stripe.webhookSecret,
    timestamp: Math.floor(at.getTime() / 1000),
  }),
});
let at: Date;
let stripe: StripeDouble;
let provider: PaymentProvider;
const now = () => at;
const later = (minutes: number) => new Date(at.getTime() + minutes * minute);

beforeEach(async () => {
  at = new Date("2026-11-23T12:00:00Z");
  stripe = await startStripe({ now });
  provider = stripeProvider({
    secretKey: stripe.secretKey,
    webhookSecret: stripe.webhookSecret,
    apiRoot: stripe.url,
    publicUrl: "https://shop.test",
    timeout: 400,
    now,
  });
});
afterEach(() => stripe.close());

const posts = (path: string) =>
  stripe.requests.filter((seen) => seen.method === "POST" && seen.path.endsWith(path));

describe("creating a session", () => {
  test("asks for the order's lines and shipping, and nothing the account has not got", async () => {
    const session = await provider.createSession(anOrder(now, { email: "ada@example.org", locale: "zh-CN" }));
    const [sent] = posts("/v1/checkout/sessions");
    expect(sent?.params).toMatchObject({
      mode: "payment",
      client_reference_id: "order1",
      metadata: { order: "order1", order_number: "H-1042" },
      locale: "zh",
      customer_email: "ada@example.org",
      adaptive_pricing: { enabled: "false" },
      success_url: "https://shop.test/pay/return?order=order1&lang=zh&session={CHECKOUT_SESSION_ID}",
      cancel_url: "https://shop.test/pay/return?order=order1&lang=zh&cancelled=1",
      line_items: {
        0: {
          quantity: "2",
          price_data: { currency: "eur", unit_amount: "1450", product_data: { name: "Mug" } },
        },
        1: {
          quantity: "1",
          price_data: { unit_amount: "900", product_data: { name: "<b>*@everyone*</b>" } },
        },
        2: { quantity: "1", price_data: { unit_amount: "450", product_data: { name: "运费" } } },
      },
    });
    expect(sent?.params).not.toHaveProperty("payment_method_types");
    expect(stripe.session(session.id).amount_total).toBe(4250);
    expect(session.url).toContain(session.id);
  });

  test("cuts a long name between what people see as characters, and sends no half of one", async () => {
    const family = "👩‍👩‍👧";
    const price = { amount: 2125, currency: "EUR" };
    const named = (title: string) => ({ title, quantity: 1, unitPrice: price });
    const lines = [named(`${"m".repeat(245)}${family} mug`), named("Mug \uD83D")];
    const shipping = { amount: 0, currency: "EUR" };
    await provider.createSession(anOrder(now, { lines, shipping }));
    expect(posts("/v1/checkout/sessions")[0]?.params.line_items).toMatchObject({
      0: { price_data: { product_data: { name: `${"m".repeat(245)}…` } } },
      1: { price_data: { product_data: { name: "Mug \uFFFD" } } },
    });
  });

  test("charges one line for the whole when the lines do not add up to the order's amount", async () => {
    const order = anOrder(now, { amount: { amount: 4000, currency: "EUR" } });
    const session = await provider.createSession(order);
    expect(stripe.session(session.id).amount_total).toBe(4000);
    expect(posts("/v1/checkout/sessions")[0]?.params.line_items).toMatchObject({
      0: { price_data: { product_data: { name: "Order H-1042" } } },
    });
  });

  test("lets Stripe close it half an hour after the hold, which Stripe takes at any moment of the hold", async () => {
    const until = later(30);
    at = later(29);
    const session = await provider.createSession(anOrder(now, { expiresAt: until }));
    expect(session.expiresAt).toEqual(new Date(until.getTime() + 30 * minute));
  });

  test.each([
    ["a day and a half ahead", 36 * 60],
    ["just under a day ahead", 24 * 60 - 10],
    ["over", -5],
  ])("leaves the closing to Stripe's default of a day when the hold is %s", async (_, minutes) => {
    const session = await provider.createSession(anOrder(now, { expiresAt: later(minutes) }));
    expect(session.expiresAt).toEqual(later(24 * 60));
  });

  test.each([
    ["minutes", 30, 10],
    ["so long that its expiry came into Stripe's range", 24 * 60, 60],
    ["so long that its expiry went out of Stripe's range", 30, 40],
  ])("answers the same session when it is repeated after %s", async (_, hold, pause) => {
    const order = anOrder(now, { expiresAt: later(hold) });
    const first = await provider.createSession(order);
    at = later(pause);
    const second = await provider.createSession(order);
    expect(second).toEqual(first);
    expect(stripe.sessions()).toHaveLength(1);
  });

  test("refuses a key that comes back with another amount", async () => {
    await provider.createSession(anOrder(now));
    const other = anOrder(now, { amount: { amount: 1, currency: "EUR" } });
    await expect(provider.createSession(other)).rejects.toMatchObject({
      code: "PAYMENT_FAILED",
      fate: "refused",
    });
  });

  test.each(["silence", "cut"] as const)("is one session when the answer is lost (%s)", async (fault) => {
    stripe.goesWrong(fault, "POST", /sessions$/);
    const session = await provider.createSession(anOrder(now));
    expect(stripe.sessions().map((one) => one.id)).toEqual([session.id]);
  });

  test.each(["error before", "error after"] as const)(
    "goes on under a second key when Stripe keeps a failure (%s) under the first, the same one each time",
    async (fault) => {
      stripe.goesWrong(fault, "POST", /sessions$/);
      await expect(provider.createSession(anOrder(now))).rejects.toMatchObject({ fate: "retry" });
      const session = await provider.createSession(anOrder(now));
      expect(await provider.createSession(anOrder(now))).toEqual(session);
      expect(new Set(posts("/sessions").map((seen) => seen.key))).toEqual(
        new Set(["pay-order1", "pay-order1-2"]),
      );
    },
  );

  test("tells the caller to try again when Stripe is busy", async () => {
    stripe.goesWrong("busy", "POST", /sessions$/);
    await expect(provider.createSession(anOrder(now))).rejects.toMatchObject({
      fate: "retry",
      reason: "rate_limit",
    });
    await expect(provider.createSession(anOrder(now))).resolves.toBeDefined();
  });

  test("gives every POST a key, shortened where it is longer than Stripe takes", async () => {
    const order = anOrder(now, { idempotencyKey: "k".repeat(300) });
    const session = await provider.createSession(order);
    expect(await provider.createSession(order)).toEqual(session);
    await provider.expireSession(session.id);
    const keys = stripe.requests.filter((seen) => seen.method === "POST").map((seen) => seen.key ?? "");
    expect(keys.every((key) => key.length > 10 && key.length <= 255)).toBe(true);
  });

  test.each([
    ["too little", { amount: { amount: 20, currency: "EUR" } }, "amount_too_small", "too_small"],
    ["too much", { amount: { amount: 199_999_998, currency: "EUR" } }, "amount_too_large", "too_large"],
    ["a bad address", { email: "ada@localhost" }, "email_invalid", "email"],
    ["a bad currency", { amount: { amount: 100, currency: "XXXX" } }, "invalid_request_error", "merchant"],
  ] as const)("tells whose a refusal is to mend: %s", async (_, changes, reason, fault) => {
    const lines =
      changes && "amount" in changes ? { lines: [], shipping: { amount: 0, currency: "EUR" } } : {};
    const error = await provider
      .createSession(anOrder(now, { ...lines, ...changes }))
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ fate: "refused", fault });
    if (fault !== "merchant") expect(error).toMatchObject({ reason });
    expect(String(error)).not.toContain("ada@");
  });

  test("a key that is not taken is the merchant's to mend", async () => {
    const wrong = stripeProvider({
      secretKey: "sk_test_wrong",
      webhookSecret: "whsec_x",
      apiRoot: stripe.url,
      publicUrl: "https://shop.test",
    });
    await expect(wrong.createSession(anOrder(now))).rejects.toMatchObject({
      fate: "retry",
      fault: "merchant",
    });
  });

  test.each([
    ["EUR", 50, 99_999_999],
    ["GBP", 30, 99_999_999],
    ["JPY", 50, 9_999_999_999],
    ["HUF", 175, 9_999_999_999],
    ["IDR", undefined, 9_999_999_999],
    ["INR", 50, 999_999_999],
    ["KWD", undefined, 99_999_990],
    ["KRW", undefined, 99_999_999],
    ["ISK", undefined, 999_999],
    ["MXN", 1000, 99_999_999],
  ])("knows the least and the most of %s as Stripe publishes them", (currency, least, most) => {
    const limits = provider.limits?.(currency);
    expect(limits?.least?.amount).toBe(least);
    expect(limits?.most).toEqual({ amount: most, currency });
  });

  test("never shows the secret key in an error", async () => {
    const wrong = stripeProvider({
      secretKey: "sk_live_verysecretverysecret",
      webhookSecret: "whsec_x",
      apiRoot: stripe.url,
      publicUrl: "https://shop.test",
    });
    const error = await wrong.createSession(anOrder(now)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PaymentError);
    expect(error).toMatchObject({ fate: "retry" });
    expect(JSON.stringify(error) + String(error) + (error as Error).stack).not.toMatch(/sk_live/);
  });

  test("does not start without a signing secret", () => {
    const without = { secretKey: "sk_test_1", webhookSecret: " ", publicUrl: "https://shop.test" };
    expect(() => stripeProvider(without)).toThrow(/signing secret/);
  });
});

describe("ending a session", () => {
  test("that Stripe fails to end at first is ended by the next try, not answered with the kept failure", async () => {
    const { id } = await provider.createSession(anOrder(now));
    stripe.goesWrong("error before", "POST", /expire$/);
    await expect(provider.expireSession(id)).rejects.toMatchObject({ fate: "retry" });
    expect(await provider.expireSession(id)).toMatchObject({ status: "expired" });
  });

  test("whose answer is lost is told as expired", async () => {
    const { id } = await provider.createSession(anOrder(now));
    stripe.goesWrong("cut", "POST", /expire$/);
    expect(await provider.expireSession(id)).toMatchObject({ status: "expired", payment: "unpaid" });
  });
});

describe("refunds", () => {
  const paid = async (amount = 1000) => {
    const { id } = await provider.createSession(anOrder(now));
    await stripe.pays(id);
    return { session: id, amount: { amount, currency: "EUR" }, idempotencyKey: "refund-order1" };
  };

  test.each(["silence", "cut", "error after", "error before"] as const)(
    "are made once, however often they are repeated after %s",
    async (fault) => {
      const refund = await paid();
      stripe.goesWrong(fault, "POST", /refunds$/);
      await provider.refund(refund).catch(() => {});
      const { id } = await provider.refund(refund);
      expect((await provider.refund(refund)).id).toBe(id);
      expect(stripe.refunds).toHaveLength(1);
    },
  );

  test("are made once even when Stripe has forgotten the key", async () => {
    const refund = await paid();
    await provider.refund(refund);
    stripe.forgetsKeys();
    await provider.refund(refund);
    expect(stripe.refunds).toHaveLength(1);
  });

  test("by WeChat Pay are on their way at first", async () => {
    const { id } = await provider.createSession(anOrder(now));
    await stripe.pays(id, { method: "wechat_pay" });
    const refund = { session: id, amount: { amount: 4250, currency: "EUR" }, idempotencyKey: "r" };
    expect(await provider.refund(refund)).toMatchObject({ status: "pending" });
  });
});

describe("events", () => {
  const completed = async () => {
    const { id } = await provider.createSession(anOrder(now));
    await stripe.pays(id);
    const event = stripe.events.find((one) => one.type === "checkout.session.completed");
    if (!event) throw new Error("no event");
    return event;
  };
  const verify = (body: string, signature?: string) =>
    provider.verifyEvent(
      Buffer.from(body),
      new Headers(signature === undefined ? {} : { "stripe-signature": signature }),
    );

  test("that are signed are read", async () => {
    const event = await completed();
    const { body, signature } = stripe.signed(event);
    expect(await verify(body, signature)).toMatchObject({
      id: event.id,
      at,
      session: { order: "order1", status: "complete", payment: "paid", live: false },
    });
  });

  test.each([
    ["too old", () => stripe.signed, -301],
    ["from the future", () => stripe.signed, 301],
  ])("whose signature is %s are refused", async (_, sign, seconds) => {
    const event = await completed();
    const { body, signature } = sign()(event, { at: new Date(at.getTime() + seconds * 1000) });
    await expect(verify(body, signature)).rejects.toThrow(BadSignature);
  });

  test.each([-299, 299])("whose signature is %i seconds away are taken", async (seconds) => {
    const { body, signature } = stripe.signed(await completed(), {
      at: new Date(at.getTime() + seconds * 1000),
    });
    await expect(verify(body, signature)).resolves.not.toBeNull();
  });

  test("without a signature, with another's, or changed on the way are refused", async () => {
    const event = await completed();
    const { body, signature } = stripe.signed(event);
    await expect(verify(body)).rejects.toThrow(BadSignature);
    await expect(verify(body, "t=1,v1=")).rejects.toThrow(BadSignature);
    await expect(verify(body, stripe.signed(event, { secret: "whsec_other" }).signature)).rejects.toThrow(
      BadSignature,
    );
    await expect(verify(body.replace("4250", "4251"), signature)).rejects.toThrow(BadSignature);
    await expect(verify("", signature)).rejects.toThrow(BadSignature);
  });

  test("a refused signature does not carry the shopper's data in its error", async () => {
    const { body } = stripe.signed(await completed());
    const error = await verify(body, "t=1,v1=00").catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error)).not.toContain("order1");
    expect((error as Error).cause).toBeUndefined();
  });

  test("about other things, or about sales that are not this shop's, are left alone", async () => {
    for (const [type, object] of [
      ["charge.refunded", { id: "ch_1", object: "charge" }],
      ["payment_intent.payment_failed", { id: "pi_1", object: "payment_intent" }],
      ["checkout.session.completed", { id: "cs_1", mode: "subscription", metadata: { order: "x" } }],
      ["checkout.session.completed", { id: "cs_1", mode: "payment", metadata: {} }],
    ] as const) {
      await stripe.tells(type, object);
      const event = stripe.events.at(-1);
      if (!event) throw new Error("no event");
      const { body, signature } = stripe.signed(event);
      expect(await verify(body, signature)).toBeNull();
    }
  });

  test("in a currency that no order has, or finer than ours can be, are read, and what was taken goes back whole", async () => {
    const event = await completed();
    const told = async (change: object) => {
      const { body, signature } = stripe.signed({
        ...event,
        data: { object: { ...event.data.object, ...change } },
      });
      return (await verify(body, signature))?.session?.amount;
    };
    expect(await told({ currency: "idr", amount_total: 12_345 })).toEqual({
      amount: 123.45,
      currency: "IDR",
    });
    expect(await told({ currency: "huf", amount_total: 499_050 })).toEqual({
      amount: 4990.5,
      currency: "HUF",
    });
    expect(await told({ currency: "usdc", amount_total: 7 })).toEqual({ amount: 7, currency: "USDC" });
    expect(await told({ currency: null, amount_total: null })).toEqual({ amount: 0, currency: "USD" });
    for (const amount of [1, 99, 115, 12_345, 999_999_999_999])
      expect(toStripe(reported(amount, "idr"))).toBe(amount);
  });

  test.each([
    ["no JSON", () => "{"],
    ["no event", () => "[]"],
    ["a session without its id", (text: string) => text.replace(/"id": "cs_[^"]+"/, '"id": 5')],
    [
      "a session of another shape",
      (text: string) => text.replace(/"payment_status": "[^"]+"/, '"payment_status": {}'),
    ],
  ])("that are signed and hold %s are told apart from those to send again", async (_, change) => {
    const body = change(JSON.stringify(await completed(), null, 2));
    const { signature } = signedText(body);
    await expect(verify(body, signature)).rejects.toThrow(UnreadableEvent);
  });

  test("of test mode say so, though their session says otherwise", async () => {
    const event = await completed();
    const object = { ...event.data.object, livemode: true };
    const { body, signature } = stripe.signed({ ...event, livemode: false, data: { object } });
    expect((await verify(body, signature))?.session?.live).toBe(false);
  });

  test("of live mode say so", async () => {
    const live = await startStripe({ now, live: true });
    const provider = stripeProvider({ ...live, apiRoot: live.url, publicUrl: "https://shop.test", now });
    const { id } = await provider.createSession(anOrder(now));
    expect(await provider.readSession(id)).toMatchObject({ live: true });
    await live.close();
  });
});

describe("what became of a payment", () => {
  test("is read as two lists, by whomever it was made, over as many pages as there are", async () => {
    const { id: session } = await provider.createSession(anOrder(now));
    expect(await provider.readRefunds?.({ session })).toEqual([]);
    await stripe.pays(session);
    const { reference } = await provider.readSession(session);
    const of = { session, ...(reference === undefined ? {} : { reference }) };
    for (let made = 0; made < 101; made++) await stripe.givesBack(session, 1);
    await stripe.refundFails(stripe.refunds[0]?.id ?? "");
    const amount = { amount: 100, currency: "EUR" };
    const ours = await provider.refund({ session, amount, idempotencyKey: "k" });
    const calls = stripe.requests.length;
    const refunds = (await provider.readRefunds?.(of)) ?? [];
    expect(stripe.requests.length - calls).toBe(2);
    expect(refunds).toHaveLength(102);
    expect(refunds[0]).toEqual({ what: "refund", refund: ours.id, status: "succeeded", amount, ours: true });
    expect(refunds.at(-1)).toMatchObject({ status: "failed", amount: { amount: 1 }, ours: false });
    expect(await provider.readRefunds?.({ session })).toEqual(refunds);
    const dispute = await stripe.disputes(session);
    expect(await provider.readDisputes?.(of)).toMatchObject([{ dispute: dispute.id, status: "open" }]);
    await stripe.decides(dispute, "lost");
    expect(await provider.readDisputes?.(of)).toMatchObject([{ status: "lost", reason: "fraudulent" }]);
    await expect(provider.refund({ session, amount, idempotencyKey: "k2" })).rejects.toMatchObject({
      fate: "refused",
      reason: "disputed",
    });
  });
});
