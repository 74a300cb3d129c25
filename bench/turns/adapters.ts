import { randomUUID } from "node:crypto";
import { get, type IncomingMessage } from "node:http";
import { discordDouble } from "../../test/doubles/discord.ts";
import { slackDouble } from "../../test/doubles/slack.ts";
import { type Figures, spread } from "../figures.ts";
import { openBenchWorld } from "./world.ts";

/** Somebody on a platform who searches for something and waits until the answer is there. */
type Searcher = (words: string) => Promise<void>;
/** A platform and how a new person comes to it. */
interface Platform {
  readonly env: Record<string, string>;
  open(url: string): Promise<(person: number) => Promise<Searcher>>;
  close(): Promise<void>;
}

const AT_A_TIME = 8;
/** Slack lets 20 messages in half a minute pass in a channel before it slows down. */
const TURNS_A_PERSON = 8;
const PATIENCE_MS = 30_000;

/**
 * Hawker through its other adapters: interactions and events over HTTP into the tests' strict doubles, and the web chat
 * by its own requests. Eight people at a time search, each anew (a closed loop): what is measured is the whole way with
 * the double's checks; the CPU is Hawker's process alone.
 */
export async function benchAdapters(figures: Figures, seconds: number): Promise<void> {
  await measureAdapter(figures, "discord", seconds, await discord());
  await measureAdapter(figures, "slack", seconds, await slack());
  await measureAdapter(figures, "web", seconds, web());
}

async function measureAdapter(
  figures: Figures,
  name: string,
  seconds: number,
  platform: Platform,
): Promise<void> {
  const { url, child, close } = await openBenchWorld({ env: platform.env });
  try {
    const enter = await platform.open(url);
    let person = 1;
    let turn = 1;
    const run = async (forSeconds: number): Promise<number[]> => {
      const times: number[] = [];
      const until = performance.now() + forSeconds * 1000;
      const worker = async () => {
        while (performance.now() < until) {
          const search = await enter(person++);
          for (let n = 0; n < TURNS_A_PERSON && performance.now() < until; n++) {
            const sent = performance.now();
            await search(`mug ${turn++}`);
            if (n > 0) times.push(performance.now() - sent); // the first one registers and greets
          }
        }
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, worker));
      return times;
    };
    await run(Math.min(2, seconds));
    const first = turn;
    const before = await child.sample();
    const started = performance.now();
    const times = await run(seconds);
    const taken = (performance.now() - started) / 1000;
    const after = await child.sample(false);
    const shown = spread(times);
    figures.tell(`${name}: turns a second, ${AT_A_TIME} at a time`, (turn - first) / taken, "/s");
    figures.tell(`${name}: time to reply p50`, shown.p50, "ms");
    figures.tell(`${name}: time to reply p99`, shown.p99, "ms");
    figures.tell(`${name}: CPU a turn`, ((after.cpuMs - before.cpuMs) / (turn - first)) * 1000, "us");
  } finally {
    await platform.close();
    await close();
  }
}

/** The answer to a search names what was searched for. */
const answerTo = (words: string) => new RegExp(`${words}\\b`);

async function discord(): Promise<Platform> {
  const double = await discordDouble();
  const { token, applicationId, publicKey, url } = double;
  return {
    env: {
      DISCORD_BOT_TOKEN: token,
      DISCORD_APPLICATION_ID: applicationId,
      DISCORD_PUBLIC_KEY: publicKey,
      DISCORD_API_ROOT: url,
    },
    async open(hawker) {
      double.interactionsUrl = `${hawker}/webhooks/discord`;
      await double.until(
        () => double.commands().length > 0,
        PATIENCE_MS,
        () => "no commands",
      );
      return async (person) => {
        const id = String(501_000_000_000_000_000n + BigInt(person));
        const shopper = double.person(id, { name: "Ada", locale: "en-US" });
        return async (words) => {
          await shopper.says(`/search ${words}`);
          await shopper.sees(answerTo(words), PATIENCE_MS);
        };
      };
    },
    close: () => double.close(),
  };
}

async function slack(): Promise<Platform> {
  const double = await slackDouble();
  return {
    env: {
      SLACK_BOT_TOKEN: double.botToken,
      SLACK_SIGNING_SECRET: double.signingSecret,
      SLACK_API_ROOT: double.url,
    },
    async open(hawker) {
      double.requestUrl = `${hawker}/webhooks/slack`;
      await double.verifiesRequestUrl();
      return async (person) => {
        const shopper = double.person(`U${String(person).padStart(7, "0")}`, {
          name: "Ada",
          locale: "en-US",
        });
        return async (words) => {
          await shopper.says(`/search ${words}`);
          await shopper.sees(answerTo(words), PATIENCE_MS);
        };
      };
    },
    close: () => double.close(),
  };
}

function web(): Platform {
  const streams: IncomingMessage[] = [];
  return {
    env: {},
    async open(hawker) {
      return async () => {
        const page = await fetch(`${hawker}/`);
        const cookie = page.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
        await page.text();
        let heard: (text: string) => void = () => {};
        const stream = await new Promise<IncomingMessage>((resolve, reject) => {
          get(`${hawker}/chat/events`, { headers: { cookie }, agent: false }, resolve).on("error", reject);
        });
        streams.push(stream);
        stream.setEncoding("utf8").on("data", (text: string) => heard(text));
        return async (words) => {
          const answer = answerTo(words);
          const told = new Promise<void>((resolve, reject) => {
            const late = setTimeout(() => reject(new Error(`no answer to ${words}`)), PATIENCE_MS);
            let all = "";
            heard = (text) => {
              all += text;
              // The page's own text comes first; the answer is a view.
              if (!answer.test(all.slice(Math.max(0, all.indexOf('"kind":"view"'))))) return;
              if (!all.includes('"kind":"view"')) return;
              clearTimeout(late);
              resolve();
            };
          });
          const posted = await fetch(`${hawker}/chat/events`, {
            method: "POST",
            headers: { cookie, origin: hawker, "content-type": "application/json", "accept-language": "en" },
            body: JSON.stringify({ id: randomUUID(), kind: "text", text: words }),
          });
          if (posted.status !== 202) throw new Error(`the web chat answered ${posted.status}`);
          await posted.text();
          await told;
        };
      };
    },
    async close() {
      for (const stream of streams) stream.destroy();
    },
  };
}
