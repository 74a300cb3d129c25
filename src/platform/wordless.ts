import type { View } from "../engine/view.ts";
import { controlsOf } from "./controls-of.ts";
import { isVisible } from "./names.ts";

/**
 * The words for a view that has none where a platform wants some, as in a notification: the labels of what can be done,
 * what its pictures show, or the name of its form or document.
 */
export function wordsFor(view: View): string {
  const labels = controlsOf(view)
    .map(({ label }) => label)
    .filter(isVisible);
  const pictures = view.cards.flatMap(({ image }) => (image ? [image.alt] : []));
  const found = [labels.join(", "), ...pictures, view.form?.title ?? "", view.file?.name ?? ""];
  return found.find(isVisible) ?? "—";
}
