import { CommandError } from "../errors.ts";
import { checkFieldPath } from "../path.ts";
import { type Doc, getField, isDoc, setField, type Value } from "../value.ts";
import { arithmeticOperators } from "./arithmetic-operators.ts";
import { arrayOperators } from "./array-operators.ts";
import { basicOperators } from "./basic-operators.ts";
import { conversionOperators } from "./conversion-operators.ts";
import { dateOperators } from "./date-operators.ts";
import { listOperators } from "./list-operators.ts";
import { metadataOperators } from "./metadata-operators.ts";
import { stringOperators } from "./string-operators.ts";
import { trigonometryOperators } from "./trigonometry-operators.ts";

/** Variables of an expression: without `$$`, lower case from `let`, upper case from the system. */
export type Scope = ReadonlyMap<string, Value | undefined>;

/** What an operator gets: how to evaluate an operand, and in what scope. */
export interface Evaluation {
  root: Value | undefined;
  scope: Scope;
  /** Evaluates an operand, optionally with more variables. */
  run(expression: Value, more?: Scope): Value | undefined;
}

/** An aggregation expression operator. `undefined` as result means a missing value. */
export type ExpressionOperator = (operand: Value, evaluation: Evaluation) => Value | undefined;

const own = new Map<string, ExpressionOperator>(
  Object.entries({
    ...basicOperators,
    ...arithmeticOperators,
    ...trigonometryOperators,
    ...arrayOperators,
    ...listOperators,
    ...stringOperators,
    ...dateOperators,
    ...conversionOperators,
    ...metadataOperators,
  }),
);
const noVariables: Scope = new Map();

/**
 * Evaluates an aggregation expression on a document (source: MongoDB manual, "Expression Operators"); `undefined`
 * is a missing value.
 *
 * @throws {CommandError} InvalidPipelineOperator (168) for an unknown operator, and what operators throw.
 */
export function evaluate(
  expression: Value,
  doc: Value | undefined,
  scope: Scope = noVariables,
): Value | undefined {
  return run(expression, { root: doc, scope, run: () => undefined });
}

function run(expression: Value, evaluation: Evaluation): Value | undefined {
  if (typeof expression === "string") {
    if (!expression.startsWith("$")) return expression;
    if (expression.startsWith("$$")) return variable(expression.slice(2), evaluation);
    const current = evaluation.scope.has("CURRENT") ? evaluation.scope.get("CURRENT") : evaluation.root;
    return fieldPath(current, expression.slice(1));
  }
  if (Array.isArray(expression)) return expression.map((item) => run(item, evaluation) ?? null);
  if (!isDoc(expression)) return expression;
  const keys = Object.keys(expression);
  const name = keys[0];
  if (name?.startsWith("$")) {
    if (keys.length > 1) {
      throw new CommandError(
        15983,
        `an object representing an expression must have exactly one field: ${keys.join(", ")}`,
      );
    }
    const operand = expression[name] as Value;
    const operator = own.get(name);
    const inner: Evaluation = {
      root: evaluation.root,
      scope: evaluation.scope,
      run: (part, more) =>
        run(part, more ? { ...evaluation, scope: new Map([...evaluation.scope, ...more]) } : evaluation),
    };
    if (operator) return operator(operand, inner);
    throw new CommandError("InvalidPipelineOperator", `Unrecognized expression '${name}'`);
  }
  const result: Doc = {};
  for (const key of keys) {
    const value = run(expression[key] as Value, evaluation);
    if (value !== undefined) setField(result, key, value);
  }
  return result;
}

function variable(path: string, evaluation: Evaluation): Value | undefined {
  const dot = path.indexOf(".");
  const name = dot < 0 ? path : path.slice(0, dot);
  let value: Value | undefined;
  if (evaluation.scope.has(name)) value = evaluation.scope.get(name);
  else if (name === "ROOT" || name === "CURRENT") value = evaluation.root;
  else if (name === "NOW") value = new Date();
  else if (name === "REMOVE") value = undefined;
  else if (name === "DESCEND" || name === "PRUNE" || name === "KEEP") value = name.toLowerCase();
  else throw new CommandError(17276, `Use of undefined variable: ${name}`);
  return dot < 0 ? value : fieldPath(value, path.slice(dot + 1));
}

/** The value of a field path in an expression: an array on the way gives an array of what its documents have. */
export function fieldPath(value: Value | undefined, path: string): Value | undefined {
  const dot = path.indexOf(".");
  if (dot < 0) return step(value, path);
  let current = value;
  const parts = path.split(".");
  for (let at = 0; at < parts.length; at++) {
    if (Array.isArray(current)) {
      const rest = parts.slice(at).join(".");
      return current.flatMap((item) => {
        const found = isDoc(item) || Array.isArray(item) ? fieldPath(item, rest) : undefined;
        return found === undefined ? [] : [found];
      });
    }
    current = isDoc(current) ? getField(current, parts[at] as string) : undefined;
    if (current === undefined) return undefined;
  }
  return current;
}

function step(value: Value | undefined, name: string): Value | undefined {
  if (isDoc(value)) return getField(value, name);
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((item) => {
    const found = isDoc(item) ? getField(item, name) : undefined;
    return found === undefined ? [] : [found];
  });
}

function checkPath(expression: string): void {
  if (!expression.startsWith("$")) return;
  const path = expression.slice(expression.startsWith("$$") ? 2 : 1);
  if (path === "") throw new CommandError(16872, `'${expression}' by itself is not a valid FieldPath`);
  checkFieldPath(path);
}

/** True for an operator that there is. */
export const hasOperator = (name: string): boolean => own.has(name);

/** @throws {CommandError} InvalidPipelineOperator (168) for an operator that there is not. */
export function checkExpression(expression: Value): void {
  if (typeof expression === "string") checkPath(expression);
  if (Array.isArray(expression)) {
    for (const item of expression) checkExpression(item);
    return;
  }
  if (!isDoc(expression)) return;
  const keys = Object.keys(expression);
  for (const key of keys) {
    if (key.startsWith("$")) {
      if (!hasOperator(key)) {
        throw new CommandError("InvalidPipelineOperator", `Unrecognized expression '${key}'`);
      }
      if (key === "$literal" || key === "$const" || key === "$switch") continue;
    }
    checkExpression(expression[key] as Value);
  }
}
