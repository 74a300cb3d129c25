import { afterAll, beforeAll, expect, test } from "vitest";
import { type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import { buysAndReviews } from "./buying.ts";
import { Payer } from "./payer.ts";
import { openWorld, type World } from "./world.ts";

let telegram: TelegramDouble;
let world: World;
beforeAll(async () => {
  telegram = await telegramDouble();
  world = await openWorld({ TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_ROOT: telegram.url });
});
afterAll(async () => {
  await world.close();
  await telegram.close();
});

test("a shopper buys a mug on Telegram, from the front door to the review", async () => {
  const ada = telegram.person(501, { name: "Ada", locale: "en" });
  await buysAndReviews(ada, world, async (link) => void (await new Payer(link).pays("card")));
  expect(ada.transcript()).toContain("paid");
});

test("the same journey ends well when one call to Telegram in ten fails", async () => {
  telegram.failRate(0.1, 20_261_123);
  const eve = telegram.person(502, { name: "Eve", locale: "en" });
  await buysAndReviews(eve, world, async (link) => void (await new Payer(link).pays("wechat_pay")));
  telegram.failRate(0, 1);
  expect(telegram.calls.filter(({ status }) => status === 429 || status >= 500)).not.toEqual([]);
});

test("Telegram is told every command, in each language", async () => {
  const names = [
    "account",
    "cancel",
    "cart",
    "help",
    "language",
    "link",
    "orders",
    "privacy",
    "search",
    "shop",
    "start",
    "unlink",
  ];
  for (const language of ["", "zh"]) {
    const told = telegram.commandsOf(language) ?? [];
    expect(told.map(({ command }) => command).sort()).toEqual(names);
    expect(told.every(({ description }) => /[\u4e00-\u9fff]/.test(description))).toBe(language === "zh");
  }
});
