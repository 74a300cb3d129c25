import axe from "axe-core";
import type { Page } from "playwright-core";

/**
 * What axe-core finds wrong with a page as it stands, a line a finding: rule, what is wrong, where. It is put in by the
 * browser itself, so the page's policy does not keep it out. `rules` names the only ones to look at.
 */
export async function findings(page: Page, rules?: readonly string[]): Promise<string[]> {
  // Contrast is measured of what stands; a bubble is faint while it comes in.
  await page.evaluate(async () => {
    const coming = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(coming.map(({ finished }) => finished));
  });
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    async (only) => window.axe.run(document, only ? { runOnly: [...only] } : {}),
    rules,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target }) => `${id}: ${help} (${target.join(" ")})`),
  );
}

declare global {
  interface Window {
    axe: typeof axe;
  }
}
