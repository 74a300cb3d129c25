import {
  add,
  divide,
  fromInteger,
  integer,
  multiply,
  type Numeric,
  rank,
  remainder,
  subtract,
} from "../arithmetic.ts";
import { CommandError, typeMismatch } from "../errors.ts";
import { Decimal128, double, isNumber, Long, toNumber, typeName, type Value } from "../value.ts";
import { exactly, operands } from "./basic-operators.ts";
import type { ExpressionOperator } from "./expression.ts";

const isMissing = (value: Value | undefined): value is null | undefined =>
  value === undefined || value === null;

function numeric(name: string, value: Value): Numeric {
  if (!isNumber(value)) throw typeMismatch(`${name} only supports numeric types, not ${typeName(value)}`);
  return value;
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

function onNumber(name: string, run: (value: number) => number): ExpressionOperator {
  return (operand, evaluation) => {
    const [value] = exactly(name, 1, operand, evaluation);
    if (isMissing(value)) return null;
    return double(run(toNumber(numeric(name, value))));
  };
}

function rounding(name: string, run: (value: number) => number): ExpressionOperator {
  return (operand, evaluation) => {
    const [value] = exactly(name, 1, operand, evaluation);
    if (isMissing(value)) return null;
    const number = numeric(name, value);
    if (rank(number) <= 1) return number;
    if (number instanceof Decimal128) return Decimal128.fromString(String(run(toNumber(number))));
    return double(run(toNumber(number)));
  };
}

function toPlace(name: string, run: (value: number) => number): ExpressionOperator {
  return (operand, evaluation) => {
    const [value, places] = operands(operand, evaluation);
    if (isMissing(value) || places === null) return null;
    const number = numeric(name, value);
    const place = places === undefined ? 0 : toNumber(numeric(name, places));
    const result = shifted(run, toNumber(number), place);
    if (rank(number) <= 1)
      return fromInteger(BigInt(Math.trunc(result)), number instanceof Long) ?? double(result);
    if (number instanceof Decimal128)
      return Decimal128.fromString(place > 0 ? result.toFixed(place) : String(result));
    return double(result);
  };
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

const _millisecondsMax = 8.64e15;

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
    const by = numeric("$mod", b);
    if (toNumber(by) === 0) throw new CommandError(16610, "can't $mod by zero");
    return remainder(numeric("$mod", a), by);
  },
  $abs: (operand, evaluation) => {
    const [value] = exactly("$abs", 1, operand, evaluation);
    if (isMissing(value)) return null;
    const number = numeric("$abs", value);
    if (rank(number) === 2) return double(Math.abs(toNumber(number)));
    if (number instanceof Decimal128) return Decimal128.fromString(number.toString().replace(/^-/, ""));
    const whole = integer(number);
    return fromInteger(whole < 0n ? -whole : whole, number instanceof Long) ?? null;
  },
  $ceil: rounding("$ceil", Math.ceil),
  $floor: rounding("$floor", Math.floor),
  $round: toPlace("$round", halfToEven),
  $trunc: toPlace("$trunc", Math.trunc),
  $sqrt: (operand, evaluation) => {
    const [value] = exactly("$sqrt", 1, operand, evaluation);
    if (isMissing(value)) return null;
    const number = toNumber(numeric("$sqrt", value));
    if (number < 0) throw new CommandError(28714, "$sqrt's argument must be greater than or equal to 0");
    return double(Math.sqrt(number));
  },
  $exp: onNumber("$exp", Math.exp),
  $ln: onNumber("$ln", Math.log),
  $log10: onNumber("$log10", Math.log10),
  $log: (operand, evaluation) => {
    const [value, base] = exactly("$log", 2, operand, evaluation);
    if (isMissing(value) || isMissing(base)) return null;
    return double(Math.log(toNumber(numeric("$log", value))) / Math.log(toNumber(numeric("$log", base))));
  },
  $pow: (operand, evaluation) => {
    const [a, b] = exactly("$pow", 2, operand, evaluation);
    if (isMissing(a) || isMissing(b)) return null;
    const base = numeric("$pow", a);
    const exponent = numeric("$pow", b);
    const result = toNumber(base) ** toNumber(exponent);
    if (rank(base) <= 1 && rank(exponent) <= 1 && Number.isInteger(result) && Math.abs(result) < 2 ** 63) {
      const long = base instanceof Long || exponent instanceof Long;
      return fromInteger(integer(base) ** integer(exponent), long) ?? double(result);
    }
    return double(result);
  },
};
