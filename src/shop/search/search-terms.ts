import { folded, isAscii } from "./search-fold.ts";

/** A word of a query: a product has it if it has any of its forms, or one of the compounds it may be a part of. */
export interface QueryTerm {
  /** The word as it is compared, first, and other ways to write it. */
  readonly forms: readonly string[];
  /** What it is together with its neighbours: `t shirt` and `T-shirt` are `tshirt`, too. */
  readonly compounds: readonly string[];
}

/** What is asked for. */
export interface Query {
  /** What must all be found. */
  readonly terms: readonly QueryTerm[];
  /** What is looked for as well when no product has all terms: single characters of scripts without spaces. */
  readonly characters: readonly QueryTerm[];
  /** What a product with all of them should rather have than not: words of scripts without spaces between words. */
  readonly preferred: readonly string[];
}

// Scripts that put no spaces between words, and Korean, which makes compounds without (커피잔 is a cup for coffee).
const UNSPACED_SCRIPTS =
  "\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Hang}\\p{scx=Bopo}\\p{scx=Yiii}\\p{scx=Thai}\\p{scx=Laoo}" +
  "\\p{scx=Khmr}\\p{scx=Mymr}\\p{scx=Lana}\\p{scx=Talu}\\p{scx=Java}\\p{scx=Bali}";
const UNSPACED = new RegExp(`^[${UNSPACED_SCRIPTS}]`, "u");
const RUNS = new RegExp(`[${UNSPACED_SCRIPTS}]+|[^${UNSPACED_SCRIPTS}]+`, "gu");
/** Those whose words are too long to be told by two characters. `Intl.Segmenter` has dictionaries for them. */
const SEGMENTED = /^[\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]/u;
const words = new Intl.Segmenter("und", { granularity: "word" });

/** Whether a term is of a script without spaces between words: a character or a few, found only as it is. */
export const isUnspaced = (term: string): boolean => term.charCodeAt(0) > 0x0dff && UNSPACED.test(term);

// Soft hyphens, joiners, direction marks and the like. The zero-width non-joiner (U+200C) parts words in Persian.
const INVISIBLE = /[^\P{Cf}\u200c]/gu;
// Dashes that stand for the mark of a long vowel.
const LONG_VOWEL = /(?<=[ぁ-ゖァ-ヺー])[\u2010\u2014\u2015\u2212\u301c](?=[ぁ-ゖァ-ヺー]|$)/gu;

// Signs inside a word that some write, some leave out and some replace by a space.
const APOSTROPHES = "'’‘‛ʼʻʹ′`´\\u05f3\\u05f4";
const HYPHENS = "\\p{Pd}·\\u200c";
const WORD = "[[\\p{L}\\p{N}\\p{M}]--[ʼʻʹ]]+";
const WORDS = new RegExp(`${WORD}(?:[${APOSTROPHES}${HYPHENS}]${WORD})*`, "gv");
const PARTS = new RegExp(`([${APOSTROPHES}])|[${HYPHENS}]`, "v");

