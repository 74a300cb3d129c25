import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import iso from "i18n-iso-countries";
import { z } from "zod";
import { typedLine } from "../../../i18n/typed.ts";
import { Vocabulary } from "../../search/vocabulary.ts";
import { countries, isCountry } from "./countries.ts";
import { OTHERWISE, SEVERAL } from "./country-nicknames.ts";

/**
 * Countries by what people call them, in any language. Three kept lists know the names: this runtime's own CLDR (long and
 * short names, a hundred languages), i18n-iso-countries (what else they are called, 77 languages, and the codes of three
 * letters) and CLDR's subdivisions (England, Scotland, Wales and Northern Ireland). A few words that none of them has
 * stand in country-nicknames.ts.
 *
 * Reading all of them takes half a second, so it is done language by language: those the shop speaks at once, the others
 * in the background (`prepareCountryNames`) or when a name is not among those read so far. The index keeps about 1 MB.
 */

/** The languages read first, then the others. */
const FIRST = ["en", "zh", "zh-Hant", "es", "fr", "de", "pt", "ru", "ar", "ja", "it", "nl", "pl", "tr"];
/** Those of many people or a country that i18n-iso-countries does not have. */
const MORE =
  "as fil gu ig kn lb lo my ne or pa pt-PT qu rw sa si sm sr-Latn st te ti to wo xh yi yo yue zu".split(" ");
/** Countries that CLDR has a shorter name for. */
const SHORTENED = ["BA", "CC", "GB", "HK", "KR", "MM", "MO", "PN", "PS", "SA", "US"];
const NATIONS = ["gbeng", "gbnir", "gbsct", "gbwls"];

/** What somebody means by the name of a country. `near` holds codes that may be meant, the likeliest first. */
export type CountryFound =
  | { readonly kind: "found"; readonly code: string }
  | { readonly kind: "near"; readonly codes: readonly string[] }
  | { readonly kind: "unknown" };

const NEAR_MAX = 4;
/** Articles, and the word "country" that Thai puts before a name. */
const ARTICLES = /^ประเทศ(?=\S)|^(?:the|la|le|les|el|los|las|il|die|das|der|den|de|l|o|a|os|as|al) /;
const STYLES =
  /^(?:(?:fed|federal|democratic|islamic|socialist|united|federative|plurinational|bolivarian|co operative|grand|hashemite|oriental) )*(?:republic|kingdom|state|commonwealth|federation|principality|duchy|sultanate|union|emirate) of (?:the )?/;

