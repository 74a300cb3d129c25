const HAN = /\p{Script=Han}/u;

/** Whether a term is Chinese. */
export const isHan = (term: string): boolean => HAN.test(term);

// Full-width letters become plain ones and accents go, so that "Ｃafé" is "cafe".
const folded = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC")
    .toLowerCase();

const pairs = (run: string): string[] => {
  const letters = [...run];
  return letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
};

function* pieces(text: string): Generator<string> {
  for (const [run] of folded(text).matchAll(/[\p{L}\p{N}]+/gu))
    for (const [piece] of run.matchAll(/\p{Script=Han}+|[^\p{Script=Han}]+/gu)) yield piece;
}

/**
 * The terms of a text, each as often as it occurs. Chinese writes no spaces, so a run of it gives each pair of
 * neighbouring characters, which is how words of two are found however they are cut, and each single character.
 */
export const termsOf = (text: string): string[] =>
  [...pieces(text)].flatMap((piece) => (isHan(piece) ? [...pairs(piece), ...piece] : [piece]));

/** The terms that must all be found: words, and of Chinese the pairs (a single character where it stands alone). */
export const strictTermsOf = (text: string): string[] => [
  ...new Set([...pieces(text)].flatMap((p) => (isHan(p) && [...p].length > 1 ? pairs(p) : [p]))),
];

/**
 * How many letters may be wrong in a word; a swap of neighbours counts as two. Numbers, short words and Chinese must fit
 * exactly. `generous` is for when nothing was found else.
 */
export function typosOf(term: string, generous = false): number {
  const sure = generous ? 3 : 4;
  if (term.length < sure || isHan(term) || /\d/.test(term)) return 0;
  return term.length < sure + (generous ? 1 : 2) ? 1 : 2;
}
