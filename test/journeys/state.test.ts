import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SlackPerson } from "../doubles/slack-person.ts";
import { findsMug, person } from "./buying.ts";
import { type Everywhere, openEverywhere } from "./everywhere.ts";
import type { Shopper } from "./shopper.ts";
import { launchChromium, WebShopper } from "./web-shopper.ts";

let everywhere: Everywhere;
let browser: Browser;
beforeAll(async () => {
  [everywhere, browser] = await Promise.all([openEverywhere(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await everywhere.close();
});

const American = {
  ...person,
  Phone: "+1 212 555 0123",
  Street: "350 Fifth Avenue",
  City: "New York",
  Country: "United States",
  "Postal code": "10118",
};

const surfaces: readonly (readonly [name: string, comes: (n: number) => Promise<Shopper>])[] = [
  ["Telegram", async (n) => everywhere.telegram.person(4100 + n, { name: "Ada", locale: "en" })],
  [
    "Discord",
    async (n) => everywhere.discord.person(`50300000000000000${n}`, { name: "Ada", locale: "en-US" }),
  ],
  ["Slack", async (n) => everywhere.slack.person(`U000STA${n}`, { name: "Ada", locale: "en-US" })],
  ["the web", () => WebShopper.comes(browser, everywhere.world.url)],
];

test.each(surfaces)("on %s a state is known from the postal code, and not asked for", async (_, comes) => {
  const ada = await comes(1);
  await findsMug(ada);
  await ada.presses("Buy now");
  await ada.fills(American);
  await ada.sees(/How should it travel/);
  await ada.says("/account");
  await ada.sees(/350 Fifth Avenue, New York, NY 10118, United States/);
  expect(ada.transcript()).not.toMatch(/State or province/);
});

test.each(surfaces)(
  "on %s a state that nothing else tells is asked for alone, and a misspelt one is set right",
  async (_, comes) => {
    const bo = await comes(2);
    await findsMug(bo);
    await bo.presses("Buy now");
    await bo.fills({ ...American, City: "Nowhere", "Postal code": "00000" });
    const misspelt = { "State or province": "Calfornia" };
    const meant = /Did you mean California\?/;
    if (bo instanceof SlackPerson) {
      // Slack says what is wrong inside the window.
      await bo.seesModal(/State or province[\s\S]*need a state, province or region/);
      expect(Object.values(await bo.fillsWrong(misspelt))).toEqual([expect.stringMatching(meant)]);
      await bo.fills({ "State or province": "California" });
    } else {
      await bo.sees(/State or province/);
      await bo.fills(misspelt);
      await bo.sees(meant);
      if (bo instanceof WebShopper) await bo.fills({ "State or province": "California" });
      else await bo.presses("California");
    }
    await bo.sees(/How should it travel/);
    await bo.says("/account");
    await bo.sees(/350 Fifth Avenue, Nowhere, CA 00000, United States/);
  },
);

test("in the browser an odd postal code is asked about once beside its field, and then taken", async () => {
  const kim = await WebShopper.comes(browser, everywhere.world.url);
  await findsMug(kim);
  await kim.presses("Buy now");
  await kim.fills({ ...person, "Postal code": "1096" });
  await kim.sees(/“1096” does not look like a postal code of Germany\. Is this right\?/);
  const { page } = kim;
  const field = page
    .locator("details.form")
    .last()
    .getByLabel(/^Postal code\b/i);
  expect(await field.inputValue()).toBe("1096");
  // What was filled in before is still there: nothing is to be written twice.
  expect(
    await page
      .locator("details.form")
      .last()
      .getByLabel(/^Street\b/i)
      .inputValue(),
  ).toBe(person.Street);
  await kim.fills({});
  await kim.sees(/How should it travel/);
  await kim.leaves();
});
