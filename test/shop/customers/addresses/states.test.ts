import { expect, test } from "vitest";
import { isComplete, normalAddress } from "../../../../src/shop/customers/addresses/address.ts";
import { countries } from "../../../../src/shop/customers/addresses/countries.ts";
import { findState, needsState, stateOfPlace } from "../../../../src/shop/customers/addresses/states.ts";

test.each([
  ["New York", "US", "NY"],
  ["ny", "US", "NY"],
  ["D.C.", "US", "DC"],
  ["Québec", "CA", "QC"],
  ["quebec", "CA", "QC"],
  ["new south wales", "AU", "NSW"],
  ["São Paulo", "BR", "SP"],
  ["sao paulo", "BR", "SP"],
  ["Milano", "IT", "MI"],
  ["Delhi", "IN", "Delhi"],
  ["tokyo", "JP", "Tokyo"],
  ["東京", "JP", "東京都"],
  ["Osaka Prefecture", "JP", "Osaka"],
  ["广东", "CN", "广东省"],
  ["廣東省", "CN", "广东省"],
  ["Dubai", "AE", "Dubai"],
  ["Kowloon", "HK", "Kowloon"],
])("%s in %s is written %s, and is found by that again", (typed, country, value) => {
  expect(findState(typed, country)).toEqual({ kind: "found", value });
  expect(findState(value, country)).toEqual({ kind: "found", value });
});

test("a misspelt state finds what may be meant, by name; an unknown one finds nothing", () => {
  expect(findState("Calfornia", "US")).toEqual({ kind: "near", values: ["California"] });
  expect(findState("Ontaro", "CA")).toEqual({ kind: "near", values: ["Ontario"] });
  expect(findState("Gotham", "US")).toEqual({ kind: "unknown" });
  expect(findState("Bayern", "NR")).toEqual({ kind: "unknown" });
});

test.each([
  ["US", "New York", "10001", "NY"],
  ["US", "Washington", "20001", "DC"],
  ["CA", "Toronto", "M5V 2T6", "ON"],
  ["AU", "Perth", "6000", "WA"],
  ["JP", "Shibuya", "150-0002", "Tokyo"],
  ["IN", "Mumbai", "400001", "Maharashtra"],
  ["MX", "Guadalajara", "44100", "Jalisco"],
  ["ES", "Sevilla", "41001", "Sevilla"],
  ["CN", "广州", "510000", "广东省"],
  ["HK", "Kowloon", "", "Kowloon"],
  ["AE", "Dubai", "", "Dubai"],
  ["US", "Nowhere", "00000", undefined],
  ["DE", "Berlin", "10115", undefined],
])("a place in %s (%s %s) tells its state: %s", (country, city, postalCode, state) => {
  expect(stateOfPlace({ country, city, postalCode })).toBe(state);
});

test("the states of every country are found by their own letters and names, and by nothing twice", () => {
  for (const country of countries.filter(needsState)) {
    const place = { country, city: "Nowhere at all", postalCode: "" };
    expect(stateOfPlace(place), country).toBeUndefined();
    expect(findState("xyzzy plugh", country), country).toEqual({ kind: "unknown" });
  }
  expect(countries.filter(needsState)).toEqual(
    expect.arrayContaining(["AU", "BR", "CA", "CN", "ES", "ID", "IN", "IT", "JP", "KR", "MX", "TW", "US"]),
  );
  expect(needsState("DE") || needsState("GB") || needsState("PR")).toBe(false);
});

const home = {
  name: "Ada Example",
  email: "ada@example.com",
  phone: "+1 212 555 0123",
  street: "350 Fifth Avenue",
  city: "New York",
  postalCode: "10118",
  country: "US",
};

test("an address is kept with its state, told or known from the rest; one of earlier versions is read as it is", () => {
  expect(normalAddress(home)).toEqual({ ...home, phone: "+12125550123", state: "NY" });
  expect(normalAddress({ ...home, state: "new jersey" })).toMatchObject({ state: "NJ" });
  expect(normalAddress({ ...home, state: " " })).toMatchObject({ state: "NY" });
  const berlin = { ...home, country: "DE", city: "Berlin", postalCode: "10115", phone: "+493012345678" };
  expect(normalAddress(berlin)).toEqual(berlin);
});

test("an address lacks its state only where nothing tells it, and is not complete then", () => {
  const complete = (address: object) => isComplete({ ...home, ...address });
  expect(complete({})).toBe(true);
  expect(complete({ postalCode: "00000", city: "Nowhere" })).toBe(false);
  expect(complete({ postalCode: "00000", city: "Nowhere", state: "Gotham" })).toBe(true);
  expect(complete({ country: "HK", postalCode: "", city: "Central", phone: "+85223456789" })).toBe(true);
});
