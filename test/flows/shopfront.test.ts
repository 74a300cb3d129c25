import mongoose from "mongoose";
import { afterEach, expect, test, vi } from "vitest";
import { ShopModel, saveShop } from "../../src/shop/core/shop.ts";
import { useStore, World } from "../shop/orders/world.ts";
import { Chat } from "./chat.ts";

useStore();
afterEach(() => void vi.restoreAllMocks());

test("a crowd that comes at once reads the shop's own document once", async () => {
  // What was read is fresh for a second of this clock, however long the crowd takes.
  vi.spyOn(performance, "now").mockReturnValue(performance.now());
  const world = await World.create();
  const chat = new Chat(world);
  let reads = 0;
  const heard = ({ commandName, command }: { commandName: string; command: Record<string, unknown> }) => {
    if (command[commandName] === "shops") reads += 1;
  };
  const client = mongoose.connection.getClient().on("commandStarted", heard);
  const people = Array.from({ length: 20 }, (_, number) => chat.person("north", `visitor${number}`));
  await Promise.all(people.map((person) => person.says("/start")));
  client.off("commandStarted", heard);
  for (const person of people) expect(person.last()).toContain("House of mugs");
  expect(reads).toBe(1);
});

test("a shop that could not be read is asked for again", async () => {
  const world = await World.create();
  const chat = new Chat(world);
  const shop = await ShopModel.findById(world.shop).lean();
  await ShopModel.deleteMany({});
  const ada = chat.person("north", "ada");
  await ada.says("/start");
  expect(ada.last()).not.toContain("House of mugs");
  if (shop) await saveShop(shop);
  await ada.says("/start");
  expect(ada.last()).toContain("House of mugs");
});
