import { type Collation, compareBy } from "../collation.ts";
import { equal, typeOrder } from "../compare.ts";
import { badValue } from "../errors.ts";
import { BSONRegExp, isNumber, MaxKey, MinKey, toNumber, type Value } from "../value.ts";
import { isOperators } from "./condition.ts";
import type { Test } from "./match.ts";
import { compileRegex } from "./regex.ts";

/** Equality as queries mean it: null also equals a missing field. */
export function equalTest(operand: Value, collation?: Collation): Test {
  if (operand === null) return (value) => value === undefined || value === null;
  if (collation) {
    const order = compareBy(collation);
    return (value) => value !== undefined && order(value, operand) === 0;
  }
  if (typeof operand === "string")
    return (value) => value === operand || (typeof value === "object" && equalSymbol(value, operand));
  return (value) => value !== undefined && equal(value, operand);
}

function equalSymbol(value: Value | undefined, operand: string): boolean {
  return value !== null && typeOrder(value) === 15 && equal(value, operand);
}

/** Order as queries mean it, for `$gt`, `$gte`, `$lt` and `$lte`: only values of the operand's type compare with it. */
export function orderTest(name: string, operand: Value, collation: Collation | undefined): Test {
  const compare = compareBy(collation);
  const wanted = typeOrder(operand);
  const whole = operand instanceof MinKey || operand instanceof MaxKey;
  const strict = name === "$gt" || name === "$lt";
  const sign = name === "$gt" || name === "$gte" ? 1 : -1;
  const wantsNaN = isNumber(operand) && Number.isNaN(toNumber(operand));
  return (value) => {
    if (value === undefined && wanted !== 5) return whole && sign < 0 && operand instanceof MaxKey;
    if (!whole && typeOrder(value) !== wanted) return false;
    if (wanted === 10 && isNumber(value) && !whole && wantsNaN !== Number.isNaN(toNumber(value)))
      return false;
    const order = compare(value, operand) * sign;
    return strict ? order > 0 : order >= 0;
  };
}

/** A regular expression as queries mean it: it matches texts and symbols, and equals the same expression. */
export function regexTest(operand: BSONRegExp): Test {
  const regex = compileRegex(operand);
  return (value) => {
    if (typeof value === "string") return regex.test(value);
    if (value instanceof BSONRegExp)
      return value.pattern === operand.pattern && value.options === operand.options;
    return value !== undefined && typeOrder(value) === 15 && regex.test(String(value));
  };
}

/**
 * Equality with one of several, for `$in` and `$nin`; a regular expression among them is matched.
 *
 * @throws {CommandError} BadValue when the operand is no array, or has operators in it.
 */
export function inTest(name: string, operand: Value, collation: Collation | undefined): Test {
  if (!Array.isArray(operand)) throw badValue(`${name} needs an array`);
  const tests: Test[] = [];
  const texts = new Set<string>();
  for (const item of operand) {
    if (isOperators(item)) throw badValue(`cannot nest $ under ${name}`);
    if (typeof item === "string" && !collation) texts.add(item);
    else tests.push(item instanceof BSONRegExp ? regexTest(item) : equalTest(item, collation));
  }
  return (value) => {
    if (typeof value === "string" && texts.has(value)) return true;
    for (const test of tests) if (test(value)) return true;
    return false;
  };
}
