import validator from "validator";

const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** All countries: ISO 3166-1 alpha-2, and XK, which posts, banks and CLDR use for Kosovo until ISO has a code for it. */
export const countries: readonly string[] = letters
  .flatMap((a) => letters.map((b) => a + b))
  .filter((code) => code === "XK" || validator.isISO31661Alpha2(code));

const known = new Set(countries);

/** Whether this is the code of a country, in capitals. */
export const isCountry = (code: string): boolean => known.has(code);

// Making one takes a hundred times as long as asking it.
const names = new Map<string, Intl.DisplayNames>();

/** The name of a country in the language of `locale` (BCP 47); the code where it has none. */
export function countryName(code: string, locale: string): string {
  const found = names.get(locale) ?? new Intl.DisplayNames([locale], { type: "region", fallback: "none" });
  names.set(locale, found);
  return (/^[A-Z]{2}$/.test(code) ? found.of(code) : undefined) ?? code;
}
