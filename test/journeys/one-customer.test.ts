import { afterAll, beforeAll, expect, test } from "vitest";
import { buysNow, findsMug, merchant, person } from "./buying.ts";
import { type Everywhere, openEverywhere } from "./everywhere.ts";
import { Payer } from "./payer.ts";
import type { Shopper } from "./shopper.ts";

let everywhere: Everywhere;
let telegram: Everywhere["telegram"];
let discord: Everywhere["discord"];
let slack: Everywhere["slack"];
let world: Everywhere["world"];
beforeAll(async () => {
  everywhere = await openEverywhere();
  ({ telegram, discord, slack, world } = everywhere);
});
afterAll(() => everywhere.close());

const CODE = /([0-9A-Z]{2,4}[- ]){4,}[0-9A-Z]{2,4}/;

/** Shows a code in one chat and takes it in another. */
async function links(from: Shopper, to: Shopper): Promise<void> {
  await from.says("/link");
  const code = CODE.exec((await from.sees(CODE)).text)?.[0] ?? "";
  await to.says(`/link ${code.toLowerCase()}`);
  await to.presses("Yes, it is mine: link");
  await to.sees(/linked|one/i);
}

test("one person on three platforms has one cart, one order history, and news where they wrote last", async () => {
  const phone = telegram.person(601, { name: "Ada", locale: "en" });
  const play = discord.person("601000000000000001", { name: "Ada", locale: "en-US" });
  const work = slack.person("U0000ADA", { name: "Ada", locale: "en-US" });
  await findsMug(phone);
  await phone.presses("Add to cart");
  await phone.sees(/Added: /);
  await findsMug(play);
  await play.presses("Add to cart");
  await play.sees(/Added: /);

  await links(phone, play);
  await links(play, work);
  await work.says("/cart");
  await work.sees(/2 × /); // both mugs, in one line

  await work.presses("Checkout");
  await work.fills(person);
  await work.presses(/days/);
  await new Payer(await work.link(/^Pay /)).pays("alipay");
  const paid = await work.sees(/is paid/, 10_000);
  const number = /H-\d+/.exec(paid.text)?.[0] ?? "";

  await phone.says("/orders");
  await phone.sees(new RegExp(number));
  await merchant(world, "ship", number, "--carrier", "DHL", "--tracking", "00340434");
  await phone.sees(/on its way with DHL/, 10_000); // written from last
  expect(work.transcript()).not.toMatch(/on its way with DHL/);
  // What stands there of the order follows it all the same.
  await expect.poll(() => work.transcript()).toMatch(/On its way/);

  await work.says("/unlink");
  await work.sees(/on its own again/);
  await work.says("/orders");
  await work.sees(/no orders yet/);
});

test("news that one platform refuses reaches the person on the other", async () => {
  const phone = telegram.person(602, { name: "Eve", locale: "en" });
  const play = discord.person("601000000000000002", { name: "Eve", locale: "en-US" });
  await phone.says("/start");
  await play.says("/start");
  await links(phone, play);
  await findsMug(phone);
  await buysNow(phone);
  const link = await phone.link(/^Pay /);
  phone.blocks();
  await new Payer(link).pays("card");
  await play.sees(/is paid/, 10_000);
});

test("a person takes everything that is kept of them away as a file, and is forgotten on every platform", async () => {
  const phone = telegram.person(603, { name: "Bob", locale: "en" });
  const play = discord.person("601000000000000003", { name: "Bob", locale: "en-US" });
  await findsMug(phone);
  await phone.presses("Add to cart");
  await phone.sees(/Added: /);
  await play.says("/start");
  await links(phone, play);
  await play.says("/privacy");
  await play.presses("Export my data");
  await play.sees(/everything we know of you/);
  expect(play.transcript()).toMatch(/\(file/);
  await play.says("/privacy");
  await play.presses("Erase my data");
  await play.presses("Yes, erase me");
  await play.sees(/no longer know who you are/);
  await phone.says("/cart");
  await phone.sees(/Your cart is empty/);
});
