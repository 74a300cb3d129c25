import { Decimal128, Double, double, isInt32, Long, toNumber } from "./value.ts";

/** A number of any BSON type. */
export type Numeric = number | Long | Double | Decimal128;

const longMin = -(2n ** 63n);
const longMax = 2n ** 63n - 1n;

/** The width of a number's type: int 0, long 1, double 2, decimal 3. Results take the wider type. */
export function rank(value: Numeric): 0 | 1 | 2 | 3 {
  if (typeof value === "number") return isInt32(value) ? 0 : 2;
  if (value instanceof Long) return 1;
  return value instanceof Double ? 2 : 3;
}

/** The sum; `undefined` when it does not fit a long. */
export function add(a: Numeric, b: Numeric): Numeric | undefined {
  return calculate(
    a,
    b,
    (x, y) => x + y,
    (x, y) => x + y,
    addDecimals,
  );
}

/** The difference; `undefined` when it does not fit a long. */
export function subtract(a: Numeric, b: Numeric): Numeric | undefined {
  return calculate(
    a,
    b,
    (x, y) => x - y,
    (x, y) => x - y,
    (x, y) => addDecimals(x, { ...y, coefficient: -y.coefficient }),
  );
}

/** The product; `undefined` when it does not fit a long. */
export function multiply(a: Numeric, b: Numeric): Numeric | undefined {
  return calculate(
    a,
    b,
    (x, y) => x * y,
    (x, y) => x * y,
    (x, y) => ({
      coefficient: x.coefficient * y.coefficient,
      exponent: x.exponent + y.exponent,
    }),
  );
}

/** The quotient: a double, or a decimal when one of the two is. */
export function divide(a: Numeric, b: Numeric): Numeric {
  if (rank(a) === 3 || rank(b) === 3) {
    const left = toParts(a);
    const right = toParts(b);
    if (!left || !right || right.coefficient === 0n)
      return Decimal128.fromString(special(toNumber(a) / toNumber(b)));
    let coefficient = (left.coefficient * 10n ** 40n) / right.coefficient;
    let exponent = left.exponent - right.exponent - 40;
    const ideal = left.exponent - right.exponent;
    while (exponent < ideal && coefficient % 10n === 0n) {
      coefficient /= 10n;
      exponent++;
    }
    return fromParts({ coefficient, exponent });
  }
  return double(toNumber(a) / toNumber(b));
}

/** The remainder with the dividend's sign. */
export function remainder(a: Numeric, b: Numeric): Numeric {
  const wide = Math.max(rank(a), rank(b));
  if (wide <= 1) {
    const value = integer(a) % integer(b);
    return wide === 0 ? Number(value) : Long.fromBigInt(value);
  }
  if (wide === 2) return double(toNumber(a) % toNumber(b));
  const left = toParts(a);
  const right = toParts(b);
  if (!left || !right || right.coefficient === 0n) return Decimal128.fromString("NaN");
  const exponent = Math.min(left.exponent, right.exponent);
  return fromParts({ coefficient: scaled(left, exponent) % scaled(right, exponent), exponent });
}

/** A whole number of int or long type as a bigint. */
export function integer(value: Numeric): bigint {
  return value instanceof Long ? value.toBigInt() : BigInt(Math.trunc(toNumber(value)));
}

/** An int when it fits (and `long` is not asked for), else a long, else `undefined`. */
export function fromInteger(value: bigint, long = false): Numeric | undefined {
  if (!long && value >= -2147483648n && value <= 2147483647n) return Number(value);
  return value >= longMin && value <= longMax ? Long.fromBigInt(value) : undefined;
}

function calculate(
  a: Numeric,
  b: Numeric,
  onIntegers: (x: bigint, y: bigint) => bigint,
  onDoubles: (x: number, y: number) => number,
  onDecimals: (x: Parts, y: Parts) => Parts,
): Numeric | undefined {
  const wide = Math.max(rank(a), rank(b));
  if (wide === 0) {
    const quick = onDoubles(a as number, b as number);
    if (isInt32(quick)) return quick;
    return fromInteger(onIntegers(integer(a), integer(b)));
  }
  if (wide === 1) return fromInteger(onIntegers(integer(a), integer(b)), true);
  if (wide === 2) return double(onDoubles(toNumber(a), toNumber(b)));
  const left = toParts(a);
  const right = toParts(b);
  if (!left || !right) return Decimal128.fromString(special(onDoubles(toNumber(a), toNumber(b))));
  return fromParts(onDecimals(left, right));
}

function special(value: number): string {
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : value < 0 ? "-Infinity" : "0";
}

/** coefficient * 10^exponent */
interface Parts {
  coefficient: bigint;
  exponent: number;
}

