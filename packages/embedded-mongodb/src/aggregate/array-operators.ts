import { divide, type Numeric } from "../arithmetic.ts";
import { canonical, collationIn } from "../collation.ts";
import { CommandError } from "../errors.ts";
import { encodeValue } from "../key-encoding.ts";
import { splitPath, valueAt } from "../path.ts";
import { isTrue } from "../query/truth.ts";
import { type Doc, isDoc, isNumber, setField, toNumber, typeName, type Value } from "../value.ts";
import { sum } from "./arithmetic-operators.ts";
import { exactly, named, operands, orderIn } from "./basic-operators.ts";
import type { Evaluation, ExpressionOperator } from "./expression.ts";

const isMissing = (value: Value | undefined): value is null | undefined =>
  value === undefined || value === null;

function arrayOf(name: string, value: Value, code = 28689): Value[] {
  if (!Array.isArray(value))
    throw new CommandError(
      code,
      `The argument to ${name} must be an array, but was of type: ${typeName(value)}`,
    );
  return value;
}

function whole(name: string, value: Value | undefined, noNumber = 28690, fraction = noNumber): number {
  const number = isNumber(value) ? toNumber(value) : undefined;
  if (number === undefined || !Number.isInteger(number)) {
    throw new CommandError(
      number === undefined ? noNumber : fraction,
      `${name} needs a whole number, but was given ${typeName(value)}`,
    );
  }
  return number;
}

/** The values an accumulator-like expression (`$sum`, `$avg`, `$min`, `$max`) goes over. */
function listed(operand: Value, evaluation: Parameters<ExpressionOperator>[1]): (Value | undefined)[] {
  const values = operands(operand, evaluation);
  return values.length === 1 && Array.isArray(values[0]) ? values[0] : values;
}

