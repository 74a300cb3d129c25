import { collationIn, compareBy } from "../collation.ts";
import { compare } from "../compare.ts";
import { CommandError } from "../errors.ts";
import { runJavaScript } from "../javascript.ts";
import { isTrue } from "../query/truth.ts";
import { clone, type Doc, getField, isDoc, setField, type Value } from "../value.ts";
import type { Evaluation, ExpressionOperator } from "./expression.ts";

/** Evaluates the operands of an operator that takes a list (one that is no array counts as a list of one). */
export function operands(operand: Value, { run }: Evaluation): (Value | undefined)[] {
  return Array.isArray(operand) ? operand.map((item) => run(item)) : [run(operand)];
}

/** Evaluates exactly `count` operands. @throws {CommandError} 16020 for another number. */
export function exactly(
  name: string,
  count: number,
  operand: Value,
  evaluation: Evaluation,
): (Value | undefined)[] {
  const values = operands(operand, evaluation);
  if (values.length !== count) {
    throw new CommandError(
      16020,
      `Expression ${name} takes exactly ${count} arguments. ${values.length} were passed in.`,
    );
  }
  return values;
}

/** The codes by which an operator refuses its named operands. */
export interface NamedCodes {
  /** It is given no document. */
  form: number;
  /** It is given an operand that it does not know. */
  unknown: number;
  /** The operands it needs, and what is said of a missing one. */
  missing?: Readonly<Record<string, number>>;
}

/**
 * Reads the named operands of an operator such as `$filter`.
 *
 * @throws {CommandError} with these codes, or FailedToParse.
 */
export function named(name: string, operand: Value, fields: readonly string[], codes?: NamedCodes): Doc {
  if (!isDoc(operand))
    throw new CommandError(codes?.form ?? "FailedToParse", `${name} only supports an object as its argument`);
  for (const key of Object.keys(operand)) {
    if (!fields.includes(key))
      throw new CommandError(codes?.unknown ?? "FailedToParse", `Unrecognized argument to ${name}: ${key}`);
  }
  for (const [field, code] of Object.entries(codes?.missing ?? {}))
    if (operand[field] === undefined) throw new CommandError(code, `Missing '${field}' parameter to ${name}`);
  return operand;
}

/** @throws {CommandError} FailedToParse for a name that a variable must not have. */
export function checkVariable(name: string): void {
  if (name === "CURRENT") return;
  if (!/^[a-z\u0080-\uffff][\w\u0080-\uffff]*$/.test(name))
    throw new CommandError("FailedToParse", `'${name}' is not a valid name for a user variable`);
}

function comparison(name: string, test: (order: number) => boolean): ExpressionOperator {
  return (operand, evaluation) => {
    const [a, b] = exactly(name, 2, operand, evaluation);
    return test(compareMissing(a, b, orderIn(evaluation)));
  };
}

/** In expressions a missing value is smaller than null. */
function compareMissing(a: Value | undefined, b: Value | undefined, order: typeof compare): number {
  if (a === undefined || b === undefined) {
    if (a === b) return 0;
    const other = a === undefined ? b : a;
    const lower = other === null || compare(other, null) > 0 ? -1 : 1;
    return a === undefined ? lower : -lower;
  }
  return order(a, b);
}

/** How an expression compares values: by the collation of its command. */
export function orderIn({ scope }: Evaluation): typeof compare {
  return compareBy(collationIn(scope));
}

