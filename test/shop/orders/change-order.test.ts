import mongoose from "mongoose";
import { beforeEach, expect, test } from "vitest";
import { NotFound } from "../../../src/shop/core/errors.ts";
import { changeOrder } from "../../../src/shop/orders/change-order.ts";
import { getOrder } from "../../../src/shop/orders/find-order.ts";
import type { Order } from "../../../src/shop/orders/order.ts";
import { OrderModel } from "../../../src/shop/orders/order-model.ts";
import { useStore, World } from "./world.ts";

useStore();

let world: World;
let read: Order;
beforeEach(async () => {
  world = await World.create();
  read = await getOrder(world.shop, (await world.draft())._id);
});

const speaking = (locale: string) => (order: Order) => ({ ...order, locale });

test("an order that was just read is changed by one command", async () => {
  const commands: string[] = [];
  const heard = ({ commandName }: { commandName: string }) => commands.push(commandName);
  const client = mongoose.connection.getClient().on("commandStarted", heard);
  const changed = await changeOrder(read, speaking("zh"));
  client.off("commandStarted", heard);
  expect(commands).toEqual(["update"]);
  expect(await world.order(read)).toEqual(changed);
  expect(changed).toMatchObject({ locale: "zh", revision: read.revision + 1 });
});

test("of one that somebody else has changed since, nothing is believed", async () => {
  await changeOrder(read._id, (order) => ({ ...order, number: "H-2" }));
  const seen: string[] = [];
  await changeOrder(read, (order) => {
    seen.push(order.number);
    return speaking("zh")(order);
  });
  expect(seen).toEqual([read.number, "H-2"]);
  expect(await world.order(read)).toMatchObject({ number: "H-2", locale: "zh", revision: read.revision + 2 });
});

test("whether it is left or refused is decided on the order as it is", async () => {
  await changeOrder(read._id, speaking("zh"));
  const whenChinese = (order: Order) => (order.locale === "zh" ? { ...order, number: "H-2" } : null);
  expect(await changeOrder(read, whenChinese)).toMatchObject({ number: "H-2" });
  const orThrow = (order: Order) => {
    if (order.number !== "H-2") throw new Error("not yet");
    return null;
  };
  expect(await changeOrder(read, orThrow)).toMatchObject({ number: "H-2", locale: "zh" });
  await OrderModel.deleteMany({});
  await expect(changeOrder(read, speaking("en"))).rejects.toBeInstanceOf(NotFound);
});
