import { compare } from "../compare.ts";
import { CommandError } from "../errors.ts";
import { encodeValue } from "../key-encoding.ts";
import { sortDocs } from "../query/sort.ts";
import { type Doc, double, isDoc, isNumber, setField, toNumber, type Value } from "../value.ts";
import { averageOf, sumOf } from "./array-operators.ts";
import { checkExpression, evaluate, type Scope } from "./expression.ts";

/** Computes one output field of `$group` from the documents of a group. */
export type Accumulator = (docs: Doc[]) => Value;

type Reduce = (values: (Value | undefined)[]) => Value;

function deviation(values: (Value | undefined)[], sample: boolean): Value {
  const numbers = values.filter((value) => isNumber(value)).map(toNumber);
  const size = numbers.length - (sample ? 1 : 0);
  if (size <= 0) return null;
  const mean = numbers.reduce((total, value) => total + value, 0) / numbers.length;
  return double(Math.sqrt(numbers.reduce((total, value) => total + (value - mean) ** 2, 0) / size));
}

function best(sign: 1 | -1): Reduce {
  return (values) => {
    let found: Value | undefined;
    for (const value of values) {
      if (value === undefined || value === null) continue;
      if (found === undefined || compare(value, found) * sign > 0) found = value;
    }
    return found ?? null;
  };
}

const simple: Readonly<Record<string, Reduce>> = {
  $sum: sumOf,
  $avg: averageOf,
  $min: best(-1),
  $max: best(1),
  $first: (values) => values[0] ?? null,
  $last: (values) => values.at(-1) ?? null,
  $push: (values) => values.flatMap((value) => (value === undefined ? [] : [value])),
  $addToSet: (values) => {
    const set = new Map<string, Value>();
    for (const value of values) {
      if (value === undefined) continue;
      const key = encodeValue(value).toString("latin1");
      if (!set.has(key)) set.set(key, value);
    }
    return [...set.values()];
  },
  $mergeObjects: (values) => {
    const merged: Doc = {};
    for (const value of values) {
      if (value === undefined || value === null) continue;
      if (!isDoc(value)) throw new CommandError(40400, "$mergeObjects requires object inputs");
      for (const key of Object.keys(value)) setField(merged, key, value[key] as Value);
    }
    return merged;
  },
  $stdDevPop: (values) => deviation(values, false),
  $stdDevSamp: (values) => deviation(values, true),
  $count: (values) => values.length,
};

/**
 * Compiles an accumulator of `$group` (source: MongoDB manual, "Accumulators ($group)").
 *
 * @throws {CommandError} 15952 for an operator that is none.
 */
export function compileAccumulator(field: string, spec: Value, variables?: Scope): Accumulator {
  const keys = isDoc(spec) ? Object.keys(spec) : [];
  const name = keys[0];
  if (!isDoc(spec) || name === undefined)
    throw new CommandError(40234, `The field '${field}' must be an accumulator object`);
  if (keys.length > 1) throw new CommandError(40238, `The field '${field}' must specify one accumulator`);
  const operand = spec[name] as Value;
  const reduce = simple[name];
  if (reduce) {
    checkExpression(operand);
    return (docs) => reduce(docs.map((doc) => evaluate(operand, doc, variables)));
  }
  return manyOf(name, operand, variables);
}

/** `$firstN`, `$lastN`, `$minN`, `$maxN`, `$top`, `$bottom`, `$topN`, `$bottomN`. */
function manyOf(name: string, operand: Value, variables?: Scope): Accumulator {
  if (!["$firstN", "$lastN", "$minN", "$maxN", "$top", "$bottom", "$topN", "$bottomN"].includes(name)) {
    throw new CommandError(15952, `unknown group operator '${name}'`);
  }
  if (!isDoc(operand)) throw new CommandError(5787900, `${name} specification must be an object`);
  const { sortBy, output, input, n } = operand;
  const many = name.endsWith("N");
  return (docs) => {
    const size = evaluate(n ?? 1, {}, variables);
    const most = isNumber(size) ? toNumber(size) : 1;
    let values: Value[];
    if (sortBy !== undefined) {
      const sorted = sortDocs(docs, sortBy as Doc, (doc) => doc);
      const picked = name.startsWith("$top") ? sorted.slice(0, most) : sorted.slice(-most);
      values = picked.map((doc) => evaluate(output as Value, doc, variables) ?? null);
    } else {
      values = docs.map((doc) => evaluate(input as Value, doc, variables) ?? null);
      if (name === "$minN" || name === "$maxN") {
        const sign = name === "$minN" ? 1 : -1;
        values = values.filter((value) => value !== null).sort((a, b) => sign * compare(a, b));
      }
      values = name === "$lastN" ? values.slice(-most) : values.slice(0, most);
    }
    return many ? values : (values[0] ?? null);
  };
}
