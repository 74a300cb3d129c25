/** A name without control, direction and zero-width characters, which could disguise it or the text around it. */
export const legible = (name: string): string => name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "").trim();

/** Text without halves of surrogate pairs, which no UTF-8 can hold; U+FFFD stands in their place. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\uFFFD");

/** Whether there is anything to be seen. Platforms refuse messages and labels of blanks and control characters. */
export const isVisible = (text: string): boolean => /[^\p{C}\p{Z}]/u.test(text);
