import { cut } from "../i18n/graphemes.ts";
import { isVisible } from "./names.ts";

export { cut };

/** A label of at most `max` UTF-16 units; "…" where nothing is to be seen, since platforms refuse such labels. */
export const labelOf = (text: string, max: number): string => (isVisible(text) ? cut(text, max) : "…");
