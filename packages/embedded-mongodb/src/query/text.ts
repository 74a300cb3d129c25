import { stemmer } from "stemmer";
import { badValue, typeMismatch } from "../errors.ts";
import { somePath, splitPath } from "../path.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";

/**
 * Search for words (source: MongoDB manual, "$text"). Words are split at what is no letter or digit, folded in case
 * and diacritics, and cut to their stems by Porter's algorithm for English; other languages are searched as written.
 * No index of words is kept: the fields a text index names are read.
 */
export interface TextSearch {
  /** How well a document fits, above 0; undefined when it does not. */
  scoreOf(doc: Value): number | undefined;
}

/** The fields a text index covers with their weights; `undefined` stands for every field that holds text. */
type Weights = ReadonlyMap<string, number> | undefined;

/** Words too common to search for, in English. */
const common = new Set(
  "a an and are as at be but by for from has have he her his i if in into is it its no not of on or our she so such that the their then there these they this to was we were what which who will with you your".split(
    " ",
  ),
);

/** The stems of the words of a text. */
function words(text: string, { english, exactCase, exactMarks }: How): string[] {
  const folded = exactMarks ? text : text.normalize("NFD").replace(/\p{M}+/gu, "");
  const all = (exactCase ? folded : folded.toLowerCase()).match(/[\p{L}\p{N}]+/gu) ?? [];
  return english ? all.filter((word) => !common.has(word.toLowerCase())).map(stem) : all;
}

/** The stem, whose letters keep their case: the algorithm gives them in small ones. */
function stem(word: string): string {
  return [...stemmer(word)]
    .map((letter, at) => (word[at]?.toLowerCase() === letter ? word[at] : letter))
    .join("");
}

const known = new Set(["$search", "$language", "$caseSensitive", "$diacriticSensitive"]);

interface How {
  english: boolean;
  exactCase: boolean;
  exactMarks: boolean;
}

/** Whether a filter searches for words. */
export function asksWords(filter: Doc): boolean {
  return Object.entries(filter).some(([name, condition]) => {
    if (name === "$text") return true;
    if ((name !== "$and" && name !== "$or") || !Array.isArray(condition)) return false;
    return condition.some((clause) => isDoc(clause) && asksWords(clause));
  });
}

/** Languages a text index may have (source: MongoDB manual, "Text Search Languages"); only English is cut to stems. */
const languages = new Set(
  "danish da dutch nl english en finnish fi french fr german de hungarian hu italian it norwegian nb portuguese pt romanian ro russian ru spanish es swedish sv turkish tr none".split(
    " ",
  ),
);

/** Whether there is such a language, in any case of its letters. */
export function isLanguage(name: string): boolean {
  return languages.has(name.toLowerCase());
}

const isEnglish = (language: string): boolean => /^en(?:glish)?$/i.test(language);

/** The weights of a text index's specification, as `listIndexes` tells it. */
function weightsOf({ weights }: Doc): Weights {
  const given = Object.entries(isDoc(weights) ? weights : {});
  if (given.some(([path]) => path === "$**")) return undefined;
  return new Map(given.map(([path, weight]) => [path, isNumber(weight) ? toNumber(weight) : 1]));
}

/**
 * Compiles the operand of `$text`.
 *
 * `index` is the specification of the collection's text index.
 *
 * @throws {CommandError} TypeMismatch without a `$search` that is a string, BadValue for an unknown language or field.
 */
