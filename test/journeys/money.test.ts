import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demoShop } from "../../src/demo/shop.ts";
import { applyImport, planImport } from "../../src/shop/catalog/import/index.ts";
import { saveShop } from "../../src/shop/core/shop.ts";
import { StockModel } from "../../src/shop/inventory/stock.ts";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { type StripeDouble, startStripe } from "../doubles/stripe.ts";
import { type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import { buysNow, ordersByLink, person } from "./buying.ts";
import { openWorld, type World } from "./world.ts";

let telegram: TelegramDouble;
let stripe: StripeDouble;
let world: World;
beforeAll(async () => {
  telegram = await telegramDouble();
  stripe = await startStripe({ webhook: () => `${world.url}/webhooks/stripe` });
  world = await openWorld({
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    STRIPE_API_ROOT: stripe.url,
    LOG_LEVEL: "debug",
  });
  const free = { id: "free", name: { en: "Post" }, price: 0, days: [2, 4] as const };
  await saveShop({
    ...demoShop,
    zones: [{ id: "all", countries: ["*"], options: [{ ...free, days: [2, 4] }] }],
  });
  await applyImport(await planImport("demo", await readFile("test/cases/c17-money.csv"), "test/cases"));
});
afterAll(async () => {
  await world.close();
  await telegram.close();
  await stripe.close();
});

const logged = (code: string) => world.log().filter((line) => line.includes(code));

test("a total below what Stripe takes is told with the least, before anything is asked or held", async () => {
  const shopper = telegram.person(821, { name: "Ada", locale: "en" });
  await shopper.says("/start p-tiny");
  await buysNow(shopper);
  await shopper.sees(/at least €0\.50/);
  expect(logged("amount_too_small")).toHaveLength(1);
  expect(stripe.sessions()).toEqual([]);
});

test("a total above it is told with the most", async () => {
  const shopper = telegram.person(822, { name: "Ada", locale: "en" });
  await shopper.says("/start p-dear");
  await shopper.presses("Add to cart");
  await shopper.presses(/^Cart/);
  await shopper.presses("+");
  await shopper.presses("Checkout");
  await shopper.fills(person);
  await shopper.presses(/days/);
  await shopper.sees(/€999,999\.99 at most/);
  expect(logged("amount_too_large")).toHaveLength(1);
  expect(stripe.sessions()).toEqual([]);
});

test("what costs nothing is placed without a payment page", async () => {
  const shopper = telegram.person(823, { name: "Ada", locale: "en" });
  await shopper.says("/start p-free");
  await buysNow(shopper);
  await shopper.sees(/there is nothing to pay/);
  expect(stripe.sessions()).toEqual([]);
});

test("a payment of an order of ours in another currency is taken, once, and waits for the merchant", async () => {
  const shopper = telegram.person(825, { name: "Ada", locale: "en" });
  const { number, order, session: id } = await ordersByLink(shopper, "dune-mug");
  const { _id, lines, total, currency } = await order();
  const session = stripe.session(id);
  const stock = () => StockModel.findById(`demo/${lines[0]?.sku}`).orFail().lean();
  const { sold } = await stock();
  stripe.delivery = "twice";
  for (const type of ["checkout.session.completed", "checkout.session.async_payment_succeeded"])
    await stripe.tells(type, {
      ...session,
      status: "complete",
      payment_status: "paid",
      // Hundredths of a rupiah, of which we know none.
      currency: "idr",
      amount_total: 12_345,
      payment_intent: "pi_idr",
    });
  stripe.delivery = "now";
  expect(stripe.answers.slice(-4).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  await shopper.sees(new RegExp(`checking the payment of order ${number}`), 15_000);
  expect(await order()).toMatchObject({
    state: "awaiting_payment",
    quarantine: "currency",
    total,
    currency,
    lines,
    payment: { paid: 123.45, currency: "IDR", refunded: 0 },
  });
  expect(await stock()).toMatchObject({ sold, holds: [{ order: _id }] });
  await expect.poll(() => logged(_id).filter((line) => line.includes("quarantine"))).toHaveLength(1);
  expect(logged(_id)[0]).toContain('"reason":"currency"');
  expect(logged(_id).join()).not.toMatch(/ada|example/i);
});

test("an order that is no more is said so, and the log has it once, without a word about the person", async () => {
  const shopper = telegram.person(826, { name: "Ada", locale: "en" });
  const { order } = await ordersByLink(shopper, "dune-mug");
  const { _id } = await order();
  await OrderModel.deleteOne({ _id });
  await shopper.presses("Cancel order");
  await shopper.sees(/can't find that order/);
  const lines = logged(`no order ${_id}`);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "debug", msg: "Somebody was told why something cannot be done", err: { code: "NOT_FOUND" } },
  ]);
  expect(lines.join()).not.toMatch(/ada|berlin|example/i);
});

test("what is refunded and disputed at Stripe stands on the order, also of a currency no order has", async () => {
  const shopper = telegram.person(824, { name: "Ada", locale: "en" });
  const { number, order, session } = await ordersByLink(shopper, "dune-mug");
  await stripe.tells("checkout.session.completed", {
    ...stripe.session(session),
    id: "cs_test_other",
    status: "complete",
    payment_status: "paid",
    currency: "idr",
    amount_total: 12_345,
    metadata: { order: "o_nobody" },
  });
  expect(stripe.answers.at(-1)?.status).toBe(200);
  await stripe.pays(session);
  await shopper.sees(new RegExp(`${number} is paid`), 15_000);
  await stripe.givesBack(session, 500);
  await shopper.sees(/given back €5\.00/, 15_000);
  await stripe.disputes(session);
  await shopper.sees(/bank is asking about the payment/, 15_000);
  await shopper.presses("View order");
  await shopper.sees(/Given back.*€5\.00/s);
  expect((await order()).disputes).toMatchObject([{ status: "open", reason: "fraudulent" }]);
});
