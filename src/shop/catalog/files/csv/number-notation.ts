/** A number as it is written: its digits before and after the decimal mark. */
export interface Numeral {
  readonly negative: boolean;
  /** Without leading noughts, but at least one digit. */
  readonly whole: string;
  readonly fraction: string;
}

/** What a cell says once its whole column is known. */
export type NumberCell =
  | { kind: "number"; value: Numeral }
  | { kind: "doubtful"; doubt: Doubt }
  | { kind: "none" };

/** A number that can be read in two ways: "1.290". */
export interface Doubt {
  readonly asThousands: Numeral;
  readonly asDecimal: Numeral;
  /** How a cell is written that leaves no doubt, for either. */
  readonly clear: { readonly thousands: string; readonly decimal: string };
  /** Cells of the column that prove different notations, if that is why. */
  readonly contrary?: readonly [string, string];
  /** A cell that proves another notation than the one that was said, if that is why. */
  readonly against?: string;
}

type Mark = "." | ",";

/** What parts the decimals of a file, as a person may say it. */
export const decimalMarks = ["comma", "point"] as const;
export type DecimalMark = (typeof decimalMarks)[number];

/**
 * How the numbers of a column are written. A sign before three last digits may part thousands or decimals, and no cell
 * tells by itself; others of the same column do: in "89,90" the comma is a decimal mark, so in "1.290" the point parts
 * thousands. Show it every cell first, then read.
 *
 * Digits of any script, and spaces, apostrophes and points as they part thousands anywhere (also 1,23,456.00) are read.
 */
export class NumberNotation {
  readonly #mayStandBeside: (text: string) => boolean;
  readonly #wholeOnly: boolean;
  readonly #said: Mark | undefined;
  /** A cell for each mark that is proven to part decimals. */
  readonly #proof = new Map<Mark, string>();

  /**
   * @param mayStandBeside whether a text may stand before or after the number, such as a currency's sign
   * @param wholeOnly numbers have no decimals, so a sign before three last digits parts thousands unless another proves
   *   the opposite: nobody writes thousandths of yen
   * @param said what parts the decimals, where somebody who knows has said so: it decides unless all that is clear in the
   *   column proves the opposite
   */
  constructor(mayStandBeside: (text: string) => boolean, wholeOnly = false, said?: DecimalMark) {
    this.#mayStandBeside = mayStandBeside;
    this.#wholeOnly = wholeOnly;
    this.#said = said && (said === "comma" ? "," : ".");
  }

