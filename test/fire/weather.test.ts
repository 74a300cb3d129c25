import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type FreshDatabase, freshDatabase } from "../setup/database.ts";
import { times } from "../setup/long.ts";

const PROCESSES = 2;

const verdict = z.object({
  lived: z.number(),
  seconds: z.number(),
  replay: z.string().optional(),
  story: z.string().optional(),
  wrong: z.string().optional(),
});

let databases: FreshDatabase[] = [];
beforeAll(async () => {
  databases = await Promise.all(Array.from({ length: PROCESSES }, freshDatabase));
});
afterAll(() => Promise.all(databases.map((database) => database.drop())));

/** Lives through histories in a process of their own; see weather/run.ts. */
async function live(database: FreshDatabase, seed: number, runs: number, path?: string) {
  const given = [database.url, String(seed), String(runs), ...(path === undefined ? [] : [path])];
  const child = spawn(process.execPath, ["--import", "tsx", "test/fire/weather/run.ts", ...given], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const printed = await text(child.stdout);
  return verdict.parse(JSON.parse(printed.trim().split("\n").at(-1) ?? ""));
}

/**
 * Two orders of one shopper go through random acts, with requests to Stripe that fail before or after their effect,
 * events that come late, twice, in another order or never, and processes that die. To see one history again:
 * `WEATHER=<what the failure names> npx vitest run test/fire/weather.test.ts`.
 */
test("in any weather each order comes to one end, and the money, the stock and the news agree on it", {
  timeout: 3_600_000,
}, async () => {
  const [again, ...path] = (process.env.WEATHER ?? "").split(":");
  const seed = again === "" ? Date.now() & 0x7fffffff : Number(again);
  console.log(`weather: seed ${seed}`);
  const runs = Math.ceil(times(800, 10_000) / PROCESSES);
  const results =
    again === ""
      ? await Promise.all(databases.map((database, index) => live(database, seed + index, runs)))
      : [await live(databases[0]!, seed, 1, path.join(":"))];
  for (const { replay, story, wrong } of results) {
    if (replay !== undefined) expect.fail(`WEATHER=${replay}\n${story}\n${wrong}`);
  }
  const lived = results.reduce((sum, one) => sum + one.lived, 0);
  const seconds = Math.max(...results.map((one) => one.seconds));
  console.log(
    `weather: ${lived} histories in ${seconds.toFixed(0)} s, ${(lived / seconds).toFixed(1)} a second`,
  );
  expect(lived).toBeGreaterThan(0);
});
