import { simplified } from "./han-variants.ts";

/**
 * A word as it is compared: what two people may write differently and mean alike becomes one. Case, accents, width and
 * compatibility forms go by Unicode's own tables (NFKD); what those keep apart though keyboards, fonts or habits do not
 * (ø and o, the Turkish ı and i, Arabic yeh and alef maksura, hiragana and katakana, 藍 and 蓝) is folded here.
 *
 * Folding twice changes nothing more. The result is for comparing only and is never shown.
 */
export function folded(word: string): string {
  if (isAscii(word)) return word.toLowerCase();
  const plain = word
    .normalize("NFKD")
    .toLowerCase()
    .replace(MARKS, "")
    .replace(LETTERS, (letter) => LETTER.get(letter) ?? letter)
    .replace(DIGITS, (digit) => String(digitOf(digit)))
    .normalize("NFC");
  return ASIAN.test(plain) ? foldedAsian(plain) : plain;
}

/** Whether a text is ASCII only, so that there is nothing in it to fold but case. */
export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

// Accents, Arabic vowel marks, Hebrew points: of these scripts every mark may be left out. Indic, Thai and kana marks are
// letters to those who write them and stay.
const MARKS =
  /(?![\u3099\u309a])(?=[\p{scx=Latn}\p{scx=Grek}\p{scx=Cyrl}\p{scx=Arab}\p{scx=Hebr}\p{sc=Zinh}])\p{M}/gu;

/** Letters that Unicode does not decompose: `ab:c` compares a and b as c. */
const ALIKE = [
  // Latin, as in CLDR's transform Latin-ASCII.
  "øɔ:o ł:l đðɗ:d ħ:h ŧ:t ŋɲ:n ıɨ:i ȷ:j ĸƙ:k ƒ:f þ:th æ:ae œ:oe ß:ss əǝɛ:e ɓƀ:b ƴ:y ɣǥ:g ʉ:u ƶ:z",
  // Greek and Cyrillic: the sigma at the end of a word, and letters that keyboards of neighbouring languages lack.
  "ς:σ ґғ:г қ:к ң:н ө:о ұү:у ә:а һ:х",
  // Arabic letters as Arabic, Persian and Urdu write them: alef, yeh, kaf, heh with teh marbuta, feh, noon. The tatweel
  // (U+0640) only stretches a word.
  "\u0640: \u0671:\u0627 \u0649\u06cc\u06d0\u06d2:\u064a \u06a9\u06aa:\u0643 \u0629\u06c3\u06c1\u06be\u06d5:\u0647",
  "\u06a4:\u0641 \u06ba:\u0646",
  // Hebrew letters as they stand at the end of a word.
  "\u05da:\u05db \u05dd:\u05de \u05df:\u05e0 \u05e3:\u05e4 \u05e5:\u05e6",
  // Indic: the dot below (nukta) is often left out, and the moon (chandrabindu) often a dot.
  "\u093c\u09bc\u0a3c\u0abc\u0b3c\u0cbc: \u0901:\u0902 \u0981:\u0982 \u0a01\u0a70:\u0a02 \u0a81:\u0a82",
  // Bengali khanda ta and Assamese ra; Malayalam chillus, which older fonts wrote as a letter and a virama.
  "ৎ:ত\u09cd ৰ:র ൺ:ണ\u0d4d ൻ:ന\u0d4d ർ:ര\u0d4d ൽ:ല\u0d4d ൾ:ള\u0d4d",
];
const LETTER = new Map(
  ALIKE.flatMap((row) => row.split(" ")).flatMap((entry) => {
    const [letters = "", as = ""] = entry.split(":");
    return [...letters].map((letter) => [letter, as] as const);
  }),
);
const LETTERS = new RegExp(`[${[...LETTER.keys()].join("")}]`, "gu");

const DIGITS = /[^\P{Nd}0-9]/gu;

/** The value of a digit of any script. Unicode keeps the ten of a script together, in their order. */
function digitOf(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
  return value;
}

const ASIAN = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Deva}]/u;
/** ヴ, or ヴ with a small vowel, by the place of that in ァィゥェォ. */
const vSound = (sound: string): string =>
  "ばび_べぼ".charAt("ぁぃ_ぇぉ".indexOf(sound.charAt(1) || "?")) || "ぶ";

// As Lucene's HindiNormalizer and JapaneseKatakanaStemFilter do.
const foldedAsian = (word: string): string =>
  word
    // A nasal before another consonant may be written as a dot: हिन्दी and हिंदी.
    .replace(/[ङञणनम]\u094d(?=[क-ह])/gu, "\u0902")
    .replace(/[ァ-ヶヽヾ]/gu, (kana) => String.fromCodePoint((kana.codePointAt(0) ?? 0) - 0x60))
    .replace(/ゔ[ぁぃぇぉ]?/gu, vSound)
    // The mark at the end of a long word is a matter of taste: コンピュータ and コンピューター.
    .replace(/ー+/gu, "ー")
    .replace(/(?<=[ぁ-ゖー]{3})ー(?![ぁ-ゖ])/gu, "")
    .replace(/\p{sc=Han}/gu, simplified);
