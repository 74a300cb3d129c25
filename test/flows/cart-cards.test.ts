import mongoose from "mongoose";
import { beforeEach, expect, test } from "vitest";
import { link } from "../../src/shop/accounts/customer-link.ts";
import { customerFor } from "../../src/shop/customers/customer.ts";
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

async function linksBoth(): Promise<void> {
  const ids = [north, south].map(({ identity }) => customerFor(world.shop, identity, { language: "en" }));
  const [to, from] = await Promise.all(ids);
  await link(world.shop, to!.customer._id, from!.customer._id);
}
async function putsMugInCart(person: Person): Promise<void> {
  await person.says("mug");
  await person.presses("View");
  await person.presses("Add to cart");
}

test("a cart that stands in the chat of a linked account follows every change", async () => {
  await linksBoth();
  await putsMugInCart(north);
  await south.says("/cart");
  const said = south.views().length;
  expect(south.last()).toContain("1 × €12.00");
  await north.says("/cart");
  await north.presses("+");
  expect(south.last()).toContain("2 × €12.00");
  await north.presses("Remove");
  expect(south.last()).toContain("empty");
  await putsMugInCart(north);
  expect(south.last()).toContain("1 × €12.00");
  expect(south.views()).toHaveLength(said);
});

test("who has one account is looked for nowhere else", async () => {
  const looks: unknown[] = [];
  const heard = ({ command }: { command: { find?: string; filter?: Record<string, unknown> } }) => {
    if (command.find === "conversations" && "subjects" in (command.filter ?? {})) looks.push(command);
  };
  const client = mongoose.connection.getClient().on("commandStarted", heard);
  await putsMugInCart(north);
  await north.says("/cart");
  await north.presses("+");
  expect(looks).toEqual([]);
  await linksBoth();
  await north.presses("+");
  client.off("commandStarted", heard);
  expect(looks).toHaveLength(1);
});
