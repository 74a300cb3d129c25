import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyImport, planImport } from "../../src/shop/catalog/import/index.ts";
import { type Everywhere, openEverywhere } from "./everywhere.ts";
import type { Shopper } from "./shopper.ts";
import { launchChromium, WebShopper } from "./web-shopper.ts";

const CASES = new URL("../cases/", import.meta.url).pathname;
const PICTURES = new URL("../../src/demo/pictures/", import.meta.url).pathname;

let everywhere: Everywhere;
let browser: Browser;
let folder: string;
let people = 0;

beforeAll(async () => {
  [everywhere, browser] = await Promise.all([openEverywhere(), launchChromium()]);
  folder = await mkdtemp(join(tmpdir(), "hawker-cases-"));
  const [picture = ""] = (await readdir(PICTURES)).filter((name) => name.endsWith(".jpg"));
  await copyFile(join(PICTURES, picture), join(folder, "pic.jpg"));
  for (const name of ["c09-shopify-100.csv", "c16-long-with-picture.csv"])
    await applyImport(await planImport("demo", await readFile(join(CASES, name)), folder));
});
afterAll(async () => {
  await browser.close();
  await everywhere.close();
  await rm(folder, { recursive: true });
});

/** Somebody new, and the ids of the shop's messages in front of them, in order. */
interface Visitor {
  readonly person: Shopper;
  standing(): Promise<readonly string[]>;
}

/** Who comes, and how the options of a hundred variants are offered there. */
interface Place {
  readonly name: string;
  comes(): Promise<Visitor>;
  /** What is pressed to reach shade 23 of 150 g, one after the other, and what each shows. */
  readonly chooses: readonly (readonly [press: string | RegExp, shown: RegExp])[];
}

const inOneList = [
  [/^Shade 23 \/ 150 g/, /Shade 23 \/ 150 g/],
  [/^Shade 25 \/ 200 g/, /Shade 25 \/ 200 g/],
  [/^Shade 1 \/ 50 g/, /Shade 1 \/ 50 g/],
] as const;

const places: readonly Place[] = [
  {
    name: "Discord",
    async comes() {
      const { discord } = everywhere;
      const id = String(502000000000000001n + BigInt(++people));
      const person = discord.person(id, { name: "Ada", locale: "en-US" });
      const standing = async () =>
        discord
          .messages(discord.dm(id))
          .filter(({ author }) => author !== id)
          .map((message) => message.id);
      return { person, standing };
    },
    chooses: [
      [/^Shade 23/, /Shade 23 \/ 50 g/],
      [/^150 g/, /Shade 23 \/ 150 g/],
      [/^Shade 9$/, /Shade 9 \/ 150 g/],
      [/^200 g/, /Shade 9 \/ 200 g/],
    ],
  },
  {
    name: "Slack",
    async comes() {
      const { slack } = everywhere;
      const id = `U000SEE${++people}`;
      const person = slack.person(id, { name: "Ada", locale: "en-US" });
      const standing = async () =>
        slack
          .messages(id)
          .filter(({ from }) => from === "bot")
          .map(({ ts }) => ts);
      return { person, standing };
    },
    chooses: inOneList,
  },
  {
    name: "the web",
    async comes() {
      const person = await WebShopper.comes(browser, everywhere.world.url);
      const standing = () =>
        person.page.locator("#log > .message.shop").evaluateAll((all) => all.map(({ id }) => id));
      return { person, standing };
    },
    chooses: inOneList,
  },
];

/** Opens a product, and tells which messages show it. */
async function opens(visitor: Visitor, slug: string, shown: RegExp): Promise<readonly string[]> {
  await visitor.person.says("/start");
  await visitor.person.sees(/Browse/);
  const before = await visitor.standing();
  await visitor.person.says(`${everywhere.world.url}/p/${slug}`);
  await visitor.person.sees(shown);
  const after = await visitor.standing();
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.length).toBeGreaterThan(before.length);
  return after;
}

for (const place of places)
  describe(`on ${place.name}`, () => {
    test("a picture with a long description is one page, which another size changes where it stands", async () => {
      const visitor = await place.comes();
      const { person } = visitor;
      const page = await opens(visitor, "tall-vase", /24\.00/);
      for (const [size, cost] of [
        ["Medium", "34"],
        ["Large", "44"],
        ["Small", "24"],
      ] as const) {
        await person.presses(new RegExp(`^${size} · €${cost}\\.00`));
        await person.sees(new RegExp(`€${cost}\\.00\\n${size}`));
        expect(await visitor.standing()).toEqual(page);
      }
      expect(person.transcript()).not.toMatch(/> …$/m);
    });

    test("a hundred variants are chosen on one page, and nothing is left behind", async () => {
      const visitor = await place.comes();
      const { person } = visitor;
      const page = await opens(visitor, "yarn100", /Shade 1 \/ 50 g/);
      for (const [press, shown] of place.chooses) {
        await person.presses(press);
        await person.sees(shown);
        expect(await visitor.standing()).toEqual(page);
      }
      expect(person.transcript()).not.toMatch(/> …$/m);
    });
  });
