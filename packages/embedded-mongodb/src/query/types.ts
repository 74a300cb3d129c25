import { badValue, failedToParse, typeMismatch } from "../errors.ts";
import { isNumber, toNumber, typeName, type Value } from "../value.ts";

/** Type numbers by alias (source: MongoDB manual, "BSON Types"). */
export const typeNumbers: Readonly<Record<string, number>> = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
};
const aliases = new Map(Object.entries(typeNumbers).map(([alias, number]) => [number, alias]));
const numbers = ["int", "long", "double", "decimal"];

/**
 * A test for the operand of `$type`: an alias, a number, or an array of them.
 *
 * @throws {CommandError} BadValue for a type that does not exist, FailedToParse for none, TypeMismatch for no type.
 */
export function typeTest(operand: Value): (value: Value | undefined) => boolean {
  const wanted = new Set((Array.isArray(operand) ? operand : [operand]).flatMap(aliasesOf));
  if (wanted.size === 0) throw failedToParse("$type must match at least one type");
  return (value) => value !== undefined && wanted.has(typeName(value));
}

function aliasesOf(item: Value): string[] {
  if (item === "number") return numbers;
  if (typeof item === "string") {
    if (!Object.hasOwn(typeNumbers, item)) throw badValue(`Unknown type name alias: ${item}`);
    return [item];
  }
  if (!isNumber(item)) throw typeMismatch("type must be represented as a number or a string");
  const alias = aliases.get(toNumber(item));
  if (!alias) throw badValue(`Invalid numerical type code: ${toNumber(item)}`);
  return [alias];
}
