import { beforeEach, expect, test } from "vitest";
import { ShopModel } from "../../src/shop/core/shop.ts";
import { customerFor } from "../../src/shop/customers/customer.ts";
import { CustomerModel, sealAddress } from "../../src/shop/customers/customer-record.ts";
import type { Order } from "../../src/shop/orders/order.ts";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { sessionOf, useStore, World } from "../shop/orders/world.ts";
import { Chat, type Person } from "./chat.ts";

useStore();

let world: World;
let ada: Person;
beforeEach(async () => {
  world = await World.create();
  ada = new Chat(world).person("north", "ada");
});

async function toCheckout(): Promise<void> {
  await ada.says("mug");
  await ada.presses("View");
  await ada.presses("Add to cart");
  await ada.presses("Checkout");
}

const answers = async (...said: string[]) => {
  for (const answer of said) await ada.says(answer);
};

/** Everything under the newest message that can be pressed. */
const labels = () =>
  (ada.views().at(-1)?.controls ?? []).flatMap((control) =>
    control.kind === "button" ? [control.label] : [],
  );

test("what was read otherwise than it was written is told at the next question, and Skip waits for the country", async () => {
  await toCheckout();
  await answers("Ada", "Ada <ada@example.com>");
  expect(ada.last()).toMatch(/^We read this as Email: ada@example\.com\./);
  await answers("00353 1 496 0000", "1 Main Street", "Dublin", "Republic of Ireland");
  expect(ada.last()).toMatch(/^We read this as Country: Ireland\.\nPostal code \(7\/7\)/);
  expect(labels()).toContain("Skip");
});

test("a phone number that does not go with the country is asked for again, and nothing else", async () => {
  await toCheckout();
  await answers("Ada", "ada@example.com", "12345", "1 Main St", "New York", "USA", "10001");
  expect(ada.last()).toContain("does not look like a phone number");
  await answers("(212) 555-0123");
  expect(ada.last()).toContain("How should it travel?");
});

test("an address kept under earlier rules that lacks something is asked for, with what is known", async () => {
  await ada.says("/start");
  const { customer } = await customerFor(world.shop, ada.identity, { language: "en" });
  const old = {
    name: "Ada",
    email: "ada@example.com",
    phone: "+4930123456",
    street: "Torstraße 1",
    city: "Berlin",
    postalCode: "",
    country: "DE",
  };
  const sealed = sealAddress(customer._id, "a-1", old);
  await CustomerModel.updateOne({ _id: customer._id }, { $push: { addresses: { id: "a-1", sealed } } });
  await toCheckout();
  await ada.presses("Ada, Torstraße 1, Berlin, Germany");
  for (const kept of ["Ada", "ada@example.com", "+49 30 123456", "Torstraße 1", "Berlin", "Germany"])
    await ada.presses(`Keep: ${kept}`);
  expect(ada.last()).toContain("Postal code (7/7)");
  await answers("10119");
  expect(ada.last()).toContain("How should it travel?");
});

test("the history of an order begins when it was placed, in the shop's zone", async () => {
  await ShopModel.updateOne({ _id: world.shop }, { $set: { timeZone: "Asia/Tokyo" } });
  await toCheckout();
  await answers("Ada", "ada@example.com", "030 123456", "Torstraße 1", "Berlin", "Germany", "10119");
  await ada.presses("Post: €4.90, 2–4 days");
  expect(ada.last()).toContain("Deliver to: Ada, Torstraße 1, 10119 Berlin, Germany");
  const order = await OrderModel.findOne({ shop: world.shop }).lean<Order>();
  if (!order) throw new Error("There is no order.");
  await world.receive(world.provider.pay(sessionOf(order)));
  await ada.says("/orders");
  await ada.presses("View order");
  await ada.presses("Track");
  expect(ada.last()).not.toContain("Not placed yet");
  const steps = ada.last().split("\n").slice(2);
  expect(steps.map((step) => step.split(" – ")[1])).toEqual(["Waiting for payment", "Paid"]);
  for (const step of steps) expect(step).toMatch(/GMT\+9/);
});
