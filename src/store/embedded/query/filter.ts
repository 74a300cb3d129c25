import { checkExpression, evaluate, type Scope } from "../aggregate/expression.ts";
import { type Collation, collationIn, compareBy } from "../collation.ts";
import { equal, typeOrder } from "../compare.ts";
import { badValue, CommandError, failedToParse, notImplemented } from "../errors.ts";
import { type Declared, type DeclaredKind, hasPlaces, textIndexOf } from "../index-kinds.ts";
import { checkJavaScript, runJavaScript } from "../javascript.ts";
import { remember } from "../metadata.ts";
import { somePath, splitPath } from "../path.ts";
import type { Patience } from "../patience.ts";
import {
  Binary,
  BSONRegExp,
  type Doc,
  isDoc,
  isNumber,
  Long,
  MaxKey,
  MinKey,
  toNumber,
  typeName,
  type Value,
} from "../value.ts";
import { asksNear, geoTest, nearest, readNear } from "./geo.ts";
import { compileJsonSchema } from "./json-schema.ts";
import { compilePattern, compileRegex } from "./regex.ts";
import { textSearch } from "./text.ts";
import { isTrue } from "./truth.ts";
import { typeTest } from "./types.ts";

/** Whether a document passes a filter. */
export type Match = (doc: Value) => boolean;
/** Whether a value (missing: `undefined`) passes a condition. */
type Test = (value: Value | undefined) => boolean;

/** What a search for words or places needs of the collection it is made in. */
export interface Searched {
  indexes?: readonly Declared[];
  namespace?: string;
}

/** Lets a search for words or places stand in the filter of a command on this collection, or on none yet. */
export function searching(collection: Searched = {}): Pick<FilterContext, "words" | "places"> {
  return { words: collection, places: collection };
}

/** What a filter may refer to beside the document. */
export interface FilterContext {
  /** Variables for `$expr`, from `let`, and with them the collation (see `withCollation`). */
  variables?: Scope;
  /**
   * Where `$text` may stand: the collection searched, `{}` while there is none. Without it `$text` is refused.
   */
  words?: Searched;
  /** Where `$near` may stand: the collection searched; `"deeper"` below the top of such a filter. */
  places?: Searched | "deeper";
  /** The value tested is an element of an array, and as such not opened when it is an array itself. */
  closed?: boolean;
  /** The document tested is one inside a document, whose fields `$ref`, `$id` and `$db` can be asked for. */
  inner?: boolean;
  /** The time limit of the command, at which functions in JavaScript end. */
  patience?: Patience;
}

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

