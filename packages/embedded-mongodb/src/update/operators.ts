import type { Scope } from "../aggregate/expression.ts";
import { add, fromInteger, integer, multiply, type Numeric } from "../arithmetic.ts";
import { collationIn, compareBy } from "../collation.ts";
import { equal } from "../compare.ts";
import { badValue, type CommandError, failedToParse, typeMismatch } from "../errors.ts";
import { splitPath, valueAt } from "../path.ts";
import { equalTest } from "../query/comparison.ts";
import { isOperators } from "../query/condition.ts";
import { compileFilter, compileValueTest } from "../query/filter.ts";
import { compileRegex } from "../query/regex.ts";
import { shellText } from "../shell-text.ts";
import {
  BSONRegExp,
  clone,
  isDoc,
  isInt32,
  isNumber,
  Long,
  Timestamp,
  toNumber,
  typeName,
  type Value,
} from "../value.ts";

/** What one operator does to one field: the new value, or `undefined` for no change. */
export type FieldChange = (current: Value | undefined, at: FieldPlace) => Value | undefined;

/** Makes the change of an operator from its operand; with `variables` comes the collation to compare by. */
type MakeChange = (operand: Value, path: string, variables?: Scope) => FieldChange;

/** Where a change happens. */
export interface FieldPlace {
  /** The field's path as the update names it. */
  path: string;
  /** The document's `_id`, for messages. */
  id: Value | undefined;
  now: Date;
}

/**
 * Makes an operator's change from its operand (source: MongoDB manual, "Update Operators").
 *
 * @throws {CommandError} for operands the operator does not take.
 */
export const operators: Readonly<Record<string, MakeChange>> = {
  $set: (operand) => () => clone(operand),
  $setOnInsert: (operand) => () => clone(operand),
  $inc: (operand, path) => calculation("$inc", operand, path, add),
  $mul: (operand, path) => calculation("$mul", operand, path, multiply),
  $min: (operand, _, variables) => {
    const order = compareBy(collationIn(variables));
    return (current) => (current === undefined || order(operand, current) < 0 ? clone(operand) : undefined);
  },
  $max: (operand, _, variables) => {
    const order = compareBy(collationIn(variables));
    return (current) => (current === undefined || order(operand, current) > 0 ? clone(operand) : undefined);
  },
  $currentDate: (operand, path) => {
    const type = isDoc(operand) ? operand.$type : undefined;
    if (type === "timestamp") {
      return (_, { now }) => new Timestamp({ t: Math.floor(now.getTime() / 1000), i: 1 });
    }
    if (typeof operand === "boolean" || type === "date") return (_, { now }) => now;
    throw badValue(
      isDoc(operand)
        ? "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}"
        : `${typeName(operand)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}). (${path})`,
    );
  },
  $bit: bit,
  $push: push,
  $addToSet: (operand, _, variables) => {
    const order = compareBy(collationIn(variables));
    const each = isDoc(operand) && operand.$each !== undefined ? operand.$each : [operand];
    if (!Array.isArray(each)) {
      throw typeMismatch(
        `The argument to $each in $addToSet must be an array but it was of type ${typeName(each)}`,
      );
    }
    return (current, at) => {
      const array = arrayOf(current, at, () =>
        badValue(
          `Cannot apply $addToSet to non-array field. Field named '${last(at.path)}' has non-array type ${typeName(current)}`,
        ),
      );
      for (const item of each)
        if (!array.some((present) => order(present, item) === 0)) array.push(clone(item));
      return array;
    };
  },
  $pop: (operand, path) => {
    if (!isNumber(operand)) throw failedToParse(`Expected a number in: ${path}: ${shellText(operand)}`);
    const side = toNumber(operand);
    if (side !== 1 && side !== -1) throw failedToParse(`$pop expects 1 or -1, found: ${side}`);
    return (current, at) => {
      if (current === undefined) return undefined;
      if (!Array.isArray(current)) {
        throw typeMismatch(`Path '${at.path}' contains an element of non-array type '${typeName(current)}'`);
      }
      return side === 1 ? current.slice(0, -1) : current.slice(1);
    };
  },
  $pull: (operand, _, variables) => {
    const goes = pullTest(operand, variables);
    return (current) => filtered("$pull", current, goes);
  },
  $pullAll: (operand, _, variables) => {
    const order = compareBy(collationIn(variables));
    if (!Array.isArray(operand)) {
      throw badValue(`$pullAll requires an array argument but was given a ${typeName(operand)}`);
    }
    return (current) =>
      filtered("$pullAll", current, (item) => operand.some((gone) => order(item, gone) === 0));
  },
};

function last(path: string): string {
  return splitPath(path).at(-1) ?? path;
}

function calculation(
  name: string,
  operand: Value,
  path: string,
  run: (a: Numeric, b: Numeric) => Numeric | undefined,
): FieldChange {
  const verb = name === "$inc" ? "increment" : "multiply";
  if (!isNumber(operand)) {
    throw typeMismatch(`Cannot ${verb} with non-numeric argument: {${path}: ${shellText(operand)}}`);
  }
  return (current, at) => {
    if (current === undefined) return name === "$inc" ? operand : (run(operand, 0) ?? 0);
    if (!isNumber(current)) {
      throw typeMismatch(
        `Cannot apply ${name} to a value of non-numeric type. {_id: ${shellText(at.id)}} has the field '${last(at.path)}' of non-numeric type ${typeName(current)}`,
      );
    }
    const result = run(current, operand);
    if (result === undefined) {
      throw badValue(
        `Failed to apply ${name} operations to current value ((${shellText(current)})) for document {_id: ${shellText(at.id)}}`,
      );
    }
    return result;
  };
}

