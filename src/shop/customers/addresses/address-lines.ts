import { typedLine } from "../../../i18n/typed.ts";
import type { Address } from "./address.ts";
import { countryName } from "./countries.ts";
import { readPostalCode } from "./postal-code.ts";
import { postalFormat } from "./postal-format.ts";
import { isSamePlace, stateFor } from "./states.ts";

/** What is printed of an address. */
export type Printed = Pick<Address, "name" | "street" | "city" | "postalCode" | "country" | "state">;

const FOREIGN = /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u;

/**
 * An address line by line, as its country writes it, with the name of the country in the language of `locale`: above where
 * the country writes from the large to the small, below elsewhere. What is empty leaves no gap. `capitals` writes in
 * capitals what that country's post wants in capitals, which is for parcels.
 */
export function addressLines(address: Printed, locale: string, { capitals = false } = {}): string[] {
  const format = postalFormat(address.country);
  const lineup = FOREIGN.test(address.street + address.city) ? format.lines : format.latinLines;
  const country = countryName(address.country, locale);
  const code = readPostalCode(address.postalCode, address.country).value;
  const told = stateFor({ ...address, postalCode: code }) ?? "";
  // A city that is a state of its own (Tokyo, Dubai, Kowloon) is written once.
  const state = isSamePlace(told, address.city) ? "" : told;
  const fields: Record<string, string> = {
    N: address.name,
    A: address.street,
    C: address.city,
    S: state,
    Z: code,
  };
  const lines = withPlaceForCity(lineup, address, state)
    .split("%n")
    .map((line) => filled(line, fields, capitals ? format.capitals : ""))
    .filter((line) => line !== "");
  return lineup.trimEnd().endsWith("%N") ? [country, ...lines] : [...lines, country];
}

/** The same on one line. */
export function addressLine(address: Printed, locale: string): string {
  const east = /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u;
  return addressLines(address, locale).join(east.test(address.street + address.city) ? " " : ", ");
}

/**
 * Formats without a city have it beside the state (Japan, the Emirates), in its place where the city is the state, or name
 * it themselves (Singapore).
 */
function withPlaceForCity(format: string, { city, country }: Printed, state: string): string {
  if (format.includes("%C")) return format;
  if (format.includes("%S")) {
    if (state === "") return format.replace("%S", "%C");
    // From the large to the small where the street comes after the state.
    return format.replace("%S", format.indexOf("%S") < format.indexOf("%A") ? "%S%C" : "%C, %S");
  }
  const includes = (other: string) => typedLine(other).toLowerCase().includes(typedLine(city).toLowerCase());
  return includes(format) || includes(countryName(country, "en")) ? format : format.replace("%A", "%A%n%C");
}

/**
 * One line of a format. As in libaddressinput, what stands between two fields is dropped with an empty one: before it, and
 * after it unless something was kept just before.
 */
function filled(line: string, fields: Readonly<Record<string, string>>, capitals: string): string {
  const parts = line.split(/(%[A-Z])/).filter((part) => part !== "");
  const isField = (part: string | undefined) => part !== undefined && /^%[A-Z]$/.test(part);
  const written = (part: string) => fields[part.slice(1)] ?? "";
  const isEmpty = (part: string | undefined) => part !== undefined && isField(part) && written(part) === "";
  const kept: string[] = [];
  for (const [at, part] of parts.entries()) {
    const before = parts[at - 1];
    const keeps = isField(part)
      ? !isEmpty(part)
      : !isEmpty(parts[at + 1]) && (!isEmpty(before) || isField(kept.at(-1)));
    if (keeps) kept.push(part);
  }
  return kept
    .map((part) => {
      if (!isField(part)) return part;
      return capitals.includes(part.slice(1)) ? written(part).toLocaleUpperCase() : written(part);
    })
    .join("")
    .trim();
}
