import { CommandError } from "../errors.ts";
import { compilePattern } from "../query/regex.ts";
import {
  BSONRegExp,
  BSONSymbol,
  type Doc,
  isDoc,
  isNumber,
  toNumber,
  typeName,
  type Value,
} from "../value.ts";
import { operands } from "./basic-operators.ts";
import { textOf } from "./conversion-operators.ts";
import type { Evaluation, ExpressionOperator } from "./expression.ts";

const isMissing = (value: Value | undefined): value is null | undefined =>
  value === undefined || value === null;

function between(
  name: string,
  least: number,
  most: number,
  operand: Value,
  evaluation: Evaluation,
): (Value | undefined)[] {
  const values = operands(operand, evaluation);
  if (values.length < least || values.length > most)
    throw new CommandError(
      least === most ? 16020 : 28667,
      least === most
        ? `Expression ${name} takes exactly ${least} arguments. ${values.length} were passed in.`
        : `Expression ${name} takes at least ${least} arguments, and at most ${most}, but ${values.length} were passed in.`,
    );
  return values;
}

function position(value: Value | undefined, code: number, message: string): number {
  const number = isNumber(value) ? toNumber(value) : Number.NaN;
  if (!Number.isInteger(number)) throw new CommandError(code, message);
  return number;
}

/** `$substrCP`: a start and a count of code points. */
const substrCP: ExpressionOperator = (operand, evaluation) => {
  const [value, from, count] = between("$substrCP", 3, 3, operand, evaluation);
  const text = textOf("$substrCP", value);
  const start = position(
    from,
    34450,
    `$substrCP: starting index must be a numeric type (is BSON type ${typeName(from)})`,
  );
  const length = position(
    count,
    34452,
    `$substrCP: length must be a numeric type (is BSON type ${typeName(count)})`,
  );
  if (length < 0) throw new CommandError(34454, "$substrCP: length must be a nonnegative integer.");
  if (start < 0) throw new CommandError(34455, "$substrCP: the starting index must be nonnegative integer.");
  return [...text].slice(start, start + length).join("");
};

/** `$substrBytes`: a start and a count of bytes, neither inside a character. A negative count is the rest. */
const substrBytes: ExpressionOperator = (operand, evaluation) => {
  const [value, from, count] = between("$substrBytes", 3, 3, operand, evaluation);
  const bytes = Buffer.from(textOf("$substrBytes", value));
  const start = position(
    from,
    16034,
    `$substrBytes: starting index must be a numeric type (is BSON type ${typeName(from)})`,
  );
  const length = position(
    count,
    16035,
    `$substrBytes: length must be a numeric type (is BSON type ${typeName(count)})`,
  );
  if (start < 0) throw new CommandError(50752, "$substrBytes: starting index must be non-negative");
  const end = length < 0 ? bytes.length : Math.min(bytes.length, start + length);
  if (inside(bytes, start))
    throw new CommandError(
      28656,
      "$substrBytes: Invalid range, starting index is a UTF-8 continuation byte.",
    );
  if (inside(bytes, end))
    throw new CommandError(
      28657,
      "$substrBytes: Invalid range, ending index is in the middle of a UTF-8 character.",
    );
  return bytes.toString("utf8", Math.min(start, bytes.length), end);
};

function inside(bytes: Buffer, at: number): boolean {
  return at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80;
}

/** `$indexOfCP` and `$indexOfBytes`: searched in units of code points or bytes. */
function indexOf(name: string, codes: readonly [number, number], bytes: boolean): ExpressionOperator {
  return (operand, evaluation) => {
    const [value, wanted, from, to] = between(name, 2, 4, operand, evaluation);
    if (isMissing(value)) return null;
    if (typeof value !== "string")
      throw new CommandError(
        codes[0],
        `${name} requires a string as the first argument, found: ${typeName(value)}`,
      );
    if (typeof wanted !== "string")
      throw new CommandError(
        codes[1],
        `${name} requires a string as the second argument, found: ${typeName(wanted)}`,
      );
    const size = (text: string): number => (bytes ? Buffer.byteLength(text) : [...text].length);
    const bound = (limit: Value | undefined, otherwise: number): number => {
      if (limit === undefined) return otherwise;
      const number = position(
        limit,
        40096,
        `${name} requires an integral index, found a value of type: ${typeName(limit)}`,
      );
      if (number < 0) throw new CommandError(40097, `${name} requires a nonnegative index, found: ${number}`);
      return number;
    };
    const start = bound(from, 0);
    const end = Math.min(bound(to, size(value)), size(value));
    for (let at = value.indexOf(wanted); at >= 0; at = value.indexOf(wanted, at + 1)) {
      const found = size(value.slice(0, at));
      if (found >= start && found + size(wanted) <= end) return found;
      if (at >= value.length) break;
    }
    return -1;
  };
}

