import mongoose from "mongoose";
import { beforeEach, expect, test } from "vitest";
import { link } from "../../src/shop/accounts/customer-link.ts";
import { customerFor } from "../../src/shop/customers/customer.ts";
import type { Order } from "../../src/shop/orders/order.ts";
import { useStore, World } from "../shop/orders/world.ts";
import { Chat, type Person } from "./chat.ts";

useStore();

let world: World;
let chat: Chat;
let north: Person;
let south: Person;
beforeEach(async () => {
  world = await World.create();
  chat = new Chat(world);
  north = chat.person("north", "ada");
  south = chat.person("south", "ada");
});

const idOf = async ({ identity }: Person): Promise<string> =>
  (await customerFor(world.shop, identity, { language: "en" })).customer._id;

/** Ada's order, which has arrived. */
async function delivered(lines: Record<string, number>): Promise<Order> {
  const order = await world.commerce.placeOrder(await world.draft(lines, await idOf(north)));
  await world.receive(world.provider.pay(order.payment!.session));
  await world.commerce.ship(await world.order(order), { carrier: "DHL", tracking: "1" });
  await world.commerce.deliver(await world.order(order));
  await chat.engine.idle();
  return order;
}
async function reviews(person: Person): Promise<void> {
  await person.presses(/^5 /);
  await person.presses("Skip");
  await person.presses("Skip");
}
const buttons = (person: Person): string[] =>
  (person.views().at(-1)?.controls ?? []).flatMap((one) => (one.kind === "button" ? [one.label] : []));
/** Shows the order's card as the newest message. */
async function looksAt(person: Person): Promise<void> {
  await person.says("/orders");
  await person.presses("View order");
}

test("an order's card offers a review as long as there is something to review, wherever it stands", async () => {
  const order = await delivered({ MUG: 1, LAMP: 1 });
  await link(world.shop, await idOf(north), await idOf(south));
  for (const person of [south, north]) await looksAt(person);
  expect(buttons(south)).toContain("Write a review");
  const said = south.views().length;
  for (const [sku, left] of [
    ["MUG", true],
    ["LAMP", false],
  ] as const) {
    await north.says(`/start`);
    await looksAt(north);
    await north.presses("Write a review");
    await north.presses(sku === "MUG" ? /mug/i : /lamp/i);
    await reviews(north);
    expect(buttons(south).includes("Write a review"), sku).toBe(left);
  }
  expect(south.views(), "changed where it stands").toHaveLength(said);
  await looksAt(north);
  expect(buttons(north)).not.toContain("Write a review");
  expect(order._id).not.toBe("");
});

test("what has not arrived costs no look for reviews", async () => {
  const order = await world.commerce.placeOrder(await world.draft({ MUG: 1 }, await idOf(north)));
  await world.receive(world.provider.pay(order.payment!.session));
  const asked: string[] = [];
  const heard = ({ command }: { command: Record<string, unknown> }) => asked.push(String(command.find));
  const client = mongoose.connection.getClient().on("commandStarted", heard);
  await looksAt(north);
  client.off("commandStarted", heard);
  expect(asked).toContain("orders");
  expect(asked).not.toContain("reviews");
});
