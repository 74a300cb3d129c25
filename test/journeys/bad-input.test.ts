import { afterAll, beforeAll, expect, test } from "vitest";
import { CartModel } from "../../src/shop/cart/cart.ts";
import { ProductModel } from "../../src/shop/catalog/product.ts";
import { CustomerModel } from "../../src/shop/customers/customer.ts";
import { StockModel, setStock } from "../../src/shop/inventory/stock.ts";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import type { Person } from "../doubles/telegram-person.ts";
import { person, photo } from "./buying.ts";
import { Payer } from "./payer.ts";
import { openWorld, type World } from "./world.ts";

let telegram: TelegramDouble;
let world: World;
let next = 9000;
beforeAll(async () => {
  telegram = await telegramDouble();
  world = await openWorld({
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    LOG_LEVEL: "silent",
  });
});
afterAll(async () => {
  await world.close();
  await telegram.close();
});

/** Somebody new, on the page of a product. */
async function at(slug: string): Promise<{ shopper: Person; id: string; sku: string }> {
  const product = await ProductModel.findOne({ shop: "demo", slug }).orFail().lean();
  const shopper = telegram.person(next++, { name: "Ada", locale: "en" });
  await shopper.says(`/start p-${product.slug}`);
  await shopper.sees(/Stock: /);
  const sku = product.variants[0]?.sku ?? "";
  return { shopper, id: product._id, sku };
}
async function toCart(slug: string) {
  const there = await at(slug);
  await there.shopper.presses("Add to cart");
  await there.shopper.sees(/Added: /);
  return there;
}
async function toPayment(slug: string) {
  const there = await toCart(slug);
  await there.shopper.presses("Checkout");
  await there.shopper.fills(person);
  await there.shopper.presses(/days/);
  const seen = await there.shopper.sees(/Waiting for payment/);
  const number = /H-\d+/.exec(seen.text)?.[0] ?? "";
  return { ...there, number, link: await there.shopper.link(/^Pay /) };
}

test("a quantity the shop cannot sell is answered with what it can, and the cart stays", async () => {
  const { shopper, sku } = await toCart("dune-mug");
  await StockModel.updateOne({ _id: `demo/${sku}` }, { $set: { available: 1 } });
  await shopper.presses(/^Cart/);
  await shopper.presses("+");
  await shopper.sees(/Only 1 left/);
  await shopper.sees(/Your cart[\s\S]*1 × /);
});

test("what was sold out between cart and checkout is said, and the cart tells what to do", async () => {
  const { shopper, sku } = await toCart("daybook");
  await setStock("demo", sku, 0);
  await shopper.presses("Checkout");
  await shopper.sees(/Sold out\. Please remove it/);
  await shopper.presses("Remove");
  await shopper.sees(/Your cart is empty/);
});

test("what was sold out between the address and the payment link is said, and nothing is charged", async () => {
  const { shopper, sku } = await toCart("letter-set");
  await shopper.presses("Checkout");
  await shopper.fills(person);
  await shopper.sees(/How should it travel/);
  await setStock("demo", sku, 0);
  await shopper.presses(/days/);
  await shopper.sees(/somebody was faster/);
});

test("a changed price is shown and confirmed before it counts", async () => {
  const { shopper, id, sku } = await toCart("ripple-bowl");
  await ProductModel.updateOne({ _id: id, "variants.sku": sku }, { $set: { "variants.$.price": 9900 } });
  await shopper.presses("Checkout");
  await shopper.sees(/The price was .*, now it is €99\.00/);
  await shopper.presses("OK, go on");
  await shopper.presses("Checkout");
  await shopper.fills(person);
  await shopper.presses(/days/);
  await shopper.sees(/Ripple Bowl.* · €99\.00/);
});

test("a price that changed under Buy now is shown again instead of being charged", async () => {
  const { shopper, id, sku } = await at("waffle-throw");
  await ProductModel.updateOne({ _id: id, "variants.sku": sku }, { $set: { "variants.$.price": 12345 } });
  await shopper.presses("Buy now");
  await shopper.sees(/The price has changed/);
  await shopper.sees(/€123\.45/);
});

test("who buys at once and comes too late hears that somebody was faster, although their cart is empty", async () => {
  const { shopper, sku } = await at("quill-pen");
  await setStock("demo", sku, 0);
  await shopper.presses("Buy now");
  await shopper.sees(/somebody was faster: of .* only 0 left/);
  await setStock("demo", sku, 20);
});

test("an order that was not paid in time lets go of its stock and tells the shopper", async () => {
  const { shopper, number, sku } = await toPayment("linen-towels");
  const before = await StockModel.findById(`demo/${sku}`).orFail().lean();
  const past = new Date(Date.now() - 1000);
  await OrderModel.updateOne(
    { shop: "demo", number },
    { $set: { holdUntil: past, attendAt: past, "tasks.0.at": past } },
  );
  await shopper.sees(new RegExp(`${number} was not paid in time`), 15_000);
  const after = await StockModel.findById(`demo/${sku}`).orFail().lean();
  expect(after.available).toBe(before.available + 1);
});

