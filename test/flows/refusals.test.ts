import { beforeEach, expect, test } from "vitest";
import { customerFor } from "../../src/shop/customers/customer.ts";
import { findOrder } from "../../src/shop/orders/find-order.ts";
import type { Order } from "../../src/shop/orders/order.ts";
import { OrderModel } from "../../src/shop/orders/order-model.ts";
import { sessionOf, useStore, World } from "../shop/orders/world.ts";
import { Chat, type Person } from "./chat.ts";

useStore();

let world: World;
let chat: Chat;
let mei: Person;
let order: Order;
beforeEach(async () => {
  world = await World.create();
  chat = new Chat(world);
  mei = chat.person("north", "mei");
  const { customer } = await customerFor(world.shop, mei.identity, { language: "en" });
  order = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, customer._id));
  await world.receive(world.provider.pay(sessionOf(order)));
  await mei.says("/orders");
});

/** What the log is told: the code and the words of each, which hold nothing of the person's. */
function logged(): string[] {
  const lines = chat.refusals.map((error) => `${"code" in error ? error.code : ""} ${error.message}`);
  expect(lines.join()).not.toMatch(/mei|berlin|example|linden/i);
  return lines;
}

test("an order that is no more is said so, and the log has it once", async () => {
  await OrderModel.deleteMany({});
  await mei.presses("View order");
  expect(mei.last()).toContain("I can't find that order");
  expect(logged()).toEqual([`NOT_FOUND no order ${order._id}`]);
});

test("somebody else's order is no order, and the log has it once", async () => {
  await OrderModel.updateMany({}, { $set: { customer: "c_somebody" } });
  await mei.presses("View order");
  expect(mei.last()).toContain("I can't find that order");
  expect(logged()).toEqual([`NOT_FOUND no order of this customer ${order._id}`]);
});

test.each(["Track", "Cancel order"])("%s of an order that is no more is no different", async (label) => {
  await mei.presses("View order");
  await OrderModel.deleteMany({});
  await mei.presses(label);
  expect(mei.last()).toContain("I can't find that order");
  expect(logged()).toHaveLength(1);
});

test("it is too late to cancel, and the log has why", async () => {
  await mei.presses("View order");
  await mei.presses("Cancel order");
  await world.commerce.ship(order, { carrier: "DHL", tracking: "1" });
  await mei.presses("Yes, cancel it");
  expect(mei.transcript()).toContain("too late to cancel");
  expect(logged()).toEqual(["ILLEGAL_TRANSITION an order that is shipped cannot cancel"]);
  expect((await findOrder(order._id))?.state).toBe("shipped");
});

test("a review of an order that is no more is said so, and the log has it once", async () => {
  await world.commerce.ship(order, { carrier: "DHL", tracking: "1" });
  await world.commerce.deliver(order);
  await mei.presses("View order");
  await OrderModel.deleteMany({});
  await mei.presses("Write a review");
  expect(mei.last()).toContain("I can't find that order");
  expect(logged()).toHaveLength(1);
});
