import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { merchant, person, photo } from "../journeys/buying.ts";
import { launchChromium, WebShopper } from "../journeys/web-shopper.ts";
import { openWorld, type World } from "../journeys/world.ts";
import { findings } from "../setup/axe.ts";

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

/** What is wrong with each screen, under the screen's name. Dark, only its colours are others. */
class Inspection {
  readonly found: string[] = [];

  async look(screen: string, page: Page): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const rules = colorScheme === "dark" ? ["color-contrast"] : undefined;
      this.found.push(
        ...(await findings(page, rules)).map((finding) => `${screen}, ${colorScheme}: ${finding}`),
      );
      const shots = process.env.SCREENSHOTS;
      if (shots)
        await page.screenshot({ path: `${shots}/${screen.replace(/\W+/g, "-")}-${colorScheme}.png` });
    }
  }
}

test("axe-core finds nothing on any screen of a phone, from the door to the review", async () => {
  const viewport = { width: 390, height: 800 };
  const inspection = new Inspection();
  const shopper = await WebShopper.comes(browser, world.url);
  const { page } = shopper;
  await page.setViewportSize(viewport);
  const look = (screen: string) => inspection.look(screen, page);

  await look("welcome");
  await shopper.says("/start");
  await shopper.sees(/Welcome to/);
  await look("menu");
  await shopper.presses("Browse");
  await shopper.sees(/What are you looking for/);
  await look("categories");
  await shopper.presses(/^Drinkware|^Table|\(\d+\)/);
  await shopper.sees(/View/);
  await look("product list");
  await shopper.says("dune mug");
  await shopper.presses(/^(View|Dune Mug)$/);
  await shopper.sees(/Stock:?\s/);
  await look("product");
  await shopper.presses("Add to cart");
  await shopper.presses(/^Cart \(1\)$/);
  await shopper.sees(/Your cart/);
  await look("cart");
  await shopper.presses("Checkout");
  await page.getByRole("form").waitFor();
  await look("form");
  await page.getByRole("form").last().locator("button[type=submit]").click();
  await page.locator("[aria-invalid]").first().waitFor();
  await look("form with faults");
  await shopper.fills(person);
  await shopper.sees(/How should it travel/);
  await look("shipping");
  await shopper.presses(/days/);
  await shopper.sees(/Waiting for payment/);
  await look("checkout");

  const tab = await page.context().newPage();
  await tab.setViewportSize(viewport);
  await tab.goto(await shopper.link(/^Pay /));
  await inspection.look("payment", tab);
  await tab.getByRole("radio", { name: /card/i }).check();
  await tab.getByRole("button", { name: /continue|next/i }).click();
  await inspection.look("card", tab);
  await tab.getByLabel(/card number/i).fill("1");
  await tab.getByRole("button", { name: /^pay/i }).click();
  await inspection.look("card with faults", tab);
  await tab.getByLabel(/card number/i).fill("4242 4242 4242 4242");
  await tab.getByLabel(/expir/i).fill("12/40");
  await tab.getByLabel(/cvc|security code/i).fill("123");
  await tab.getByRole("button", { name: /^pay/i }).click();
  await tab.getByText(/paid/i).first().waitFor();
  await inspection.look("paid", tab);
  for (const [screen, path] of [
    ["nothing there", "/nowhere"],
    ["no such payment", "/sandbox/pay/nothing"],
    ["no such order", "/pay/return?order=nothing"],
  ] as const) {
    await tab.goto(world.url + path);
    await inspection.look(screen, tab);
  }

  const number = /H-\d+/.exec((await shopper.sees(/paid/i, 10_000)).text)?.[0] ?? "";
  await merchant(world, "ship", number, "--carrier", "DHL", "--tracking", "00340434");
  await shopper.sees(/on its way/, 10_000);
  await merchant(world, "deliver", number);
  await shopper.sees(/was delivered/, 10_000);
  await shopper.says("/orders");
  await look("orders");
  await shopper.presses(new RegExp(`${number}|View order`));
  await shopper.sees(/Delivered/);
  await look("order");
  await shopper.presses("Received");
  await shopper.presses("Write a review");
  await page.getByLabel(/^Comment/).waitFor();
  await look("review form");
  await shopper.fills({ Rating: "5", Comment: "Warm and round.", Photo: photo });
  await shopper.sees(/Thank you for your review/);
  await look("thanks");
  await shopper.says("dune mug");
  await shopper.presses(/^(View|Dune Mug)$/);
  await shopper.presses(/^Reviews/);
  await shopper.sees(/Warm and round/);
  await look("reviews");
  for (const [screen, command, shows] of [
    ["account", "/account", /account/i],
    ["privacy", "/privacy", /know|data/i],
    ["help", "/help", /help/i],
  ] as const) {
    await shopper.says(command);
    await shopper.sees(shows);
    await look(screen);
  }
  expect(inspection.found).toEqual([]);
  await shopper.leaves();
}, 300_000);
