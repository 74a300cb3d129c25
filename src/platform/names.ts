/** A name without control, direction and zero-width characters, which could disguise it or the text around it. */
export const withoutDisguise = (name: string): string =>
  name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "").trim();

export { wellFormed } from "../i18n/graphemes.ts";

/** Whether there is anything to be seen. Platforms refuse messages and labels of blanks and control characters. */
export const isVisible = (text: string): boolean => /[^\p{C}\p{Z}]/u.test(text);
