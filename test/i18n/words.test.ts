import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { IntlMessageFormat } from "intl-messageformat";
import { describe, expect, test } from "vitest";
import { capabilities as telegram } from "../../adapters/telegram/capabilities.ts";
import { en } from "../../src/i18n/en.ts";
import { dictionaries, languageOf, locales, sayIn } from "../../src/i18n/index.ts";

type Ast = ReturnType<IntlMessageFormat["getAst"]>;

const parsed = (locale: string, message: string): Ast =>
  new IntlMessageFormat(message, locale, undefined, { ignoreTag: true }).getAst();

/** The names of what a message wants filled in, also inside its plurals. */
const paramsOf = (ast: Ast): string[] => [
  ...new Set(
    ast.flatMap((part) => [
      ...("options" in part || part.type === 1 ? [String((part as { value: string }).value)] : []),
      ...("options" in part ? Object.values(part.options).flatMap(({ value }) => paramsOf(value)) : []),
    ]),
  ),
];

const sources = ["src", "flows", "adapters"].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !join(folder, file).startsWith(join("src", "i18n")))
    .map((file) => readFileSync(join(folder, file), "utf8")),
);

/** The words that stand on buttons and in pick lists. */
const labels = [
  ...new Set(
    sources.flatMap((source) =>
      [...source.matchAll(/(?:\.button\(|\.pick\(|label:)\s*turn\.say\(\s*"([\w.]+)"/g)].map(
        ([, key]) => key!,
      ),
    ),
  ),
].filter((key): key is keyof typeof en => key in en);

test("every word is said somewhere", () => {
  const all = sources.join("\n");
  const states = (key: string) => key.startsWith("state."); // said by the state's own name
  expect(Object.keys(en).filter((key) => !states(key) && !all.includes(`"${key}"`))).toEqual([]);
});

test("a language is found by any locale of it, and English stands in for the others", () => {
  expect(languageOf("zh-Hans-CN")).toBe("zh");
  expect(languageOf("EN_us")).toBe("en");
  expect(languageOf("de")).toBeUndefined();
  expect(sayIn("de")("menu.cart")).toBe(en["menu.cart"]);
});

describe.each(locales)("in %s", (locale) => {
  const words = Object.entries(dictionaries[locale]!);

  test("has the words English has, and no other", () => {
    expect(words.map(([key]) => key).toSorted()).toEqual(Object.keys(en).toSorted());
  });

  test("says something everywhere, without blanks at the ends", () => {
    expect(words.filter(([, text]) => text === "" || text !== text.trim())).toEqual([]);
  });

  test.each(words)("%s can be read and wants what English wants", (key, text) => {
    const english = paramsOf(parsed("en", en[key as keyof typeof en]));
    expect(paramsOf(parsed(locale, text)).toSorted()).toEqual(english.toSorted());
  });

  test("fits its labels on every button", () => {
    expect(labels.length).toBeGreaterThan(30);
    const long = labels.filter((key) => {
      const params = Object.fromEntries(
        paramsOf(parsed(locale, dictionaries[locale]![key])).map((name) => [name, "12"]),
      );
      return sayIn(locale)(key, params).length > telegram.labelMax;
    });
    expect(telegram.labelMax).toBeLessThanOrEqual(40);
    expect(long).toEqual([]);
  });

  test("describes its commands as briefly as Telegram asks", () => {
    expect(words.filter(([key, text]) => key.startsWith("command.") && text.length > 256)).toEqual([]);
  });
});

test("Chinese has the marks of Chinese", () => {
  const half = /\p{Script=Han}\s*[,:!?;()]|[,:!?;(]\s*\p{Script=Han}/u;
  expect(Object.entries(dictionaries.zh!).filter(([, text]) => half.test(text))).toEqual([]);
});

test.each(["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"])(
  "a language or a word called %s is none of ours",
  (name) => {
    expect(languageOf(name)).toBeUndefined();
    expect(languageOf(`${name}-CN`)).toBeUndefined();
    expect(sayIn(name)("menu.cart")).toBe(en["menu.cart"]);
    expect(sayIn("zh").any(name)).toBe(dictionaries.zh?.["problem.any"]);
  },
);
