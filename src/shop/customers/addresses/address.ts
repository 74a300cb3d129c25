import { z } from "zod";
import { typedCode } from "../../../i18n/typed.ts";
import { lineSchema } from "../../core/text-schemas.ts";
import { emailAddress, looksLikePhone, phoneNumber } from "./contact.ts";
import { findCountry } from "./country-names.ts";
import { readPostalCode } from "./postal-code.ts";
import { postalFormat } from "./postal-format.ts";
import { lacksState, stateFor } from "./states.ts";

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
  /** As the country writes it; "" where there is none. */
  postalCode: string;
  /** State, province, prefecture or the like, where addresses of the country have one. Earlier versions kept none. */
  state?: string | undefined;
  /** ISO 3166-1 alpha-2, or XK. */
  country: string;
}

export { countries, countryName } from "./countries.ts";

/** The code of a country by what people call it, or null where that is not sure. */
export function countryCode(text: string): string | null {
  const found = findCountry(text);
  return found.kind === "found" ? found.code : null;
}

/** A postal code may be so long, in UTF-16 units; the longest in use have ten. */
export const POSTAL_CODE_MAX = 16;

/** True where parcels need a postal code. */
export const needsPostalCode = (country: string): boolean => postalFormat(country).needsPostalCode;

/** True where there are postal codes at all. */
export const hasPostalCodes = (country: string): boolean => postalFormat(country).postalCode !== undefined;

/** The name of a state may be so long, in UTF-16 units. */
export const STATE_MAX = 80;

const refused = (context: z.RefinementCtx, message: string): never => {
  context.addIssue({ code: "custom", message });
  return z.NEVER;
};

/**
 * An address as a person types it: the country by code or by a name in any language, the rest as people write it. Phone
 * and country must go together. A postal code of an unusual shape is taken: whoever asks for it asks twice.
 * A state may be missing here too, as only a person can tell it; `isComplete` and the form ask for it. `normalAddress`
 * brings what passes into its kept form.
 */
export const addressSchema = z
  .strictObject({
    name: lineSchema(80),
    email: z
      .string()
      .max(320)
      .transform((text, context) => emailAddress(text) ?? refused(context, "is not an e-mail address")),
    phone: z.string().max(80).transform(typedCode).refine(looksLikePhone, "is not a phone number"),
    street: lineSchema(160),
    city: lineSchema(80),
    postalCode: z.preprocess(
      (value) => value ?? "",
      z
        .string()
        .max(80)
        .transform((text) => typedCode(text).toUpperCase())
        .pipe(
          z
            .string()
            .max(POSTAL_CODE_MAX)
            .regex(/^$|[\p{L}\p{N}]/u, "is not a postal code"),
        ),
    ),
    state: z.preprocess(
      (value) => (typeof value === "string" && value.trim() === "" ? undefined : value),
      lineSchema(STATE_MAX).optional(),
    ),
    country: z
      .string()
      .max(100)
      .transform((text, context) => {
        return countryCode(text) ?? refused(context, "is not a country");
      }),
  })
  .superRefine(({ country, postalCode, phone }, context) => {
    if (postalCode === "" && needsPostalCode(country))
      context.addIssue({ code: "custom", path: ["postalCode"], message: "problem.postal_code_missing" });
    if (looksLikePhone(phone) && phoneNumber(phone, country) === null)
      context.addIssue({ code: "custom", path: ["phone"], message: `is not a phone number of ${country}` });
  });

/** Whether an address can be sent to as it stands. One kept under earlier rules may lack something. */
export const isComplete = ({ id: _, ...address }: Address): boolean =>
  !lacksState(address) && addressSchema.safeParse(address).success;

/** Checks an address and brings it into its kept form: country as a code, phone as E.164. @throws {z.ZodError} */
export function normalAddress(address: Omit<Address, "id">): Omit<Address, "id"> {
  const { state: given, ...valid } = addressSchema.parse(address);
  const state = stateFor({ ...valid, state: given });
  return {
    ...valid,
    ...(state !== undefined && { state }),
    phone: phoneNumber(valid.phone, valid.country) ?? valid.phone,
    postalCode: readPostalCode(valid.postalCode, valid.country).value,
  };
}
