import { expect, test } from "vitest";
import { discordDouble } from "../doubles/discord.ts";
import { buysNow, findsMug } from "./buying.ts";
import { Payer } from "./payer.ts";
import { openWorld } from "./world.ts";

test("a shopper buys by interactions that are posted, without a gateway", async () => {
  const discord = await discordDouble();
  const world = await openWorld({
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_APPLICATION_ID: discord.applicationId,
    DISCORD_PUBLIC_KEY: discord.publicKey,
    DISCORD_API_ROOT: discord.url,
  });
  discord.interactionsUrl = `${world.url}/webhooks/discord`;
  expect((await discord.ping()).status).toBe(200);
  expect((await discord.ping("forged")).status).toBe(401);
  const ada = discord.person("501000000000000001", { name: "Ada", locale: "en-US" });
  await findsMug(ada);
  await buysNow(ada);
  await new Payer(await ada.link(/^Pay /)).pays("card");
  await ada.sees(/is paid/, 10_000);
  expect(discord.late).toBe(0);
  await world.close();
  await discord.close();
});
