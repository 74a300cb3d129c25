import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readConfig } from "../../src/config.ts";
import { type Hawker, startHawker } from "../../src/hawker.ts";
import { createLogger } from "../../src/log.ts";
import { type DiscordDouble, discordDouble } from "../doubles/discord.ts";
import { type SlackDouble, slackDouble } from "../doubles/slack.ts";
import { openGate, type StoreGate } from "../doubles/store-gate.ts";
import { type TelegramDouble, telegramDouble } from "../doubles/telegram.ts";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { type CallGate, openCallGate } from "./crash-calls.ts";

/** What Discord and Slack wait for an acknowledgement, and how slow the store is in these tests. */
const IN_TIME_MS = 3_000;
const SLOW_MS = 2_000;

/** A delivery of a platform: where, how it was acknowledged, and after how long. */
interface Delivery {
  readonly path: string;
  readonly status: number;
  readonly ms: number;
}

let database: FreshDatabase;
let store: StoreGate;
let front: CallGate;
let telegram: TelegramDouble;
let discord: DiscordDouble;
let slack: SlackDouble;
let hawker: Hawker;
let dataDir: string;
let target: string;
let deliveries: Delivery[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  store = await openGate(database.url);
  front = await openCallGate(() => target);
  [telegram, discord, slack] = await Promise.all([telegramDouble(), discordDouble(), slackDouble()]);
  dataDir = await mkdtemp(join(tmpdir(), "hawker-acknowledge-"));
  const config = readConfig({
    PORT: "1",
    HOST: "127.0.0.1",
    DATA_DIR: dataDir,
    MONGODB_URL: store.url,
    HAWKER_SECRET: randomBytes(32).toString("hex"),
    LOG_LEVEL: "error",
    TELEGRAM_BOT_TOKEN: telegram.token,
    TELEGRAM_API_ROOT: telegram.url,
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_APPLICATION_ID: discord.applicationId,
    DISCORD_PUBLIC_KEY: discord.publicKey,
    DISCORD_API_ROOT: discord.url,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_ROOT: slack.url,
  });
  const reached = { port: 0, publicUrl: front.url };
  const hook = config.telegram && { ...config.telegram, webhookSecret: "a_secret_of_telegram" };
  hawker = await startHawker({ ...config, ...reached, telegram: hook }, createLogger("error"));
  target = hawker.url.replace("localhost", "127.0.0.1");
  discord.interactionsUrl = `${front.url}/webhooks/discord`;
  slack.requestUrl = `${front.url}/webhooks/slack`;
  const begun = new WeakMap<object, number>();
  front.watch = (call, moment, status) => {
    if (moment === "before") begun.set(call, performance.now());
    else deliveries.push({ path: call.path, status, ms: performance.now() - (begun.get(call) ?? 0) });
    return undefined;
  };
});
afterAll(async () => {
  await hawker.stop();
  await Promise.all([telegram.close(), discord.close(), slack.close()]);
  await front.close();
  await store.close();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Lets every command wait two seconds for the store while something is done, until so many deliveries are acknowledged. */
async function withSlowStore(path: string, count: number, deed: () => Promise<unknown>): Promise<Delivery[]> {
  deliveries = [];
  store.watch = async (_, moment) => {
    if (moment === "before") await pause(SLOW_MS);
    return undefined;
  };
  await deed();
  const acknowledged = () => deliveries.filter((one) => one.path === path);
  // What is of no interest, such as the echo of a message of one's own, is acknowledged without the store.
  const stored = () => acknowledged().filter(({ ms }) => ms > SLOW_MS - 50);
  await vi.waitUntil(() => stored().length >= count, { timeout: 30_000, interval: 20 });
  store.watch = undefined;
  return acknowledged();
}

function expectInTime(found: readonly Delivery[]): void {
  for (const { status, ms } of found) {
    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).toBeLessThan(300);
    expect(ms).toBeLessThan(IN_TIME_MS);
  }
}

test("Telegram's updates are acknowledged within three seconds of a slow store, one at rest and one in a busy chat", async () => {
  const ada = telegram.person(9001, { name: "Ada", locale: "en", hasty: true });
  await ada.says("/start");
  await ada.sees(/Welcome to/, 60_000);
  const found = await withSlowStore("/webhooks/telegram", 3, async () => {
    await ada.says("/cart");
    await ada.says("/orders");
    await ada.says("/help");
  });
  expectInTime(found);
  await ada.sees(/cart is empty/i, 30_000);
  await ada.sees(/no orders/i, 30_000);
  await ada.sees(/Write what you are looking for/, 30_000);
});

test("Discord's interactions are acknowledged, and answered for the first time, within three seconds of a slow store", async () => {
  const ada = discord.person("501000000000000009", { name: "Ada", locale: "en-US" });
  await ada.says("/shop");
  await ada.sees(/What are you looking for/, 60_000);
  const found = await withSlowStore("/webhooks/discord", 2, async () => {
    void discord.person("501000000000000009").says("/cart");
    void discord.person("501000000000000009").says("/orders");
  });
  expectInTime(found);
  await ada.sees(/cart is empty/i, 30_000);
  await ada.sees(/no orders/i, 30_000);
  expect(discord.late).toBe(0);
});

test("Slack's events, commands and presses are acknowledged within three seconds of a slow store", async () => {
  const ada = slack.person("U0009ADA", { name: "Ada", locale: "en-US" });
  await ada.says("/shop");
  await ada.sees(/Welcome to/, 60_000);
  const found = await withSlowStore("/webhooks/slack", 3, async () => {
    await ada.presses("Cart");
    void slack.person("U0009ADA").says("/orders");
    void slack.person("U0009ADA").says("help");
  });
  expectInTime(found);
  await ada.sees(/cart is empty/i, 30_000);
  await ada.sees(/no orders/i, 30_000);
  expect(slack.late).toEqual([]);
  expect(slack.lost).toEqual([]);
});

test("what a visitor of the web page says is acknowledged within three seconds of a slow store, and answered in its order", async () => {
  const page = await fetch(front.url);
  const cookie = page.headers.getSetCookie().map((one) => one.split(";")[0] ?? "");
  await page.body?.cancel();
  const headers = { cookie: cookie.join("; "), origin: front.url, "content-type": "application/json" };
  const says = async (text: string) => {
    const body = JSON.stringify({ id: randomUUID(), kind: "text", text });
    const answer = await fetch(`${front.url}/chat/events`, { method: "POST", headers, body });
    return await answer.json();
  };
  const history = async (): Promise<{ from: string }[]> =>
    (await (await fetch(`${front.url}/chat/history`, { headers })).json()).messages;
  await says("/start");
  await vi.waitUntil(async () => (await history()).some(({ from }) => from === "shop"), 60_000);
  await vi.waitUntil(async () => (await history()).length >= 3, 60_000);
  const found = await withSlowStore("/chat/events", 2, async () => {
    expect(await says("/cart")).toEqual({ status: "accepted" });
    expect(await says("/orders")).toEqual({ status: "accepted" });
  });
  expectInTime(found);
  await vi.waitUntil(async () => /no orders/i.test(JSON.stringify(await history())), {
    timeout: 60_000,
    interval: 200,
  });
  const said = (await history()).map((message) => JSON.stringify(message));
  const at = (what: RegExp) => said.findIndex((message) => what.test(message));
  expect(at(/"\/cart"/)).toBeLessThan(at(/cart is empty/i));
  expect(at(/"\/orders"/)).toBeLessThan(at(/no orders/i));
});
