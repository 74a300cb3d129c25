import { person } from "../journeys/buying.ts";
import type { Shopper } from "../journeys/shopper.ts";

/** A visit to the shop: looks around, buys a mug, gets the form wrong once, pays, looks at the order. */
export async function shops(
  shopper: Shopper,
  pays: (link: string) => Promise<void>,
  blunders: Blunder,
): Promise<void> {
  await shopper.says("/start");
  await shopper.sees(/Welcome to/);
  await shopper.presses("Browse");
  await shopper.sees(/What are you looking for/);
  await shopper.presses(/^Table/);
  await shopper.sees(/Dune Mug/);
  await shopper.says("dune mug");
  await shopper.sees(/results? for “dune mug”/);
  await shopper.presses(/^(View|.*Dune.*)$/);
  await shopper.sees(/Stock:?\s/);
  await shopper.presses("Add to cart");
  await shopper.sees(/Added: /);
  await shopper.presses(/^Cart \(1\)$/);
  await shopper.sees(/Your cart/);
  await shopper.presses("Checkout");
  await blunders({ ...person, Phone: "12" });
  await shopper.sees(/How should it travel/);
  await shopper.presses(/days/);
  await shopper.sees(/Waiting for payment/);
  await pays(await shopper.link(/^Pay /));
  await shopper.sees(/is paid/i, 10_000);
  // The order's own card follows it.
  await shopper.sees(/Status:?\s+Paid/i);
  await shopper.says("/orders");
  await shopper.sees(/Your orders/);
  await shopper.presses(/H-\d+|View order/);
  // Answered after the press, so that what the press has changed is to be seen.
  await shopper.says("/help");
  await shopper.sees(/How this works/);
}

/** How a person first gets the form wrong on a platform: with a phone number that is none. */
export type Blunder = (form: Readonly<Record<string, string>>) => Promise<unknown>;

/** A short look around in Chinese: the front door, a product, the cart. */
export async function browsesInChinese(shopper: Shopper): Promise<void> {
  await shopper.says("/start");
  await shopper.sees(/欢迎/);
  await shopper.says("杯子");
  await shopper.presses("沙丘马克杯");
  await shopper.presses("加入购物车");
  await shopper.presses(/购物车/);
  await shopper.sees(/购物车/);
}
