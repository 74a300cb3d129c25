import { aggregate } from "mingo";
import { Context } from "mingo/core";
import * as mingoExpressions from "mingo/operators/expression";
import { CommandError } from "../errors.ts";
import {
  Binary,
  Decimal128,
  type Doc,
  Double,
  isDoc,
  isNumber,
  Long,
  setField,
  toNumber,
  type Value,
} from "../value.ts";
import type { Evaluation } from "./expression.ts";

const available = new Set(Object.keys(mingoExpressions));
// mingo computes these in another way than MongoDB, or runs code.
for (const name of ["$function", "$accumulator", "$toHashedIndexKey"]) available.delete(name);
const context = Context.init({ expression: { ...mingoExpressions } });

/** Whether mingo has this expression operator and it may be used. */
export function hasMingoOperator(name: string): boolean {
  return available.has(name);
}

/**
 * Computes an operator by mingo. The operands are evaluated here first, so mingo sees plain values only; 64-bit and
 * decimal numbers become the nearest double.
 *
 * @throws {CommandError} InvalidPipelineOperator (168) when mingo lacks it; BadValue with mingo's message otherwise.
 */
export function runMingoOperator(name: string, operand: Value, evaluation: Evaluation): Value | undefined {
  if (!available.has(name))
    throw new CommandError("InvalidPipelineOperator", `Unrecognized expression '${name}'`);
  let ready: unknown;
  if (Array.isArray(operand)) ready = operand.map((item) => literal(evaluation.run(item)));
  else if (isDoc(operand) && !Object.keys(operand)[0]?.startsWith("$")) {
    const fields: Record<string, unknown> = {};
    for (const key of Object.keys(operand)) {
      const value = evaluation.run(operand[key] as Value);
      if (value !== undefined) fields[key] = literal(value);
    }
    ready = fields;
  } else ready = literal(evaluation.run(operand));
  try {
    const [result] = aggregate([{}], [{ $project: { _id: 0, value: { [name]: ready } } }], { context });
    return fromPlain((result as { value?: unknown }).value);
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError("BadValue", cause instanceof Error ? cause.message : `${name} failed`);
  }
}

function literal(value: Value | undefined): unknown {
  return { $literal: value === undefined ? null : toPlain(value) };
}

/** A value as mingo works with it. */
export function toPlain(value: Value): unknown {
  if (value instanceof Double || value instanceof Decimal128 || (isNumber(value) && value instanceof Long))
    return toNumber(value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (isDoc(value)) {
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value)) copy[key] = toPlain(value[key] as Value);
    return copy;
  }
  return value;
}

/** A value that mingo computed. */
export function fromPlain(value: unknown): Value | undefined {
  if (value === undefined) return undefined;
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (typeof value === "bigint") return Long.fromBigInt(value);
  if (Array.isArray(value)) return value.map((item) => fromPlain(item) ?? null);
  if (value instanceof Uint8Array && !(value instanceof Binary)) return new Binary(value);
  if (Object.getPrototypeOf(value) === Object.prototype) {
    const doc: Doc = {};
    for (const [key, item] of Object.entries(value as object)) {
      const field = fromPlain(item);
      if (field !== undefined) setField(doc, key, field);
    }
    return doc;
  }
  return value as Value;
}
