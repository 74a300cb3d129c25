import { afterAll, beforeAll, expect, test } from "vitest";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { type StripeDouble, startStripe } from "../doubles/stripe.ts";
import { type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import { ordersByLink } from "./buying.ts";
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
  });
});
afterAll(async () => {
  await world.close();
  await telegram.close();
  await stripe.close();
});

/** Somebody at the payment link; answers the session behind it. */
async function atPayment(id: number, slug: string) {
  const shopper = telegram.person(id, { name: "Ada", locale: "en" });
  return { shopper, ...(await ordersByLink(shopper, slug)) };
}

test("an order is paid by Stripe, and its event may come twice", async () => {
  const { shopper, number, session } = await atPayment(801, "dune-mug");
  stripe.delivery = "twice";
  await stripe.pays(session);
  await shopper.sees(new RegExp(`${number} is paid`), 15_000);
  await stripe.settled();
  const order = await OrderModel.findOne({ shop: "demo", number }).orFail().lean();
  expect(order.history.filter(({ state }) => state === "paid")).toHaveLength(1);
  expect(shopper.transcript().split(`${number} is paid`)).toHaveLength(2);
});

test("when Stripe's event is lost, the shopper's return to the shop settles the order", async () => {
  const { shopper, number, session } = await atPayment(802, "ripple-bowl");
  stripe.delivery = "never";
  await stripe.pays(session);
  const { _id } = await OrderModel.findOne({ shop: "demo", number }).orFail().lean();
  const landing = await fetch(`${world.url}/pay/return?order=${_id}&session=${session}`);
  expect(await landing.text()).toMatch(/paid/i);
  await shopper.sees(new RegExp(`${number} is paid`), 15_000);
});

test("a paid order that is cancelled before it ships is refunded once, by Stripe", async () => {
  stripe.delivery = "now";
  const { shopper, number, session } = await atPayment(803, "spring-carafe");
  await stripe.pays(session);
  await shopper.sees(new RegExp(`${number} is paid`), 15_000);
  await shopper.presses("View order");
  await shopper.presses("Cancel order");
  await shopper.presses("Yes, cancel it");
  await shopper.sees(/on its way back to you/, 15_000);
  const { total } = await OrderModel.findOne({ shop: "demo", number, state: "refunded" }).orFail().lean();
  expect([...stripe.refunds.values()].map(({ amount }) => amount)).toEqual([total]);
});
