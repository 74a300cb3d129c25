import { viewText } from "../engine/fit.ts";
import type { Control, View } from "../engine/view.ts";

/** All controls of a view in the order they are read: those of its cards, then its own. */
export const controlsOf = ({ cards, controls }: View): Control[] => [
  ...cards.flatMap((card) => card.controls ?? []),
  ...controls,
];

/** The same words and actions without cards, and so without pictures: the plainest layout of a view. */
export const withoutCards = (view: View): View => ({
  ...view,
  text: viewText(view),
  cards: [],
  controls: controlsOf(view),
});
