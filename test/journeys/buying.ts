import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import { ProductModel } from "../../src/shop/catalog/product.ts";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import type { Shopper } from "./shopper.ts";
import type { World } from "./world.ts";

const run = promisify(execFile);

/** Runs `npm run shop -- …` beside the running shop, as a merchant would. */
export const merchant = (world: World, ...args: string[]) =>
  run("node_modules/.bin/tsx", ["src/cli/shop.ts", ...args], {
    env: {
      ...process.env,
      DATA_DIR: world.dataDir,
      MONGODB_URL: world.databaseUrl,
      HAWKER_SECRET: process.env.HAWKER_SECRET ?? "x".repeat(32),
    },
  });

export const person = {
  Name: "Ada Example",
  Email: "ada@example.com",
  Phone: "+49 30 901820",
  Street: "Lindenstraße 1",
  City: "Berlin",
  "Postal code": "10969",
  Country: "Germany",
};

/** Comes to the page of a mug by the search that every platform has. */
export async function findsMug(shopper: Shopper): Promise<void> {
  await shopper.says("/search dune mug");
  await shopper.presses(/^(View|Dune Mug)$/);
  await shopper.sees(/Stock:?\s/);
}

/** From a product's page to its order: "Buy now", where to, and the first way to ship. */
export async function buysNow(shopper: Shopper): Promise<void> {
  await shopper.presses("Buy now");
  await shopper.fills(person);
  await shopper.presses(/days/);
}

/** Buys a product by the link that leads to it on Telegram. Returns how to read the order, which waits for payment. */
export async function ordersByLink(shopper: Shopper, slug: string) {
  await shopper.says(`/start p-${slug}`);
  await buysNow(shopper);
  const { text } = await shopper.sees(/Waiting for payment/);
  const number = /H-\d+/.exec(text)?.[0] ?? "";
  const order = () => OrderModel.findOne({ shop: "demo", number }).orFail().lean();
  return { number, order, session: (await order()).payment?.session ?? "" };
}

/** A picture a shopper sends: the smallest valid PNG. */
export const photo = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

/**
 * The main job, from the front door to the review. The same lines run on every platform; `pays` opens the payment
 * link as a person would.
 */
export async function buysAndReviews(
  shopper: Shopper,
  world: World,
  pays: (link: string) => Promise<void>,
): Promise<void> {
  await shopper.says("/start");
  await shopper.sees(/Welcome to/);
  await shopper.presses("Browse");
  await shopper.sees(/What are you looking for/);
  await shopper.says("mug");
  await shopper.sees(/results? for “mug”/);
  const mug = await ProductModel.findOne({ shop: "demo", slug: "dune-mug" }).orFail().lean();
  await shopper.presses(new RegExp(`^(View|${mug.title.en})$`));
  await shopper.sees(/Stock:?\s/);
  await shopper.presses("Add to cart");
  await shopper.sees(/Added: /);
  await shopper.presses(/^Cart \(1\)$/);
  await shopper.sees(/Your cart/);
  await shopper.presses("+");
  await shopper.sees(/2 × /);
  await shopper.presses("−");
  await shopper.sees(/1 × /);
  await shopper.presses("Checkout");
  await shopper.fills(person);
  await shopper.sees(/How should it travel/);
  await shopper.presses(/days/);
  await shopper.sees(/Waiting for payment/);
  await pays(await shopper.link(/^Pay /));

  const paid = await shopper.sees(/paid/i, 10_000);
  const number = /H-\d+/.exec(paid.text)?.[0] ?? "";
  expect(number).toMatch(/^H-\d+$/);
  await merchant(world, "ship", number, "--carrier", "DHL", "--tracking", "00340434");
  await shopper.sees(/on its way with DHL, tracking number 00340434/, 10_000);
  await merchant(world, "deliver", number);
  await shopper.sees(/was delivered/, 10_000);

  await shopper.says("/orders");
  await shopper.presses(new RegExp(`${number}|View order`));
  await shopper.sees(/Delivered/);
  await shopper.presses("Track");
  await shopper.sees(/00340434/);
  await shopper.presses("View order");
  await shopper.presses("Received");
  await shopper.sees(/How do you like it/);
  await shopper.presses("Write a review");
  await shopper.fills({ Rating: "5", Comment: "Warm, heavy and round.", Photo: photo });
  await shopper.sees(/Thank you for your review/);

  const reviewed = await ProductModel.findById(mug._id).orFail().lean();
  const reviews = mug.rating.count + 1;
  expect(reviewed.rating).toEqual({ average: 5, count: reviews });
  const order = await OrderModel.findOne({ shop: "demo", number }).orFail().lean();
  expect(order.state).toBe("completed");
  await shopper.says("mug");
  await shopper.presses(new RegExp(`^(View|${mug.title.en})$`));
  await shopper.presses(`Reviews (${reviews})`);
  await shopper.sees(/Warm, heavy and round/);
}
