import { expect, test } from "vitest";
import { addressLine, addressLines } from "../../../../src/shop/customers/addresses/address-lines.ts";
import { countries } from "../../../../src/shop/customers/addresses/countries.ts";

const home = { name: "Ada Example", street: "1 Main St", city: "Town", postalCode: "", country: "DE" };

test.each([
  [
    { country: "HK", street: "1 Queen's Rd", city: "Kowloon" },
    "Ada Example, 1 Queen's Rd, Kowloon, Hong Kong SAR China",
  ],
  [{ country: "DE", city: "Berlin", postalCode: "10115" }, "Ada Example, 1 Main St, 10115 Berlin, Germany"],
  [
    { country: "US", city: "New York", postalCode: "10001" },
    "Ada Example, 1 Main St, New York, NY 10001, United States",
  ],
  [
    { country: "GB", city: "London", postalCode: "SW1A 1AA" },
    "Ada Example, 1 Main St, London, SW1A 1AA, United Kingdom",
  ],
  [{ country: "IE", city: "Dublin" }, "Ada Example, 1 Main St, Dublin, Ireland"],
  [
    { country: "LT", city: "Vilnius", postalCode: "LT-01100" },
    "Ada Example, 1 Main St, LT-01100 Vilnius, Lithuania",
  ],
  [
    { country: "SG", city: "Singapore", postalCode: "546080" },
    "Ada Example, 1 Main St, SINGAPORE 546080, Singapore",
  ],
  [{ country: "AE", city: "Dubai" }, "Ada Example, 1 Main St, Dubai, United Arab Emirates"],
  [
    { country: "CA", city: "Toronto", postalCode: "M5V 2T6" },
    "Ada Example, 1 Main St, Toronto ON M5V 2T6, Canada",
  ],
  [
    { country: "AU", city: "Sydney", postalCode: "2000", state: "NSW" },
    "Ada Example, 1 Main St, Sydney NSW 2000, Australia",
  ],
  [
    { country: "IN", city: "Mumbai", postalCode: "400001" },
    "Ada Example, 1 Main St, Mumbai 400001, Maharashtra, India",
  ],
  [
    { country: "MX", city: "Guadalajara", postalCode: "44100" },
    "Ada Example, 1 Main St, 44100 Guadalajara, Jalisco, Mexico",
  ],
  [
    { country: "BR", city: "Campinas", postalCode: "13010-000" },
    "Ada Example, 1 Main St, Campinas-SP, 13010-000, Brazil",
  ],
  [{ country: "IT", city: "Milano", postalCode: "20121" }, "Ada Example, 1 Main St, 20121 Milano MI, Italy"],
  [
    { country: "JP", city: "Shibuya", postalCode: "150-0002" },
    "Ada Example, 1 Main St, Shibuya, Tokyo, 150-0002, Japan",
  ],
  [
    { country: "CN", name: "李雷", street: "天河路1号", city: "广州市", postalCode: "510000" },
    "China 510000 广东省广州市 天河路1号 李雷",
  ],
  [
    { country: "US", city: "Springfield", postalCode: "", state: "Illinois" },
    "Ada Example, 1 Main St, Springfield, IL, United States",
  ],
  [{ country: "DE", city: "Berlin", state: "Bayern" }, "Ada Example, 1 Main St, Berlin, Germany"],
  [{ country: "MO", city: "Taipa" }, "Ada Example, 1 Main St, Taipa, Macao SAR China"],
  [
    { country: "JP", name: "山田太郎", street: "千代田1-1", city: "東京都", postalCode: "100-0001" },
    "Japan 〒100-0001 東京都 千代田1-1 山田太郎",
  ],
  [
    { country: "CN", name: "李雷", street: "建国路1号", city: "北京", postalCode: "100000" },
    "China 100000 北京 建国路1号 李雷",
  ],
])("%j reads %s", (address, line) => {
  expect(addressLine({ ...home, ...address }, "en")).toBe(line);
});

test("the country stands in the reader's language", () => {
  expect(addressLine({ ...home, city: "Berlin", postalCode: "10115" }, "zh")).toMatch(/德国$/);
});

test("a parcel's label has capitals where the post wants them, line by line", () => {
  expect(
    addressLines({ ...home, country: "US", city: "New York", postalCode: "10001" }, "en", { capitals: true }),
  ).toEqual(["Ada Example", "1 Main St", "NEW YORK, NY 10001", "United States"]);
});

test("no address of any country has a gap, loses its city or its street, whatever is missing", () => {
  for (const country of countries)
    for (const postalCode of ["", "12345"]) {
      const line = addressLine({ ...home, country, postalCode }, "en");
      expect(line, country).not.toMatch(/ {2}|, ,|^[ ,-]|[ ,-]$|%/);
      for (const part of [home.name, home.street, home.city]) expect(line, country).toContain(part);
    }
});
