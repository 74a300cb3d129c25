import { type Answer, form, type Reading, type Turn, type Values, type Words } from "../src/engine/index.ts";
import {
  type Address,
  addressSchema,
  hasPostalCodes,
  needsPostalCode,
  normalAddress,
  POSTAL_CODE_MAX,
  STATE_MAX,
} from "../src/shop/customers/addresses/address.ts";
import {
  emailAddress,
  isInternational,
  looksLikePhone,
  phoneNumber,
  shownPhone,
} from "../src/shop/customers/addresses/contact.ts";
import { countries, countryName } from "../src/shop/customers/addresses/countries.ts";
import { findCountry } from "../src/shop/customers/addresses/country-names.ts";
import { readPostalCode } from "../src/shop/customers/addresses/postal-code.ts";
import { findState, hasStates, lacksState } from "../src/shop/customers/addresses/states.ts";

/** A form for a delivery address; what is done with it is the caller's. */
export const addressForm = (
  name: string,
  submitted: (turn: Turn, address: Omit<Address, "id">, args: Values) => Promise<Answer>,
) =>
  form({
    name,
    title: "address.title",
    submit: "address.submit",
    schema: addressSchema,
    fields: {
      name: { label: "address.name", problem: "problem.name", maxLength: 80 },
      email: {
        label: "address.email",
        problem: "problem.email",
        input: "email",
        maxLength: 254,
        read: (typed) => {
          const value = emailAddress(typed);
          return value === null ? { kind: "refused" } : { kind: "taken", value, told: differs(typed, value) };
        },
      },
      phone: {
        label: "address.phone",
        hint: "address.phone_hint",
        problem: "problem.phone",
        input: "phone",
        maxLength: 60,
        after: "country",
        read: (typed, { country }) => readPhone(typed, country),
        shown: shownPhone,
      },
      street: {
        label: "address.street",
        hint: "address.street_hint",
        problem: "problem.street",
        location: true,
        maxLength: 160,
      },
      city: { label: "address.city", problem: "problem.city", maxLength: 80 },
      country: {
        label: "address.country",
        hint: "address.country_hint",
        problem: "problem.country",
        input: "choice",
        maxLength: 100,
        options: (turn) => countryOptions(turn.locale),
        read: readCountry,
      },
      // After the country, which tells whether there is one.
      postalCode: {
        label: "address.postal_code",
        problem: "problem.postal_code",
        maxLength: POSTAL_CODE_MAX,
        after: "country",
        optional: ({ country = "" }) => !needsPostalCode(country),
        needless: ({ country = "" }) => country !== "" && !hasPostalCodes(country),
        read: (typed, { country = "" }) => {
          const { value, fits } = readPostalCode(typed, country);
          if (fits) return { kind: "taken", value, told: differs(typed, value) };
          const ask = (turn: Words) =>
            turn.say("address.postal_code_sure", { value, country: countryName(country, turn.locale) });
          return { kind: "doubtful", value, ask };
        },
      },
      // After the postal code and the city, which mostly tell it.
      state: {
        label: "address.state",
        problem: "problem.state",
        maxLength: STATE_MAX,
        after: "postalCode",
        late: true,
        optional: (known) => !isStateMissing(known),
        needless: (known) => known.country !== undefined && !isStateMissing(known),
        read: readState,
      },
    },
    submitted: (turn, address, args) => submitted(turn, normalAddress(address), args),
  });

/** Whether a parcel needs to say the state, and nothing else tells it. */
const isStateMissing = ({ country = "", city = "", postalCode = "" }: Values): boolean =>
  lacksState({ country, city, postalCode });

/** A name that no list has may be right all the same: it is asked about once. */
function readState(typed: string, { country = "" }: Values): Reading {
  const found = findState(typed, country);
  switch (found.kind) {
    case "found":
      // Its name and its letters are one to whoever wrote either.
      return { kind: "taken", value: found.value };
    case "near":
      return { kind: "refused", near: found.values };
    case "unknown": {
      const ask = (turn: Words) =>
        turn.say("address.state_sure", { value: typed, country: countryName(country, turn.locale) });
      return hasStates(country) ? { kind: "doubtful", value: typed, ask } : { kind: "taken", value: typed };
    }
  }
}

/** Whether more than blanks, case and punctuation sets the two apart. */
const differs = (typed: string, value: string): boolean => {
  const bare = (text: string) => text.toUpperCase().replace(/[^\p{L}\p{N}@]/gu, "");
  return bare(typed) !== bare(value);
};

function readCountry(typed: string): Reading {
  const found = findCountry(typed);
  switch (found.kind) {
    case "found":
      return { kind: "taken", value: found.code, told: typed.toUpperCase() !== found.code };
    case "near":
      return { kind: "refused", near: found.codes };
    case "unknown":
      return { kind: "refused" };
  }
}

/** A number without its country's code waits for the country. */
function readPhone(typed: string, country: string | undefined): Reading {
  if (country === undefined && !isInternational(typed))
    return looksLikePhone(typed) ? { kind: "taken", value: typed } : { kind: "refused" };
  const value = phoneNumber(typed, country ?? "");
  if (value === null) return { kind: "refused" };
  const digits = (text: string) => text.replace(/\D/g, "").replace(/^00?/, "");
  return { kind: "taken", value, told: !digits(value).endsWith(digits(typed.replace(/\(0\)/, ""))) };
}

const options = new Map<string, readonly { value: string; label: string }[]>();

function countryOptions(locale: string): readonly { value: string; label: string }[] {
  const known = options.get(locale);
  if (known) return known;
  const made = countries
    .map((code) => ({ value: code, label: countryName(code, locale) }))
    .sort((a, b) => a.label.localeCompare(b.label, locale));
  options.set(locale, made);
  return made;
}

/** What is known of a person, to start the form with. */
export const known = (address: Partial<Address> | undefined): Values => {
  const { id: _, ...fields } = address ?? {};
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
};
