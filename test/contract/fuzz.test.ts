import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fit as fitted } from "../../src/engine/fit.ts";
import type { View } from "../../src/engine/view.ts";
import { anyForm, anyView } from "../engine/views.ts";
import { PLATFORMS, type PurePlatform } from "./pure-platforms.ts";
import { addressesOf, lost, tokensOf } from "./shown.ts";

/** Another run, or the same one again: `FUZZ_SEED=123 npx vitest run test/contract/fuzz.test.ts`; `FUZZ_SHRINK=1` looks for the smallest view that fails. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_123);
const VIEWS = 10_000;

/** What is lost of a view on a platform, in its fitting or in its printing. */
async function losses(view: View, { can, show }: PurePlatform): Promise<string[]> {
  const parts = fitted(view, can);
  const actions = new Set(parts.flatMap((part) => [...tokensOf(part), ...addressesOf(part)]));
  const unfitted = [...tokensOf(view), ...addressesOf(view)].filter((action) => !actions.has(action));
  const shown = [];
  for (const part of parts) shown.push(await show(part));
  return [...unfitted, ...lost(view, shown)];
}

const complaint = (run: fc.RunDetails<[View]>): string =>
  `Seed ${run.seed}, path ${run.counterexamplePath}, view ${inspect(run.counterexample?.[0], { depth: 9 })}: ${run.errorInstance}`;

describe.each(PLATFORMS)("$name", (platform) => {
  test(`takes ten thousand views of any kind (seed ${seed}) and shows every word and every action`, async () => {
    const found = await fc.check(
      fc.asyncProperty(anyView, async (view) => {
        expect(await losses(view, platform)).toEqual([]);
      }),
      // Shrinking a large view takes minutes, so it is for whoever looks into a failure.
      { seed, numRuns: VIEWS, endOnFailure: process.env.FUZZ_SHRINK === undefined },
    );
    if (found.failed) throw new Error(complaint(found));
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