  /** Learns from a cell. */
  see(cell: string): void {
    const written = this.#written(cell);
    if (written === undefined || !/[.,]/.test(written.digits)) return;
    const point = inNotation(written, ".");
    const comma = inNotation(written, ",");
    if (point !== undefined && comma === undefined && !this.#proof.has(".")) this.#proof.set(".", cell);
    if (comma !== undefined && point === undefined && !this.#proof.has(",")) this.#proof.set(",", cell);
  }

  /** What a cell says. */
  read(cell: string): NumberCell {
    const written = this.#written(cell);
    if (written === undefined) return { kind: "none" };
    const point = inNotation(written, ".");
    const comma = inNotation(written, ",");
    if (point === undefined || comma === undefined || same(point, comma)) {
      const value = point ?? comma;
      return value === undefined ? { kind: "none" } : { kind: "number", value };
    }
    const mark: Mark = written.digits.includes(".") ? "." : ",";
    const [asDecimal, asThousands] = mark === "." ? [point, comma] : [comma, point];
    const [own, other] = [this.#proof.get(mark), this.#proof.get(mark === "." ? "," : ".")];
    const said = this.#said;
    const against = said && !this.#proof.has(said) ? this.#proof.get(said === "." ? "," : ".") : undefined;
    if (said !== undefined && against === undefined)
      return { kind: "number", value: said === mark ? asDecimal : asThousands };
    if (said !== undefined) return doubtful(written, mark, { asThousands, asDecimal, against });
    if (other !== undefined && own === undefined) return { kind: "number", value: asThousands };
    if (own !== undefined && other === undefined && !this.#wholeOnly)
      return { kind: "number", value: asDecimal };
    if (own === undefined && this.#wholeOnly) return { kind: "number", value: asThousands };
    const contrary = own !== undefined && other !== undefined ? ([own, other] as const) : undefined;
    return doubtful(written, mark, { asThousands, asDecimal, contrary });
  }

  #written(cell: string): Written | undefined {
    // A mark before the first digit parts decimals (".99", "£.99"), except after the letters it shortens ("Rs.99").
    const text = plain(cell).replace(/^([^\d]*[^\p{L}\d.,]|)([.,])(?=\d)/u, "$10$2");
    const [, before = "", minus = "", digits, after = ""] =
      /^([^\d-]*)(-?)\s*(\d(?:[\d.,'٫ ]*\d)?)(.*)$/su.exec(text) ?? [];
    if (digits === undefined) return undefined;
    // "89,-", "89,--" and the "89:-" of Sweden are even amounts; "89:50" has decimals.
    const [dash = "", mark = "", strokes = "", ore = ""] =
      /^([.,])\s*([-–—=]{0,2})|^:(?:[-–—=]{1,2}|(\d\d)(?!\d))/u.exec(after) ?? [];
    if (!this.#allows(before) || !this.#allows(after.slice(dash.length))) return undefined;
    const decimals = dash.startsWith(":") ? `٫${ore || "00"}` : strokes === "" ? "" : `${mark}00`;
    return { negative: minus !== "", digits: `${digits.replaceAll(" ", "'")}${decimals}` };
  }

  #allows(text: string): boolean {
    const sign = text.trim();
    return sign === "" || this.#mayStandBeside(sign);
  }
}

/** The number as people read it: "1290", "1.29". */
export const plainly = ({ whole, fraction }: Numeral): string => {
  const digits = fraction.replace(/0+$/, "");
  return digits === "" ? whole : `${whole}.${digits}`;
};

interface Written {
  negative: boolean;
  /** Digits, points, commas, "'" for what can only part thousands and "٫" for what can only part decimals. */
  digits: string;
}

/** A number that stays doubtful, with how it would be written so that it is not. */
function doubtful(
  { digits }: Written,
  mark: Mark,
  doubt: {
    asThousands: Numeral;
    asDecimal: Numeral;
    contrary?: Doubt["contrary"] | undefined;
    against?: string | undefined;
  },
): NumberCell {
  const { asThousands, asDecimal, contrary, against } = doubt;
  const short = digits.replace(/0{1,2}$/, "");
  const clear = {
    thousands: `${digits}${mark === "." ? "," : "."}00`,
    decimal: /[.,]\d{3}$/.test(short) ? `${short}0` : short,
  };
  const why = { ...(contrary && { contrary }), ...(against !== undefined && { against }) };
  return { kind: "doubtful", doubt: { asThousands, asDecimal, clear, ...why } };
}

const same = (a: Numeral, b: Numeral): boolean => a.whole === b.whole && a.fraction === b.fraction;

/** The same text in ASCII digits, with signs that mean the same written alike and nothing invisible. */
const plain = (cell: string): string => (/^[\d.,-]+$/.test(cell) ? cell : translated(cell));

const translated = (cell: string): string =>
  cell
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .replace(/\p{Nd}/gu, asciiDigit)
    .replace(/[’‘ʼ′`´٬]/gu, "'")
    .replace(/[،]/gu, ",")
    .replace(/[−‐‑]/gu, "-")
    .replace(/\s+/gu, " ")
    .trim();

// Digits stand in runs of ten, nought first. https://www.unicode.org/reports/tr44/#General_Category_Values
function asciiDigit(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String(code - zero);
}

/** The number if this mark parts its decimals; undefined where it can not be written so. */
function inNotation({ negative, digits }: Written, mark: Mark): Numeral | undefined {
  const sure = digits.includes("٫");
  const parts = digits.split(sure ? "٫" : mark);
  const [grouped = "", fraction = ""] = parts;
  if (parts.length > 2 || !/^\d*$/.test(fraction)) return undefined;
  const signs = new Set(grouped.replace(/\d/g, ""));
  if (signs.size > 1) return undefined;
  // Thousands everywhere, or lakhs and crores as in India; a group of thousands does not begin with a nought.
  const [sign] = signs;
  if (
    sign !== undefined &&
    !/^[1-9]\d{0,2}( \d{3})+$|^[1-9]\d?( \d{2})* \d{3}$/.test(grouped.replaceAll(sign, " "))
  )
    return undefined;
  return { negative, whole: grouped.replace(/\D/g, "").replace(/^0+(?=\d)/, ""), fraction };
}
