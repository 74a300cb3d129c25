/**
 * Text is cut between graphemes, what people see as one character: "👩‍👩‍👧" is eight UTF-16 units and "é" may be two, and
 * half of either is another sign, or one that no UTF-8 can hold and a provider refuses.
 */
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** No grapheme of a real text is longer in UTF-16 units; one that is (a letter under hundreds of accents) is cut inside. */
const LONGEST = 64;

/** Text without halves of surrogate pairs, which no UTF-8 can hold; U+FFFD stands in their place. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\uFFFD");

/**
 * The last place at or before `at` (a count of UTF-16 units from `from`) where a text may be cut: between graphemes, or
 * between characters where one grapheme alone is longer. The answer is more than 0 whenever `at` is at least 2.
 */
export function boundaryBefore(text: string, at: number, from = 0): number {
  const part = text.slice(from, from + at + LONGEST);
  if (part.length <= at) return part.length;
  const start = segmenter.segment(part).containing(at)?.index ?? 0;
  if (start > 0 && at - start <= LONGEST) return start;
  const splitsPair = /[\uD800-\uDBFF]/.test(part.charAt(at - 1)) && /[\uDC00-\uDFFF]/.test(part.charAt(at));
  return splitsPair ? at - 1 : at;
}

/** The beginning of a text: whole graphemes of at most `max` UTF-16 units, well formed. */
export function beginning(text: string, max: number): string {
  return wellFormed(text.slice(0, boundaryBefore(text, Math.max(0, max))));
}

/** A text of at most `max` UTF-16 units, which ends in "…" where it was longer, and is never cut inside a grapheme. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return wellFormed(text);
  return max < 1 ? "" : `${beginning(text, max - 1)}…`;
}
