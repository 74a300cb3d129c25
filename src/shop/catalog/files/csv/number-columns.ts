import { minorDigits } from "../../../core/money.ts";
import { namesCurrency } from "./currency-signs.ts";
import { type DecimalMark, NumberNotation } from "./number-notation.ts";

/** What the numbers of a column are. All columns of a kind are written alike and are decided together. */
export type NumberKind = "price" | "count" | "weight";

const UNITS = /^(kg|g|gr|grams?|lbs?|oz)\.?$/i;

/** How the numbers of a file are written, by what they are. */
export class NumberColumns {
  readonly #notations: Readonly<Record<NumberKind, NumberNotation>>;

  /** @param decimal what parts the decimals of the file, where somebody has said so */
  constructor(currency: string, decimal?: DecimalMark) {
    this.#notations = {
      price: new NumberNotation(
        (text) => namesCurrency(text, currency),
        minorDigits(currency) === 0,
        decimal,
      ),
      count: new NumberNotation(() => false, false, decimal),
      weight: new NumberNotation((text) => UNITS.test(text), false, decimal),
    };
  }

  /** The notation of a kind of column. */
  of(kind: NumberKind): NumberNotation {
    return this.#notations[kind];
  }
}
