import { beforeEach, expect, test } from "vitest";
import { directAddress } from "../../src/engine/address.ts";
import { customerFor, setLanguage } from "../../src/shop/customers/customer.ts";
import { useStore, World } from "../shop/orders/world.ts";
import { Chat } from "./chat.ts";

useStore();

let world: World;
let chat: Chat;
beforeEach(async () => {
  world = await World.create();
  chat = new Chat(world);
});

test("news comes in the customer's language, also to a chat that was never used", async () => {
  const mei = chat.person("south", "mei");
  const { customer } = await customerFor(world.shop, mei.identity, { language: "en" });
  await setLanguage(world.shop, customer._id, "zh");
  const order = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, customer._id));
  const news = { shop: world.shop, order: order._id };
  await chat.engine.signal(directAddress(mei.identity, mei.identity.user), "n-1", "order.paid", news);
  await chat.engine.idle();
  expect(mei.last()).toContain("已付款");
});
