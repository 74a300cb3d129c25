import { badValue, failedToParse } from "../errors.ts";
import { Binary, isNumber, Long, toNumber, typeName, type Value } from "../value.ts";
import type { Test } from "./match.ts";

/** A test for `$mod`; a number's fraction does not count. @throws {CommandError} BadValue. */
export function modTest(operand: Value): Test {
  if (!Array.isArray(operand)) throw badValue("malformed mod, needs to be an array");
  if (operand.length < 2) throw badValue("malformed mod, not enough elements");
  if (operand.length > 2) throw badValue("malformed mod, too many elements");
  const [divisor, rest] = operand;
  if (!isNumber(divisor)) throw badValue("malformed mod, divisor not a number");
  if (!isNumber(rest)) throw badValue("malformed mod, remainder not a number");
  const by = truncated(divisor);
  const wanted = truncated(rest);
  if (by === undefined || wanted === undefined)
    throw badValue("malformed mod, divisor or remainder is not finite");
  if (by === 0n) throw badValue("divisor cannot be 0");
  return (value) => {
    if (!isNumber(value)) return false;
    const whole = truncated(value);
    return whole !== undefined && whole % by === wanted;
  };
}

/** A test for `$size`. @throws {CommandError} BadValue. */
export function sizeTest(operand: Value): Test {
  const size = wholeNumber(operand);
  if (size === undefined)
    throw badValue(`Failed to parse $size. Expected a number in: $size: ${text(operand)}`);
  if (size < 0) throw badValue(`Failed to parse $size. Expected a non-negative number in: $size: ${size}`);
  return (value) => Array.isArray(value) && value.length === size;
}

function truncated(value: Value): bigint | undefined {
  if (!isNumber(value)) return undefined;
  if (value instanceof Long) return value.toBigInt();
  const number = Math.trunc(toNumber(value));
  return Number.isFinite(number) ? BigInt(number) : undefined;
}

function wholeNumber(value: Value): number | undefined {
  if (!isNumber(value)) return undefined;
  const number = toNumber(value);
  return Number.isInteger(number) ? number : undefined;
}

function bitMask(name: string, operand: Value): bigint {
  if (isNumber(operand)) {
    const mask = wholeNumber(operand);
    if (mask === undefined) throw failedToParse(`${name} takes a whole number, an array or binary data`);
    if (mask < 0) throw failedToParse(`Expected a non-negative number in: ${name}: ${mask}`);
    return BigInt(mask);
  }
  if (operand instanceof Binary) return bitsOf(operand);
  if (Array.isArray(operand)) {
    return operand.reduce<bigint>((mask, item) => {
      const position = wholeNumber(item);
      if (position === undefined || position < 0)
        throw badValue(`bit positions must be whole and >= 0 but got: ${text(item)}`);
      return mask | (1n << BigInt(position));
    }, 0n);
  }
  throw badValue(`${name} takes an Array, a number, or a BinData but received: ${text(operand)}`);
}

function bitsOf(value: Binary): bigint {
  let bits = 0n;
  for (let index = value.position - 1; index >= 0; index--)
    bits = (bits << 8n) | BigInt(value.buffer[index] ?? 0);
  return bits;
}

/** A test for `$bitsAllSet` and its like. @throws {CommandError} BadValue, FailedToParse. */
export function bitsTest(name: string, operand: Value): Test {
  const mask = bitMask(name, operand);
  return (value) => {
    let bits: bigint | undefined;
    if (value instanceof Binary) bits = bitsOf(value);
    else if (isNumber(value) && (value instanceof Long || Number.isInteger(toNumber(value)))) {
      bits = truncated(value);
    }
    if (bits === undefined) return false;
    switch (name) {
      case "$bitsAllSet":
        return (bits & mask) === mask;
      case "$bitsAllClear":
        return (bits & mask) === 0n;
      case "$bitsAnySet":
        return (bits & mask) !== 0n;
      default:
        return (bits & mask) !== mask;
    }
  };
}

function text(value: Value): string {
  return `${typeName(value)} ${String(value)}`;
}
