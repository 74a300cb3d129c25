import { afterAll, beforeAll, expect, test } from "vitest";
import { type DiscordDouble, discordDouble } from "../doubles/discord.ts";
import { buysAndReviews } from "./buying.ts";
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

const byCard = async (link: string) => void (await new Payer(link).pays("card"));

test("a shopper buys a mug in Discord's direct messages, from the front door to the review", async () => {
  const ada = discord.person("501000000000000001", { name: "Ada", locale: "en-US" });
  await buysAndReviews(ada, world, byCard);
  expect(ada.transcript()).toContain("paid");
  expect(discord.late).toBe(0);
});

test("the same journey ends well when one call to Discord in twenty fails", async () => {
  discord.failRate(0.05, 20_261_123);
  const eve = discord.person("501000000000000002", { name: "Eve", locale: "en-US" });
  await buysAndReviews(eve, world, byCard);
  discord.failRate(0, 1);
});
