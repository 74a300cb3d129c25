import type { Postings } from "./postings.ts";
import { isUnspaced, type QueryTerm, typosOf } from "./search-terms.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Words of an index that stand for a word of a query if a product has all of them, and how much that counts against the word itself. */
export interface Expansion {
  readonly words: readonly string[];
  readonly factor: number;
}

const COMPOUND = 0.9;
const SPLIT = 0.8;
const BEGINNING = 0.6;
const INSIDE = 0.5;
const NEARLY = 0.4;
/** Shorter texts are inside too many words by chance. */
const INSIDE_MIN = 4;

/**
 * What of an index stands for a word of a query: the word itself however it is written, compounds with its neighbours, and
 * words that begin with it; if there is none of these, its two halves, words that it is the end of (lampe of
 * Schreibtischlampe), and words that are nearly it. `generous` looks for the last ones in any case.
 *
 * `size` is at least the number of products that have any.
 */
export function expanded(
  { forms, compounds }: QueryTerm,
  index: { readonly postings: Postings; readonly vocabulary: Vocabulary },
  generous: boolean,
): { expansions: Expansion[]; size: number } {
  const { postings, vocabulary } = index;
  const expansions: Expansion[] = [];
  const known = new Set<string>();
  let size = 0;
  const take = (word: string, factor: number) => {
    if (known.has(word)) return;
    const count = postings.count(word);
    known.add(word);
    if (count === 0) return;
    expansions.push({ words: [word], factor });
    size += count;
  };
  const takeHalves = (word: string, from: number, to: number) => {
    for (let at = from; at <= to; at += 1) {
      const words = [word.slice(0, at), word.slice(at)];
      const least = Math.min(...words.map((half) => postings.count(half)));
      if (least === 0) continue;
      expansions.push({ words, factor: SPLIT });
      size += least;
    }
  };

  const [word = ""] = forms;
  for (const form of forms) take(form, 1);
  for (const compound of compounds) take(compound, COMPOUND);
  if (isUnspaced(word)) return { expansions, size };
  for (const form of forms)
    if (form.length > 1)
      for (const longer of vocabulary.beginningWith(form))
        take(longer, (BEGINNING * form.length) / longer.length);
  const found = size > 0;
  // A letter before a word is written with a hyphen, a space or nothing: tshirt, T-shirt, t shirt.
  takeHalves(word, 1, found ? Math.min(1, word.length - 3) : word.length - 1);
  if (!found && word.length >= INSIDE_MIN)
    for (const longer of vocabulary.containing(word)) take(longer, (INSIDE * word.length) / longer.length);
  if (!found || generous)
    for (const { word: near, distance } of vocabulary.near(word, typosOf(word, generous)))
      take(near, NEARLY / (1 + distance));
  return { expansions, size };
}