function all(matches: Match[]): Match {
  if (matches.length === 0) return () => true;
  if (matches.length === 1) return matches[0] as Match;
  return (doc) => {
    for (const match of matches) if (!match(doc)) return false;
    return true;
  };
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

/** Whether the document is a set of operators, such as `{ $gt: 1 }`, and not a value. */
export function isOperators(condition: Value | undefined): condition is Doc {
  if (!isDoc(condition)) return false;
  const first = Object.keys(condition)[0];
  return first?.startsWith("$") === true && !isReference(first);
}

/** Whether a name is one of a reference's fields (source: MongoDB manual, "Database References"). */
function isReference(name: string): boolean {
  return name === "$ref" || name === "$id" || name === "$db";
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

function at(parts: readonly string[], leaves: boolean, test: Test): Match {
  if (parts.length === 1) {
    const name = parts[0] as string;
    // The common case, without the general walk.
    return (doc) => {
      if (!isDoc(doc)) return somePath(doc, parts, 0, leaves, test);
      const value = Object.hasOwn(doc, name) ? doc[name] : undefined;
      if (leaves && Array.isArray(value)) for (const item of value) if (test(item)) return true;
      return test(value);
    };
  }
  return (doc) => somePath(doc, parts, 0, leaves, test);
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

function not(match: Match): Match {
  return (doc) => !match(doc);
}

function compileOperator(
  parts: readonly string[],
  name: string,
  operand: Value,
  condition: Doc,
  context: FilterContext,
): Match {
  const opens = context.closed !== true;
  const collation = collationIn(context.variables);
  switch (name) {
    case "$eq":
      return at(parts, opens, equalTest(operand, collation));
    case "$ne":
      if (operand instanceof BSONRegExp) throw badValue("Can't have regex as arg to $ne.");
      return not(at(parts, opens, equalTest(operand, collation)));
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      if (operand instanceof BSONRegExp)
        throw badValue(`Can't have RegEx as arg to predicate over field '${parts.join(".")}'.`);
      return at(parts, opens, orderTest(name, operand, collation));
    case "$in":
      return at(parts, opens, inTest(name, operand, collation));
    case "$nin":
      return not(at(parts, opens, inTest(name, operand, collation)));
    case "$exists": {
      const exists = at(parts, false, (value) => value !== undefined);
      return isTrue(operand) ? exists : not(exists);
    }
    case "$type":
      return at(parts, opens, typeTest(operand));
    case "$not": {
      if (operand instanceof BSONRegExp) return not(at(parts, opens, regexTest(operand)));
      if (!isDoc(operand)) throw badValue("$not needs a regex or a document");
      if (!isOperators(operand)) throw badValue("$not needs a document with operators");
      return not(compileOperators(parts, operand, deeper(context)));
    }
    case "$regex": {
      const options = condition.$options;
      if (options !== undefined && typeof options !== "string") throw badValue("$options has to be a string");
      if (typeof operand === "string") return at(parts, opens, regexTest(regexOf(operand, options ?? "")));
      if (operand instanceof BSONRegExp) {
        if (options !== undefined && operand.options !== "") {
          throw new CommandError(51075, "options set in both $regex and $options");
        }
        return at(parts, true, regexTest(regexOf(operand.pattern, options ?? operand.options)));
      }
      throw badValue("$regex has to be a string");
    }
    case "$mod":
      return at(parts, opens, modTest(operand));
    case "$size": {
      const size = wholeNumber(operand);
      if (size === undefined)
        throw badValue(`Failed to parse $size. Expected a number in: $size: ${text(operand)}`);
      if (size < 0)
        throw badValue(`Failed to parse $size. Expected a non-negative number in: $size: ${size}`);
      return at(parts, false, (value) => Array.isArray(value) && value.length === size);
    }
    case "$all":
      return compileAll(parts, operand, context);
    case "$elemMatch":
      return compileElemMatch(parts, operand, context);
    case "$bitsAllSet":
    case "$bitsAllClear":
    case "$bitsAnySet":
    case "$bitsAnyClear":
      return at(parts, opens, bitsTest(name, operand));
    case "$comment":
      return () => true;
    case "$geoWithin":
    case "$within":
    case "$geoIntersects":
      return at(parts, opens, geoTest(name, operand));
    case "$near":
    case "$nearSphere":
    case "$geoNear":
      return nearMatch(parts, name, operand, condition, context);
  }
  throw badValue(`unknown operator: ${name}`);
}

function deeper(context: FilterContext): FilterContext {
  return context.places ? { ...context, places: "deeper" } : context;
}

/** A match remembers its score, for sorts and for `$meta`. */
function textMatch(operand: Value, { words }: FilterContext): Match {
  if (!words) throw badValue("$text is not allowed in this context");
  const index = words.indexes && textIndexOf(words.indexes);
  if (words.indexes && !index) throw new CommandError("IndexNotFound", "text index required for $text query");
  const { scoreOf } = textSearch(operand, index?.spec ?? {});
  if (!index)
    return () => {
      throw notImplemented("$text in a nested pipeline");
    };
  return (doc) => {
    const textScore = scoreOf(doc);
    if (textScore !== undefined) remember(doc, { textScore });
    return textScore !== undefined;
  };
}

/** A match remembers its distance, for the order and for `$geoNear`. */
function nearMatch(
  parts: readonly string[],
  name: string,
  operand: Value,
  beside: Doc,
  { places }: FilterContext,
): Match {
  if (!places) throw badValue("$geoNear, $near, and $nearSphere are not allowed in this context");
  if (places === "deeper") throw badValue("geoNear must be top-level expr");
  const asked = readNear(name, operand, beside);
  const kinds: readonly DeclaredKind[] =
    asked.unit === "plane" ? ["2d"] : asked.unit === "metres" ? ["2dsphere"] : ["2dsphere", "2d"];
  if (places.indexes && !hasPlaces(places.indexes, parts.join("."), kinds))
    throw new CommandError(
      "NoQueryExecutionPlans",
      `error processing query: ns=${places.namespace} planner returned error :: caused by :: unable to find index for $geoNear query`,
    );
  const find = nearest(parts, asked);
  return (doc) => {
    const found = find(doc);
    if (found) remember(doc, { geoNearDistance: found.distance, geoNearPoint: found.place });
    return found !== undefined;
  };
}

/** @throws {CommandError} as {@link compilePattern}, before the value's own class would refuse it in its own way. */
function regexOf(pattern: string, options: string): BSONRegExp {
  compilePattern(pattern, options);
  return new BSONRegExp(pattern, [...options].sort().join(""));
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

/** Equality as queries mean it: null also equals a missing field. */
export function equalTest(operand: Value, collation?: Collation): Test {
  if (operand === null) return (value) => value === undefined || value === null;
  if (collation) {
    const order = compareBy(collation);
    return (value) => value !== undefined && order(value, operand) === 0;
  }
  if (typeof operand === "string")
    return (value) => value === operand || (typeof value === "object" && equalSymbol(value, operand));
  return (value) => value !== undefined && equal(value, operand);
}

function equalSymbol(value: Value | undefined, operand: string): boolean {
  return value !== null && typeOrder(value) === 15 && equal(value, operand);
}

function orderTest(name: string, operand: Value, collation: Collation | undefined): Test {
  const compare = compareBy(collation);
  const wanted = typeOrder(operand);
  const whole = operand instanceof MinKey || operand instanceof MaxKey;
  const strict = name === "$gt" || name === "$lt";
  const sign = name === "$gt" || name === "$gte" ? 1 : -1;
  const wantsNaN = isNumber(operand) && Number.isNaN(toNumber(operand));
  return (value) => {
    if (value === undefined && wanted !== 5) return whole && sign < 0 && operand instanceof MaxKey;
    if (!whole && typeOrder(value) !== wanted) return false;
    if (wanted === 10 && isNumber(value) && !whole && wantsNaN !== Number.isNaN(toNumber(value)))
      return false;
    const order = compare(value, operand) * sign;
    return strict ? order > 0 : order >= 0;
  };
}

function regexTest(operand: BSONRegExp): Test {
  const regex = compileRegex(operand);
  return (value) => {
    if (typeof value === "string") return regex.test(value);
    if (value instanceof BSONRegExp)
      return value.pattern === operand.pattern && value.options === operand.options;
    return value !== undefined && typeOrder(value) === 15 && regex.test(String(value));
  };
}

function inTest(name: string, operand: Value, collation: Collation | undefined): Test {
  if (!Array.isArray(operand)) throw badValue(`${name} needs an array`);
  const tests: Test[] = [];
  const texts = new Set<string>();
  for (const item of operand) {
    if (isOperators(item)) throw badValue(`cannot nest $ under ${name}`);
    if (typeof item === "string" && !collation) texts.add(item);
    else tests.push(item instanceof BSONRegExp ? regexTest(item) : equalTest(item, collation));
  }
  return (value) => {
    if (typeof value === "string" && texts.has(value)) return true;
    for (const test of tests) if (test(value)) return true;
    return false;
  };
}

function modTest(operand: Value): Test {
  if (!Array.isArray(operand)) throw badValue("malformed mod, needs to be an array");
  if (operand.length < 2) throw badValue("malformed mod, not enough elements");
  if (operand.length > 2) throw badValue("malformed mod, too many elements");
  const [divisor, rest] = operand;
  if (!isNumber(divisor)) throw badValue("malformed mod, divisor not a number");
  if (!isNumber(rest)) throw badValue("malformed mod, remainder not a number");
  const by = truncated(divisor);
  const wanted = truncated(rest);
  if (by === undefined || wanted === undefined)
    throw badValue("malformed mod, divisor or remainder is not finite");
  if (by === 0n) throw badValue("divisor cannot be 0");
  return (value) => {
    if (!isNumber(value)) return false;
    const whole = truncated(value);
    return whole !== undefined && whole % by === wanted;
  };
}

function truncated(value: Value): bigint | undefined {
  if (!isNumber(value)) return undefined;
  if (value instanceof Long) return value.toBigInt();
  const number = Math.trunc(toNumber(value));
  return Number.isFinite(number) ? BigInt(number) : undefined;
}

function wholeNumber(value: Value): number | undefined {
  if (!isNumber(value)) return undefined;
  const number = toNumber(value);
  return Number.isInteger(number) ? number : undefined;
}

function bitMask(name: string, operand: Value): bigint {
  if (isNumber(operand)) {
    const mask = wholeNumber(operand);
    if (mask === undefined) throw failedToParse(`${name} takes a whole number, an array or binary data`);
    if (mask < 0) throw failedToParse(`Expected a non-negative number in: ${name}: ${mask}`);
    return BigInt(mask);
  }
  if (operand instanceof Binary) return bitsOf(operand);
  if (Array.isArray(operand)) {
    return operand.reduce<bigint>((mask, item) => {
      const position = wholeNumber(item);
      if (position === undefined || position < 0)
        throw badValue(`bit positions must be whole and >= 0 but got: ${text(item)}`);
      return mask | (1n << BigInt(position));
    }, 0n);
  }
  throw badValue(`${name} takes an Array, a number, or a BinData but received: ${text(operand)}`);
}

function bitsOf(value: Binary): bigint {
  let bits = 0n;
  for (let index = value.position - 1; index >= 0; index--)
    bits = (bits << 8n) | BigInt(value.buffer[index] ?? 0);
  return bits;
}

function bitsTest(name: string, operand: Value): Test {
  const mask = bitMask(name, operand);
  return (value) => {
    let bits: bigint | undefined;
    if (value instanceof Binary) bits = bitsOf(value);
    else if (isNumber(value) && (value instanceof Long || Number.isInteger(toNumber(value)))) {
      bits = truncated(value);
    }
    if (bits === undefined) return false;
    switch (name) {
      case "$bitsAllSet":
        return (bits & mask) === mask;
      case "$bitsAllClear":
        return (bits & mask) === 0n;
      case "$bitsAnySet":
        return (bits & mask) !== 0n;
      default:
        return (bits & mask) !== mask;
    }
  };
}

function text(value: Value): string {
  return `${typeName(value)} ${String(value)}`;
}