const split: ExpressionOperator = (operand, evaluation) => {
  const [value, by] = between("$split", 2, 2, operand, evaluation);
  if (isMissing(value) || isMissing(by)) return null;
  if (typeof value !== "string")
    throw new CommandError(
      40085,
      `$split requires an expression that evaluates to a string as a first argument, found: ${typeName(value)}`,
    );
  if (by instanceof BSONRegExp) return splitByPattern(value, by);
  if (typeof by !== "string")
    throw new CommandError(
      40086,
      `$split requires an expression that evaluates to a string as a second argument, found: ${typeName(by)}`,
    );
  if (by === "") throw new CommandError(40087, "$split requires a non-empty separator");
  return value.split(by);
};

function splitByPattern(text: string, by: BSONRegExp): Value[] {
  const parts: Value[] = [];
  let from = 0;
  for (const { index, text: found } of matches(text, by)) {
    if (found === "") continue;
    parts.push(text.slice(from, index));
    from = index + found.length;
  }
  return [...parts, text.slice(from)];
}

/** The fields of an operator that takes a document. */
function fields(
  name: string,
  operand: Value,
  known: readonly string[],
  codes: readonly [number, number],
): Doc {
  if (!isDoc(operand))
    throw new CommandError(
      codes[0],
      `${name} only supports an object as an argument, found ${typeName(operand)}`,
    );
  for (const key of Object.keys(operand))
    if (!known.includes(key)) throw new CommandError(codes[1], `${name} found an unknown argument: ${key}`);
  return operand;
}

// What MongoDB trims: the null character and Unicode's white space (source: MongoDB manual, "$trim").
const whitespace = new Set(
  "\0\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a",
);

function trimming(name: string, left: boolean, right: boolean): ExpressionOperator {
  return (operand, { run }) => {
    const { input, chars } = fields(name, operand, ["input", "chars"], [50696, 50694]);
    if (input === undefined) throw new CommandError(50695, `${name} requires an 'input' field`);
    const value = run(input);
    if (isMissing(value)) return null;
    if (typeof value !== "string")
      throw new CommandError(
        50699,
        `${name} requires its input to be a string, got ${typeName(value)} instead.`,
      );
    let unwanted = whitespace;
    if (chars !== undefined) {
      const given = run(chars);
      if (isMissing(given)) return null;
      if (typeof given !== "string")
        throw new CommandError(
          50700,
          `${name} requires 'chars' to be a string, got ${typeName(given)} instead.`,
        );
      unwanted = new Set(given);
    }
    const points = [...value];
    let start = 0;
    let end = points.length;
    while (left && start < end && unwanted.has(points[start] as string)) start++;
    while (right && end > start && unwanted.has(points[end - 1] as string)) end--;
    return points.slice(start, end).join("");
  };
}

function replacing(
  name: string,
  replace: (input: string, find: string, by: string) => string,
): ExpressionOperator {
  return (operand, { run }) => {
    const spec = fields(name, operand, ["input", "find", "replacement"], [51751, 51750]);
    const given = (field: string, missing: number, wrong: number): string | null => {
      const expression = spec[field];
      if (expression === undefined)
        throw new CommandError(missing, `${name} requires '${field}' to be specified`);
      const value = run(expression);
      if (isMissing(value)) return null;
      if (typeof value !== "string")
        throw new CommandError(
          wrong,
          `${name} requires that '${field}' be a string, found: ${typeName(value)}`,
        );
      return value;
    };
    const input = given("input", 51749, 51746);
    const find = given("find", 51748, 51745);
    const by = given("replacement", 51747, 51744);
    return input === null || find === null || by === null ? null : replace(input, find, by);
  };
}

interface Found {
  text: string;
  /** In UTF-16 units. */
  index: number;
  captures: Value[];
}

