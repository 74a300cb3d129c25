import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js";
import validator from "validator";
import { z } from "zod";
import { lineSchema } from "./shop.ts";

/** Where a parcel goes and how its receiver is reached. */
export interface Address {
  /** Set once the customer keeps it. */
  id?: string;
  name: string;
  email: string;
  /** E.164, such as +441632960961. */
  phone: string;
  street: string;
  city: string;
  /** "" in countries without postal codes. */
  postalCode: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
}

const names = (locale: string) => new Intl.DisplayNames([locale], { type: "region", fallback: "none" });

/** All countries, ISO 3166-1 alpha-2. */
export const countries: readonly string[] = codes();

function codes(): string[] {
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  return letters.flatMap((a) => letters.map((b) => a + b)).filter((code) => validator.isISO31661Alpha2(code));
}

/** The name of a country in the language of `locale`. */
export const countryName = (code: string, locale: string): string => names(locale).of(code) ?? code;

// People answer "Germany" or "德国" as well as "DE".
const byName = new Map(
  ["en", "zh"].flatMap((locale) =>
    countries.map((code) => [countryName(code, locale).toLowerCase(), code] as const),
  ),
);
for (const [alias, code] of [
  ["uk", "GB"],
  ["england", "GB"],
  ["great britain", "GB"],
  ["usa", "US"],
  ["america", "US"],
  ["hong kong", "HK"],
  ["macau", "MO"],
  ["香港", "HK"],
  ["澳门", "MO"],
] as const)
  byName.set(alias, code);

/** The code of a country given by code or by its English or Chinese name, or null. */
export function countryCode(text: string): string | null {
  const word = text.trim();
  const code = word.toUpperCase();
  return (
    byName.get(word.toLowerCase()) ?? (/^[A-Z]{2}$/.test(code) && countries.includes(code) ? code : null)
  );
}

const POSTAL = new Set<string>(validator.isPostalCodeLocales);

function fitsCountry(postalCode: string, country: string): boolean {
  const known = validator.isPostalCodeLocales.find((locale) => locale === country);
  return known === undefined || validator.isPostalCode(postalCode, known);
}

// What may be a phone number at all, in any way of writing it.
const PHONE = /^\+?[\d\s().\-/]{4,25}$/;

/** True where parcels need a postal code that can be checked. */
export const needsPostalCode = (country: string): boolean => POSTAL.has(country);

/** The phone number as E.164, read as a number of `country` when it has no "+"; null when it cannot be one. */
export function phoneNumber(text: string, country: string): string | null {
  const home: CountryCode | undefined = isSupportedCountry(country) ? country : undefined;
  const number = parsePhoneNumberFromString(text, home);
  return number?.isPossible() === true ? number.number : null;
}

/**
 * An address as a person types it. The country may be given by name; postal code and phone are checked against it.
 * `normalAddress` brings what passes into its kept form.
 */
export const addressSchema = z
  .strictObject({
    name: lineSchema(80),
    email: z
      .string()
      .trim()
      .max(254)
      .refine((text) => validator.isEmail(text), "is not an e-mail address"),
    phone: z.string().trim().regex(PHONE, "is not a phone number"),
    street: lineSchema(160),
    city: lineSchema(80),
    postalCode: z.preprocess(
      (value) => value ?? "",
      z
        .string()
        .trim()
        .toUpperCase()
        .regex(/^[A-Z0-9 -]{0,12}$/, "is not a postal code"),
    ),
    country: z
      .string()
      .max(60)
      .transform((text, context) => {
        const code = countryCode(text);
        if (code !== null) return code;
        context.addIssue({ code: "custom", message: "is not a country" });
        return z.NEVER;
      }),
  })
  .superRefine(({ country, postalCode, phone }, context) => {
    if (!fitsCountry(postalCode, country))
      context.addIssue({ code: "custom", path: ["postalCode"], message: `is not one of ${country}` });
    if (PHONE.test(phone) && phoneNumber(phone, country) === null)
      context.addIssue({ code: "custom", path: ["phone"], message: `is not a phone number of ${country}` });
  });

/** Checks an address and brings it into its kept form: country as a code, phone as E.164. @throws {z.ZodError} */
export function normalAddress(address: Omit<Address, "id">): Omit<Address, "id"> {
  const valid = addressSchema.parse(address);
  return { ...valid, phone: phoneNumber(valid.phone, valid.country) ?? valid.phone };
}
