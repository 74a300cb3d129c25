import { isVisible, wellFormed } from "./legible.ts";

/** A text of at most `max` UTF-16 units, which ends in "…" where it was longer, and never in half of a character. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return wellFormed(text);
  return max < 1 ? "" : `${wellFormed(text.slice(0, max - 1)).replace(/\uFFFD$/, "")}…`;
}

/** A label of at most `max` UTF-16 units; "…" where nothing is to be seen, since platforms refuse such labels. */
export const labelOf = (text: string, max: number): string => (isVisible(text) ? cut(text, max) : "…");
