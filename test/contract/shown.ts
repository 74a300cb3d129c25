import { fit as fitted } from "../../src/engine/fit.ts";
import type { RichText } from "../../src/engine/rich-text.ts";
import type { Control, View } from "../../src/engine/view.ts";
import { wellFormed } from "../../src/platform/names.ts";
import type { Bench, Shown, Someone } from "./bench.ts";

/**
 * Text for comparing: without blanks and characters that cannot be seen, which platforms trim, fold and drop, and
 * without halves of characters, which make a whole one where two meet.
 */
export const squeezed = (text: string): string => wellFormed(text).replace(/[\p{C}\p{Z}\s\uFFFD]/gu, "");

/** The stretches of text that a view shows, each as somebody wrote it. */
export const stretches = (view: View): string[] => [
  ...leaves(view.text ?? []),
  ...view.cards.flatMap(({ title, text = [], facts = [] }) => [
    squeezed(title),
    ...leaves(text),
    ...facts.flat().map(squeezed),
  ]),
];

const leaves = (text: RichText): string[] =>
  text.flatMap((node) => (node.kind === "text" ? [squeezed(node.text)] : leaves(node.children)));

export const controlsOf = (view: View): Control[] => [
  ...view.cards.flatMap((card) => card.controls ?? []),
  ...view.controls,
];

/** The tokens of all actions of a view, each once. */
export const tokensOf = (view: View): string[] => [
  ...new Set(
    controlsOf(view).flatMap((control) => {
      if (control.kind === "button") return [control.token];
      return control.kind === "pick" ? control.options.map(({ token }) => token) : [];
    }),
  ),
];

export const addressesOf = (view: View): string[] => [
  ...new Set(controlsOf(view).flatMap((control) => (control.kind === "link" ? [control.url] : []))),
];

let deliveries = 0;
/** A delivery's key that was never used before. */
export const freshKey = (): string => `contract-${++deliveries}`;

/** Sends a view as the engine would, fitted, and answers what the person sees of it. */
export async function sends(bench: Bench, to: Someone, view: View): Promise<readonly Shown[]> {
  const before = (await to.shown()).length;
  for (const part of fitted(view, bench.adapter.can))
    await bench.adapter.send(to.address, { view: part, key: freshKey() });
  return (await to.shown()).slice(before);
}

/** What was lost of a view on its way: words, actions and addresses that are not to be found in what is shown. */
export function lost(view: View, shown: readonly Shown[]): string[] {
  const words = squeezed(shown.map(({ text }) => text).join(""));
  const tokens = new Set(shown.flatMap(({ actions }) => actions.map(({ token }) => token)));
  const addresses = new Set(shown.flatMap(({ links }) => links.map(({ url }) => new URL(url).href)));
  return [
    ...stretches(view).filter((text) => !words.includes(text)),
    ...tokensOf(view).filter((token) => !tokens.has(token)),
    ...addressesOf(view).filter((url) => !addresses.has(new URL(url).href) && !words.includes(squeezed(url))),
  ];
}