function arrayOf(current: Value | undefined, _at: FieldPlace, problem: () => CommandError): Value[] {
  if (current === undefined) return [];
  if (!Array.isArray(current)) throw problem();
  return [...current];
}

function bit(operand: Value, path: string): FieldChange {
  if (!isDoc(operand)) {
    throw badValue(
      `The $bit modifier is not compatible with a ${typeName(operand)}. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}`,
    );
  }
  const steps = Object.entries(operand).map(([name, mask]) => {
    if (!["and", "or", "xor"].includes(name)) {
      throw badValue(
        `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}' which is an unknown operator: {${path}: ${shellText(operand)}}`,
      );
    }
    if (!((typeof mask === "number" && isInt32(mask)) || mask instanceof Long)) {
      throw badValue(
        `The $bit modifier field must be an Integer(32/64 bit); a '${typeName(mask)}' is not supported here: {${name}: ${shellText(mask)}}`,
      );
    }
    return { name, mask };
  });
  if (steps.length === 0)
    throw badValue(
      `You must pass in at least one bitwise operation. The format is: {$bit: {field: {and/or/xor: #}}`,
    );
  return (current, at) => {
    let value: Value = current ?? 0;
    for (const { name, mask } of steps) {
      if (!((typeof value === "number" && isInt32(value)) || value instanceof Long)) {
        throw badValue(
          `Cannot apply $bit to a value of non-integral type.{_id: ${shellText(at.id)}} has the field ${last(at.path)} of non-integer type ${typeName(value)}`,
        );
      }
      const long: boolean = value instanceof Long || mask instanceof Long;
      const left = integer(value);
      const right = integer(mask);
      const result = name === "and" ? left & right : name === "or" ? left | right : left ^ right;
      value = fromInteger(BigInt.asIntN(64, result), long) ?? 0;
    }
    return value;
  };
}

function wholeNumber(value: Value, what: string): number {
  if (!isNumber(value) || !Number.isInteger(toNumber(value))) {
    throw badValue(`The value for ${what} must be an integer value but was given type: ${typeName(value)}`);
  }
  return toNumber(value);
}

function push(operand: Value, path: string, variables?: Scope): FieldChange {
  const modified = isDoc(operand) && Object.hasOwn(operand, "$each");
  const each = modified ? operand.$each : [operand];
  if (!Array.isArray(each)) {
    throw badValue(`The argument to $each in $push must be an array but it was of type: ${typeName(each)}`);
  }
  let slice: number | undefined;
  let position: number | undefined;
  let order: ((a: Value, b: Value) => number) | undefined;
  if (modified) {
    for (const key of Object.keys(operand)) {
      const value = operand[key] as Value;
      if (key === "$each") continue;
      if (key === "$slice") slice = wholeNumber(value, "$slice");
      else if (key === "$position") position = wholeNumber(value, "$position");
      else if (key === "$sort") order = sortOrder(value, compareBy(collationIn(variables)));
      else throw badValue(`Unrecognized clause in $push: ${key}`);
    }
  }
  return (current, at) => {
    const before = arrayOf(current, at, () =>
      badValue(
        `The field '${path}' must be an array but is of type ${typeName(current)} in document {_id: ${shellText(at.id)}}`,
      ),
    );
    const added = each.map((item) => clone(item));
    const from = position ?? before.length;
    const array = [...before.slice(0, from), ...added, ...before.slice(from)];
    if (order) array.sort(order);
    if (slice === undefined) return array;
    return slice >= 0 ? array.slice(0, slice) : array.slice(slice);
  };
}

function sortOrder(value: Value, compare: ReturnType<typeof compareBy>): (a: Value, b: Value) => number {
  const direction = (given: Value | undefined): number => {
    const sign = isNumber(given) ? toNumber(given) : 0;
    if (sign !== 1 && sign !== -1) {
      throw badValue("The $sort element value must be either 1 or -1");
    }
    return sign;
  };
  if (isNumber(value)) {
    const sign = direction(value);
    return (a, b) => sign * compare(a, b);
  }
  if (!isDoc(value))
    throw badValue(
      "The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields",
    );
  const keys = Object.keys(value);
  if (keys.length === 0) throw badValue("The $sort pattern is empty when it should be a set of fields.");
  const by = keys.map((path) => ({ parts: splitPath(path), sign: direction(value[path]) }));
  return (a, b) => {
    for (const { parts, sign } of by) {
      const result = sign * compare(valueAt(a, parts), valueAt(b, parts));
      if (result !== 0) return result;
    }
    return 0;
  };
}

function pullTest(operand: Value, variables: Scope | undefined): (item: Value) => boolean {
  if (operand instanceof BSONRegExp) {
    const regex = compileRegex(operand);
    return (item) => (typeof item === "string" ? regex.test(item) : equal(item, operand));
  }
  if (!isDoc(operand)) {
    const test = equalTest(operand, collationIn(variables));
    return (item) => test(item);
  }
  if (isOperators(operand)) {
    const logical = ["$and", "$or", "$nor", "$expr"].includes(Object.keys(operand)[0] ?? "");
    return logical ? compileFilter(operand, { variables }) : compileValueTest(operand, { variables });
  }
  const match = compileFilter(operand, { variables });
  return (item) => isDoc(item) && match(item);
}

function filtered(
  name: string,
  current: Value | undefined,
  goes: (item: Value) => boolean,
): Value | undefined {
  if (current === undefined) return undefined;
  if (!Array.isArray(current)) throw badValue(`Cannot apply ${name} to a non-array value`);
  const kept = current.filter((item) => !goes(item));
  return kept.length === current.length ? undefined : kept;
}
