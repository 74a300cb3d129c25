import { compare, compareText } from "./compare.ts";
import { badValue, CommandError, typeMismatch } from "./errors.ts";
import type { Keyed } from "./key-encoding.ts";
import {
  BSONSymbol,
  type Doc,
  getField,
  isDoc,
  isNumber,
  setField,
  toNumber,
  typeName,
  type Value,
} from "./value.ts";

/**
 * How text is compared where a collation is asked for (source: MongoDB manual, "Collation").
 *
 * It stands on `Intl.Collator`, which is the same ICU that MongoDB uses. Two settings are not reached by it:
 * `backwards` is kept and listed, but accents are always compared from the front, and `normalization` is always on.
 * Strength 5 compares code points where strength 3 sees no difference.
 */
export interface Collation {
  /** Every field, as MongoDB lists it. */
  readonly spec: Doc;
  /** Compares two strings: negative, zero or positive. */
  readonly compareText: (a: string, b: string) => number;
  /**
   * A value for an index: its strings become short ones of which equal strings have the same. They never stand in
   * another order than the strings themselves, but different strings may share one, since `Intl` gives no sort keys:
   * what an index finds by them has to be checked, and does not come in order.
   */
  readonly indexed: (value: Keyed) => Keyed;
}

const defaults: Doc = {
  caseLevel: false,
  caseFirst: "off",
  strength: 3,
  numericOrdering: false,
  alternate: "non-ignorable",
  maxVariable: "punct",
  normalization: false,
  backwards: false,
};
/** Where ICU's data for a language says otherwise. */
const localeDefaults: Readonly<Record<string, Doc>> = {
  da: { caseFirst: "upper" },
  mt: { caseFirst: "upper" },
  fr_CA: { backwards: true },
  th: { alternate: "shifted" },
};
const words: Readonly<Record<string, readonly string[]>> = {
  caseFirst: ["upper", "lower", "off"],
  alternate: ["non-ignorable", "shifted"],
  maxVariable: ["punct", "space"],
};
/** The version of ICU's data that MongoDB tells since 4.4. */
const version = "57.1";
const known = new Map<string, Collation>();

/**
 * Reads a collation as commands have it. `undefined` is the simple one, which compares bytes.
 *
 * @throws {CommandError} 40414 without a locale, 40415 for an unknown field, TypeMismatch for a value of another
 * type, BadValue for one that is not allowed or a locale that there is not.
 */
export function readCollation(given: Doc): Collation | undefined {
  const { locale } = given;
  for (const name of Object.keys(given)) checkField(name, given[name] as Value);
  if (locale === undefined)
    throw new CommandError(40414, "BSON field 'collation.locale' is missing but a required field");
  if (locale === "simple") {
    if (Object.keys(given).length > 1) throw badValue("If 'locale' is 'simple', no other fields are allowed");
    return undefined;
  }
  const spec: Doc = { locale, ...defaults, ...localeDefaults[String(locale)], ...given, version };
  spec.strength = toNumber(spec.strength as number);
  const name = JSON.stringify(spec);
  const found = known.get(name) ?? makeCollation(spec);
  known.set(name, found);
  return found;
}

function checkField(name: string, value: Value): void {
  const field = `collation.${name}`;
  if (name !== "locale" && name !== "version" && !Object.hasOwn(defaults, name))
    throw new CommandError(40415, `BSON field '${field}' is an unknown field.`);
  const wanted =
    name === "strength" ? "int" : typeof (defaults[name] ?? "") === "boolean" ? "bool" : "string";
  const fits = wanted === "int" ? isNumber(value) : wanted === typeName(value);
  if (!fits)
    throw typeMismatch(
      `BSON field '${field}' is the wrong type '${typeName(value)}', expected type '${wanted}'`,
    );
  const allowed = isNumber(value)
    ? [1, 2, 3, 4, 5].includes(toNumber(value))
    : words[name]?.includes(String(value));
  if (allowed === false)
    throw badValue(`Enumeration value '${String(value)}' for field '${field}' is not a valid value.`);
}

const keywords: Readonly<Record<string, string>> = {
  phonebook: "phonebk",
  traditional: "trad",
  dictionary: "dict",
};

/** The language tag of an ICU locale such as `de_AT@collation=phonebook`. @throws {CommandError} BadValue. */
function languageTag(locale: string): string {
  const [name = "", keyword] = locale.split("@collation=");
  const variant = keyword === undefined ? "" : `-u-co-${keywords[keyword] ?? keyword}`;
  const tag = `${name.replaceAll("_", "-")}${variant}`;
  try {
    if (name !== "" && Intl.Collator.supportedLocalesOf(tag).length > 0) return tag;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
  }
  throw badValue(`Field 'locale' is invalid in: { locale: "${locale}" }`);
}

function makeCollation(spec: Doc): Collation {
  const { strength, caseLevel, caseFirst, backwards } = spec;
  const level = toNumber(strength as number);
  if (caseFirst !== "off" && caseLevel !== true && level < 3)
    throw badValue("'caseFirst' is invalid unless 'caseLevel' is on or 'strength' is greater than 2");
  if (backwards === true && level === 1) throw badValue("'backwards' is invalid with 'strength' of 1");
  const order = orderOf(spec, level);
  return { spec, compareText: order, indexed: coarse(order) };
}

type TextOrder = (a: string, b: string) => number;

