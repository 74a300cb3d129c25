import { Schema } from "mongoose";
import { z } from "zod";
import { lineSchema, textSchema } from "./text-schemas.ts";

/** Text in the languages of the shop. English is always there and is what others fall back to. */
export interface Localised {
  en: string;
  zh?: string;
}

/** The text in the language of `locale` (BCP 47), or in English where it has none. */
export const inLanguage = (text: Localised, locale: string): string =>
  (/^zh\b/i.test(locale) ? text.zh : undefined) ?? text.en;

/** A localised line. An empty translation counts as none. */
export const localisedSchema = (max: number) =>
  z
    .strictObject({ en: lineSchema(max), zh: z.literal("").or(lineSchema(max)).optional() })
    .transform(withoutEmpty);

/** A localised text of several lines. */
export const localisedTextSchema = (max: number) =>
  z.strictObject({ en: textSchema(max), zh: textSchema(max).optional() }).transform(withoutEmpty);

function withoutEmpty(text: { en: string; zh?: string }): Localised {
  return text.zh === undefined || text.zh === "" ? { en: text.en } : { en: text.en, zh: text.zh };
}

/** The schema of localised text inside other documents. */
export const localisedField = new Schema<Localised>(
  { en: { type: String, default: "" }, zh: String },
  { _id: false, strict: "throw" },
);
