import { CommandError, notImplemented } from "../errors.ts";
import { type Doc, double, isDoc, isNumber, toNumber, typeName, type Value } from "../value.ts";
import { operands, orderIn } from "./basic-operators.ts";
import type { ExpressionOperator } from "./expression.ts";

const isMissing = (value: Value | undefined): value is null | undefined =>
  value === undefined || value === null;

/** How many values an N operator gives. @throws {CommandError} 5787902 to 5787908. */
export function countOf(name: string, value: Value | undefined): number {
  if (!isNumber(value))
    throw new CommandError(5787902, `Value for 'n' must be of integral type, but found ${typeName(value)}`);
  const number = toNumber(value);
  if (!Number.isInteger(number))
    throw new CommandError(5787903, `Value for 'n' must be of integral type in ${name}`);
  if (number <= 0) throw new CommandError(5787908, `'n' must be greater than 0, found ${number}`);
  return number;
}

/** The fields of an N operator. @throws {CommandError} for one that is missing or unknown. */
export function manyFields(name: string, operand: Value): { n: Value; input: Value } {
  if (!isDoc(operand)) throw new CommandError(5787801, `${name} specification must be an object`);
  for (const key of Object.keys(operand))
    if (key !== "n" && key !== "input")
      throw new CommandError(5787901, `Unknown argument for 'n' operator: ${key}`);
  const { n, input } = operand;
  if (n === undefined) throw new CommandError(5787906, "Missing value for 'n'");
  if (input === undefined) throw new CommandError(5787907, "Missing value for 'input'");
  return { n, input };
}

/** Picks values of a list in the way of an N operator; what is null does not count for the smallest and largest. */
export function pickMany(
  name: string,
  values: readonly Value[],
  most: number,
  order: (a: Value, b: Value) => number,
): Value[] {
  switch (name) {
    case "$firstN":
      return values.slice(0, most);
    case "$lastN":
      return values.slice(-most);
  }
  const sign = name === "$minN" ? 1 : -1;
  return values
    .filter((value) => value !== null)
    .sort((a, b) => sign * order(a, b))
    .slice(0, most);
}

function many(name: string): ExpressionOperator {
  return (operand, evaluation) => {
    const { run } = evaluation;
    const { n, input } = manyFields(name, operand);
    const most = countOf(name, run(n));
    const values = run(input);
    if (isMissing(values) && (name === "$minN" || name === "$maxN")) return null;
    if (!Array.isArray(values))
      throw new CommandError(5788200, `Input must be an array, found ${typeName(values)}`);
    return pickMany(name, values, most, orderIn(evaluation));
  };
}

function spread(sample: boolean): ExpressionOperator {
  return (operand, evaluation) => {
    const values = operands(operand, evaluation);
    return deviation(values.length === 1 && Array.isArray(values[0]) ? values[0] : values, sample);
  };
}

/** The standard deviation of the numbers among the values, of a population or a sample; null for too few. */
export function deviation(values: readonly (Value | undefined)[], sample: boolean): Value {
  const numbers = values.filter((value) => isNumber(value)).map(toNumber);
  const size = numbers.length - (sample ? 1 : 0);
  if (size <= 0) return null;
  const mean = numbers.reduce((total, value) => total + value, 0) / numbers.length;
  return double(Math.sqrt(numbers.reduce((total, value) => total + (value - mean) ** 2, 0) / size));
}

/** The shares that `$percentile` asks for. @throws {CommandError} 7750301 for what is no list of numbers in [0, 1]. */
export function sharesOf(value: Value | undefined): number[] {
  const list = Array.isArray(value) ? value : [];
  const shares = list.map((share) => (isNumber(share) ? toNumber(share) : Number.NaN));
  if (shares.length === 0 || !shares.every((share) => share >= 0 && share <= 1))
    throw new CommandError(7750301, "The $percentile 'p' field must be an array of numbers from [0.0, 1.0]");
  return shares;
}

