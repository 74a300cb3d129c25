import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyImport, planImport } from "../../src/shop/catalog/import/index.ts";
import { type ChatMessage, type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import type { Person } from "../doubles/telegram-person.ts";
import { openWorld, type World } from "./world.ts";

const CASES = new URL("../cases/", import.meta.url).pathname;
const PICTURES = new URL("../../src/demo/pictures/", import.meta.url).pathname;

let telegram: TelegramDouble;
let world: World;
let folder: string;
let people = 700;

beforeAll(async () => {
  telegram = await telegramDouble();
  world = await openWorld({ TELEGRAM_BOT_TOKEN: telegram.token, TELEGRAM_API_ROOT: telegram.url });
  folder = await mkdtemp(join(tmpdir(), "hawker-cases-"));
  const [picture = ""] = (await readdir(PICTURES)).filter((name) => name.endsWith(".jpg"));
  await copyFile(join(PICTURES, picture), join(folder, "pic.jpg"));
  for (const name of ["c09-shopify-100.csv", "c16-long-with-picture.csv"]) {
    const bytes = await readFile(join(CASES, name));
    await applyImport(await planImport("demo", bytes, folder));
  }
});
afterAll(async () => {
  await world.close();
  await telegram.close();
  await rm(folder, { recursive: true });
});

/** Somebody new on a product's page, and what the shop's messages are from then on. */
async function opens(product: string) {
  const id = ++people;
  const ada = telegram.person(id, { name: "Ada", locale: "en" });
  await ada.says("/start");
  // Their word, the privacy notice, the menu.
  await expect.poll(() => telegram.messages(id).length).toBe(3);
  await ada.says(`/start p-${product}`);
  const standing = () => {
    const messages = telegram.messages(id);
    const asked = messages.findIndex(({ text }) => text === `/start p-${product}`);
    return messages.slice(asked + 1).filter(({ from }) => from === "bot");
  };
  return { ada, standing };
}

/** Presses, and waits until the page shows what it then shows. */
async function chooses(ada: Person, label: string, then: RegExp): Promise<void> {
  await ada.presses(label);
  await ada.sees(then);
}

const labels = (messages: readonly ChatMessage[]) =>
  messages.flatMap(({ keyboard }) => keyboard.flat().map(({ text }) => text));

describe("on Telegram", () => {
  test("a picture with a long description is one page, which another size changes where it stands", async () => {
    const { ada, standing } = await opens("tall-vase");
    await ada.sees(/24\.00/);
    const ids = standing().map(({ id }) => id);
    expect(ids).toHaveLength(2);
    for (const [size, cost] of [
      ["Medium", "34"],
      ["Large", "44"],
      ["Small", "24"],
    ] as const) {
      const calls = telegram.calls.length;
      await chooses(ada, `${size} · €${cost}.00`, new RegExp(`€${cost}\\.00\\n${size}`));
      expect(standing().map(({ id }) => id)).toEqual(ids);
      const made = telegram.calls.slice(calls).filter(({ method }) => /^(send|edit|delete)/.test(method));
      expect(made.map(({ method }) => method)).toEqual(["editMessageMedia", "editMessageText"]);
    }
    expect(standing().filter(({ photo }) => photo)).toHaveLength(1);
  });

  test("a hundred variants are chosen option by option, on one page", async () => {
    const { ada, standing } = await opens("yarn100");
    await ada.sees(/Shade 1 \/ 50 g/);
    const [page] = standing();
    const shows = async (words: RegExp) => {
      await ada.sees(words);
      expect(standing().map(({ id }) => id)).toEqual([page?.id]);
      expect(labels(standing()).length).toBeLessThanOrEqual(30);
    };
    await shows(/Shade 1 \/ 50 g/);
    expect(labels(standing())).toContain("Shade 20");
    expect(labels(standing())).not.toContain("Shade 21");
    await ada.presses(/^Next/);
    await ada.presses("Shade 23");
    await shows(/Shade 23 \/ 50 g/);
    expect(labels(standing()).filter((label) => label.includes(" g"))).toEqual([
      "✓ 50 g · €5.50",
      "100 g · €5.50",
      "150 g · €5.50",
      "200 g · €5.50",
    ]);
    await ada.presses(/^150 g/);
    await shows(/Shade 23 \/ 150 g/);
    await ada.presses(/^Size: 150 g/);
    await ada.presses(/^200 g/);
    await shows(/Shade 23 \/ 200 g/);
    await ada.presses("Add to cart");
    await ada.sees(/Yarn yarn100, Shade 23 \/ 200 g/);
  });
});