const JOINER = new RegExp(`[${APOSTROPHES}${HYPHENS}]`, "v");
const ASCII_WORDS = /[a-z\d]+(?:['`-][a-z\d]+)*/gi;

interface Part {
  readonly text: string;
  /** A letter that an apostrophe cuts off (l'huile, women's): nobody means it. */
  readonly cutOff: boolean;
}
/** A word as it is written: a run of a script without spaces, or the parts that hyphens and apostrophes make of it. */
type Word = { readonly run: string } | { readonly run?: undefined; readonly parts: readonly Part[] };

function* wordsOf(text: string): Generator<Word> {
  for (const stretch of text.split(/\s+/))
    if (isAscii(stretch)) {
      for (const [word] of stretch.matchAll(ASCII_WORDS)) yield { parts: partsOf(word) };
    } else {
      const plain = stretch.normalize("NFKC").replace(INVISIBLE, "").replace(LONG_VOWEL, "ー");
      for (const [word] of plain.matchAll(WORDS)) yield* runsOf(partsOf(word));
    }
}

function partsOf(word: string): Part[] {
  if (!JOINER.test(word)) return [{ text: word, cutOff: false }];
  // Parts, and between each two of them the apostrophe, if it is one.
  const split = word.split(PARTS);
  return split.flatMap((text = "", at) => {
    if (at % 2 === 1) return [];
    const apostrophe = split[at - 1] !== undefined || split[at + 1] !== undefined;
    return [{ text, cutOff: text.length === 1 && apostrophe }];
  });
}

/** Takes the runs of scripts without spaces out of a word. */
function* runsOf(parts: readonly Part[]): Generator<Word> {
  let together: Part[] = [];
  for (const { text, cutOff } of parts)
    for (const [run] of text.matchAll(RUNS))
      if (isUnspaced(run)) {
        if (together.length > 0) yield { parts: together };
        yield { run };
        together = [];
      } else together.push({ text: run, cutOff });
  if (together.length > 0) yield { parts: together };
}

/** What hyphens part, as one word; but not of numbers, as 10-12 is not 1012 and no two codes of goods are alike. */
const compoundOf = (parts: readonly string[]): readonly string[] => {
  if (parts.length < 2) return [];
  const whole = folded(parts.join(""));
  return whole.length <= COMPOUND_MAX && !/\d{3}|^\d+$/.test(whole) ? [whole] : [];
};
const COMPOUND_MAX = 40;

const UMLAUTS = /[äöüåø]/;
const WRITTEN_OUT = new Map([
  ["ä", "ae"],
  ["ö", "oe"],
  ["ü", "ue"],
  ["å", "aa"],
  ["ø", "oe"],
]);
const ARTICLE =
  /^(?:(?:\u0627\u0644)(?=..)|(?:[\u0648\u0628\u0643\u0641]\u0627\u0644|\u0644\u0644|\u05d4)(?=...))/;
// Serbian is written in both alphabets. https://en.wikipedia.org/wiki/Serbian_Cyrillic_alphabet
const SERBIAN = new Map(
  (
    "а:a б:b в:v г:g д:d ђ:d е:e ж:z з:z и:i ј:j к:k л:l љ:lj м:m н:n њ:nj о:o п:p р:r с:s т:t ћ:c у:u ф:f х:h ц:c ч:c " +
    "џ:dz ш:s ѓ:g ќ:k ѕ:dz щ:sc ъ: ы:y ь: э:e ю:ju я:ja і:i є:je"
  )
    .split(" ")
    .map((pair): [string, string] => [pair.charAt(0), pair.slice(2)]),
);

/** A word as it is compared, and other ways to write it: Größe is Groesse, القهوة is قهوة, књига is knjiga. */
function formsOf(part: string): string[] {
  const word = folded(part);
  if (isAscii(part)) return [word];
  const forms = [word];
  const lower = part.normalize("NFC").toLowerCase();
  if (UMLAUTS.test(lower))
    forms.push(folded([...lower].map((letter) => WRITTEN_OUT.get(letter) ?? letter).join("")));
  const bare = word.replace(ARTICLE, "");
  if (bare !== word) forms.push(bare);
  if (/^\p{sc=Cyrl}/u.test(word))
    forms.push([...word].map((letter) => SERBIAN.get(letter) ?? letter).join(""));
  return forms.filter((form) => form !== "");
}

/** Each pair of neighbouring characters, which is how words of two are found however they are cut. */
function pairs(run: readonly string[]): string[] {
  return run.slice(1).map((character, index) => `${run[index]}${character}`);
}

/** Letters with their marks. */
const charactersOf = (run: string): readonly string[] => run.match(/\P{M}\p{M}*/gu) ?? [];

/** Words of a run, with a space after each, so that a word of two characters is no pair of them. */
const segmentsOf = (run: string): string[] =>
  SEGMENTED.test(run) ? Array.from(words.segment(run), ({ segment }) => `${segment} `) : [];

/** The terms of a text that is to be found, each as often as it occurs. */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const word of wordsOf(text))
    if (word.run !== undefined) {
      const run = folded(word.run);
      const all = charactersOf(run);
      for (const some of [pairs(all), all, segmentsOf(run)]) for (const term of some) terms.push(term);
    } else {
      for (const { text } of word.parts) terms.push(...formsOf(text));
      if (word.parts.length > 1) terms.push(...compoundOf(word.parts.map(({ text }) => text)));
    }
  return terms;
}

/** What a query asks for: words, and of scripts without spaces the pairs of characters (a single one where it stands alone). */
export function queryOf(text: string): Query {
  const terms = new Map<string, QueryTerm>();
  const singles = new Set<string>();
  const preferred: string[] = [];
  const add = (term: QueryTerm) => terms.set(term.forms[0] ?? "", term);
  const asked = [...wordsOf(text)];
  asked.forEach((word, index) => {
    if (word.run !== undefined) {
      const run = folded(word.run);
      const all = charactersOf(run);
      for (const term of all.length > 1 ? pairs(all) : all) add({ forms: [term], compounds: [] });
      for (const single of all) singles.add(single);
      preferred.push(...segmentsOf(run));
      return;
    }
    const whole = compoundOf(word.parts.map(({ text }) => text));
    const parts = meant(word);
    parts.forEach((part, at) => {
      const before = parts[at - 1] ?? meant(asked[index - 1]).at(-1);
      const after = parts[at + 1] ?? meant(asked[index + 1])[0];
      const compounds = [
        ...whole,
        ...(before === undefined ? [] : compoundOf([before, part])),
        ...(after === undefined ? [] : compoundOf([part, after])),
      ];
      const forms = formsOf(part);
      if (forms.length > 0) add({ forms, compounds: [...new Set(compounds)] });
    });
  });
  const characters = [...singles].filter((single) => !terms.has(single));
  return {
    terms: [...terms.values()],
    characters: characters.map((single) => ({ forms: [single], compounds: [] })),
    preferred,
  };
}

/** The parts of a word that somebody who asks for it means. */
function meant(word: Word | undefined): readonly string[] {
  if (word?.run !== undefined || word === undefined) return [];
  const whole = word.parts.filter(({ cutOff }) => !cutOff);
  return (whole.length > 0 ? whole : word.parts).map(({ text }) => text);
}

/**
 * How many letters may be wrong in a word; a swap of neighbours counts as two. Numbers, short words and scripts without
 * spaces must fit exactly. `generous` is for when nothing was found else.
 */
export function typosOf(term: string, generous = false): number {
  const sure = generous ? 3 : 4;
  if (term.length < sure || isUnspaced(term) || /\d/.test(term)) return 0;
  return term.length < sure + (generous ? 1 : 2) ? 1 : 2;
}
