import { afterEach, describe, expect, test } from "vitest";
import { buysNow } from "./buying.ts";
import { type Everywhere, openEverywhere } from "./everywhere.ts";
import { Payer } from "./payer.ts";
import type { Shopper } from "./shopper.ts";
import { openWorld, type World } from "./world.ts";

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

interface Place {
  readonly platform: string;
  readonly words: RegExp;
  readonly shopper: (at: Everywhere) => Shopper;
  readonly good: (at: Everywhere) => Record<string, string>;
  readonly refused: (at: Everywhere) => Record<string, string>;
}

const places: Place[] = [
  {
    platform: "telegram",
    words: /Telegram refuses the token of this bot/,
    shopper: ({ telegram }) => telegram.person(911, { name: "Ada", locale: "en" }),
    good: ({ telegram }) => ({ TELEGRAM_BOT_TOKEN: telegram.token }),
    refused: ({ telegram }) => ({
      TELEGRAM_BOT_TOKEN: `${telegram.token.split(":")[0]}:${"taken-back".padEnd(35, "x")}`,
    }),
  },
  {
    platform: "discord",
    words: /Discord refuses the token of this bot/,
    shopper: ({ discord }) => discord.person("601000000000000911", { name: "Ada", locale: "en-US" }),
    good: ({ discord }) => ({ DISCORD_BOT_TOKEN: discord.token }),
    refused: ({ discord }) => ({
      DISCORD_BOT_TOKEN: `${discord.token.split(".")[0]}.takenx.${"back".padEnd(38, "x")}`,
    }),
  },
  {
    platform: "slack",
    words: /Slack refuses the bot token/,
    shopper: ({ slack }) => slack.person("U0000911", { name: "Ada", locale: "en-US" }),
    good: ({ slack }) => ({ SLACK_BOT_TOKEN: slack.botToken }),
    refused: () => ({ SLACK_BOT_TOKEN: "xoxb-taken-back" }),
  },
];

const waiting = async ({ url }: World) =>
  ((await (await fetch(`${url}/readyz`)).json()) as { undeliverable: Record<string, number> }).undeliverable;

describe.each(places)("a token that $platform refuses", ({ platform, words, shopper, good, refused }) => {
  test("leaves the news waiting and counted, for a process with one that works, which tells them once", async () => {
    const at = await openEverywhere({ HAWKER_SECRET: "5".repeat(64) });
    endings.push(() => at.close());
    const { world } = at;
    const ada = shopper(at);
    await ada.says("/search dune mug");
    await ada.presses(/^(View|Dune Mug)$/);
    await ada.sees(/Stock:?\s/);
    await buysNow(ada);
    const link = await ada.link(/^Pay /);

    await world.restart(refused(at));
    await new Payer(link).pays("card");
    await expect.poll(() => waiting(world)).toEqual({ [platform]: 1 });
    const metrics = await (await fetch(`${world.url}/metrics`)).text();
    expect(metrics).toContain(`hawker_undeliverable_conversations{platform="${platform}"} 1`);
    expect(world.log().filter((line) => words.test(line))).toHaveLength(1);
    expect(ada.transcript()).not.toMatch(/is paid/);

    const { telegram, discord, slack } = at;
    const other = await openWorld({
      HAWKER_SECRET: "5".repeat(64),
      MONGODB_URL: world.databaseUrl,
      ...(platform === "telegram" && { TELEGRAM_API_ROOT: telegram.url }),
      ...(platform === "discord" && {
        DISCORD_APPLICATION_ID: discord.applicationId,
        DISCORD_API_ROOT: discord.url,
      }),
      ...(platform === "slack" && { SLACK_APP_TOKEN: slack.appToken, SLACK_API_ROOT: slack.url }),
      ...good(at),
    });
    endings.push(() => other.close());
    await ada.sees(/is paid/, 20_000);
    await expect.poll(() => waiting(world)).toEqual({});

    await world.restart(good(at));
    await expect.poll(() => waiting(world)).toEqual({});
    expect(ada.transcript().match(/is paid/g)).toHaveLength(1);
    expect(world.log().filter((line) => words.test(line))).toHaveLength(1);
  });
});