/** @throws {CommandError} BadValue for a method other than "approximate". */
export function checkMethod(name: string, method: Value | undefined): void {
  if (method === undefined)
    throw new CommandError(40414, `BSON field '${name}.method' is missing but a required field`);
  if (method !== "approximate")
    throw new CommandError("BadValue", "Currently only 'approximate' can be used as percentile 'method'.");
}

/**
 * The numbers below which these shares of the numbers lie: of n sorted ones the one at the place p * n rounded up
 * (source: MongoDB manual, "$percentile"; it gives a value that is there).
 */
export function percentiles(values: readonly (Value | undefined)[], shares: readonly number[]): Value[] {
  const numbers = values
    .filter((value) => isNumber(value))
    .map(toNumber)
    .filter((value) => !Number.isNaN(value))
    .sort((a, b) => a - b);
  return shares.map((share) => {
    const at = Math.max(0, Math.ceil(share * numbers.length) - 1);
    const found = numbers[at];
    return found === undefined ? null : double(found);
  });
}

function percentile(name: "$median" | "$percentile"): ExpressionOperator {
  return (operand, { run }) => {
    if (!isDoc(operand)) throw new CommandError(7436100, `${name} specification must be an object`);
    if (operand.input === undefined)
      throw new CommandError(40414, `BSON field '${name}.input' is missing but a required field`);
    checkMethod(name, operand.method);
    const shares = name === "$median" ? [0.5] : sharesOf(run(operand.p ?? null));
    const input = run(operand.input);
    const results = percentiles(Array.isArray(input) ? input : [input], shares);
    return name === "$median" ? (results[0] ?? null) : results;
  };
}

const zip: ExpressionOperator = (operand, { run }) => {
  if (!isDoc(operand))
    throw new CommandError(34460, `$zip only supports an object as an argument, found ${typeName(operand)}`);
  for (const key of Object.keys(operand))
    if (!["inputs", "defaults", "useLongestLength"].includes(key))
      throw new CommandError(34464, `$zip found an unknown argument: ${key}`);
  const { inputs, defaults, useLongestLength: longest } = operand as Doc;
  if (inputs === undefined) throw new CommandError(34465, "$zip requires at least one input array");
  if (!Array.isArray(inputs)) throw new CommandError(34461, "inputs must be an array of expressions");
  if (inputs.length === 0) throw new CommandError(34465, "$zip requires at least one input array");
  if (longest !== undefined && typeof longest !== "boolean")
    throw new CommandError(34463, "useLongestLength must be a bool");
  if (defaults !== undefined && !Array.isArray(defaults))
    throw new CommandError(34462, "defaults must be an array of expressions");
  if (defaults !== undefined && longest !== true)
    throw new CommandError(34466, "cannot specify defaults unless useLongestLength is true");
  if (defaults !== undefined && defaults.length !== inputs.length)
    throw new CommandError(34467, "defaults and inputs must have the same length");
  const lists = inputs.map((input) => run(input));
  const arrays: Value[][] = [];
  for (const list of lists) {
    if (isMissing(list)) return null;
    if (!Array.isArray(list))
      throw new CommandError(34468, `$zip found a non-array expression in input: ${typeName(list)}`);
    arrays.push(list);
  }
  const sizes = arrays.map((array) => array.length);
  const length = longest === true ? Math.max(...sizes) : Math.min(...sizes);
  const fill = (defaults ?? []).map((item) => run(item) ?? null);
  return Array.from({ length }, (_, at) => arrays.map((array, which) => array[at] ?? fill[which] ?? null));
};

/** Operators that make lists of lists, or numbers of them (source: MongoDB manual, "Array Expression Operators"). */
export const listOperators: Readonly<Record<string, ExpressionOperator>> = {
  $firstN: many("$firstN"),
  $lastN: many("$lastN"),
  $minN: many("$minN"),
  $maxN: many("$maxN"),
  $stdDevPop: spread(false),
  $stdDevSamp: spread(true),
  $median: percentile("$median"),
  $percentile: percentile("$percentile"),
  $zip: zip,
  $toHashedIndexKey: () => {
    throw notImplemented("$toHashedIndexKey");
  },
};
