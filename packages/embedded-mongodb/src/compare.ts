import { bytesOf, isForeign } from "./text-bytes.ts";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  type Doc,
  Double,
  isNumber,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  toNumber,
  type Value,
} from "./value.ts";

/**
 * The place of a value's type in the order of types.
 *
 * Source: MongoDB manual, "Comparison/Sort Order". A missing value counts as null when documents are sorted.
 */
export function typeOrder(value: Value | undefined): number {
  if (value === undefined || value === null) return 5;
  switch (typeof value) {
    case "number":
      return 10;
    case "string":
      return 15;
    case "boolean":
      return 40;
  }
  if (Array.isArray(value)) return 25;
  if (value instanceof ObjectId) return 35;
  if (value instanceof Date) return 45;
  if (value instanceof Timestamp) return 47;
  if (value instanceof Long || value instanceof Double || value instanceof Decimal128) return 10;
  if (value instanceof BSONSymbol) return 15;
  if (value instanceof Binary) return 30;
  if (value instanceof BSONRegExp) return 50;
  if (value instanceof Code) return value.scope ? 65 : 60;
  if (value instanceof MinKey) return -1;
  if (value instanceof MaxKey) return 127;
  return 20;
}

/**
 * Compares two values in MongoDB's order over all types: negative, zero or positive.
 *
 * Numbers of different types are compared by their exact value; NaN is the smallest number. `text` compares strings
 * where a collation is asked for; the names of fields are compared by their bytes at any rate.
 */
export function compare(a: Value | undefined, b: Value | undefined, text = compareText): number {
  if (typeof a === "number" && typeof b === "number") return compareDoubles(a, b);
  if (typeof a === "string" && typeof b === "string") return text(a, b);
  const order = typeOrder(a) - typeOrder(b);
  if (order !== 0) return order;
  if (a === undefined || b === undefined || a === null || b === null) return 0;
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b, text);
  if (a instanceof ObjectId && b instanceof ObjectId) return Buffer.compare(a.id, b.id);
  if (a instanceof Date && b instanceof Date) return compareDoubles(a.getTime(), b.getTime());
  if (a instanceof Timestamp && b instanceof Timestamp) return a.compare(b);
  if (a instanceof Binary && b instanceof Binary) return compareBinary(a, b);
  if (a instanceof BSONRegExp && b instanceof BSONRegExp) {
    return compareText(a.pattern, b.pattern) || compareText(a.options, b.options);
  }
  if (a instanceof Code && b instanceof Code) {
    return compareText(a.code, b.code) || compareDocs((a.scope ?? {}) as Doc, (b.scope ?? {}) as Doc, text);
  }
  if (a instanceof MinKey || a instanceof MaxKey) return 0;
  if (typeof a === "string" || a instanceof BSONSymbol) return text(String(a), String(b));
  return compareDocs(a as Doc, b as Doc, text);
}

/** Whether two values are equal in MongoDB's order (1 equals NumberLong(1)). */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
  return compare(a, b) === 0;
}

function compareBinary(a: Binary, b: Binary): number {
  const left = a.buffer.subarray(0, a.position);
  const right = b.buffer.subarray(0, b.position);
  return left.length - right.length || a.sub_type - b.sub_type || Buffer.compare(left, right);
}

function compareDoubles(a: number, b: number): number {
  if (a === b) return 0;
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
}

/** Compares strings by their UTF-8 bytes, as MongoDB does without a collation. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    let left = a.charCodeAt(at);
    let right = b.charCodeAt(at);
    if (left === right) continue;
    if (isForeign(a, at) || isForeign(b, at)) return Buffer.compare(bytesOf(a), bytesOf(b));
    // Surrogates stand for code points above all other UTF-16 units, so in UTF-8 they come last.
    if (left >= 0xd800 && right >= 0xd800) {
      left = left >= 0xe000 ? left - 0x800 : left + 0x2000;
      right = right >= 0xe000 ? right - 0x800 : right + 0x2000;
    }
    return left - right;
  }
  return a.length - b.length;
}

function compareArrays(a: Value[], b: Value[], text: typeof compareText): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const order = compare(a[index], b[index], text);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareDocs(a: Doc, b: Doc, text: typeof compareText): number {
  const left = Object.keys(a);
  const right = Object.keys(b);
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const leftKey = left[index] as string;
    const rightKey = right[index] as string;
    const order =
      typeOrder(a[leftKey]) - typeOrder(b[rightKey]) ||
      compareText(leftKey, rightKey) ||
      compare(a[leftKey], b[rightKey], text);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareNumbers(
  a: number | Long | Double | Decimal128,
  b: number | Long | Double | Decimal128,
): number {
  if (a instanceof Long && b instanceof Long) return a.compare(b);
  const left = toNumber(a);
  const right = toNumber(b);
  // Beyond 2^53, and for decimals, the nearest double does not tell the difference.
  if (left !== right || (!needsExact(a) && !needsExact(b))) return compareDoubles(left, right);
  const leftFinite = isFiniteNumber(a);
  const rightFinite = isFiniteNumber(b);
  if (leftFinite && rightFinite) return compareDecimals(exactDecimal(a), exactDecimal(b));
  // A decimal beyond the range of doubles is still smaller than infinity.
  if (leftFinite === rightFinite) return 0;
  return (leftFinite ? -1 : 1) * Math.sign(left);
}

/** Whether the number is neither infinite nor NaN, in its own type's range. */
export function isFiniteNumber(value: number | Long | Double | Decimal128): boolean {
  if (value instanceof Decimal128) return /\d/.test(value.toString());
  return value instanceof Long || Number.isFinite(toNumber(value));
}

function needsExact(value: number | Long | Double | Decimal128): boolean {
  return value instanceof Decimal128 || (value instanceof Long && Math.abs(value.toNumber()) >= 2 ** 53);
}

/** A number as sign, digits and power of ten: value = sign * 0.DIGITS * 10^exponent, without trailing zeros. */
export interface ExactDecimal {
  sign: -1 | 0 | 1;
  digits: string;
  exponent: number;
}

/** The exact decimal form of a finite number (a double's binary expansion is written out in full). */
export function exactDecimal(value: number | Long | Double | Decimal128): ExactDecimal {
  if (typeof value === "number" || value instanceof Double) return parseDecimal(exactDouble(toNumber(value)));
  return parseDecimal(value.toString());
}

function parseDecimal(text: string): ExactDecimal {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) throw new Error(`not a finite number: ${text}`);
  const whole = match[2] ?? "";
  const fraction = match[3] ?? "";
  const all = whole + fraction;
  const digits = all.replace(/^0+/, "").replace(/0+$/, "");
  if (digits === "") return { sign: 0, digits: "", exponent: 0 };
  const leading = all.length - all.replace(/^0+/, "").length;
  return {
    sign: match[1] === "-" ? -1 : 1,
    digits,
    exponent: whole.length - leading + Number(match[4] ?? 0),
  };
}

/** Every decimal digit of a double: m * 2^e is m * 5^-e * 10^e for a negative e. */
function exactDouble(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  let mantissa = value;
  let power = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    power += 1;
    if (power > 1100) break;
  }
  return `${(BigInt(mantissa) * 5n ** BigInt(power)).toString()}e-${power}`;
}

/** Compares two exact decimals. */
export function compareDecimals(a: ExactDecimal, b: ExactDecimal): number {
  if (a.sign !== b.sign) return a.sign - b.sign;
  if (a.sign === 0) return 0;
  const size = a.exponent - b.exponent || (a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0);
  return a.sign * size;
}
