import { afterAll, beforeAll, expect, test } from "vitest";
import { type DiscordDouble, discordDouble } from "../doubles/discord.ts";
import { buysAndReviews, buysNow, findsMug, merchant, person } from "./buying.ts";
import { Payer } from "./payer.ts";
import { openWorld, type World } from "./world.ts";

let discord: DiscordDouble;
let world: World;
beforeAll(async () => {
  discord = await discordDouble();
  world = await openWorld({
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_APPLICATION_ID: discord.applicationId,
    DISCORD_API_ROOT: discord.url,
  });
});
afterAll(async () => {
  await world.close();
  await discord.close();
});

/** Somebody new among others. */
const among = (id: string, guild: string) => discord.person(id, { name: "Kim", locale: "en-US", guild });

const byCard = async (link: string) => void (await new Payer(link).pays("card"));

test("a shopper buys a mug in Discord's direct messages, from the front door to the review", async () => {
  const ada = discord.person("501000000000000001", { name: "Ada", locale: "en-US" });
  await buysAndReviews(ada, world, byCard);
  expect(ada.transcript()).toContain("paid");
  expect(ada.transcript()).not.toContain("Your review of"); // a window at once, and nothing of it stays
  expect(discord.late).toBe(0);
});

test("the same journey ends well when one call to Discord in ten fails", async () => {
  discord.failRate(0.1, 20_261_123);
  const eve = discord.person("501000000000000002", { name: "Eve", locale: "en-US" });
  await buysAndReviews(eve, world, byCard);
  discord.failRate(0, 1);
  expect(discord.calls.filter(({ status }) => status === 429 || status >= 500)).not.toEqual([]);
});

test("a misspelt country is one press away, and an odd postal code is asked about once", async () => {
  const bo = discord.person("501000000000000009", { name: "Bo", locale: "en-US" });
  await findsMug(bo);
  await bo.presses("Buy now");
  await bo.fills({ ...person, Country: "Germny", "Postal code": "1096" });
  await bo.sees(/Did you mean Germany\?/);
  await bo.presses("Germany");
  await bo.sees(/“1096” does not look like a postal code of Germany\. Is this right\?/);
  await bo.presses("Yes, it is right");
  await bo.sees(/How should it travel/);
});

test("in a server the shop is for all, and a cart for its owner's eyes only", async () => {
  const { id: guild } = discord.guild();
  const kim = among("501000000000000003", guild);
  const lee = among("501000000000000004", guild);
  await findsMug(kim);
  await kim.sees(/Stock:?\s/);
  expect(lee.transcript()).toMatch(/Stock/);
  // What is kept of a newcomer concerns nobody else.
  expect(kim.transcript()).toMatch(/Personal details/);
  expect(lee.transcript()).not.toMatch(/Personal details/);
  await kim.presses("Add to cart");
  await kim.sees(/Added: /);
  await kim.presses(/^Cart \(1\)$/);
  await kim.sees(/Your cart/);
  await kim.presses("+");
  await kim.sees(/2 × /);
  expect(lee.transcript()).not.toMatch(/Your cart|Added: /);
  // Browsing is for everyone: on Kim's message Lee fills a cart of their own, which nobody else sees.
  const seen = kim.transcript();
  await lee.presses("Add to cart");
  await lee.sees(/Added: /);
  await lee.presses(/^Cart \(1\)$/);
  await lee.sees(/Your cart/);
  expect(kim.transcript()).toBe(seen);
  expect(discord.mentioned).toEqual([]);
});

/** Buys a mug among others, and answers the order's number once it is paid. */
async function buysAmong(shopper: ReturnType<typeof among>): Promise<void> {
  await findsMug(shopper);
  await buysNow(shopper);
  await byCard(await shopper.link(/^Pay /));
}

test("news of what was bought in a server comes as a direct message", async () => {
  const { id: guild } = discord.guild();
  const kim = among("501000000000000005", guild);
  await buysAmong(kim);
  const direct = discord.person("501000000000000005", { name: "Kim", locale: "en-US" });
  await direct.sees(/is paid/, 10_000);
  expect(kim.transcript()).not.toMatch(/is paid/);
});

test("where direct messages are closed, a hint in the channel leads to the news, for one person's eyes", async () => {
  const { id: guild } = discord.guild();
  const kim = among("501000000000000006", guild);
  const lee = among("501000000000000007", guild);
  discord.closeDms("501000000000000006");
  await buysAmong(kim);
  await lee.sees(/There is news for/, 10_000);
  await kim.presses("View order");
  const shown = await kim.sees(/Order H-\d+/);
  const number = /H-\d+/.exec(shown.text)?.[0] ?? "";
  expect(lee.transcript()).not.toContain(number);
  await merchant(world, "ship", number, "--carrier", "DHL", "--tracking", "00340434");
  await discord.until(
    () => kim.transcript().split("There is news for").length > 2,
    10_000,
    () => kim.transcript(),
  );
  expect(lee.transcript()).not.toContain("00340434");
  const kimsHint = expect.objectContaining({ mention: "<@501000000000000006>" });
  // Each of the two hints calls the one person it is for, and nobody else.
  expect(discord.mentioned).toEqual([kimsHint, kimsHint]);
});

test("a search is completed while it is typed", async () => {
  const bob = discord.person("501000000000000008", { name: "Bob", locale: "en-US" });
  expect(await bob.autocompletes("search", "mug")).toContainEqual(
    expect.objectContaining({ name: "Dune Mug" }),
  );
});

test("every command is registered once, in both languages", async () => {
  const commands = discord.commands();
  const names = commands.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["start", "shop", "search", "cart", "orders", "link", "privacy"]),
  );
  for (const command of commands) {
    expect(command.description).toMatch(/[a-z]/);
    expect(JSON.stringify(command.description_localizations)).toMatch(/[\u4e00-\u9fff]/);
  }
  expect(discord.callsOf("PUT", /commands/)).toHaveLength(1);
});

test("a press that arrives twice is done once", async () => {
  const may = discord.person("501000000000000009", { name: "May", locale: "en-US" });
  await findsMug(may);
  await may.pressesTwice("Add to cart");
  await may.says("/cart");
  await may.sees(/1 × /);
  expect(may.transcript().match(/Added: /g)).toHaveLength(1);
});

test("a window that is sent after its message is gone still counts", async () => {
  const ned = discord.person("501000000000000010", { name: "Ned", locale: "en-US" });
  await findsMug(ned);
  await ned.presses("Buy now");
  await ned.seesModal(/./);
  discord.empties(ned.channel);
  await ned.fills(person);
  await ned.sees(/How should it travel/);
});

test("a press whose answer comes too late for its interaction is answered by a message", async () => {
  const oz = discord.person("501000000000000011", { name: "Oz", locale: "en-US" });
  await oz.says("/start");
  await oz.sees(/Welcome to/);
  discord.misbehave({ next: 1, kind: "500-before", route: /callback/ });
  await oz.presses("Help");
  await oz.sees(/How/i);
});

test("a server without leave to write, or that throws the bot out, costs nobody else anything", async () => {
  const { id: mute } = discord.guild({ writable: false });
  const { id: closed } = discord.guild();
  const pia = among("501000000000000012", mute);
  await pia.says("/start");
  const quin = among("501000000000000013", closed);
  await quin.says("/start");
  await quin.sees(/Welcome to/);
  discord.kick(closed);
  const rae = discord.person("501000000000000014", { name: "Rae", locale: "en-US" });
  await rae.says("/start");
  await rae.sees(/Welcome to/);
});
