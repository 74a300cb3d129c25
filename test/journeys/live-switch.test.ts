import { afterEach, beforeEach, expect, test } from "vitest";
import { Session } from "../../src/payments/sandbox/session.ts";
import { StockModel } from "../../src/shop/inventory/stock.ts";
import { type StripeDouble, startStripe } from "../doubles/stripe.ts";
import { type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import { ordersByLink } from "./buying.ts";
import { Payer } from "./payer.ts";
import { openWorld, type World } from "./world.ts";

let telegram: TelegramDouble;
let world: World;
const doubles: StripeDouble[] = [];
beforeEach(async () => {
  telegram = await telegramDouble();
});
afterEach(async () => {
  await world.close();
  await telegram.close();
  for (const stripe of doubles.splice(0)) await stripe.close();
});

async function stripe(live: boolean): Promise<StripeDouble> {
  const double = await startStripe({ live, webhook: () => `${world.url}/webhooks/stripe` });
  doubles.push(double);
  return double;
}
const keysOf = ({ url, secretKey, webhookSecret }: StripeDouble) => ({
  STRIPE_SECRET_KEY: secretKey,
  STRIPE_WEBHOOK_SECRET: webhookSecret,
  STRIPE_API_ROOT: url,
});
const open = async (env: Record<string, string> = {}) => {
  world = await openWorld({ TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_ROOT: telegram.url, ...env });
};

/** Somebody with an order that waits for payment. */
async function atPayment(id: number) {
  const shopper = telegram.person(id, { name: "Ada", locale: "en" });
  const { number, order, session } = await ordersByLink(shopper, "dune-mug");
  const { payment, lines } = await order();
  const held = async () => (await StockModel.findById(`demo/${lines[0]?.sku}`).orFail().lean()).holds.length;
  return { shopper, number, order, held, session, url: payment?.url ?? "" };
}

test("orders of the sandbox end when the shop goes live, and the sandbox is gone", async () => {
  await open();
  const { shopper, number, order, held, session, url } = await atPayment(811);
  expect(await new Payer(url).opens()).toContain("TEST");
  await world.restart(keysOf(await stripe(true)));
  await shopper.sees(new RegExp(`${number} was placed while the shop was still being tested`), 20_000);
  expect(await order()).toMatchObject({ state: "cancelled", payment: { status: "unpaid" } });
  expect(await held()).toBe(0);
  // Were the shop to go back to test keys, nobody could pay for it there either.
  expect(await Session.findById(session).lean()).toMatchObject({ status: "expired", outbox: [] });
  for (const path of [new URL(url).pathname, "/sandbox/style.css"])
    expect((await fetch(`${world.url}${path}`)).status, path).toBe(404);
  for (const path of ["/webhooks/sandbox", `/sandbox/pay/${session}/settle`, `/sandbox/pay/${session}/card`])
    expect((await fetch(`${world.url}${path}`, { method: "POST", body: "{}" })).status, path).toBe(404);
  await fetch(`${world.url}/pay/return?order=${(await order())._id}&session=${session}`);
  expect((await order()).state).toBe("cancelled");
});

test("a test card pays for nothing in a live shop, and real money does", async () => {
  const before = await stripe(false);
  await open(keysOf(before));
  const { shopper, number, order, session } = await atPayment(812);
  const after = await stripe(true);
  await world.restart(keysOf(after));
  await shopper.sees(new RegExp(`${number} was placed while the shop was still being tested`), 20_000);
  await before.pays(session);
  await before.settled();
  expect(before.answers.at(-1)?.status).toBe(200);
  expect(await order()).toMatchObject({ state: "cancelled", payment: { status: "unpaid" } });
  expect(before.refunds).toEqual([]);
  await shopper.says("/start p-dune-mug");
  await shopper.presses("Buy now");
  await shopper.presses(/^Ada/);
  await shopper.presses(/days/);
  await expect.poll(() => after.sessions().length).toBe(1);
  const [real] = after.sessions();
  await after.pays(real?.id ?? "");
  await shopper.sees(/is paid/, 20_000);
});
