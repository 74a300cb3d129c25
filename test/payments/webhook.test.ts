import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stripeProvider } from "../../src/payments/stripe.ts";
import { landingRoutes, webhookRoutes } from "../../src/payments/webhook.ts";
import { type StripeDouble, startStripe } from "../doubles/stripe.ts";
import { anOrder } from "./an-order.ts";

describe("the webhook", () => {
  let stripe: StripeDouble;
  let store: { works: boolean; kept: string[] };
  let url: string;
  let close: () => Promise<void>;

  beforeEach(async () => {
    stripe = await startStripe({ webhook: () => url });
    const provider = stripeProvider({ ...stripe, apiRoot: stripe.url, publicUrl: "https://shop.test" });
    store = { works: true, kept: [] };
    const routes = webhookRoutes([provider], async (from, raw, headers) => {
      const event = await from.verifyEvent(raw, headers);
      if (!store.works) throw new Error("the store is down");
      if (event) store.kept.push(event.id);
    });
    const server = createServer(getRequestListener((request) => routes.fetch(request)));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/stripe`;
    close = async () => {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
      await stripe.close();
    };
    stripe.delivery = "held";
    const { id } = await provider.createSession(anOrder(() => new Date()));
    await stripe.pays(id);
  });
  afterEach(() => close());

  const completed = () => stripe.events.find((event) => event.type === "checkout.session.completed")!;
  const post = (body: BodyInit, headers: Record<string, string> = {}) =>
    fetch(url, { method: "POST", body, headers, duplex: "half" } as RequestInit).then(
      (answer) => answer.status,
    );

  test("answers 200 once the event is kept, also for events that are none of the shop's", async () => {
    expect(await stripe.deliver(completed())).toBe(200);
    expect(store.kept).toEqual([completed().id]);
    const other = stripe.events.find((event) => event.type === "charge.succeeded")!;
    expect(await stripe.deliver(other)).toBe(200);
    expect(store.kept).toHaveLength(1);
  });

  test("asks for the event again when it could not be kept", async () => {
    store.works = false;
    expect(await stripe.deliver(completed())).toBe(500);
    store.works = true;
    expect(await stripe.deliver(completed())).toBe(200);
  });

  test.each([
    ["missing", () => ({})],
    ["garbled", () => ({ "stripe-signature": "v1" })],
    [
      "wrong",
      () => ({ "stripe-signature": stripe.signed(completed(), { secret: "whsec_other" }).signature }),
    ],
    [
      "too old",
      () => ({
        "stripe-signature": stripe.signed(completed(), { at: new Date(Date.now() - 400_000) }).signature,
      }),
    ],
    [
      "from the future",
      () => ({
        "stripe-signature": stripe.signed(completed(), { at: new Date(Date.now() + 400_000) }).signature,
      }),
    ],
  ])("answers 400 when the signature is %s", async (_, headers) => {
    expect(await post(stripe.signed(completed()).body, headers())).toBe(400);
    expect(store.kept).toEqual([]);
  });

  test("checks the signature over the bytes that came, not over what they mean", async () => {
    const { body, signature } = stripe.signed(completed());
    const repacked = JSON.stringify(JSON.parse(body));
    expect(await post(repacked, { "stripe-signature": signature })).toBe(400);
    expect(await post(body, { "stripe-signature": signature })).toBe(200);
  });

  test("takes 256 KB to look at and not a byte more, however the body comes", async () => {
    const limit = 256 * 1024;
    expect(await post("x".repeat(limit))).toBe(400);
    expect(await post("x".repeat(limit + 1))).toBe(413);
    const chunked = await new Promise<number | undefined>((answered, failed) => {
      const sending = httpRequest(
        url,
        { method: "POST", headers: { "transfer-encoding": "chunked" } },
        (answer) => {
          answer.resume();
          answered(answer.statusCode);
        },
      );
      sending.on("error", failed);
      for (let part = 0; part < 5; part++) sending.write("x".repeat(64 * 1024));
      sending.end();
    });
    expect(chunked).toBe(413);
  });
});

describe("the page a shopper comes back to", () => {
  const asked: [string, string | undefined][] = [];
  const routes = landingRoutes(async (order, session) => {
    asked.push([order, session]);
    if (order === "broken") throw new Error("provider down");
    if (order === "none") return null;
    return {
      outcome: order === "late" ? "pending" : "paid",
      number: "<i>H-1</i>",
      back: "https://t.me/shop?start=1&a=2",
    };
  });
  const open = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await routes.request(path, { headers });
    return { status: answer.status, html: await answer.text(), headers: answer.headers };
  };

  test("has the order reconciled and says that it is paid, with a way back", async () => {
    const { status, html } = await open("/pay/return?order=o1&session=cs_1");
    expect(status).toBe(200);
    expect(asked.at(-1)).toEqual(["o1", "cs_1"]);
    expect(html).toContain('data-outcome="paid"');
    expect(html).toContain('href="https://t.me/shop?start=1&amp;a=2"');
  });

  test("shows whatever comes from the order as text", async () => {
    expect((await open("/pay/return?order=o1")).html).toContain("&lt;i&gt;H-1&lt;/i&gt;");
  });

  test("speaks the language that is asked for", async () => {
    expect((await open("/pay/return?order=o1&lang=zh")).html).toContain('<html lang="zh-CN">');
    expect((await open("/pay/return?order=o1", { "accept-language": "fr, zh-TW;q=0.8" })).html).toContain(
      "支付成功",
    );
    expect((await open("/pay/return?order=o1", { "accept-language": "fr" })).html).toContain("Paid");
  });

  test("sends the shopper to the chat when the provider cannot be reached", async () => {
    const { status, html } = await open("/pay/return?order=broken");
    expect(status).toBe(202);
    expect(html).toContain("checking your payment");
  });

  test.each([
    "/pay/return",
    "/pay/return?order=none",
    "/pay/return?order=%3Cscript%3E",
    "/pay/return?order=o1&session=a%20b",
  ])("knows no order at %s", async (path) => {
    const { status, html } = await open(path);
    expect(status).toBe(404);
    expect(html).not.toContain("<script");
  });

  test("runs no script and is framed by nobody", async () => {
    const policy = (await open("/pay/return?order=o1")).headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect((await open("/pay/style.css")).headers.get("content-type")).toContain("text/css");
  });
});
