import { expect, test } from "vitest";
import {
  addressSchema,
  countries,
  countryCode,
  countryName,
  normalAddress,
} from "../../../../src/shop/customers/addresses/address.ts";

const home = {
  name: "Ada Lovelace",
  email: "ada@example.com",
  phone: "030 123456",
  street: "Torstraße 1",
  city: "Berlin",
  postalCode: "10119",
  country: "DE",
};
const wrong = (change: Partial<typeof home>) => {
  const result = addressSchema.safeParse({ ...home, ...change });
  return result.success ? [] : result.error.issues.map(({ path }) => path.join("."));
};

test("an address comes out with the country as a code and the phone as E.164", () => {
  expect(normalAddress({ ...home, country: "germany" })).toEqual({ ...home, phone: "+4930123456" });
  expect(normalAddress({ ...home, country: "德国", phone: "+44 20 7946 0958" }).phone).toBe("+442079460958");
});

test("normalising twice changes nothing", () => {
  const once = normalAddress({ ...home, name: "  Ada \u202e Lovelace\u200b " });
  expect(once.name).toBe("Ada Lovelace");
  expect(normalAddress(once)).toEqual(once);
});

test("a postal code of any shape is taken, but it may not be missing where parcels need one", () => {
  for (const [country, good, odd, phone] of [
    ["DE", "10119", "1011", "030 123456"],
    ["US", "94103", "100010001", "+1 415 555 0132"],
    ["GB", "sw1a 1aa", "12345", "+44 20 7946 0958"],
    ["CN", "100000", "1000", "+86 138 0013 8000"],
    ["NL", "1012 AB", "AB", "+31 20 123 4567"],
  ] as const) {
    expect(wrong({ country, phone, postalCode: good })).toEqual([]);
    expect(wrong({ country, phone, postalCode: odd })).toEqual([]);
    expect(wrong({ country, phone, postalCode: "" })).toEqual(["postalCode"]);
  }
});

test("a country without postal codes needs none", () => {
  const { postalCode: _, ...rest } = { ...home, country: "HK", phone: "+852 2345 6789" };
  expect(addressSchema.parse(rest)).toMatchObject({ country: "HK", postalCode: "" });
});

test("a phone number must be possible in the country", () => {
  expect(wrong({ phone: "12" })).toEqual(["phone"]);
  expect(wrong({ phone: "call me" })).toEqual(["phone"]);
  expect(wrong({ country: "US", postalCode: "94103", phone: "12345" })).toEqual(["phone"]);
});

test("what is missing or no address at all is told by field", () => {
  expect(wrong({ email: "ada@" })).toEqual(["email"]);
  expect(wrong({ name: "\u200b \u202e" })).toEqual(["name"]);
  expect(wrong({ country: "Atlantis" })).toEqual(["country"]);
  expect(wrong({ country: "ZZ" })).toEqual(["country"]);
  expect(wrong({ street: "", city: "" })).toEqual(["street", "city"]);
  expect(addressSchema.safeParse({ ...home, isAdmin: true }).success).toBe(false);
});

test("countries are known by code and by name in both languages", () => {
  expect(countries).toHaveLength(250);
  for (const code of countries)
    for (const locale of ["en", "zh"]) expect(countryCode(countryName(code, locale))).toBe(code);
  expect(countryCode(" uk ")).toBe("GB");
  expect(countryCode("香港")).toBe("HK");
});