export function textSearch(operand: Value, index: Doc): TextSearch {
  if (!isDoc(operand)) throw badValue("$text expects an object");
  const {
    $search: search,
    $language: asked,
    $caseSensitive: exactCase,
    $diacriticSensitive: exactMarks,
  } = operand;
  if (typeof search !== "string") throw typeMismatch("$search must be a string");
  for (const name of Object.keys(operand)) {
    if (!known.has(name)) throw badValue(`extra fields in $text: ${name}`);
  }
  if (asked !== undefined && (typeof asked !== "string" || !isLanguage(asked)))
    throw badValue(`unsupported language: ${JSON.stringify(asked)} for text index version 3`);
  for (const option of [exactCase, exactMarks]) {
    if (option !== undefined && typeof option !== "boolean")
      throw typeMismatch("$text options must be booleans");
  }
  const weights = weightsOf(index);
  const byDefault = String(index.default_language ?? "english");
  const override = String(index.language_override ?? "language");
  const how: How = {
    english: isEnglish(asked ?? byDefault),
    exactCase: exactCase === true,
    exactMarks: exactMarks === true,
  };
  const phrases = [...search.matchAll(/(-?)"([^"]*)"/g)].map(([, minus, text]) => ({
    without: minus === "-",
    text: fold(text as string, how),
  }));
  const rest = search.replace(/-?"[^"]*"/g, " ").split(/\s+/);
  const unwanted = new Set(
    rest.filter((part) => part.startsWith("-")).flatMap((part) => words(part.slice(1), how)),
  );
  const wanted = new Set(
    [
      ...rest.filter((part) => !part.startsWith("-")),
      ...phrases.filter(({ without }) => !without).map(({ text }) => text),
    ].flatMap((part) => words(part, how)),
  );
  return {
    scoreOf(doc) {
      let score = 0;
      const texts: string[] = [];
      const own = isDoc(doc) ? doc[override] : undefined;
      const its: How = { ...how, english: isEnglish(typeof own === "string" ? own : byDefault) };
      for (const { text, weight } of textsOf(doc, weights)) {
        texts.push(fold(text, how));
        const found = words(text, its);
        if (found.some((stem) => unwanted.has(stem))) return undefined;
        score += weight * fieldScore(text, found, wanted);
      }
      if (score === 0) return undefined;
      const fits = phrases.every(
        ({ text, without }) => texts.some((each) => each.includes(text)) !== without,
      );
      return fits ? score : undefined;
    },
  };
}

/** How well each word of a document fits it by a text index's specification: what such an index holds of it. */
export function wordScores(doc: Doc, index: Doc): Map<string, number> {
  const own = doc[String(index.language_override ?? "language")];
  const language = typeof own === "string" ? own : String(index.default_language ?? "english");
  const how: How = { english: isEnglish(language), exactCase: false, exactMarks: false };
  const scores = new Map<string, number>();
  for (const { text, weight } of textsOf(doc, weightsOf(index))) {
    const found = words(text, how);
    for (const stem of new Set(found)) {
      const score = weight * fieldScore(text, found, new Set([stem]));
      scores.set(stem, (scores.get(stem) ?? 0) + score);
    }
  }
  return scores;
}

function fold(text: string, { exactCase, exactMarks }: How): string {
  const marks = exactMarks ? text : text.normalize("NFD").replace(/\p{M}+/gu, "");
  return exactCase ? marks : marks.toLowerCase();
}

/**
 * A word counts for each time it stands in the field, each time half of the time before, and the more the fewer other
 * words there are (source: MongoDB's `FTSSpec::_scoreStringV2`: frequency by halves, times 0.5 · count/all + 0.5,
 * and a tenth more when the word is the whole field).
 */
function fieldScore(text: string, found: readonly string[], wanted: ReadonlySet<string>): number {
  const counts = new Map<string, number>();
  for (const stem of found) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  let score = 0;
  for (const stem of wanted) {
    const count = counts.get(stem) ?? 0;
    if (count === 0) continue;
    const frequency = 2 - 2 ** (1 - count);
    const whole = text.toLowerCase() === stem ? 1.1 : 1;
    score += whole * frequency * ((0.5 * count) / found.length + 0.5);
  }
  return score;
}

function* textsOf(doc: Value, weights: Weights): Generator<{ text: string; weight: number }> {
  if (weights === undefined) {
    for (const text of everyText(doc)) yield { text, weight: 1 };
    return;
  }
  for (const [path, weight] of weights) {
    const found: string[] = [];
    somePath(doc, splitPath(path), 0, false, (value) => {
      for (const text of everyText(value)) found.push(text);
      return false;
    });
    for (const text of found) yield { text, weight };
  }
}

function* everyText(value: Value | undefined): Generator<string> {
  if (typeof value === "string") yield value;
  else if (Array.isArray(value)) for (const each of value) yield* everyText(each);
  else if (isDoc(value)) for (const each of Object.values(value)) yield* everyText(each);
}
