/**
 * The one border for what people type or paste: every text, command and field of a form passes here, and so do the
 * schemas of what the shop keeps. Copying from a contact, a mail or a page brings along characters that cannot be seen;
 * keyboards of the world write digits and signs in many ways.
 *
 *   typedCode("\u202a+٣٥٣\u00a01\u2011496\u202c")  // "+353 1-496"
 */

/** Letters that change their shape by U+200C and U+200D: Persian and Urdu words and Indic conjuncts need them. */
const JOINING =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Tibetan}]/u;
/** Signs that suppress an Indic vowel; a joiner may follow them at the end of a word (Malayalam chillus). */
const VIRAMA = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2]/u;
const PICTURE = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f/u;

/** Whether an unseen character shapes what stands beside it, so that the text would read otherwise without it. */
function shapes(sign: string, before: string, after: string): boolean {
  if (sign === "\u200c" || sign === "\u200d") {
    if (VIRAMA.test(before) || (JOINING.test(before) && JOINING.test(after))) return true;
    return sign === "\u200d" && PICTURE.test(before) && /\p{Extended_Pictographic}/u.test(after);
  }
  if (sign === "\ufe0e" || sign === "\ufe0f")
    return /[\p{Emoji}\p{Extended_Pictographic}]/u.test(before) && !/\d/.test(before);
  if (/[\u180b-\u180d\u180f]/u.test(sign)) return /\p{Script=Mongolian}/u.test(before);
  if (/\p{Variation_Selector}/u.test(sign)) return /\p{Script=Han}/u.test(before);
  // Signs that embrace the digits after them are seen, though Unicode calls them format characters.
  return /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u.test(sign);
}

/**
 * In this order: flags of England and the like (a black flag, tags, and the tag that ends them), keycaps, and any
 * character that cannot be seen.
 */
const WHOLE_OR_UNSEEN =
  /\u{1f3f4}[\u{e0020}-\u{e007e}]{1,8}\u{e007f}|[\d#*]\ufe0f\u20e3|(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
const NEXT_SEEN = /^[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]*(.)/su;

/**
 * Text without characters that cannot be seen, in Unicode's composed form (NFC). Controls, zero-width, direction and tag
 * characters can make a name look like another; a lone surrogate is no UTF-8. What shapes words, emoji and flags
 * stays, as do tab and newline. Nothing changes when it is done again.
 */
export function tidy(text: string): string {
  if (!/[^\t\n -~]/.test(text)) return text;
  const kept: string[] = [];
  let before = "";
  let from = 0;
  const keep = (part: string) => {
    if (part === "") return;
    kept.push(part);
    before = [...part.slice(-2)].at(-1) ?? "";
  };
  for (const { 0: sign, index } of text.matchAll(WHOLE_OR_UNSEEN)) {
    keep(text.slice(from, index));
    from = index + sign.length;
    const whole = sign.length > 2;
    if (whole || shapes(sign, before, NEXT_SEEN.exec(text.slice(from, from + 16))?.[1] ?? "")) keep(sign);
  }
  keep(text.slice(from));
  return kept.join("").normalize("NFC");
}

/** Blanks of every width; the blank of Braille is none to Unicode, but looks like one. */
const BLANKS = /[\p{Zs}\t\u2800]/gu;

/** Text of several lines as somebody typed it: tidied, with plain blanks and line breaks, trimmed. */
export const typedText = (text: string): string =>
  tidy(text.replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, "\n"))
    .replace(BLANKS, " ")
    .trim();

/** The same on one line: blanks and line breaks in a row count as one. */
export const typedLine = (text: string): string => typedText(text).replace(/\s+/gu, " ");

/**
 * A number, a code or an address of the net as somebody typed it: what only looks different (full-width and styled
 * signs, NFKC), digits of any script, and all dashes are their ASCII selves.
 */
export const typedCode = (text: string): string =>
  typedLine(typedLine(text).normalize("NFKC"))
    .replace(/[\p{Pd}\u2212\u30fc]/gu, "-")
    .replace(/\p{Nd}/gu, asciiDigit);

/** Unicode puts the ten digits of each script in a row, from zero. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  if (code < 128) return digit;
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
}

/** Whether something was taken out from within a text, not just from its ends: then it may read differently. */
export const lostWithin = (typed: string, kept: string): boolean =>
  typed
    .normalize("NFC")
    .replace(/\s+/gu, " ")
    .replace(/^[\p{C}\s\p{Default_Ignorable_Code_Point}]+|[\p{C}\s\p{Default_Ignorable_Code_Point}]+$/gu, "")
    .length !== kept.replace(/\s+/gu, " ").length;
