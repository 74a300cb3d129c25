import { afterAll, beforeAll, expect, test } from "vitest";
import { type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
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

test("a shopper whose Telegram is Chinese shops in Chinese to the payment link, and may change the language", async () => {
  const li = telegram.person(701, { name: "Li", locale: "zh-hans" });
  await li.says("杯子");
  await li.presses("沙丘马克杯");
  await li.presses("加入购物车");
  await li.presses("去结算");
  for (const answer of [
    "李雷",
    "li@example.com",
    "+86 138 0013 8000",
    "幸福路 1 号",
    "北京",
    "中国",
    "100000",
  ]) {
    const asked = li.transcript();
    await li.says(answer);
    await expect.poll(() => li.transcript() !== `${asked}\nme> ${answer}`).toBe(true);
  }
  await li.presses(/天/);
  const order = await li.sees(/等待付款/);
  // Everything a shopper reads is Chinese but the order's number, the currency and what they wrote themselves.
  const latin = order.text.replace(/H-\d+|CN\b|UTC|ml/g, "").match(/[A-Za-z]{2,}/g);
  expect(latin).toBeNull();
  expect(await li.link(/^支付/)).toMatch(/^http/);
  await li.says("/language");
  await li.presses("English");
  await li.sees(/From now on I speak English/);
  await li.says("/cart");
  await li.sees(/Your cart is empty/);
});
