import { z } from "zod";
import { tidy } from "../../i18n/typed.ts";

/** One line of text without control, bidi or zero-width characters, trimmed. */
export const lineSchema = (max: number) =>
  z
    .string()
    .transform((text) => tidy(text).replace(/\s+/gu, " ").trim())
    .pipe(z.string().min(1).max(max));

/** Text of several lines, tidied alike; may be empty. */
export const textSchema = (max: number) =>
  z
    .string()
    .transform((text) => tidy(text.replace(/\r\n?/g, "\n")).trim())
    .pipe(z.string().max(max));
