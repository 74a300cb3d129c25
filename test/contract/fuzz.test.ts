import { inspect } from "node:util";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { fit as fitted } from "../../src/engine/fit.ts";
import type { View } from "../../src/engine/view.ts";
import { anyCommands, anyForm, anyView } from "../engine/views.ts";
import { discordBench } from "./discord-bench.ts";
import { PLATFORMS, type PurePlatform } from "./pure-platforms.ts";
import { addressesOf, lost, sends, tokensOf } from "./shown.ts";
import { slackBench } from "./slack-bench.ts";
import { telegramBench } from "./telegram-bench.ts";
import { webBench } from "./web-bench.ts";

/** Another run, or a longer one, or the same one again: `FUZZ_SEED=123 FUZZ_VIEWS=10000 npx vitest run test/contract/fuzz.test.ts`. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_123);
const VIEWS = Number(process.env.FUZZ_VIEWS ?? 3_000);
/** Messages that any platform takes from a bot in one go; larger views are for the pure printers below. */
const BURST = 5;

let views: View[];
beforeAll(() => {
  views = fc.sample(anyView, { seed, numRuns: VIEWS });
});

/** What is lost of a view on a platform, in its fitting or in its printing. */
async function losses(view: View, { can, show }: PurePlatform): Promise<string[]> {
  const parts = fitted(view, can);
  const actions = new Set(parts.flatMap((part) => [...tokensOf(part), ...addressesOf(part)]));
  const unfitted = [...tokensOf(view), ...addressesOf(view)].filter((action) => !actions.has(action));
  const shown = [];
  for (const part of parts) shown.push(await show(part));
  return [...unfitted, ...lost(view, shown)];
}

const BENCHES = [
  { name: "Telegram", open: telegramBench },
  { name: "The web", open: webBench },
  { name: "Discord", open: discordBench },
  { name: "Slack", open: slackBench },
];

describe.each(BENCHES)("$name, through its real client", ({ open }) => {
  test(`shows a hundred views of any kind (seed ${seed}), each to somebody new`, async () => {
    const bench = await open();
    try {
      for (const view of views.slice(0, 100)) {
        if (fitted(view, bench.adapter.can).length > BURST) continue;
        const shown = await sends(bench, await bench.person(), view);
        expect(lost(view, shown), `Seed ${seed}: ${inspect(view, { depth: 9 })}`).toEqual([]);
      }
    } finally {
      await bench.close();
    }
  });
});

describe.each(PLATFORMS)("$name", (platform) => {
  test(`takes ${VIEWS} views of any kind (seed ${seed}) and shows every word and every action`, async () => {
    for (const [index, view] of views.entries()) {
      const found = await losses(view, platform).catch((error: unknown) => [String(error)]);
      const about = found.length > 0 ? `Seed ${seed}, view ${index}: ${inspect(view, { depth: 9 })}` : "";
      expect(found, about).toEqual([]);
    }
  });

  if (platform.announce)
    test(`takes five hundred lists of commands in any words (seed ${seed})`, async () => {
      await fc.assert(
        fc.asyncProperty(anyCommands, async (lists) =>
          platform.announce?.({
            locales: ["en", "zh"],
            commands: (locale) => lists[locale === "zh" ? 1 : 0],
          }),
        ),
        { seed, numRuns: 500 },
      );
    });

  if (platform.open)
    test(`takes a thousand forms of any kind as windows (seed ${seed})`, () => {
      fc.assert(
        fc.property(anyForm(platform.can.formFieldsMax ?? 5), (form) => platform.open?.(form)),
        {
          seed,
          numRuns: 1000,
        },
      );
    });
});
