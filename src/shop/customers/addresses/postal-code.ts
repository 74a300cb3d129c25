import { typedCode } from "../../../i18n/typed.ts";
import { postalFormat } from "./postal-format.ts";

/** A postal code as it is kept, and whether it looks like one of its country: one that does not is asked about. */
export interface PostalCode {
  readonly value: string;
  readonly fits: boolean;
}

/**
 * The signs of the 1968 convention on road traffic that people of these countries still write before a code (D-10115).
 * Where the sign is the ISO code, or a part of the country's own format (CH-, L-, FL-), it need not stand here.
 */
const SIGNS: Readonly<Record<string, string>> = {
  AT: "A",
  BE: "B",
  DE: "D",
  ES: "E",
  FI: "FIN",
  FR: "F",
  HU: "H",
  IT: "I",
  NO: "N",
  PT: "P",
  RO: "RO",
  SE: "S",
  SI: "SLO",
  TR: "TR",
  UA: "UA",
};

/**
 * A postal code as people write it: in any case, with or without its blanks and dashes, with the sign of the country
 * before it or not. It comes out as the country writes it, which is how it is compared and printed. Doing it again
 * changes nothing.
 */
export function readPostalCode(typed: string, country: string): PostalCode {
  // Capitals of some letters are several signs, which need composing again.
  const value = typedCode(typed)
    .toUpperCase()
    .normalize("NFC")
    .replace(/^[〒\s]+/u, "")
    .replace(/\s*-\s*/g, "-")
    .trim();
  const { postalCode, lines } = postalFormat(country);
  if (!postalCode || value === "") return { value, fits: true };
  const { shape, samples } = postalCode;
  // Where some samples do without, the second part may be left out, and it is not for us to say where it begins.
  const masks = samples.every((sample) => /[ -]/.test(sample)) ? samples : [];
  const prefix = /([A-Z]+)[ -]?%Z/.exec(lines)?.[1];
  const signs = [country, prefix, SIGNS[country]].filter((sign) => sign !== undefined);
  const bare = signs.flatMap((sign) => {
    const rest = value.startsWith(sign) ? value.slice(sign.length).replace(/^[ -]+/, "") : "";
    return /^\d/.test(rest) ? [rest] : [];
  });
  for (const one of [value, ...bare]) {
    const core = one.replace(/[^A-Z\d]/g, "");
    const candidates = [
      ...masks.flatMap((mask) => [spaced(core, mask), spaced(country + core, mask)]),
      one,
      core,
    ];
    const fitting = candidates.find((candidate) => candidate !== undefined && shape.test(candidate));
    if (fitting !== undefined) return { value: fitting, fits: true };
  }
  return { value, fits: false };
}

/** The letters and digits with blanks and dashes where the sample has them; undefined where their number differs. */
function spaced(core: string, sample: string): string | undefined {
  const signs = [...core];
  const filled = [...sample].map((sign) => (/[ -]/.test(sign) ? sign : signs.shift()));
  return signs.length > 0 || filled.includes(undefined) ? undefined : filled.join("");
}