function* matches(text: string, pattern: BSONRegExp): Generator<Found> {
  const { regex, groups } = compilePattern(pattern.pattern, pattern.options);
  const all = new RegExp(regex.source, `${regex.flags}g`);
  for (const found of text.matchAll(all)) {
    // An empty match behind the last character is none (source: MongoDB manual, "$regexFindAll").
    if (found[0] === "" && found.index === text.length && text !== "") return;
    yield { text: found[0], index: found.index, captures: groups.map((group) => found[group] ?? null) };
  }
}

/** The text and the pattern that a regex operator is given; nothing when either is null. */
function regexInput(
  name: string,
  operand: Value,
  { run }: Evaluation,
): { text: string; pattern: BSONRegExp } | undefined {
  const spec = fields(name, operand, ["input", "regex", "options"], [51103, 31024]);
  if (spec.input === undefined) throw new CommandError(31022, `${name} requires 'input' parameter`);
  if (spec.regex === undefined) throw new CommandError(31023, `${name} requires 'regex' parameter`);
  const input = run(spec.input);
  const regex = run(spec.regex);
  const options = spec.options === undefined ? undefined : run(spec.options);
  if (!isMissing(input) && typeof input !== "string" && !(input instanceof BSONSymbol))
    throw new CommandError(51104, `${name} needs 'input' to be of type string`);
  if (!isMissing(regex) && typeof regex !== "string" && !(regex instanceof BSONRegExp))
    throw new CommandError(51105, `${name} needs 'regex' to be of type string or regex`);
  if (!isMissing(options) && typeof options !== "string")
    throw new CommandError(51106, `${name} needs 'options' to be of type string`);
  if (regex instanceof BSONRegExp && regex.options !== "" && !isMissing(options))
    throw new CommandError(
      51107,
      `${name} found regex option(s) specified in both 'regex' and 'option' fields`,
    );
  if (isMissing(input) || isMissing(regex)) return undefined;
  const source = regex instanceof BSONRegExp ? regex.pattern : regex;
  const flags = typeof options === "string" ? options : regex instanceof BSONRegExp ? regex.options : "";
  for (const flag of flags)
    if (!"imsxu".includes(flag))
      throw new CommandError(51108, `${name} invalid flag in regex options: ${flag}`);
  try {
    compilePattern(source, flags);
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    const code = source.includes("\0") ? 51109 : 51111;
    throw new CommandError(code, `Invalid Regex in ${name}: ${cause.message}`);
  }
  return { text: String(input), pattern: new BSONRegExp(source, [...flags].sort().join("")) };
}

function told(text: string, { text: match, index, captures }: Found): Doc {
  return { match, idx: [...text.slice(0, index)].length, captures };
}

const [regexFind, regexFindAll, regexMatch] = (["$regexFind", "$regexFindAll", "$regexMatch"] as const).map(
  (name): ExpressionOperator =>
    (operand, evaluation) => {
      const given = regexInput(name, operand, evaluation);
      const found = given ? [...matches(given.text, given.pattern)] : [];
      const first = found[0];
      if (name === "$regexMatch") return first !== undefined;
      if (name === "$regexFindAll") return found.map((each) => told(given?.text ?? "", each));
      return first ? told(given?.text ?? "", first) : null;
    },
) as [ExpressionOperator, ExpressionOperator, ExpressionOperator];

/** Parts of strings, searching, trimming and replacing (source: MongoDB manual, "String Expression Operators"). */
export const stringOperators: Readonly<Record<string, ExpressionOperator>> = {
  $substrCP: substrCP,
  $substrBytes: substrBytes,
  $substr: substrBytes,
  $indexOfCP: indexOf("$indexOfCP", [40093, 40094], false),
  $indexOfBytes: indexOf("$indexOfBytes", [40091, 40092], true),
  $split: split,
  $trim: trimming("$trim", true, true),
  $ltrim: trimming("$ltrim", true, false),
  $rtrim: trimming("$rtrim", false, true),
  $replaceOne: replacing("$replaceOne", (input, find, by) => input.replace(find, () => by)),
  $replaceAll: replacing("$replaceAll", (input, find, by) => input.replaceAll(find, () => by)),
  $regexFind: regexFind,
  $regexFindAll: regexFindAll,
  $regexMatch: regexMatch,
};