test("a declined card changes nothing: the shopper pays again and the order is paid once", async () => {
  const { shopper, number, link } = await toPayment("quill-pen");
  expect(await new Payer(link).pays("card", "4000 0000 0000 0002")).toMatch(/declined/i);
  await new Payer(link).pays("alipay");
  await shopper.sees(new RegExp(`${number} is paid`), 15_000);
  const paid = await OrderModel.find({ shop: "demo", number }).lean();
  expect(paid.map((order) => order.history.filter((step) => step.state === "paid").length)).toEqual([1]);
});

const cartsWith = async (sku: string): Promise<number> =>
  (await CartModel.find({}).lean()).filter(({ lines }) => lines.some((line) => line.sku === sku)).length;

test("a button of another person, a forged one and a stale one get an answer and do nothing", async () => {
  const { shopper, sku } = await at("bud-vase");
  const carts = await cartsWith(sku);
  shopper.forges(`add|${sku}~AAAAAAAA`);
  await shopper.sees(/made for someone else/);
  shopper.forges("nonsense");
  await shopper.sees(/out of date/);
  expect(await cartsWith(sku)).toBe(carts);
});

test("a delivery that comes twice adds one piece", async () => {
  const { shopper } = await at("market-tote");
  telegram.misbehave({ next: 1, kind: "duplicate-update" });
  await shopper.presses("Add to cart");
  await shopper.sees(/Added: /);
  await shopper.says("/cart");
  await shopper.sees(/Your cart[\s\S]*1 × /);
});

test("a double tap on a shipping option is one order and one hold", async () => {
  const product = await ProductModel.findOne({ shop: "demo", slug: "grove-board" }).orFail().lean();
  const sku = product.variants[0]?.sku ?? "";
  const before = await StockModel.findById(`demo/${sku}`).orFail().lean();
  const { shopper } = await toCart("grove-board");
  await shopper.presses("Checkout");
  await shopper.fills(person);
  const { keyboard } = await shopper.sees(/How should it travel/);
  const button = keyboard.flat().find((each) => "callback_data" in each);
  if (!button || !("callback_data" in button)) throw new Error("There is no shipping option.");
  shopper.forges(button.callback_data);
  shopper.forges(button.callback_data);
  await shopper.sees(/Waiting for payment/);
  await shopper.says("/orders");
  await shopper.sees(/Your orders/);
  const after = await StockModel.findById(`demo/${sku}`).orFail().lean();
  expect(after.available).toBe(before.available - 1);
  expect(await OrderModel.countDocuments({ shop: "demo", "lines.sku": sku, state: "awaiting_payment" })).toBe(
    1,
  );
});

test("a very long message is a search like any other, and is answered", async () => {
  const { shopper } = await at("dune-mug");
  await shopper.says("ä".repeat(4096));
  await shopper.sees(/found nothing for “ä{100}”/);
});

test("an unknown command leads back to the menu", async () => {
  const { shopper } = await at("dune-mug");
  await shopper.says("/teleport");
  await shopper.sees(/don't know the command \/teleport/);
  await shopper.sees(/Welcome to/);
});

test("an invalid email, a picture instead of text and what is no country are asked for again; an odd postal code once", async () => {
  const { shopper } = await toCart("reed-diffuser");
  await shopper.presses("Checkout");
  await shopper.sees(/Name \(1\/7\)/);
  await shopper.sendsPhoto(photo);
  await shopper.sees(/Please answer with text/);
  await shopper.says("Ada");
  await shopper.sees(/Email \(2\/7\)/);
  await shopper.says("ada at example");
  await shopper.sees(/does not look like an email/);
  await shopper.says("ada@example.com");
  await shopper.sees(/Phone \(3\/7\)/);
  await shopper.sendsContact("+4930901820");
  await shopper.sees(/Street \(4\/7\)/);
  await shopper.sendsLocation(52.5, 13.4);
  await shopper.sees(/City \(5\/7\)/);
  await shopper.says("Berlin");
  await shopper.sees(/Country \(6\/7\)/);
  await shopper.says("Atlantis");
  await shopper.sees(/don't know that country/);
  await shopper.says("Germny");
  await shopper.sees(/Did you mean Germany\?/);
  await shopper.presses("Germany");
  await shopper.sees(/Postal code \(7\/7\)\n(?![\s\S]*Skip)/);
  await shopper.says("ABC 123");
  await shopper.sees(/“ABC 123” does not look like a postal code of Germany\. Is this right\?/);
  await shopper.presses("Yes, it is right");
  await shopper.sees(/How should it travel/);
  const customer = await CustomerModel.findOne({ shop: "demo" }).sort({ _id: 1 }).lean();
  expect(customer?.consentAt).toBeInstanceOf(Date);
});

test("a payment webhook with a bad signature is refused, and one over the limit is not read", async () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${world.url}/webhooks/sandbox`, { method: "POST", body, headers });
  expect((await post("{}")).status).toBe(400);
  expect((await post("{}", { "hawker-signature": "t=1,v1=00" })).status).toBe(400);
  expect((await post("x".repeat(300 * 1024))).status).toBe(413);
});
