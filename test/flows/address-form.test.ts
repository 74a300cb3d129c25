import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { addressForm } from "../../flows/address-form.ts";
import { nowAsked, readFields, unasked } from "../../src/engine/form-reading.ts";
import { sayIn } from "../../src/i18n/index.ts";
import { findCountry } from "../../src/shop/customers/addresses/country-names.ts";

const cases = z
  .array(z.record(z.string(), z.string().nullable()))
  .parse(JSON.parse(readFileSync(new URL("../cases/c13-addresses.json", import.meta.url), "utf8")));

const form = addressForm("address", async () => undefined);
const fields = Object.keys(form.fields);
const turn = { locale: "en", say: sayIn("en") };

const ireland = {
  name: "Sam Example",
  email: "sam@example.com",
  phone: "+353 1 496 0000",
  street: "1 Main Street",
  city: "Dublin",
  country: "IE",
  postalCode: "D02 X285",
};

/** What becomes of an address: refused, taken at once, or asked about once and then taken. */
function outcome(address: Record<string, string | null>) {
  const typed = Object.fromEntries(Object.entries(address).map(([field, value]) => [field, value ?? ""]));
  const read = readFields(form, fields, typed, {}, turn);
  const { problems, doubts, values } = read;
  const asked = nowAsked(doubts, values);
  return {
    problems: Object.keys(problems),
    doubts: Object.keys(doubts),
    again: Object.keys(unasked(readFields(form, fields, values, values, turn).doubts, values, asked)),
    whole: form.problems(values),
    values,
  };
}

test.each(cases.map((address) => [JSON.stringify(address), address] as const))(
  "the address of %s is taken, or asked about once and then taken",
  (_, address) => {
    const found = outcome({ ...ireland, ...address });
    expect(found.problems).toEqual([]);
    expect(found.doubts).toEqual(address.postalCode === "100010001" ? ["postalCode"] : []);
    expect(found.again).toEqual([]);
    expect(found.whole).toEqual({});
    expect(found.values.phone).toMatch(/^\+\d+$/);
    expect(found.values.email).toMatch(/^sam(\+shop)?@example\.(com|museum)$/);
    const country = findCountry(address.country ?? "IE");
    expect(found.values.country).toBe(country.kind === "found" ? country.code : "");
  },
);

const unseen = [..."\u200b\u200e\u202a\u202c\u2066\u2069\u2060\u00ad\ufeff"];
const zeros = ["0", "٠", "۰", "०", "０"].map((zero) => zero.codePointAt(0) ?? 0);

test("marks that cannot be seen and digits of any script never change what becomes of an address", () => {
  const plain = cases.map((address) => outcome({ ...ireland, ...address }));
  fc.assert(
    fc.property(
      fc.nat(cases.length - 1),
      fc.constantFrom(...zeros),
      fc.array(fc.tuple(fc.constantFrom(...fields), fc.nat(40), fc.constantFrom(...unseen)), {
        maxLength: 6,
      }),
      (at, zero, marks) => {
        const address: Record<string, string | null> = { ...ireland, ...cases[at] };
        const digits = (text: string) =>
          text.replace(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit)));
        for (const field of ["phone", "postalCode"]) address[field] = digits(address[field] ?? "");
        for (const [field, place, mark] of marks) {
          const signs = [...(address[field] ?? "")];
          if (signs.length > 0) signs.splice(place % signs.length, 0, mark);
          address[field] = signs.join("");
        }
        expect(outcome(address)).toEqual(plain[at]);
      },
    ),
  );
});

test.each([
  [{ email: "Sam <sam@example.com>" }, { email: "sam@example.com" }],
  [{ country: "Scotland", postalCode: "EH1 1YZ" }, { country: "GB" }],
  [{ phone: "01 496 0000 ext 12" }, { phone: "+35314960000" }],
  [{ country: "DE", postalCode: "D-10115" }, { postalCode: "10115" }],
  [{ name: "Sam\u202e elpmaxE" }, { name: "Sam elpmaxE" }],
  [
    { phone: "+353 (0)1 496 0000", postalCode: "d02x285", country: "ireland", email: " sam@example.com " },
    {},
  ],
])("of %j the person is told %j", (typed, told) => {
  expect(readFields(form, fields, { ...ireland, ...typed }, {}, turn).told).toEqual(told);
});

test("a postal code may be left out where the country knows none or does without, and only there", () => {
  for (const [country, required] of [
    ["IE", false],
    ["HK", false],
    ["AE", false],
    ["DE", true],
    ["US", true],
  ] as const) {
    expect(form.required("postalCode", { country }), country).toBe(required);
    expect(outcome({ ...ireland, country, postalCode: null }).problems, country).toEqual(
      required ? ["postalCode"] : [],
    );
  }
});

test("a state is asked for where nothing else tells it, may be misspelt, and is taken after a question where no list has it", () => {
  const far = { ...ireland, country: "US", city: "Nowhere", postalCode: "00000", phone: "+12125550123" };
  const read = (state?: string) =>
    readFields(form, fields, { ...far, ...(state !== undefined && { state }) }, {}, turn);
  expect(read().problems.state?.text).toMatch(/need a state/);
  expect(read("Calfornia").problems.state).toEqual({
    text: "Did you mean California?",
    offers: [{ value: "California", label: "California" }],
  });
  expect(read("california").values.state).toBe("CA");
  expect(read("california").told).toEqual({});
  expect(read("Gotham").doubts.state?.text).toMatch(/“Gotham”.*United States.*right/);
  const { values } = read("california");
  expect(readFields(form, fields, values, values, turn)).toMatchObject({ values, problems: {}, doubts: {} });
  // Known from the postal code, and never asked for in Germany.
  expect(readFields(form, fields, { ...far, postalCode: "10001" }, {}, turn).problems).toEqual({});
  const { needless } = form.fields.state ?? {};
  expect(needless?.({ ...far, postalCode: "10001" })).toBe(true);
  expect(needless?.({ ...far, country: "DE", postalCode: "10115" })).toBe(true);
  expect(needless?.(far)).toBe(false);
});

test("a misspelt country is asked about, and an unknown one refused", () => {
  const say = (country: string) => readFields(form, ["country"], { country }, {}, turn).problems.country;
  expect(say("Germny")).toEqual({
    text: "Did you mean Germany?",
    offers: [{ value: "DE", label: "Germany" }],
  });
  expect(say("Korea")?.offers.map(({ value }) => value)).toEqual(["KR", "KP"]);
  expect(say("Atlantis")).toMatchObject({
    text: expect.stringContaining("I don't know that country"),
    offers: [],
  });
});
