import { type Answer, form, type Turn, type Values } from "../src/engine/index.ts";
import { type Address, addressSchema, countries, countryName } from "../src/shop/address.ts";

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
      email: { label: "address.email", problem: "problem.email", input: "email", maxLength: 254 },
      phone: {
        label: "address.phone",
        hint: "address.phone_hint",
        problem: "problem.phone",
        input: "phone",
        maxLength: 25,
      },
      street: {
        label: "address.street",
        hint: "address.street_hint",
        problem: "problem.street",
        location: true,
        maxLength: 160,
      },
      city: { label: "address.city", problem: "problem.city", maxLength: 80 },
      postalCode: { label: "address.postal_code", problem: "problem.postal_code", maxLength: 12 },
      country: {
        label: "address.country",
        hint: "address.country_hint",
        problem: "problem.country",
        input: "choice",
        maxLength: 60,
        options: (turn) =>
          countries
            .map((code) => ({ value: code, label: countryName(code, turn.locale) }))
            .sort((a, b) => a.label.localeCompare(b.label, turn.locale)),
      },
    },
    submitted,
  });

/** What is known of a person, to start the form with. */
export const known = (address: Partial<Address> | undefined): Values => {
  const { id: _, ...fields } = address ?? {};
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
};
