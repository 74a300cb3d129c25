import { afterAll, beforeAll, expect, test } from "vitest";
import { buysNow, findsMug, merchant } from "./buying.ts";
import { type Everywhere, openEverywhere } from "./everywhere.ts";
import { Payer } from "./payer.ts";
import type { Shopper } from "./shopper.ts";

let everywhere: Everywhere;
let telegram: Everywhere["telegram"];
let discord: Everywhere["discord"];
let slack: Everywhere["slack"];
let world: Everywhere["world"];
beforeAll(async () => {
  everywhere = await openEverywhere({ LOG_LEVEL: "warn" });
  ({ telegram, discord, slack, world } = everywhere);
});
afterAll(() => everywhere.close());

/** Buys a mug and answers the order's number. */
async function buys(shopper: Shopper): Promise<string> {
  await findsMug(shopper);
  await buysNow(shopper);
  await new Payer(await shopper.link(/^Pay /)).pays("card");
  return /H-\d+/.exec((await shopper.sees(/is paid/, 10_000)).text)?.[0] ?? "";
}
const logged = (words: RegExp) => world.log().filter((line) => words.test(line));
/** Someone on a platform that has no trouble. */
const elsewhere = async (id: number) => {
  const shopper = telegram.person(id, { name: "Eve", locale: "en" });
  await shopper.says("/start");
  await shopper.sees(/Welcome to/);
};

test("news for a Slack user who has left the workspace is dropped with a line in the log, and the order goes on", async () => {
  const ada = slack.person("U0000ADA", { name: "Ada", locale: "en-US" });
  const number = await buys(ada);
  slack.leaves("U0000ADA");
  await merchant(world, "ship", number, "--carrier", "DHL", "--tracking", "1");
  await world.until(() => logged(/can not be delivered/).length > 0);
  expect((await merchant(world, "list")).stdout).toContain(number);
  const bob = slack.person("U0000BOB", { name: "Bob", locale: "en-US" });
  await bob.says("/start");
  await bob.sees(/Welcome to/);
});

test("a Discord channel where the bot may not write is told in a clear line, and others are answered", async () => {
  const { id: guild } = discord.guild({ writable: false });
  const pia = discord.person("601000000000000002", { name: "Pia", locale: "en-US", guild, hasty: true });
  await pia.says("mug");
  await world.until(() => logged(/The bot may not write in this channel/).length > 0);
  const rae = discord.person("601000000000000003", { name: "Rae", locale: "en-US" });
  await rae.says("/start");
  await rae.sees(/Welcome to/);
});

test("a Discord token that is revoked is told in a clear line, and the other platforms go on", async () => {
  const ada = discord.person("601000000000000001", { name: "Ada", locale: "en-US" });
  await ada.says("/start");
  await ada.sees(/Welcome to/);
  discord.revoke();
  await world.until(() => logged(/Discord refuses the token/).length > 0);
  expect(logged(/Discord refuses the token/).join()).not.toContain(discord.token);
  await elsewhere(701);
});

test("a Slack token that is revoked is told in a clear line, and the other platforms go on", async () => {
  const ned = slack.person("U0000NED", { name: "Ned", locale: "en-US", hasty: true });
  slack.revoke();
  await ned.says("/start").catch(() => undefined);
  await world.until(() => logged(/A Slack workspace has removed the app or revoked its token/).length > 0);
  expect(world.log().join()).not.toContain(slack.botToken);
  await elsewhere(702);
});