function toParts(value: Numeric): Parts | undefined {
  // A double becomes a decimal with its 15 significant digits, as MongoDB converts it.
  let text = value instanceof Decimal128 || value instanceof Long ? value.toString() : "";
  if (text === "") {
    const number = toNumber(value);
    text = Number.isInteger(number) && Math.abs(number) < 1e21 ? number.toString() : number.toPrecision(15);
  }
  const match = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return undefined;
  const fraction = match[3] ?? "";
  const coefficient = BigInt(`${match[2]}${fraction}`);
  return {
    coefficient: match[1] === "-" ? -coefficient : coefficient,
    exponent: Number(match[4] ?? 0) - fraction.length,
  };
}

function scaled(value: Parts, exponent: number): bigint {
  return value.coefficient * 10n ** BigInt(value.exponent - exponent);
}

function addDecimals(a: Parts, b: Parts): Parts {
  if (a.coefficient === 0n && a.exponent > b.exponent) return b;
  if (b.coefficient === 0n && b.exponent > a.exponent) return a;
  const exponent = Math.min(a.exponent, b.exponent);
  return { coefficient: scaled(a, exponent) + scaled(b, exponent), exponent };
}

/** Rounds to 34 digits, half to even. */
function fromParts({ coefficient, exponent }: Parts): Decimal128 {
  let digits = coefficient < 0n ? -coefficient : coefficient;
  let power = exponent;
  const excess = digits.toString().length - 34;
  if (excess > 0) {
    const unit = 10n ** BigInt(excess);
    const rest = digits % unit;
    digits /= unit;
    if (rest * 2n > unit || (rest * 2n === unit && digits % 2n === 1n)) digits += 1n;
    power += excess;
  }
  return Decimal128.fromString(`${coefficient < 0n ? "-" : ""}${digits}E${power}`);
}

/** A number as a decimal. */
export function toDecimal(value: Numeric): Decimal128 {
  if (value instanceof Decimal128) return value;
  const parts = toParts(value);
  return parts ? fromParts(parts) : Decimal128.fromString(special(toNumber(value)));
}

/** How a decimal is rounded: down, up, towards zero, or to the nearest, a half to the even one. */
export type Rounding = "floor" | "ceil" | "trunc" | "half-even";

/** Rounds a decimal at a decimal place, exactly; a negative place rounds before the point. */
export function roundDecimal(value: Decimal128, place: number, mode: Rounding): Decimal128 {
  const parts = toParts(value);
  if (!parts || parts.exponent >= -place) return value;
  const unit = 10n ** BigInt(-place - parts.exponent);
  const coefficient = roundedQuotient(parts.coefficient, unit, mode);
  return fromParts(
    place < 0
      ? { coefficient: coefficient * 10n ** BigInt(-place), exponent: 0 }
      : { coefficient, exponent: -place },
  );
}

function roundedQuotient(value: bigint, unit: bigint, mode: Rounding): bigint {
  const towardsZero = value / unit;
  const rest = value % unit;
  if (rest === 0n || mode === "trunc") return towardsZero;
  const down = rest < 0n ? towardsZero - 1n : towardsZero;
  if (mode === "floor") return down;
  if (mode === "ceil") return down + 1n;
  const above = (value - down * unit) * 2n;
  if (above === unit) return down % 2n === 0n ? down : down + 1n;
  return above > unit ? down + 1n : down;
}

/** Rounds a whole number before the point. */
export function roundInteger(value: bigint, place: number, mode: Rounding): bigint {
  const unit = 10n ** BigInt(-place);
  return roundedQuotient(value, unit, mode) * unit;
}

/** The square root of a decimal that is not negative, to 34 digits. */
export function sqrtDecimal(value: Decimal128): Decimal128 {
  const parts = toParts(value);
  if (!parts) return value;
  if (parts.coefficient === 0n) return Decimal128.fromString("0");
  const shift = 72 + (parts.exponent % 2 === 0 ? 0 : 1);
  const wanted = parts.coefficient * 10n ** BigInt(shift);
  let root = BigInt(Math.floor(Math.sqrt(Number(wanted))));
  for (let turn = 0; turn < 100; turn++) {
    const next = (root + wanted / root) / 2n;
    if (next === root || next === root + 1n) break;
    root = next;
  }
  while (root * root > wanted) root--;
  let exponent = (parts.exponent - shift) / 2;
  // An exact root shows no more zeros than it needs.
  while (root % 10n === 0n && exponent < Math.floor(parts.exponent / 2)) {
    root /= 10n;
    exponent++;
  }
  return fromParts({ coefficient: root, exponent });
}
