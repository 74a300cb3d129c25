import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { channelAddress, conversationId } from "../../src/engine/address.ts";
import { plain } from "../../src/engine/rich-text.ts";
import { view } from "../../src/engine/turn.ts";
import { connect, disconnect } from "../../src/store/connect.ts";
import { launchChromium } from "../journeys/web-shopper.ts";
import { findings } from "../setup/axe.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { openWebShop, type WebShop } from "./web-shop.ts";

let database: FreshDatabase;
let browser: Browser;
let shop: WebShop;
beforeAll(async () => {
  database = await freshDatabase();
  await connect(database.url);
  browser = await launchChromium();
  shop = await openWebShop();
});
afterAll(async () => {
  await shop.stop();
  await browser.close();
  await disconnect();
  await database.drop();
});

const channel = channelAddress({ platform: "web", connection: "web" }, "tea");
const card = (votes: number) =>
  view({
    cards: [{ title: "Tea for all", facts: [["Votes", String(votes)]] }],
    controls: [{ kind: "button", label: "Vote", token: "vote", style: "primary" }],
  });

async function watcher(): Promise<Page> {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 390, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(5000);
  await page.goto(`${shop.url}/c/tea`);
  await page.locator("#log:not([aria-busy])").waitFor({ state: "attached" });
  return page;
}

test("a channel's page is watched by many, who see one card change, and what each is answered is theirs alone", async () => {
  expect((await fetch(`${shop.url}/c/tea`)).status, "before anything is shown").toBe(404);
  const { message } = await shop.adapter.send(channel, { view: card(1), key: "card" });
  const [ada, eve] = [await watcher(), await watcher()];
  for (const page of [ada, eve])
    await expect.poll(() => page.locator("#board").textContent()).toContain("Votes1");

  shop.answer = async ({ address, body }) => {
    expect(body).toEqual({ kind: "press", token: "vote" });
    await shop.adapter.send(address, { view: view({ text: plain("You take part.") }), key: "answer" });
    await shop.adapter.edit?.(channel, { view: card(2), key: "change", replaces: message });
  };
  await ada.getByRole("button", { name: "Vote" }).click();
  for (const page of [ada, eve])
    await expect.poll(() => page.locator("#board").textContent()).toContain("Votes2");
  await expect.poll(() => ada.locator("#log").textContent()).toContain("You take part.");
  expect(await eve.locator("#log").textContent()).not.toContain("You take part.");
  expect(await eve.locator("#board .message").count()).toBe(1);
  // Who talks with the shop there does so in the channel, not in their own chat.
  expect(shop.accepted.at(-1)?.address).toMatchObject({ kind: "member", channel: "tea" });

  const shots = process.env.SCREENSHOTS;
  if (shots) await ada.screenshot({ path: `${shots}/channel.png` });
  expect(await findings(ada)).toEqual([]);

  // What was said is forgotten with its person, and what everybody sees stays.
  const mine = shop.accepted.at(-1)?.address;
  if (mine?.kind !== "member") throw new Error("Not in the channel");
  await shop.adapter.forgetAmongOthers?.(mine);
  await ada.reload();
  await expect.poll(() => ada.locator("#board").textContent()).toContain("Votes2");
  expect(await ada.locator("#log").textContent()).not.toContain("You take part.");
  expect(conversationId(mine)).not.toBe(conversationId(channel));
});
