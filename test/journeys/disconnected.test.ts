import { afterEach, beforeEach, expect, test } from "vitest";
import { type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import { buysNow } from "./buying.ts";
import { Payer } from "./payer.ts";
import { openWorld, type World } from "./world.ts";

let telegram: TelegramDouble;
let world: World;
beforeEach(async () => {
  telegram = await telegramDouble();
  world = await openWorld(connected());
});
afterEach(async () => {
  await world.close();
  await telegram.close();
});
const connected = () => ({ TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_ROOT: telegram.url });

test("who paid while the shop's token was taken out is told once it is back", async () => {
  const ada = telegram.person(901, { name: "Ada", locale: "en" });
  await ada.says("/start p-dune-mug");
  await buysNow(ada);
  const link = await ada.link(/^Pay /);

  await world.restart({ TELEGRAM_BOT_TOKEN: "" });
  await new Payer(link).pays("card");
  const ready = async () => (await fetch(`${world.url}/readyz`)).json();
  await expect.poll(ready).toMatchObject({ undeliverable: { telegram: 1 } });
  const metrics = await (await fetch(`${world.url}/metrics`)).text();
  expect(metrics).toContain('hawker_undeliverable_conversations{platform="telegram"} 1');
  expect(ada.transcript()).not.toMatch(/is paid/);

  await world.restart(connected());
  await ada.sees(/is paid/, 20_000);
  await expect.poll(ready).toMatchObject({ undeliverable: {} });
  expect(ada.transcript().match(/is paid/g)).toHaveLength(1);
});
