import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chance } from "../doubles/chance.ts";
import { buysAndReviews } from "./buying.ts";
import { launchChromium, WebShopper } from "./web-shopper.ts";
import { openWorld, type World } from "./world.ts";

let browser: Browser;
let world: World;
beforeAll(async () => {
  browser = await launchChromium();
  world = await openWorld();
});
afterAll(async () => {
  await world.close();
  await browser.close();
});

/** Pays on the sandbox's page in a tab of its own, as a person would. */
async function paysInBrowser(shopper: WebShopper, link: string): Promise<void> {
  const tab = await shopper.page.context().newPage();
  await tab.goto(link);
  await tab.getByRole("radio", { name: /card/i }).check();
  await tab.getByRole("button", { name: /continue|next/i }).click();
  await tab.getByLabel(/card number/i).fill("4242 4242 4242 4242");
  await tab.getByLabel(/expir/i).fill("12/40");
  await tab.getByLabel(/cvc|security code/i).fill("123");
  await tab.getByRole("button", { name: /^pay/i }).click();
  await tab.getByText(/paid/i).first().waitFor();
  await tab.close();
}

test("a shopper buys a mug in the browser, from the front door to the review", async () => {
  const shopper = await WebShopper.comes(browser, world.url);
  const violations: string[] = [];
  shopper.page.on("console", (message) => {
    if (message.type() === "error") violations.push(message.text());
  });
  await buysAndReviews(shopper, world, (link) => paysInBrowser(shopper, link));
  expect(violations).toEqual([]);
  const shots = process.env.SCREENSHOTS;
  if (shots) await shopper.page.screenshot({ path: `${shots}/journey.png` });
  await shopper.leaves();
});

test("the same journey ends well when one request of the page in five fails, before or after it was done", async () => {
  const shopper = await WebShopper.comes(browser, world.url);
  const next = chance(20_261_123);
  const failed: string[] = [];
  await shopper.page.route("**/chat/{events,photos}", async (route) => {
    const luck = next();
    const request = route.request();
    if (request.method() !== "POST" || luck >= 0.2) return route.continue();
    failed.push(request.url());
    if (luck < 0.07) return route.abort();
    if (luck < 0.14) return route.fulfill({ status: 503, body: "{}" });
    await route.fetch(); // done, and nobody hears of it
    return route.abort();
  });
  await buysAndReviews(shopper, world, (link) => paysInBrowser(shopper, link));
  expect(failed.length).toBeGreaterThan(0);
  await shopper.leaves();
});
