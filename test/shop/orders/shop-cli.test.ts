import { beforeEach, expect, test } from "vitest";
import { runShopCommand } from "../../../src/cli/shop.ts";
import { momentIn } from "../../../src/i18n/moment.ts";
import { NotFound } from "../../../src/shop/core/errors.ts";
import { ShopModel } from "../../../src/shop/core/shop.ts";
import { IllegalTransition } from "../../../src/shop/orders/order-machine.ts";
import { sessionOf, useStore, World } from "./world.ts";

useStore();

let world: World;
beforeEach(async () => {
  world = await World.create();
});
const run = (...args: string[]) => runShopCommand([...args, "--shop", world.shop], world.clock.now());

test("a parcel sent from the terminal is told by the running shop", async () => {
  const order = await world.paid();
  expect(await run("ship", order.number, "--carrier", "DHL", "--tracking", "JJD1")).toBe(
    `${order.number} is shipped`,
  );
  expect(world.told(order)).toEqual(["order.paid"]);
  await world.commerce.sweep();
  expect(await run("deliver", order.number)).toBe(`${order.number} is delivered`);
  await world.commerce.sweep();
  expect(world.told(order)).toEqual(["order.paid", "order.shipped", "order.delivered"]);
  expect((await world.order(order)).tracking).toEqual({ carrier: "DHL", number: "JJD1" });
});

test("ships no order of test money where the key takes real money by now", async () => {
  const order = await world.paid();
  const args = ["ship", order.number, "--carrier", "DHL", "--tracking", "JJD1", "--shop", world.shop];
  await expect(runShopCommand(args, world.clock.now(), true)).rejects.toThrow(/test money.*--anyway/);
  expect((await world.order(order)).state).toBe("paid");
});

test("lists what is open, with totals", async () => {
  expect(await run("list")).toBe("no open orders");
  const order = await world.paid({ MUG: 2 });
  expect(await run("list")).toMatch(
    new RegExp(`^${order.number} +paid .*€28\\.90 +2 x MUG\n1 open, page 1 of 1$`),
  );
});

test("tells when an order was made in the shop's zone, and names it", async () => {
  const order = await world.paid();
  const { createdAt } = await world.order(order);
  await ShopModel.updateOne({ _id: world.shop }, { $set: { timeZone: "Asia/Tokyo" } });
  expect(await run("list")).toContain(momentIn("Asia/Tokyo", "en", createdAt));
  expect(await run("list")).toContain("GMT+9");
});

test("prints the label of a parcel line by line, as the country's post wants it", async () => {
  const order = await world.paid();
  expect((await run("label", order.number)).split("\n")).toEqual([
    "Mei Lin",
    "Unter den Linden 1",
    "10117 BERLIN",
    "Germany",
    "+49 30 901820",
  ]);
});

test("settles an order in quarantine", async () => {
  const order = await world.placed();
  world.provider.distort(sessionOf(order), { status: "complete", payment: "paid", live: true });
  await world.commerce.reconcile(order._id);
  expect(await run("list")).toContain("!mode");
  expect(await run("resolve", order.number, "--refund")).toBe(`${order.number} is refunding`);
  await world.commerce.sweep();
  expect((await world.order(order)).state).toBe("refunded");
});

test("says what is wrong", async () => {
  const order = await world.placed();
  await expect(run("ship", "H-9", "--carrier", "x", "--tracking", "y")).rejects.toBeInstanceOf(NotFound);
  await expect(run("deliver", order.number)).rejects.toBeInstanceOf(IllegalTransition);
  await expect(run("ship", order.number)).rejects.toMatchObject({ code: "USAGE" });
  await expect(run("dance", order.number)).rejects.toMatchObject({ code: "USAGE" });
  await expect(run("ship", "--nonsense")).rejects.toMatchObject({ code: "USAGE" });
});
