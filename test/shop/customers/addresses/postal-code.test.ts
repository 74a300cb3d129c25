import fc from "fast-check";
import { expect, test } from "vitest";
import { countries } from "../../../../src/shop/customers/addresses/countries.ts";
import { readPostalCode } from "../../../../src/shop/customers/addresses/postal-code.ts";
import { postalFormat } from "../../../../src/shop/customers/addresses/postal-format.ts";

test.each([
  ["IE", "d02x285", "D02 X285"],
  ["LT", "LT-01100", "01100"],
  ["LT", "01100", "01100"],
  ["LV", "1010", "LV-1010"],
  ["LV", "lv 1010", "LV-1010"],
  ["JP", "1000001", "100-0001"],
  ["JP", "１００－０００１", "100-0001"],
  ["JP", "〒100-0001", "100-0001"],
  ["PL", "00950", "00-950"],
  ["DE", "D-10115", "10115"],
  ["DE", "DE 10115", "10115"],
  ["GB", "sw1a1aa", "SW1A 1AA"],
  ["GB", "m25bq", "M2 5BQ"],
  ["NL", "1012ab", "1012 AB"],
  ["CH", "CH-8001", "8001"],
  ["LI", "FL-9490", "9490"],
  ["SE", "114 55", "114 55"],
  ["CA", "h3z2y7", "H3Z 2Y7"],
  ["IN", "110 001", "110001"],
  ["US", "10001-0001", "10001-0001"],
  ["FR", "७५००१", "75001"],
])("%s %s is kept as %s", (country, typed, kept) => {
  expect(readPostalCode(typed, country)).toEqual({ value: kept, fits: true });
});

test.each([
  ["US", "100010001"],
  ["US", "D-10115"],
  ["DE", "1011"],
  ["GB", "12345"],
])("%s %s is doubtful, and stays as it is", (country, typed) => {
  expect(readPostalCode(typed, country)).toEqual({ value: typed, fits: false });
});

test("a country without postal codes takes what people write for want of one", () => {
  for (const country of ["HK", "AE", "MO"]) {
    expect(postalFormat(country).postalCode).toBeUndefined();
    expect(readPostalCode("00000", country).fits).toBe(true);
  }
});

test("the samples of every country fit, come out the same without their blanks and dashes, and stay", () => {
  for (const country of countries) {
    const { postalCode } = postalFormat(country);
    const spaced = postalCode?.samples.every((sample) => /[ -]/.test(sample)) ?? false;
    for (const sample of postalCode?.samples ?? []) {
      const read = readPostalCode(sample, country);
      expect(read, `${country} ${sample}`).toMatchObject({ fits: true });
      expect(readPostalCode(read.value, country)).toEqual(read);
      if (spaced)
        expect(readPostalCode(sample.replace(/[ -]/g, ""), country), `${country} ${sample}`).toEqual(read);
    }
  }
});

test("reading what was read changes nothing, whatever was typed", () => {
  for (const typed of ["\u1fe2", "〒〒 1000001", "〒 〒", "ŉ1", "ß-1"])
    for (const country of ["AD", "JP"]) {
      const once = readPostalCode(typed, country);
      expect(readPostalCode(once.value, country), typed).toEqual(once);
    }
  fc.assert(
    fc.property(
      fc.constantFrom(...countries),
      fc.string({ unit: "grapheme", maxLength: 12 }),
      (country, typed) => {
        const once = readPostalCode(typed, country);
        expect(readPostalCode(once.value, country)).toEqual(once);
      },
    ),
  );
});
