import {
  add,
  divide,
  fromInteger,
  integer,
  multiply,
  type Numeric,
  rank,
  remainder,
  roundDecimal,
  roundInteger,
  sqrtDecimal,
  subtract,
  toDecimal,
} from "../arithmetic.ts";
import { CommandError, typeMismatch } from "../errors.ts";
import { Decimal128, double, isNumber, Long, toNumber, typeName, type Value } from "../value.ts";
import { exactly, operands } from "./basic-operators.ts";
import type { ExpressionOperator } from "./expression.ts";
import { likeOperand } from "./trigonometry-operators.ts";

const isMissing = (value: Value | undefined): value is null | undefined =>
  value === undefined || value === null;

function numeric(name: string, value: Value, code?: number): Numeric {
  if (isNumber(value)) return value;
  const message = `${name} only supports numeric types, not ${typeName(value)}`;
  throw code === undefined ? typeMismatch(message) : new CommandError(code, message);
}

/** The result, or a double when it does not fit a long (as MongoDB does for sums and products). */
function wide(
  result: Numeric | undefined,
  a: Numeric,
  b: Numeric,
  run: (x: number, y: number) => number,
): Numeric {
  return result ?? double(run(toNumber(a), toNumber(b)));
}

/** Adds two numbers for `$add` and `$sum`. */
export function sum(a: Numeric, b: Numeric): Numeric {
  return wide(add(a, b), a, b, (x, y) => x + y);
}

function onNumber(
  name: string,
  run: (value: number) => number,
  domain?: { code: number; least: number },
): ExpressionOperator {
  return (operand, evaluation) => {
    const [value] = exactly(name, 1, operand, evaluation);
    if (isMissing(value)) return null;
    const number = numeric(name, value, 28765);
    if (domain && toNumber(number) <= domain.least)
      throw new CommandError(domain.code, `${name}'s argument must be a positive number`);
    return likeOperand(run(toNumber(number)), number);
  };
}

function rounding(name: string, mode: "floor" | "ceil"): ExpressionOperator {
  return (operand, evaluation) => {
    const [value] = exactly(name, 1, operand, evaluation);
    if (isMissing(value)) return null;
    const number = numeric(name, value, 28765);
    if (rank(number) <= 1) return number;
    if (number instanceof Decimal128) return roundDecimal(number, 0, mode);
    return double(Math[mode](toNumber(number)));
  };
}

function toPlace(name: string, mode: "trunc" | "half-even"): ExpressionOperator {
  return (operand, evaluation) => {
    const values = operands(operand, evaluation);
    if (values.length < 1 || values.length > 2)
      throw new CommandError(
        28667,
        `Expression ${name} takes at least 1 arguments, and at most 2, but ${values.length} were passed in.`,
      );
    const [value, places = 0] = values;
    if (isMissing(value) || isMissing(places) || (values.length === 2 && isMissing(values[1]))) return null;
    const number = numeric(name, value, 51081);
    const place = placeOf(name, places);
    if (rank(number) <= 1) {
      if (place >= 0) return number;
      const whole = roundInteger(integer(number), place, mode);
      return fromInteger(whole, number instanceof Long) ?? tooWide(name);
    }
    if (number instanceof Decimal128) return roundDecimal(number, place, mode);
    return double(shifted(mode === "trunc" ? Math.trunc : halfToEven, toNumber(number), place));
  };
}

function tooWide(name: string): never {
  throw new CommandError(51080, `invalid conversion from Decimal128 result in ${name}`);
}

function placeOf(name: string, places: Value): number {
  const place = isNumber(places) ? toNumber(places) : Number.NaN;
  if (!Number.isInteger(place))
    throw new CommandError(51082, `precision argument to ${name} must be a integral value`);
  if (place < -20 || place > 100)
    throw new CommandError(
      51083,
      `cannot apply ${name} with precision value ${place} value must be in [-20, 100]`,
    );
  return place;
}

/** Rounds at a decimal place through the number's text, so that 1.005 is not spoiled by a multiplication. */
function shifted(run: (value: number) => number, value: number, place: number): number {
  if (!Number.isFinite(value)) return value;
  const move = (number: number, by: number): number => {
    const [digits, exponent] = String(number).split("e");
    return Number(`${digits}e${Number(exponent ?? 0) + by}`);
  };
  return move(run(move(value, place)), -place);
}

function halfToEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