function orderOf(spec: Doc, level: number): TextOrder {
  const tag = languageTag(String(spec.locale));
  const shifted = spec.alternate === "shifted";
  const spacesOnly = shifted && spec.maxVariable === "space";
  const collator = (
    sensitivity: "base" | "accent" | "case" | "variant",
    ignorePunctuation: boolean,
  ): TextOrder =>
    new Intl.Collator(tag, {
      sensitivity,
      ignorePunctuation,
      numeric: spec.numericOrdering === true,
      caseFirst: spec.caseFirst === "off" ? "false" : spec.caseFirst === "upper" ? "upper" : "lower",
    }).compare;
  const levels = [
    collator(level === 1 ? "base" : level === 2 ? "accent" : "variant", shifted && !spacesOnly),
  ];
  if (spec.caseLevel === true && level < 3) levels.push(collator("case", shifted && !spacesOnly));
  const ignoring = spacesOnly ? levels.map(withoutSpaces) : levels;
  // What is shifted counts at the fourth level.
  if (shifted && level >= 4) ignoring.push(collator("variant", false));
  if (level === 5) ignoring.push(compareText);
  const [first] = ignoring as [TextOrder];
  if (ignoring.length === 1) return first;
  return (a, b) => {
    for (const order of ignoring) {
      const result = order(a, b);
      if (result !== 0) return result;
    }
    return 0;
  };
}

const withoutSpaces =
  (order: TextOrder): TextOrder =>
  (a, b) =>
    order(a.replace(/\s+/gu, ""), b.replace(/\s+/gu, ""));

/** The same value with every string (not the names of fields) replaced. */
function withTexts(value: Keyed, replace: (text: string) => string): Keyed {
  if (typeof value === "string") return replace(value);
  if (value instanceof BSONSymbol) return replace(value.value);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, replace) as Value);
  if (typeof value === "symbol" || !isDoc(value)) return value;
  const copy: Doc = {};
  for (const name of Object.keys(value))
    setField(copy, name, withTexts(getField(value, name), replace) as Value);
  return copy;
}

/** Whether a value is a string or has one in it. */
export function hasText(value: Keyed): boolean {
  if (typeof value === "string" || value instanceof BSONSymbol) return true;
  if (Array.isArray(value)) return value.some(hasText);
  return typeof value !== "symbol" && isDoc(value) && Object.values(value).some(hasText);
}

/**
 * Makes values of which equal ones are the same, byte for byte: each string becomes the first equal one it was
 * given. For groups and sets.
 */
export function canonical(collation: Collation | undefined): (value: Value) => Value {
  if (!collation) return (value) => value;
  const groups = new Map<Keyed, string[]>();
  return (value) =>
    withTexts(value, (text) => {
      const key = collation.indexed(text);
      const group = groups.get(key) ?? [];
      const same = group.find((other) => collation.compareText(other, text) === 0);
      if (same !== undefined) return same;
      group.push(text);
      groups.set(key, group);
      return text;
    }) as Value;
}

const alphabet = [..." _-.,@/0123456789abcdefghijklmnopqrstuvwxyz"];
/** Where scripts begin, and some places within them. */
const beginnings = [...alphabet, ..."αδηλοτбдклпстяאדלשبدسمनกカヒ가마사자一人国山电龍"];
const depthMax = 12;
const cachedMax = 5000;

/**
 * Short strings in the order of the given ones: at each step it is counted how many of a sorted row of marks (those
 * so far, and one more letter) do not come after the text; that number is the next character, and the last such mark
 * is gone on from. Equal texts give equal counts and a later text never a smaller one, whatever the language does.
 */
function coarse(order: TextOrder): (value: Keyed) => Keyed {
  const rows = new Map<string, string[]>();
  const rowOf = (start: string): string[] => {
    const known = rows.get(start);
    if (known) return known;
    const row = (start === "" ? beginnings : alphabet).map((letter) => start + letter).sort(order);
    if (rows.size < cachedMax) rows.set(start, row);
    return row;
  };
  return (value) =>
    withTexts(value, (text) => {
      let key = "";
      let start = "";
      while (key.length < depthMax) {
        const row = rowOf(start);
        let rank = 0;
        let end = row.length;
        while (rank < end) {
          const middle = (rank + end) >> 1;
          if (order(row[middle] as string, text) <= 0) rank = middle + 1;
          else end = middle;
        }
        if (rank === 0) return key;
        key += String.fromCharCode(rank);
        start = row[rank - 1] as string;
      }
      return key;
    });
}

/** The name under which a collation travels with variables; none of theirs begins with a `$`. */
const variable = "$collation";

/** Variables that also say by which collation expressions and filters compare text. */
export function withCollation(
  variables: ReadonlyMap<string, Value | undefined> | undefined,
  collation: Collation | undefined,
): ReadonlyMap<string, Value | undefined> | undefined {
  if (!collation) return variables;
  return new Map<string, Value | undefined>([...(variables ?? []), [variable, collation.spec]]);
}

const bySpec = new WeakMap<Doc, Collation>();

/** The collation that came with variables. */
export function collationIn(
  variables: ReadonlyMap<string, Value | undefined> | undefined,
): Collation | undefined {
  const spec = variables?.get(variable);
  if (!isDoc(spec)) return undefined;
  const collation = bySpec.get(spec) ?? readCollation(spec);
  if (collation) bySpec.set(spec, collation);
  return collation;
}

/** Compares values by a collation, or by bytes without one. */
export function compareBy(collation: Collation | undefined): typeof compare {
  if (!collation) return compare;
  const { compareText: order } = collation;
  return (a, b) => compare(a, b, order);
}
