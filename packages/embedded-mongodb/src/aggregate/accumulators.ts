import { divide, type Numeric } from "../arithmetic.ts";
import { type Collation, canonical, collationIn, compareBy } from "../collation.ts";
import { CommandError } from "../errors.ts";
import { encodeValue } from "../key-encoding.ts";
import { type MemoryLimit, roughSize } from "../memory-limit.ts";
import { sortDocs } from "../query/sort.ts";
import { type Doc, isDoc, isNumber, setField, toNumber, type Value } from "../value.ts";
import { averageOf, sumOf } from "./array-operators.ts";
import { checkExpression, evaluate, type Scope } from "./expression.ts";
import type { Fold } from "./flow.ts";
import { checkMethod, deviation, percentiles, sharesOf } from "./list-operators.ts";

/** Computes one output field of `$group` from the documents of a group. */
export type Accumulator = (docs: Doc[]) => Value;

type Reduce = (values: (Value | undefined)[], collation?: Collation) => Value;

function best(sign: 1 | -1): Reduce {
  return (values, collation) => {
    const compare = compareBy(collation);
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
  $addToSet: (values, collation) => {
    const same = canonical(collation);
    const set = new Map<string, Value>();
    for (const value of values) {
      if (value === undefined) continue;
      const key = encodeValue(same(value)).toString("latin1");
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
    return (docs) =>
      reduce(
        docs.map((doc) => evaluate(operand, doc, variables)),
        collationIn(variables),
      );
  }
  if (name === "$median" || name === "$percentile") return percentileOf(name, operand, variables);
  return manyOf(name, operand, variables);
}

function percentileOf(name: string, operand: Value, variables?: Scope): Accumulator {
  if (!isDoc(operand)) throw new CommandError(7436100, `${name} specification must be an object`);
  const { input, method, p } = operand;
  if (input === undefined)
    throw new CommandError(40414, `BSON field '${name}.input' is missing but a required field`);
  checkMethod(name, method);
  checkExpression(input);
  const shares = name === "$median" ? [0.5] : sharesOf(evaluate(p ?? null, {}, variables));
  return (docs) => {
    const results = percentiles(
      docs.map((doc) => evaluate(input, doc, variables)),
      shares,
    );
    return name === "$median" ? (results[0] ?? null) : results;
  };
}

/** Makes the growing value of an accumulator in a new group; what it keeps is counted in `memory`. */
export type MakeFold = (memory: MemoryLimit) => Fold;

/**
 * Compiles an accumulator that takes its documents one by one.
 *
 * @throws {CommandError} as {@link compileAccumulator}.
 */
export function compileFold(field: string, spec: Value, variables?: Scope): MakeFold {
  const accumulate = compileAccumulator(field, spec, variables);
  const [name, operand] = Object.entries(spec as Doc)[0] as [string, Value];
  const reduce = simple[name];
  if (!reduce) return (memory) => foldOfDocs(accumulate, memory);
  if (name === "$count") return foldOfCount;
  if (name === "$avg") return () => foldOfAverage(operand, variables);
  const squeeze = squeezes[name];
  const collation = collationIn(variables);
  return (memory) =>
    foldOfValues(
      (doc) => evaluate(operand, doc, variables),
      (values) => reduce(values, collation),
      squeeze && ((values) => squeeze(values, collation)),
      memory,
    );
}

/** Makes fewer values of many, from which the accumulator gives the same. */
type Squeeze = (values: (Value | undefined)[], collation?: Collation) => (Value | undefined)[];

const squeezes: Readonly<Record<string, Squeeze>> = {
  $sum: (values) => [sumOf(values)],
  $min: (values, collation) => [best(-1)(values, collation)],
  $max: (values, collation) => [best(1)(values, collation)],
  $first: (values) => values.slice(0, 1),
  $last: (values) => values.slice(-1),
  $addToSet: (values, collation) => (simple.$addToSet as Reduce)(values, collation) as Value[],
  $mergeObjects: (values) => [(simple.$mergeObjects as Reduce)(values)],
};

function foldOfValues(
  inputOf: (doc: Doc) => Value | undefined,
  reduce: Reduce,
  squeeze: Squeeze | undefined,
  memory: MemoryLimit,
): Fold {
  let values: (Value | undefined)[] = [];
  let limit = 64;
  let held = 0;
  const hold = (bytes: number): void => {
    held += bytes;
    memory.add(bytes);
  };
  return {
    add(doc) {
      const value = inputOf(doc);
      values.push(value);
      hold(roughSize(value));
      if (!squeeze || values.length < limit) return;
      values = squeeze(values);
      // What could not be made fewer is not tried again at every step.
      limit = Math.max(64, 2 * values.length);
      memory.drop(held);
      held = 0;
      hold(values.reduce<number>((sum, kept) => sum + roughSize(kept), 0));
    },
    end: () => reduce(values),
  };
}

function foldOfCount(): Fold {
  let count = 0;
  return {
    add() {
      count++;
    },
    end: () => count,
  };
}

function foldOfAverage(operand: Value, variables: Scope | undefined): Fold {
  let total: Numeric = 0;
  let count = 0;
  return {
    add(doc) {
      const value = evaluate(operand, doc, variables);
      if (!isNumber(value)) return;
      total = sumOf([total, value]);
      count++;
    },
    end: () => (count === 0 ? null : divide(total, count)),
  };
}

function foldOfDocs(accumulate: Accumulator, memory: MemoryLimit): Fold {
  const docs: Doc[] = [];
  return {
    add(doc) {
      memory.add(roughSize(doc));
      docs.push(doc);
    },
    end: () => accumulate(docs),
  };
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
      const sorted = sortDocs(docs, sortBy as Doc, (doc) => doc, collationIn(variables));
      const picked = name.startsWith("$top") ? sorted.slice(0, most) : sorted.slice(-most);
      values = picked.map((doc) => evaluate(output as Value, doc, variables) ?? null);
    } else {
      values = docs.map((doc) => evaluate(input as Value, doc, variables) ?? null);
      if (name === "$minN" || name === "$maxN") {
        const sign = name === "$minN" ? 1 : -1;
        values = values
          .filter((value) => value !== null)
          .sort((a, b) => sign * compareBy(collationIn(variables))(a, b));
      }
      values = name === "$lastN" ? values.slice(-most) : values.slice(0, most);
    }
    return many ? values : (values[0] ?? null);
  };
}
