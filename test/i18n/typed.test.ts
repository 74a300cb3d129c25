import fc from "fast-check";
import { expect, test } from "vitest";
import { tidy, typedCode, typedLine, typedText } from "../../src/i18n/typed.ts";

const unseen = [
  ..."\u200b\u200e\u200f\u202a\u202c\u202e\u2060\u2066\u2069\u00ad\ufeff\u061c\u180e\u034f\u115f\u3164\u0007\u{e0041}\u{e007f}",
];

test("what cannot be seen goes, wherever it stands", () => {
  for (const mark of unseen)
    expect(tidy(`${mark}sam${mark}@example.com${mark}`), nameOf(mark)).toBe("sam@example.com");
});

test("what shapes words, emoji and flags stays", () => {
  for (const text of [
    "می\u200cخواهم",
    "क्\u200dष",
    "ന്\u200d",
    "👩\u200d🚀",
    "👩🏽\u200d🚒",
    "❤\ufe0f\u200d🔥",
    "1\ufe0f\u20e3",
    "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "葛\u{e0100}城",
    "\u0600١٢",
  ])
    expect(tidy(text)).toBe(text.normalize("NFC"));
});

test("joiners and tags that shape nothing go", () => {
  expect(tidy("a\u200db\u200cc")).toBe("abc");
  expect(tidy("12\ufe0f3")).toBe("123");
  expect(tidy("hi\u{e0068}\u{e0069}")).toBe("hi");
  expect(tidy("\ud800x")).toBe("x");
});

test("blanks of every width are blanks, and lines are lines", () => {
  expect(typedLine("\u00a0Ada\u2003\u3000Lovelace\u2800\n")).toBe("Ada Lovelace");
  expect(typedText("one\u2028two\r\nthree\u00a0four ")).toBe("one\ntwo\nthree four");
});

test("digits, dashes and letters of any kind are plain ones in a code", () => {
  expect(typedCode("１００－０００１")).toBe("100-0001");
  expect(typedCode("\u202a+٣٥٣\u00a01\u2011496 \u2013 ۰۰۰۰\u202c")).toBe("+353 1-496 - 0000");
  expect(typedCode("ｓａｍ＠ｅｘａｍｐｌｅ．ｃｏｍ")).toBe("sam@example.com");
});

const scripts = ["0", "٠", "۰", "०", "০", "๐", "０", "𝟎", "\u{11066}", "᠐"].map(
  (zero) => zero.codePointAt(0) ?? 0,
);

test("digits of any script and any unseen marks never change a code", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[0-9A-Z]{1,12}$/),
      fc.constantFrom(...scripts),
      fc.array(fc.tuple(fc.nat(12), fc.constantFrom(...unseen)), { maxLength: 6 }),
      (code, zero, marks) => {
        const signs = [...code].map((sign) =>
          /\d/.test(sign) ? String.fromCodePoint(zero + Number(sign)) : sign,
        );
        for (const [at, mark] of marks) signs.splice(at, 0, mark);
        expect(typedCode(signs.join(""))).toBe(code);
      },
    ),
  );
});

test("a flood of unseen characters takes no longer than its length", () => {
  const flood = "\u200d\u{1f3f4}\u200b1\ufe0f\u20e3".repeat(60_000);
  const start = performance.now();
  tidy(flood);
  expect(performance.now() - start).toBeLessThan(5_000);
});

test("tidying again changes nothing, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const tidied of [tidy, typedText, typedLine, typedCode])
        expect(tidied(tidied(text))).toBe(tidied(text));
    }),
  );
});

const nameOf = (mark: string): string => `U+${mark.codePointAt(0)?.toString(16)}`;
