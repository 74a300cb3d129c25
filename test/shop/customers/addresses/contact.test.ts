import { expect, test } from "vitest";
import { emailAddress, phoneNumber } from "../../../../src/shop/customers/addresses/contact.ts";

test.each([
  ["sam+shop@example.museum", "sam+shop@example.museum"],
  ["Sam <sam@example.com>", "sam@example.com"],
  ['"Sam, A." <sam@example.com>,', "sam@example.com"],
  ["<sam@example.com>", "sam@example.com"],
  ["mailto:sam@example.com?subject=Hello", "sam@example.com"],
  ["sam@example.com\u200b", "sam@example.com"],
  ["s\u00adam@exam\u2060ple.com.", "sam@example.com"],
  ["ｓａｍ＠ｅｘａｍｐｌｅ．ｃｏｍ", "sam@example.com"],
  ["sam @ example.com", "sam@example.com"],
  ["sam@münchen.de", "sam@xn--mnchen-3ya.de"],
  ["sam@例え。jp", "sam@xn--r8jz45g.jp"],
  ["O'Neil@example.ie", "O'Neil@example.ie"],
])("the e-mail address %s is %s", (typed, kept) => {
  expect(emailAddress(typed)).toBe(kept);
  expect(emailAddress(kept)).toBe(kept);
});

test.each(["ada@", "sam@example", "a@b@c.de", "@example.com", "sam", "sam@ex ample.com", ""])(
  "%s is no e-mail address",
  (typed) => {
    expect(emailAddress(typed)).toBeNull();
  },
);

test.each([
  "\u202a+353 1 496 0000\u202c",
  "+353\u20111\u2011496\u20110000",
  "+353 1 496 \u2013 0000",
  "+353 (0)1 496 0000",
  "+３５３１４９６００００",
  "＋353\u00a01\u00a0496\u00a00000",
  "00353 1 496 0000",
  "01 496 0000 ext 12",
  "01/496 0000",
  "tel:+353-1-496-0000",
  "+353.1.496.0000 x5",
  "(+353) 1 496 0000",
  "(00353) 1 496 0000",
  "Tel.: +353 1 496 0000",
  "tel 01 496 0000",
  "☎ +353 1 496 0000",
  "📞\ufe0f +353 1 496 0000",
  "Phone: 01 496 0000",
  "Teléfono：+353 1 496 0000",
  "电话：+353 1 496 0000",
  "٠١ ٤٩٦ ٠٠٠٠",
])("the phone number %s is read in Ireland", (typed) => {
  expect(phoneNumber(typed, "IE")).toBe("+35314960000");
});

test("00 is + abroad too, and Italy keeps the nought that belongs to the number", () => {
  expect(phoneNumber("00353 1 496 0000", "US")).toBe("+35314960000");
  expect(phoneNumber("+39 (0)6 698 1234", "IT")).toBe("+39066981234");
});

test.each(["call me", "12", "+353 1 496 0000 or 1", "1".repeat(40)])("%s is no phone number", (typed) => {
  expect(phoneNumber(typed, "IE")).toBeNull();
});
