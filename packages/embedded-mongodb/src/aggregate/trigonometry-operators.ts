import { integer, type Numeric, rank, toDecimal } from "../arithmetic.ts";
import { CommandError, typeMismatch } from "../errors.ts";
import { Decimal128, double, isNumber, Long, toNumber, typeName, type Value } from "../value.ts";
import { exactly, operands } from "./basic-operators.ts";
import type { ExpressionOperator } from "./expression.ts";

const isMissing = (value: Value | undefined): value is null | undefined =>
  value === undefined || value === null;

/** A result of the type MongoDB gives: a decimal of a decimal (here with a double's 15 digits), else a double. */
export function likeOperand(result: number, operand: Numeric): Numeric {
  return operand instanceof Decimal128 ? toDecimal(double(result)) : double(result);
}

function ofAngle(
  name: string,
  run: (value: number) => number,
  allowed: (value: number) => boolean = () => true,
  range = "(-inf,inf)",
): ExpressionOperator {
  return (operand, evaluation) => {
    const [value] = exactly(name, 1, operand, evaluation);
    if (isMissing(value)) return null;
    if (!isNumber(value))
      throw new CommandError(28765, `${name} only supports numeric types, not ${typeName(value)}`);
    const number = toNumber(value);
    if (!Number.isNaN(number) && !allowed(number))
      throw new CommandError(50989, `cannot apply ${name} to ${number}, value must be in ${range}`);
    return likeOperand(run(number), value);
  };
}

function bits(name: string, start: bigint, join: (a: bigint, b: bigint) => bigint): ExpressionOperator {
  return (operand, evaluation) => {
    let result = start;
    let long = false;
    const values = operands(operand, evaluation);
    for (const value of values) if (!isMissing(value)) checkBits(name, value);
    for (const value of values) {
      if (isMissing(value)) return null;
      long ||= value instanceof Long;
      result = join(result, integer(value as Numeric));
    }
    return long ? Long.fromBigInt(result) : Number(result);
  };
}

function checkBits(name: string, value: Value): Numeric {
  if (isNumber(value) && rank(value) <= 1) return value;
  throw typeMismatch(`${name} only supports int and long operands.`);
}

const finite = Number.isFinite;
const unit = (value: number): boolean => value >= -1 && value <= 1;

/** Trigonometry and bits (source: MongoDB manual, "Trigonometry Expression Operators", "Bitwise Operators"). */
export const trigonometryOperators: Readonly<Record<string, ExpressionOperator>> = {
  $sin: ofAngle("$sin", Math.sin, finite),
  $cos: ofAngle("$cos", Math.cos, finite),
  $tan: ofAngle("$tan", Math.tan, finite),
  $asin: ofAngle("$asin", Math.asin, unit, "[-1,1]"),
  $acos: ofAngle("$acos", Math.acos, unit, "[-1,1]"),
  $atan: ofAngle("$atan", Math.atan),
  $sinh: ofAngle("$sinh", Math.sinh),
  $cosh: ofAngle("$cosh", Math.cosh),
  $tanh: ofAngle("$tanh", Math.tanh),
  $asinh: ofAngle("$asinh", Math.asinh),
  $acosh: ofAngle("$acosh", Math.acosh, (value) => value >= 1, "[1,inf]"),
  $atanh: ofAngle("$atanh", Math.atanh, unit, "[-1,1]"),
  $degreesToRadians: ofAngle("$degreesToRadians", (value) => value * (Math.PI / 180)),
  $radiansToDegrees: ofAngle("$radiansToDegrees", (value) => value * (180 / Math.PI)),
  $atan2: (operand, evaluation) => {
    const [y, x] = exactly("$atan2", 2, operand, evaluation);
    if (isMissing(y) || isMissing(x)) return null;
    for (const value of [y, x])
      if (!isNumber(value))
        throw new CommandError(51044, `$atan2 only supports numeric types, not ${typeName(value)}`);
    const wider = y instanceof Decimal128 ? y : x;
    return likeOperand(Math.atan2(toNumber(y as Numeric), toNumber(x as Numeric)), wider as Numeric);
  },
  $bitAnd: bits("$bitAnd", -1n, (a, b) => a & b),
  $bitOr: bits("$bitOr", 0n, (a, b) => a | b),
  $bitXor: bits("$bitXor", 0n, (a, b) => a ^ b),
  $bitNot: (operand, evaluation) => {
    const [value] = exactly("$bitNot", 1, operand, evaluation);
    if (isMissing(value)) return null;
    const number = checkBits("$bitNot", value);
    return number instanceof Long ? number.not() : ~toNumber(number);
  },
};