function unique(items: Value[], { scope }: Evaluation): Value[] {
  const seen = new Set<string>();
  const same = canonical(collationIn(scope));
  return items.filter((item) => {
    const key = encodeValue(same(item)).toString("latin1");
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function extreme(sign: 1 | -1): ExpressionOperator {
  return (operand, evaluation) => {
    const order = orderIn(evaluation);
    let best: Value | undefined;
    for (const value of listed(operand, evaluation)) {
      if (isMissing(value)) continue;
      if (best === undefined || order(value, best) * sign > 0) best = value;
    }
    return best ?? null;
  };
}

/** The numbers' sum; what is no number does not count. */
export function sumOf(values: Iterable<Value | undefined>): Numeric {
  let total: Numeric = 0;
  for (const value of values) if (isNumber(value)) total = sum(total, value);
  return total;
}

/** The numbers' mean, or null without any. */
export function averageOf(values: Iterable<Value | undefined>): Value {
  const numbers = [...values].filter((value) => isNumber(value));
  return numbers.length === 0 ? null : divide(sumOf(numbers), numbers.length);
}

/** A comparison for `$sortArray` and `$firstN`-like operators: 1, -1 or a document of paths. */
export function sortBy(order: Value, evaluation: Evaluation): (a: Value, b: Value) => number {
  const compare = orderIn(evaluation);
  const directions = isDoc(order) ? Object.values(order) : [order];
  for (const direction of directions)
    if (!isNumber(direction) || Math.abs(toNumber(direction)) !== 1)
      throw new CommandError("BadValue", "Illegal sort specification: a direction must be 1 or -1");
  if (isNumber(order)) {
    const sign = toNumber(order);
    return (a, b) => sign * compare(a, b);
  }
  const by = isDoc(order)
    ? Object.entries(order).map(([path, sign]) => ({
        parts: splitPath(path),
        sign: isNumber(sign) ? toNumber(sign) : 1,
      }))
    : [];
  return (a, b) => {
    for (const { parts, sign } of by) {
      const result = sign * compare(valueAt(a, parts), valueAt(b, parts));
      if (result !== 0) return result;
    }
    return 0;
  };
}

function objectOf(pairs: Value[]): Doc {
  const doc: Doc = {};
  const byPairs = Array.isArray(pairs[0]);
  for (const pair of pairs) {
    if (!Array.isArray(pair) && !isDoc(pair))
      throw new CommandError(40398, `Unrecognised input type format for $arrayToObject: ${typeName(pair)}`);
    if (Array.isArray(pair) !== byPairs)
      throw new CommandError(byPairs ? 40396 : 40391, "$arrayToObject requires a consistent input format");
    const [key, value] = Array.isArray(pair) ? keyAndValue(pair) : keyAndValueOf(pair);
    setField(doc, key, value);
  }
  return doc;
}

function keyAndValue(pair: Value[]): [string, Value] {
  if (pair.length !== 2) throw new CommandError(40397, "$arrayToObject requires an array of size 2 arrays");
  const [key, value] = pair as [Value, Value];
  if (typeof key !== "string")
    throw new CommandError(40395, "$arrayToObject requires an array of key-value pairs, with string keys");
  return [key, value];
}

function keyAndValueOf(pair: Doc): [string, Value] {
  if (Object.keys(pair).length !== 2)
    throw new CommandError(40392, "$arrayToObject requires an object with exactly the keys 'k' and 'v'");
  if (pair.k === undefined || pair.v === undefined)
    throw new CommandError(40393, "$arrayToObject requires an object with the keys 'k' and 'v'");
  if (typeof pair.k !== "string")
    throw new CommandError(40394, "$arrayToObject requires an object with a 'k' of type string");
  return [pair.k, pair.v];
}

/** Arrays, sets, and sums over arrays. */
export const arrayOperators: Readonly<Record<string, ExpressionOperator>> = {
  $size: (operand, evaluation) => {
    const [value] = exactly("$size", 1, operand, evaluation);
    if (!Array.isArray(value))
      throw new CommandError(
        17124,
        `The argument to $size must be an array, but was of type: ${typeName(value)}`,
      );
    return value.length;
  },
  $isArray: (operand, evaluation) => Array.isArray(exactly("$isArray", 1, operand, evaluation)[0]),
  $in: (operand, evaluation) => {
    const [value, array] = exactly("$in", 2, operand, evaluation);
    if (!Array.isArray(array))
      throw new CommandError(40081, `$in requires an array as a second argument, found: ${typeName(array)}`);
    return value !== undefined && array.some((item) => orderIn(evaluation)(item, value) === 0);
  },
  $arrayElemAt: (operand, evaluation) => {
    const [array, index] = exactly("$arrayElemAt", 2, operand, evaluation);
    if (isMissing(array) || isMissing(index)) return null;
    return arrayOf("$arrayElemAt", array).at(whole("$arrayElemAt", index, 28690, 28691));
  },
  $first: (operand, evaluation) => {
    const [array] = exactly("$first", 1, operand, evaluation);
    return isMissing(array) ? null : arrayOf("$first", array)[0];
  },
  $last: (operand, evaluation) => {
    const [array] = exactly("$last", 1, operand, evaluation);
    return isMissing(array) ? null : arrayOf("$last", array).at(-1);
  },
  $concatArrays: (operand, evaluation) => {
    const joined: Value[] = [];
    for (const value of operands(operand, evaluation)) {
      if (isMissing(value)) return null;
      for (const item of arrayOf("$concatArrays", value, 28664)) joined.push(item);
    }
    return joined;
  },
  $reverseArray: (operand, evaluation) => {
    const [array] = exactly("$reverseArray", 1, operand, evaluation);
    return isMissing(array) ? null : [...arrayOf("$reverseArray", array, 34435)].reverse();
  },
  $slice: (operand, evaluation) => {
    const [array, first, second] = operands(operand, evaluation);
    if (isMissing(array) || isMissing(first) || second === null) return null;
    const items = arrayOf("$slice", array, 28724);
    const from = whole("$slice", first, 28725, 28726);
    if (second === undefined) return from >= 0 ? items.slice(0, from) : items.slice(from);
    const start = from >= 0 ? from : Math.max(0, items.length + from);
    const count = whole("$slice", second, 28727, 28728);
    if (count <= 0) throw new CommandError(28729, `Third argument to $slice must be positive: ${count}`);
    return items.slice(start, start + count);
  },
  $filter: (operand, { run }) => {
    const { input, cond, as, limit } = named("$filter", operand, ["input", "cond", "as", "limit"], {
      form: 28646,
      unknown: 28647,
      missing: { input: 28648, cond: 28650 },
    });
    const array = run(input as Value);
    if (isMissing(array)) return null;
    const most = limit === undefined ? null : run(limit);
    const name = typeof as === "string" ? as : "this";
    const kept = arrayOf("$filter", array, 28651).filter((item) =>
      isTrue(run(cond as Value, new Map([[name, item]]))),
    );
    if (isMissing(most)) return kept;
    const count = whole("$filter", most, 327391);
    if (count < 1) throw new CommandError(327392, `$filter: limit must be greater than 0: ${count}`);
    return kept.slice(0, count);
  },
  $map: (operand, { run }) => {
    const {
      input,
      as,
      in: body,
    } = named("$map", operand, ["input", "as", "in"], {
      form: 16878,
      unknown: 16879,
      missing: { input: 16880, in: 16882 },
    });
    const array = run(input as Value);
    if (isMissing(array)) return null;
    const name = typeof as === "string" ? as : "this";
    return arrayOf("$map", array, 16883).map((item) => run(body as Value, new Map([[name, item]])) ?? null);
  },
  $reduce: (operand, { run }) => {
    const {
      input,
      initialValue,
      in: body,
    } = named("$reduce", operand, ["input", "initialValue", "in"], {
      form: 40075,
      unknown: 40076,
      missing: { input: 40077, initialValue: 40078, in: 40079 },
    });
    const array = run(input as Value);
    if (isMissing(array)) return null;
    let value = run(initialValue as Value);
    for (const item of arrayOf("$reduce", array, 40080)) {
      value = run(
        body as Value,
        new Map<string, Value | undefined>([
          ["this", item],
          ["value", value],
        ]),
      );
    }
    return value;
  },
  $sortArray: (operand, evaluation) => {
    const { run } = evaluation;
    const { input, sortBy: order } = named("$sortArray", operand, ["input", "sortBy"], {
      form: 2942500,
      unknown: 2942501,
      missing: { input: 2942502, sortBy: 2942503 },
    });
    const array = run(input as Value);
    return isMissing(array)
      ? null
      : [...arrayOf("$sortArray", array, 2942504)].sort(sortBy(order as Value, evaluation));
  },
  $range: (operand, evaluation) => {
    const [from, to, by] = operands(operand, evaluation);
    const start = whole("$range", from, 34443, 34444);
    const end = whole("$range", to, 34445, 34446);
    const step = by === undefined ? 1 : whole("$range", by, 34447, 34448);
    if (step === 0) throw new CommandError(34449, "$range requires a non-zero step value");
    const numbers: number[] = [];
    for (let value = start; step > 0 ? value < end : value > end; value += step) numbers.push(value);
    return numbers;
  },
  $indexOfArray: (operand, evaluation) => {
    const [array, wanted, from, to] = operands(operand, evaluation);
    if (isMissing(array)) return null;
    const items = arrayOf("$indexOfArray", array, 40090);
    const start = from === undefined ? 0 : whole("$indexOfArray", from, 40096);
    const end = to === undefined ? items.length : Math.min(items.length, whole("$indexOfArray", to, 40096));
    if (start < 0 || end < 0) throw new CommandError(40097, "$indexOfArray requires a nonnegative index");
    for (let index = start; index < end; index++) {
      if (wanted !== undefined && orderIn(evaluation)(items[index], wanted) === 0) return index;
    }
    return -1;
  },
  $arrayToObject: (operand, evaluation) => {
    const [array] = exactly("$arrayToObject", 1, operand, evaluation);
    if (isMissing(array)) return null;
    return objectOf(arrayOf("$arrayToObject", array, 40386));
  },
  $objectToArray: (operand, evaluation) => {
    const [doc] = exactly("$objectToArray", 1, operand, evaluation);
    if (isMissing(doc)) return null;
    if (!isDoc(doc))
      throw new CommandError(40390, `$objectToArray requires a document input, found: ${typeName(doc)}`);
    return Object.keys(doc).map((k) => ({ k, v: doc[k] as Value }));
  },
  $setUnion: (operand, evaluation) => {
    const all: Value[] = [];
    for (const value of operands(operand, evaluation)) {
      if (isMissing(value)) return null;
      for (const item of arrayOf("$setUnion", value, 17043)) all.push(item);
    }
    return unique(all, evaluation).sort(orderIn(evaluation));
  },
  $setIntersection: (operand, evaluation) => {
    const order = orderIn(evaluation);
    const sets = operands(operand, evaluation);
    if (sets.some(isMissing)) return null;
    const [first = [], ...rest] = sets.map((value) => arrayOf("$setIntersection", value as Value, 17047));
    return unique(first, evaluation)
      .filter((item) => rest.every((other) => other.some((value) => order(value, item) === 0)))
      .sort(order);
  },
  $setDifference: (operand, evaluation) => {
    const order = orderIn(evaluation);
    const [a, b] = exactly("$setDifference", 2, operand, evaluation);
    if (isMissing(a) || isMissing(b)) return null;
    const gone = arrayOf("$setDifference", b, 17049);
    return unique(arrayOf("$setDifference", a, 17048), evaluation).filter(
      (item) => !gone.some((value) => order(value, item) === 0),
    );
  },
  $setEquals: (operand, evaluation) => {
    const order = orderIn(evaluation);
    const given = operands(operand, evaluation);
    if (given.length < 2) throw new CommandError(17045, "$setEquals needs at least two arguments");
    const sets = given.map((value) => arrayOf("$setEquals", value ?? null, 17044));
    return sets.every(
      (set) =>
        set.every((item) => sets[0]?.some((value) => order(value, item) === 0)) &&
        sets[0]?.every((item) => set.some((value) => order(value, item) === 0)),
    );
  },
  $setIsSubset: (operand, evaluation) => {
    const order = orderIn(evaluation);
    const [a, b] = exactly("$setIsSubset", 2, operand, evaluation);
    const whole = arrayOf("$setIsSubset", b ?? null, 17042);
    return arrayOf("$setIsSubset", a ?? null, 17046).every((item) =>
      whole.some((value) => order(value, item) === 0),
    );
  },
  $anyElementTrue: (operand, evaluation) =>
    arrayOf("$anyElementTrue", operands(operand, evaluation)[0] ?? null, 17041).some(isTrue),
  $allElementsTrue: (operand, evaluation) =>
    arrayOf("$allElementsTrue", operands(operand, evaluation)[0] ?? null, 17040).every(isTrue),
  $sum: (operand, evaluation) => sumOf(listed(operand, evaluation)),
  $avg: (operand, evaluation) => averageOf(listed(operand, evaluation)),
  $min: extreme(-1),
  $max: extreme(1),
};