/** Arithmetic with MongoDB's types: int and long stay whole, a decimal makes a decimal. */
export const arithmeticOperators: Readonly<Record<string, ExpressionOperator>> = {
  $add: (operand, evaluation) => {
    let total: Numeric = 0;
    let date: Date | undefined;
    for (const value of operands(operand, evaluation)) {
      if (isMissing(value)) return null;
      if (value instanceof Date) {
        if (date) throw new CommandError(16612, "only one date allowed in an $add expression");
        date = value;
      } else {
        if (!isNumber(value))
          throw typeMismatch(`$add only supports numeric or date types, not ${typeName(value)}`);
        total = sum(total, value);
      }
    }
    return date ? new Date(date.getTime() + Math.round(toNumber(total))) : total;
  },
  $subtract: (operand, evaluation) => {
    const [a, b] = exactly("$subtract", 2, operand, evaluation);
    if (isMissing(a) || isMissing(b)) return null;
    if (a instanceof Date) {
      if (b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
      if (isNumber(b)) return new Date(a.getTime() - Math.round(toNumber(b)));
    }
    if (!isNumber(a) || !isNumber(b))
      throw typeMismatch(`can't $subtract ${typeName(b)} from ${typeName(a)}`);
    return wide(subtract(a, b), a, b, (x, y) => x - y);
  },
  $multiply: (operand, evaluation) => {
    let product: Numeric = 1;
    for (const value of operands(operand, evaluation)) {
      if (isMissing(value)) return null;
      const factor = numeric("$multiply", value);
      product = wide(multiply(product, factor), product, factor, (x, y) => x * y);
    }
    return product;
  },
  $divide: (operand, evaluation) => {
    const [a, b] = exactly("$divide", 2, operand, evaluation);
    if (isMissing(a) || isMissing(b)) return null;
    const by = numeric("$divide", b);
    if (toNumber(by) === 0) throw new CommandError("BadValue", "can't $divide by zero");
    return divide(numeric("$divide", a), by);
  },
  $mod: (operand, evaluation) => {
    const [a, b] = exactly("$mod", 2, operand, evaluation);
    if (isMissing(a) || isMissing(b)) return null;
    const by = numeric("$mod", b, 16611);
    const dividend = numeric("$mod", a, 16611);
    if (toNumber(by) === 0) throw new CommandError(16610, "can't $mod by zero");
    return remainder(dividend, by);
  },
  $abs: (operand, evaluation) => {
    const [value] = exactly("$abs", 1, operand, evaluation);
    if (isMissing(value)) return null;
    const number = numeric("$abs", value, 28765);
    if (rank(number) === 2) return double(Math.abs(toNumber(number)));
    if (number instanceof Decimal128) return Decimal128.fromString(number.toString().replace(/^-/, ""));
    const whole = integer(number);
    const result = fromInteger(whole < 0n ? -whole : whole, number instanceof Long);
    if (result === undefined) throw new CommandError(28680, "can't take $abs of long long min");
    return result;
  },
  $ceil: rounding("$ceil", "ceil"),
  $floor: rounding("$floor", "floor"),
  $round: toPlace("$round", "half-even"),
  $trunc: toPlace("$trunc", "trunc"),
  $sqrt: (operand, evaluation) => {
    const [value] = exactly("$sqrt", 1, operand, evaluation);
    if (isMissing(value)) return null;
    const number = numeric("$sqrt", value, 28765);
    if (toNumber(number) < 0)
      throw new CommandError(28714, "$sqrt's argument must be greater than or equal to 0");
    return number instanceof Decimal128 ? sqrtDecimal(number) : double(Math.sqrt(toNumber(number)));
  },
  $exp: onNumber("$exp", Math.exp),
  $ln: onNumber("$ln", Math.log, { code: 28766, least: 0 }),
  $log10: onNumber("$log10", Math.log10, { code: 28761, least: 0 }),
  $sigmoid: onNumber("$sigmoid", (value) => 1 / (1 + Math.exp(-value))),
  $log: (operand, evaluation) => {
    const [value, base] = exactly("$log", 2, operand, evaluation);
    if (isMissing(value) || isMissing(base)) return null;
    const number = numeric("$log", value, 28756);
    const by = numeric("$log", base, 28757);
    if (toNumber(number) <= 0) throw new CommandError(28758, "$log's argument must be a positive number");
    if (toNumber(by) <= 0 || toNumber(by) === 1)
      throw new CommandError(28759, "$log's base must be a positive number not equal to 1");
    const wider = number instanceof Decimal128 ? number : by;
    return likeOperand(Math.log2(toNumber(number)) / Math.log2(toNumber(by)), wider);
  },
  $pow: (operand, evaluation) => {
    const [a, b] = exactly("$pow", 2, operand, evaluation);
    if (isMissing(a) || isMissing(b)) return null;
    return power(numeric("$pow", a, 28762), numeric("$pow", b, 28763));
  },
};

function power(base: Numeric, exponent: Numeric): Numeric {
  if (toNumber(base) === 0 && toNumber(exponent) < 0)
    throw new CommandError(28764, "$pow cannot take a base of 0 and a negative exponent");
  const result = toNumber(base) ** toNumber(exponent);
  const wide = Math.max(rank(base), rank(exponent));
  const whole = Number.isInteger(toNumber(exponent)) && toNumber(exponent) >= 0;
  if (wide === 3) {
    // Small whole powers are multiplied out, so that no digit is lost.
    if (!whole || toNumber(exponent) > 100) return toDecimal(double(result));
    let product: Numeric = toDecimal(1);
    for (let turn = 0; turn < toNumber(exponent); turn++) product = multiply(product, base) ?? product;
    return product;
  }
  if (wide === 2 || !whole || Math.abs(result) > 2 ** 63) return double(result);
  return fromInteger(integer(base) ** integer(exponent), wide === 1) ?? double(result);
}
