import { checkExpression, evaluate } from "../aggregate/expression.ts";
import { collationIn } from "../collation.ts";
import { badValue } from "../errors.ts";
import { checkJavaScript, runJavaScript } from "../javascript.ts";
import { splitPath } from "../path.ts";
import { BSONRegExp, type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";
import { equalTest, regexTest } from "./comparison.ts";
import { isOperators, isReference } from "./condition.ts";
import { deeper, type FilterContext } from "./filter-context.ts";
import { asksNear } from "./geo.ts";
import { compileJsonSchema } from "./json-schema.ts";
import { all, at, type Match, not } from "./match.ts";
import { nearMatch, textMatch } from "./search-matches.ts";
import { isTrue } from "./truth.ts";
import { compileValueOperator } from "./value-operators.ts";

/**
 * Compiles a filter (source: MongoDB manual, "Query and Projection Operators").
 *
 * @throws {CommandError} BadValue or FailedToParse for what the filter language does not have; IndexNotFound and
 * NoQueryExecutionPlans for `$text` and `$near` without their index.
 */
export function compileFilter(filter: Doc, context: FilterContext = {}): Match {
  const matches: Match[] = [];
  for (const key of Object.keys(filter)) {
    const condition = filter[key] as Value;
    if (key.startsWith("$") && !(context.inner && isReference(key))) {
      const match = compileTopLevel(key, condition, context);
      if (match) matches.push(match);
    } else matches.push(compileField(key, condition, context));
  }
  return all(matches);
}

function clauses(name: string, condition: Value, context: FilterContext): Match[] {
  if (!Array.isArray(condition)) throw badValue(`${name} must be an array`);
  if (condition.length === 0) throw badValue(`${name} argument must be a non-empty array`);
  return condition.map((clause) => {
    if (!isDoc(clause)) throw badValue(`${name} argument's entries must be objects`);
    return compileFilter(clause, context);
  });
}

function compileTopLevel(name: string, condition: Value, context: FilterContext): Match | undefined {
  switch (name) {
    case "$and":
      return all(clauses(name, condition, context));
    case "$or": {
      const branches = clauses(name, condition, deeper(context));
      return (doc) => branches.some((branch) => branch(doc));
    }
    case "$nor": {
      const branches = clauses(name, condition, { ...deeper(context), words: undefined });
      return (doc) => !branches.some((branch) => branch(doc));
    }
    case "$expr": {
      const scope = context.variables;
      checkExpression(condition);
      return (doc) => isTrue(evaluate(condition, doc, scope));
    }
    case "$comment":
      return undefined;
    case "$alwaysTrue":
      return () => true;
    case "$alwaysFalse":
      return () => false;
    case "$sampleRate": {
      const rate = isNumber(condition) ? toNumber(condition) : Number.NaN;
      if (!(rate >= 0 && rate <= 1)) throw badValue("numeric argument to $sampleRate must be in [0, 1]");
      return () => Math.random() < rate;
    }
    case "$where":
      checkJavaScript(condition);
      return (doc) => isTrue(runJavaScript(condition, doc, [], context.patience));
    case "$jsonSchema":
      return compileJsonSchema(condition);
    case "$text":
      return textMatch(condition, context);
  }
  throw badValue(
    `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
  );
}

function compileField(path: string, condition: Value, context: FilterContext): Match {
  const parts = splitPath(path);
  if (isOperators(condition)) return compileOperators(parts, condition, context);
  return at(
    parts,
    true,
    condition instanceof BSONRegExp
      ? regexTest(condition)
      : equalTest(condition, collationIn(context.variables)),
  );
}

/** A test for the elements of an array (`$elemMatch` with operators, `$pull`). */
export function compileValueTest(condition: Doc, context: FilterContext = {}): Match {
  return compileOperators([], condition, context);
}

function compileOperators(parts: readonly string[], condition: Doc, context: FilterContext): Match {
  const matches: Match[] = [];
  for (const name of Object.keys(condition)) {
    const operand = condition[name] as Value;
    if ((name === "$maxDistance" || name === "$minDistance") && asksNear({ at: condition })) continue;
    if (name === "$options") {
      if (condition.$regex === undefined) throw badValue("$options needs a $regex");
      continue;
    }
    matches.push(compileOperator(parts, name, operand, condition, context));
  }
  return all(matches);
}

function compileOperator(
  parts: readonly string[],
  name: string,
  operand: Value,
  condition: Doc,
  context: FilterContext,
): Match {
  switch (name) {
    case "$not": {
      if (operand instanceof BSONRegExp) return not(at(parts, context.closed !== true, regexTest(operand)));
      if (!isDoc(operand)) throw badValue("$not needs a regex or a document");
      if (!isOperators(operand)) throw badValue("$not needs a document with operators");
      return not(compileOperators(parts, operand, deeper(context)));
    }
    case "$all":
      return compileAll(parts, operand, context);
    case "$elemMatch":
      return compileElemMatch(parts, operand, context);
    case "$near":
    case "$nearSphere":
    case "$geoNear":
      return nearMatch(parts, name, operand, condition, context);
  }
  return compileValueOperator(parts, name, operand, condition, context);
}

function compileAll(parts: readonly string[], operand: Value, context: FilterContext): Match {
  const opens = context.closed !== true;
  if (!Array.isArray(operand)) throw badValue("$all needs an array");
  if (operand.length === 0) return () => false;
  const collation = collationIn(context.variables);
  const byElement = isDoc(operand[0]) && operand[0].$elemMatch !== undefined;
  return all(
    operand.map((item) => {
      const element = isDoc(item) ? item.$elemMatch : undefined;
      if (byElement && element === undefined) throw badValue("$all/$elemMatch has to be consistent");
      if (byElement && element !== undefined) return compileElemMatch(parts, element, context);
      if (isOperators(item)) throw badValue("no $ expressions in $all");
      return at(parts, opens, item instanceof BSONRegExp ? regexTest(item) : equalTest(item, collation));
    }),
  );
}

const logical = new Set(["$and", "$or", "$nor", "$where", "$expr"]);

function compileElemMatch(parts: readonly string[], operand: Value, context: FilterContext): Match {
  const match = compileElement(operand, context);
  return at(parts, false, (value) => Array.isArray(value) && value.some(match));
}

/**
 * Compiles the operand of `$elemMatch` to a test of one element.
 *
 * @throws {CommandError} BadValue when it is not a document.
 */
export function compileElement(operand: Value, around: FilterContext = {}): Match {
  const context: FilterContext = { variables: around.variables };
  if (!isDoc(operand)) throw badValue("$elemMatch needs an Object");
  const first = Object.keys(operand)[0] ?? "";
  if (isOperators(operand) && !logical.has(first)) {
    const test = compileOperators([], operand, context);
    const closed = compileOperators([], operand, { ...context, closed: true });
    // An element that is an array is one value here: it is not opened once more.
    return (element) => (Array.isArray(element) ? closed(element) : test(element));
  }
  if (operand.$expr !== undefined) throw badValue("$expr can only be applied to the top-level document");
  const match = compileFilter(operand, { ...context, inner: true });
  return (element) => (isDoc(element) || Array.isArray(element)) && match(element);
}