/** One text for all ways of writing a name: no case, accents, dots and dashes; 臺 and 台 are one sign. */
const folded = (name: string): string =>
  typedLine(name)
    .normalize("NFKD")
    .replace(/\p{Script=Latin}\p{M}+|[\u0300-\u036f]/gu, (letter) => letter.replace(/\p{M}/gu, ""))
    .toLowerCase()
    .replace(/臺/g, "台")
    .replace(/ß/g, "ss")
    .replace(/ø/g, "o")
    .replace(/ı/g, "i")
    .replace(/&/g, " and ")
    .replace(/(?<=\b\p{L})\.(?=\p{L}\b)/gu, "")
    .replace(/[’'`´ʼ‘.,·\-–—/()（）]+/gu, " ")
    .replace(/\bst\b/g, "saint")
    .replace(/\brep\b/g, "republic")
    .replace(/\s+/g, " ")
    .trim();

const { resolve } = createRequire(import.meta.url);
const isoNames = z.object({ countries: z.record(z.string(), z.union([z.string(), z.array(z.string())])) });
const nationNames = z.object({
  subdivisions: z.object({
    localeDisplayNames: z.object({ subdivisions: z.record(z.string(), z.string()) }),
  }),
});

/** A file of a package, read without being kept by the module loader. */
const listOf = <T>(schema: z.ZodType<T>, path: string): T =>
  schema.parse(JSON.parse(readFileSync(resolve(path), "utf8")));

/** The nations of the United Kingdom in a language, by CLDR's codes; none where CLDR does not name them in it. */
function nationsIn(language: string): Readonly<Record<string, string>> {
  try {
    const path = `cldr-subdivisions-full/subdivisions/${language}/${language}.json`;
    return listOf(nationNames, path).subdivisions.localeDisplayNames.subdivisions;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND" && language !== "en")
      return {};
    throw error;
  }
}

const isoLanguages = new Set(iso.getSupportedLanguages());
const isoNamesIn = (language: string): Readonly<Record<string, string | string[]>> =>
  isoLanguages.has(language) ? listOf(isoNames, `i18n-iso-countries/langs/${language}.json`).countries : {};

const names = new Map<string, string>();
const words = new Vocabulary();

function add(name: string, code: string): void {
  const word = folded(name);
  if (word.length < 2 || names.has(word) || Object.hasOwn(SEVERAL, word)) return;
  names.set(word, code);
  words.add(word);
}

/** Reads the names of one language. What an earlier language calls another country keeps its meaning. */
function read(language: string): void {
  const parts: [string, string][] = [];
  const take = (name: string | undefined, code: string) => {
    if (name === undefined) return;
    add(name, code);
    // "Myanmar (Burma)", "Congo - Kinshasa", "Korea, Republic of": the first part alone, where it names no other.
    const [, first = "", second = ""] = /^([^(（,]+)(?:[(（]([^)）]+)[)）]|,)/u.exec(name) ?? [];
    if (first.trim() !== "") parts.push([first, code]);
    if (second.length > 3 && !second.includes(" ")) parts.push([second, code]);
  };
  const long = new Intl.DisplayNames([language], { type: "region", fallback: "none" });
  const short = new Intl.DisplayNames([language], { type: "region", fallback: "none", style: "short" });
  for (const code of countries) take(long.of(code), code);
  for (const code of SHORTENED) take(short.of(code), code);
  for (const [code, name] of Object.entries(isoNamesIn(language)))
    if (isCountry(code)) for (const one of [name].flat()) take(one, code);
  const nations = nationsIn(language);
  for (const nation of NATIONS) take(nations[nation], "GB");
  for (const [part, code] of parts) add(part, code);
}

function* reading(): Generator<string> {
  for (const [name, code] of Object.entries(OTHERWISE)) add(name, code);
  const wanted = new Set([...FIRST, ...isoLanguages, ...MORE]);
  for (const language of Intl.DisplayNames.supportedLocalesOf([...wanted])) {
    read(language);
    yield language;
  }
}

const languages = reading();
let complete = false;
let shippedRead = false;

function readNext(): void {
  complete = languages.next().done === true;
}
function readShipped(): void {
  for (let count = 0; count < 3 && !shippedRead; count += 1) readNext();
  shippedRead = true;
}

/** Reads the names of all languages in the background, some milliseconds at a time. */
export async function prepareCountryNames(): Promise<void> {
  while (!complete) {
    readNext();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const ways = (name: string): string[] => {
  const bare = name.replace(ARTICLES, "");
  return [name, bare, bare.replace(STYLES, "")];
};

/** A flag: two regional indicators, or the black flag with the tags of a part of a country. */
function ofFlag(text: string): string | undefined {
  const signs = [...text].map((sign) => sign.codePointAt(0) ?? 0);
  const pair = signs.filter((sign) => sign >= 0x1f1e6 && sign <= 0x1f1ff).map((sign) => sign - 0x1f1e6 + 65);
  const tags = signs.filter((sign) => sign >= 0xe0061 && sign <= 0xe007a).map((sign) => sign - 0xe0000);
  const letters = pair.length === 2 ? pair : signs[0] === 0x1f3f4 ? tags.slice(0, 2) : [];
  return letters.length === 2 ? String.fromCharCode(...letters).toUpperCase() : undefined;
}

/** The country of a code (DE, DEU), a flag, or a name in any language; what is misspelt finds what may be meant. */
export function findCountry(typed: string): CountryFound {
  const text = typedLine(typed).slice(0, 100);
  const coded = ofCode(text);
  if (coded !== undefined) return { kind: "found", code: coded };
  readShipped();
  const word = folded(text);
  for (;;) {
    const found = named(word);
    if (found !== undefined) return found;
    if (complete) return amongPlaces(text) ?? nearest(word);
    readNext();
  }
}

/** A code of two or three letters, or a flag. */
function ofCode(text: string): string | undefined {
  const code = ofFlag(text) ?? (/^\p{L}{2}$/u.test(text) ? text.normalize("NFKC").toUpperCase() : "");
  if (isCountry(code)) return code;
  const three = /^[a-z]{3}$/i.test(text) ? iso.alpha3ToAlpha2(text.toUpperCase()) : undefined;
  return three !== undefined && isCountry(three) ? three : undefined;
}

/** What a folded name means in the languages read so far. */
function named(word: string): Exclude<CountryFound, { kind: "unknown" }> | undefined {
  for (const way of ways(word)) {
    const code = names.get(way);
    if (code !== undefined) return { kind: "found", code };
    const codes = Object.hasOwn(SEVERAL, way) ? SEVERAL[way] : undefined;
    if (codes) return { kind: "near", codes };
  }
  return undefined;
}

/** A country with a place in it: "Berlin, Germany", "Germany (Bavaria)". It is asked about, since Georgia is a place too. */
function amongPlaces(text: string): CountryFound | undefined {
  const parts = text.split(/[,;(（）)，、]/u).map((part) => part.trim());
  const codes = new Set(
    parts.flatMap((part) => {
      const code = part.length === 2 ? undefined : ofCode(part); // "CA" and "DE" are also states of the USA
      if (code !== undefined) return [code];
      const found = named(folded(part));
      return found === undefined ? [] : found.kind === "found" ? [found.code] : found.codes;
    }),
  );
  return codes.size === 0 ? undefined : { kind: "near", codes: [...codes].slice(0, NEAR_MAX) };
}

/** How many letters of a name may be wrong; a swap of neighbours counts as two. */
const typosOf = (name: string): number => (name.length < 4 ? 0 : name.length < 6 ? 1 : 2);

/** Countries whose names are nearly this word, or begin with it. */
function nearest(word: string): CountryFound {
  const found = new Map<string, number>();
  const note = (name: string, distance: number) => {
    const code = names.get(name);
    if (code !== undefined) found.set(code, Math.min(distance, found.get(code) ?? distance));
  };
  for (const way of ways(word)) {
    for (const { word: name, distance } of words.near(way, typosOf(way))) note(name, distance);
    if (way.length > 3) for (const name of words.beginningWith(way)) note(name, 2);
  }
  const least = Math.min(...found.values());
  const codes = [...found].filter(([, distance]) => distance === least).map(([code]) => code);
  return codes.length > 0 ? { kind: "near", codes: codes.slice(0, NEAR_MAX) } : { kind: "unknown" };
}
