import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { discordDouble } from "../doubles/discord.ts";
import { slackDouble } from "../doubles/slack.ts";
import { telegramDouble } from "../doubles/telegram.ts";
import { person as details } from "../journeys/buying.ts";
import { Payer } from "../journeys/payer.ts";
import type { Shopper } from "../journeys/shopper.ts";
import { launchChromium, WebShopper } from "../journeys/web-shopper.ts";
import { openWorld } from "../journeys/world.ts";
import { readable } from "./readable.ts";
import { Retold } from "./retold.ts";
import { browsesInChinese, shops } from "./shopping.ts";

/**
 * The conversation as people read it, kept as text: whoever changes wording or layout sees here what becomes of it.
 * `UPDATE_GOLDEN=1 npx vitest run test/golden` writes it anew.
 */
function matchesGolden(name: string, about: string, transcript: string): void {
  const file = new URL(`./${name}.txt`, import.meta.url);
  const shown = `${about}\nStable names stand for what differs from run to run: (order number), (date), (address).\n\n${readable(transcript)}\n`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, shown);
  expect(existsSync(file), `There is no ${file.pathname}; run with UPDATE_GOLDEN=1`).toBe(true);
  expect(shown).toBe(readFileSync(file, "utf8"));
}

const byCard = async (link: string) => void (await new Payer(link).pays("card"));

/** Filled in whole, the form comes back with what is wrong; only that is filled in again. */
const mends = (shopper: Shopper) => async (form: Readonly<Record<string, string>>) => {
  await shopper.fills(form);
  await shopper.sees(/phone number/i);
  await shopper.fills({ Phone: details.Phone });
};

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

test("shopping on Telegram reads as it did", async () => {
  const telegram = await telegramDouble();
  const world = await openWorld({ TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_ROOT: telegram.url });
  try {
    const ada = new Retold(telegram.person(501, { name: "Ada", locale: "en" }));
    await shops(ada, byCard, async ({ Name = "", Email = "", Phone = "" }) => {
      await ada.fills({ Name, Email, Phone });
      const { Name: _, Email: __, ...rest } = details;
      await ada.fills(rest);
    });
    matchesGolden("shopping.telegram", "Shopping on Telegram, in English.", ada.transcript());
    const li = new Retold(telegram.person(502, { name: "Li", locale: "zh-hans" }));
    await browsesInChinese(li);
    matchesGolden("shopping.telegram.zh", "A look around on Telegram, in Chinese.", li.transcript());
  } finally {
    await world.close();
    await telegram.close();
  }
});

test("shopping on Discord reads as it did", async () => {
  const discord = await discordDouble();
  const world = await openWorld({
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_APPLICATION_ID: discord.applicationId,
    DISCORD_API_ROOT: discord.url,
  });
  try {
    const ada = new Retold(discord.person("501000000000000001", { name: "Ada", locale: "en-US" }));
    await shops(ada, byCard, async ({ Name = "", Email = "", Phone = "", Street = "", City = "" }) => {
      await ada.fills({ Name, Email, Phone, Street, City });
      await ada.sees(/phone number/i);
      const { Name: _, Email: __, Street: ___, City: ____, ...rest } = details;
      await ada.fills(rest);
    });
    matchesGolden(
      "shopping.discord",
      "Shopping on Discord, in direct messages, in English.",
      ada.transcript(),
    );
  } finally {
    await world.close();
    await discord.close();
  }
});

test("shopping on Slack reads as it did", async () => {
  const slack = await slackDouble();
  const world = await openWorld({
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_ROOT: slack.url,
  });
  try {
    const person = slack.person("U0ADA", { name: "Ada", locale: "en-US" });
    const ada = new Retold(person);
    await shops(ada, byCard, async (form) => {
      ada.tells(form);
      ada.notes(await person.fillsWrong(form));
      await ada.fills(details);
    });
    matchesGolden(
      "shopping.slack",
      "Shopping on Slack, in the app's messages, in English.",
      ada.transcript(),
    );
  } finally {
    await world.close();
    await slack.close();
  }
});

test("shopping on the web reads as it did", async () => {
  const world = await openWorld();
  try {
    const visitor = await WebShopper.comes(browser, world.url);
    const ada = new Retold(visitor);
    await shops(ada, byCard, mends(ada));
    matchesGolden("shopping.web", "Shopping on the web page, in English.", ada.transcript());
    await visitor.leaves();
  } finally {
    await world.close();
  }
});