/** Comparison, logic, conditions, variables and documents. */
export const basicOperators: Readonly<Record<string, ExpressionOperator>> = {
  $literal: (operand) => operand,
  $const: (operand) => operand,
  $expr: (operand, { run }) => run(operand),
  $eq: comparison("$eq", (order) => order === 0),
  $ne: comparison("$ne", (order) => order !== 0),
  $gt: comparison("$gt", (order) => order > 0),
  $gte: comparison("$gte", (order) => order >= 0),
  $lt: comparison("$lt", (order) => order < 0),
  $lte: comparison("$lte", (order) => order <= 0),
  $cmp: (operand, evaluation) => {
    const [a, b] = exactly("$cmp", 2, operand, evaluation);
    return Math.sign(compareMissing(a, b, orderIn(evaluation)));
  },
  $and: (operand, { run }) =>
    (Array.isArray(operand) ? operand : [operand]).every((item) => isTrue(run(item))),
  $or: (operand, { run }) => (Array.isArray(operand) ? operand : [operand]).some((item) => isTrue(run(item))),
  $not: (operand, evaluation) => !isTrue(exactly("$not", 1, operand, evaluation)[0]),
  $cond: (operand, { run }) => {
    if (Array.isArray(operand)) {
      if (operand.length !== 3) {
        throw new CommandError(
          16020,
          `Expression $cond takes exactly 3 arguments. ${operand.length} were passed in.`,
        );
      }
      return run((isTrue(run(operand[0] as Value)) ? operand[1] : operand[2]) as Value);
    }
    const parts = named("$cond", operand, ["if", "then", "else"], {
      form: 16020,
      unknown: 17083,
      // biome-ignore lint/suspicious/noThenProperty: it is the name of an operand.
      missing: { if: 17080, then: 17081, else: 17082 },
    });
    return run((isTrue(run(parts.if as Value)) ? parts.then : parts.else) as Value);
  },
  $function: (operand, { run }) => {
    const { body, args, lang } = named("$function", operand, ["body", "args", "lang"]);
    if (lang !== "js") throw new CommandError(4660900, "$function: 'lang' must be \"js\"");
    if (!Array.isArray(args)) throw new CommandError(4660902, "$function: 'args' must be an array");
    return runJavaScript(
      body,
      null,
      args.map((each) => run(each) ?? null),
    );
  },
  $ifNull: (operand, { run }) => {
    if (!Array.isArray(operand) || operand.length < 2)
      throw new CommandError(1257300, "$ifNull needs at least two arguments");
    let value: Value | undefined;
    for (const item of operand) {
      value = run(item);
      if (value !== undefined && value !== null) return value;
    }
    return value;
  },
  $switch: (operand, { run }) => {
    const { branches, default: otherwise } = named("$switch", operand, ["branches", "default"], {
      form: 40060,
      unknown: 40067,
    });
    if (branches !== undefined && !Array.isArray(branches))
      throw new CommandError(40061, "$switch expected an array for 'branches'");
    if (!branches || branches.length === 0)
      throw new CommandError(40068, "$switch requires at least one branch.");
    const read = branches.map((branch) =>
      named("$switch", branch, ["case", "then"], {
        form: 40062,
        unknown: 40063,
        // biome-ignore lint/suspicious/noThenProperty: it is the name of an operand.
        missing: { case: 40064, then: 40065 },
      }),
    );
    for (const branch of read) if (isTrue(run(branch.case as Value))) return run(branch.then as Value);
    if (otherwise === undefined) {
      throw new CommandError(
        40066,
        "$switch could not find a matching branch for an input, and no default was specified.",
      );
    }
    return run(otherwise);
  },
  $let: (operand, { run }) => {
    const { vars, in: body } = named("$let", operand, ["vars", "in"], {
      form: 16874,
      unknown: 16875,
      missing: { vars: 16876, in: 16877 },
    });
    if (!isDoc(vars)) throw new CommandError(10065, "invalid parameter: expected an object (vars)");
    for (const key of Object.keys(vars)) checkVariable(key);
    const more = new Map<string, Value | undefined>();
    for (const key of Object.keys(vars)) more.set(key, run(vars[key] as Value));
    return run(body as Value, more);
  },
  $mergeObjects: (operand, evaluation) => {
    const merged: Doc = {};
    const values = operands(operand, evaluation);
    const list = values.length === 1 && Array.isArray(values[0]) ? values[0] : values;
    for (const value of list) {
      if (value === undefined || value === null) continue;
      if (!isDoc(value)) throw new CommandError(40400, "$mergeObjects requires object inputs");
      for (const key of Object.keys(value)) setField(merged, key, value[key] as Value);
    }
    return merged;
  },
  $getField: (operand, { root, run }) => {
    const options: Doc = isDoc(operand) && operand.field !== undefined ? operand : { field: operand };
    const name = run(options.field as Value);
    if (typeof name !== "string")
      throw new CommandError(3041704, "$getField requires 'field' to evaluate to type String");
    const input = options.input === undefined ? root : run(options.input);
    return isDoc(input) ? getField(input, name) : input === null ? null : undefined;
  },
  $setField: (operand, { run }) => {
    const { field, input, value } = named("$setField", operand, ["field", "input", "value"]);
    const name = run(field as Value);
    const target = run(input as Value);
    if (typeof name !== "string")
      throw new CommandError(4161107, "$setField requires 'field' to be a string");
    if (target === undefined || target === null) return null;
    if (!isDoc(target))
      throw new CommandError(4161105, "$setField requires 'input' to evaluate to type Object");
    const copy = clone(target);
    const next = run(value as Value);
    if (next === undefined) delete copy[name];
    else setField(copy, name, next);
    return copy;
  },
  $unsetField: (operand, { run }) => {
    const { field, input } = named("$unsetField", operand, ["field", "input"]);
    const name = run(field as Value);
    const target = run(input as Value);
    if (typeof name !== "string")
      throw new CommandError(4161107, "$unsetField requires 'field' to be a string");
    if (!isDoc(target)) return null;
    const copy = clone(target);
    delete copy[name];
    return copy;
  },
  $rand: () => Math.random(),
  $meta: (operand) => {
    throw new CommandError(
      "NotImplemented",
      `$meta: ${String(operand)} is not implemented by the embedded store`,
    );
  },
};
