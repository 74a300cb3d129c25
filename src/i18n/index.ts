import { IntlMessageFormat } from "intl-messageformat";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

export type WordKey = keyof typeof en;
export type Dictionary = Record<WordKey, string>;
type Params = Record<string, string | number | Date>;

/** Says a word by its key, in one language. `any` takes a key that is only known at run time. */
export interface Say {
  (key: WordKey, params?: Params): string;
  any(key: string): string;
}

export const dictionaries: Readonly<Record<string, Dictionary>> = { en, zh };
export const locales = Object.keys(dictionaries);

/** The language of ours that fits a platform's locale (BCP 47): "zh-Hans-CN" is "zh". Undefined if none does. */
export const languageOf = (locale: string | undefined): string | undefined => {
  const language = locale?.toLowerCase().split(/[-_]/)[0];
  return language !== undefined && Object.hasOwn(dictionaries, language) ? language : undefined;
};

const isWordKey = (key: string): key is WordKey => Object.hasOwn(en, key);

const makeSay = (locale: string, dictionary: Dictionary): Say => {
  const formats = new Map<WordKey, IntlMessageFormat>();
  const say = (key: WordKey, params?: Params): string => {
    let format = formats.get(key);
    if (!format) {
      format = new IntlMessageFormat(dictionary[key], locale, undefined, { ignoreTag: true });
      formats.set(key, format);
    }
    return String(format.format(params));
  };
  return Object.assign(say, { any: (key: string) => say(isWordKey(key) ? key : "problem.any") });
};

const says = new Map(
  Object.entries(dictionaries).map(([locale, dictionary]) => [locale, makeSay(locale, dictionary)]),
);
const english = makeSay("en", en);

/** The words in a language; English where we do not ship it. */
export const sayIn = (locale: string): Say => says.get(languageOf(locale) ?? "en") ?? english;
