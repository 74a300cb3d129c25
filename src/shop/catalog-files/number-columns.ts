import { minorDigits } from "../money.ts";
import { namesCurrency } from "./currency-signs.ts";
import { NumberNotation } from "./number-notation.ts";

/** What the numbers of a column are. All columns of a kind are written alike and are decided together. */
export type NumberKind = "price" | "count" | "weight";

const UNITS = /^(kg|g|gr|grams?|lbs?|oz)\.?$/i;

/** How the numbers of a file are written, by what they are. */
export class NumberColumns {
  readonly #notations: Readonly<Record<NumberKind, NumberNotation>>;

  constructor(currency: string) {
    this.#notations = {
      price: new NumberNotation((text) => namesCurrency(text, currency), minorDigits(currency) === 0),
      count: new NumberNotation(() => false),
      weight: new NumberNotation((text) => UNITS.test(text)),
    };
  }

  /** The notation of a kind of column. */
  of(kind: NumberKind): NumberNotation {
    return this.#notations[kind];
  }
}
