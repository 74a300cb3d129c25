import { decodeHTMLStrict } from "entities";

/** Exports that went through several programs have "&amp;amp;"; more than this often is nobody's. */
const MOST_TIMES = 3;

/**
 * A text without HTML's entities, however often they were encoded: "Salt &amp;amp; Pepper" is "Salt & Pepper". Only
 * whole entities that end in ";" count, so "AT&T" and "Fish&Chips" stay.
 */
export function withoutEntities(text: string): string {
  let decoded = text;
  for (let times = 0; times < MOST_TIMES; times += 1) {
    const next = decodeHTMLStrict(decoded);
    if (next === decoded) break;
    decoded = next;
  }
  return decoded;
}
