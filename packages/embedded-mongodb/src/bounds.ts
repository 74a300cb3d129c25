import { after, emptyArrayMark, encodeValue, invert, type Keyed, typeByte } from "./key-encoding.ts";
import { isOperators } from "./query/condition.ts";
import { literalPrefix } from "./query/regex.ts";
import { shellText } from "./shell-text.ts";
import { BSONRegExp, type Doc, isDoc, isNumber, MaxKey, MinKey, toNumber, type Value } from "./value.ts";

/** The values of one field that a scan goes over. */
export interface FieldRange {
  /** Encoded, included. */
  low: Buffer;
  /** Encoded, not included; `undefined`: to the end. */
  high: Buffer | undefined;
  /** It holds one value only. */
  point: boolean;
  /** The same as `explain` shows it, such as `[5, 5]`; made only when asked for. */
  shown: () => string;
}

const noEnd = Buffer.from([0xff]);
/** Every value of a field. */
export const everything: FieldRange = {
  low: Buffer.alloc(0),
  high: undefined,
  point: false,
  shown: () => "[MinKey, MaxKey]",
};

/** One operator of a filter and its operand. */
export interface Condition {
  name: string;
  operand: Value;
}
/** The conditions of a filter by path. */
export type Conditions = Map<string, Condition[]>;

/** The conditions that every match fulfils, by path. */
export function gather(filter: Doc, into: Conditions = new Map()): Conditions {
  for (const key of Object.keys(filter)) {
    const condition = filter[key] as Value;
    if (key === "$and" && Array.isArray(condition)) {
      for (const part of condition) if (isDoc(part)) gather(part, into);
    } else if (!key.startsWith("$")) addConditions(key, condition, into);
  }
  return into;
}

function addConditions(path: string, condition: Value, into: Conditions): void {
  const list = into.get(path) ?? [];
  into.set(path, list);
  if (condition instanceof BSONRegExp) list.push({ name: "$regex", operand: condition });
  else if (!isOperators(condition)) list.push({ name: "$eq", operand: condition });
  else {
    for (const name of Object.keys(condition)) {
      const operand = condition[name] as Value;
      if (name === "$elemMatch" && isDoc(operand)) {
        if (isOperators(operand)) addConditions(path, operand, into);
        else
          for (const key of Object.keys(operand))
            if (!key.startsWith("$")) addConditions(`${path}.${key}`, operand[key] as Value, into);
      } else if (name === "$regex" && typeof operand === "string") {
        const options = typeof condition.$options === "string" ? condition.$options : "";
        list.push({ name, operand: new BSONRegExp(operand, options) });
      } else list.push({ name, operand });
    }
  }
}

/** Both ends of a range of one type's values. */
interface Ends {
  low: Buffer | undefined;
  high: Buffer | undefined;
  from: string;
  to: string;
}

/** The ranges of a field that hold every value its conditions allow; `undefined` when they do not narrow it. */
export function fieldRanges(conditions: readonly Condition[], multikey: boolean): FieldRange[] | undefined {
  let points: FieldRange[] | undefined;
  const ends: Ends = { low: undefined, high: undefined, from: "", to: "" };
  let spared: FieldRange[] | undefined;
  for (const { name, operand } of conditions) {
    switch (name) {
      case "$eq":
      case "$in":
      case "$all": {
        const found = pointsFor(name, operand);
        if (found && (!points || found.length < points.length)) points = found;
        break;
      }
      case "$gt":
      case "$gte":
      case "$lt":
      case "$lte":
        // On an array two bounds may be met by two different elements, so only one of them may narrow the scan.
        if (!multikey || (!ends.low && !ends.high)) narrow(ends, name, operand);
        break;
      case "$regex":
        points ??= regexRanges(operand);
        break;
      case "$ne":
      case "$exists":
        spared ??= sparedBy(name, operand, multikey);
        break;
    }
  }
  if (points) return points;
  return ends.low ? [rangeOf(ends)] : spared;
}

function rangeOf({ low, high, from, to }: Ends): FieldRange {
  return { low: low ?? Buffer.alloc(0), high, point: false, shown: () => `${from}, ${to}` };
}

function pointsFor(name: string, operand: Value): FieldRange[] | undefined {
  if (name === "$eq") return pointsOf(operand);
  if (!Array.isArray(operand)) return undefined;
  if (name === "$in") {
    if (operand.some((item) => item instanceof BSONRegExp)) return undefined;
    return operand.flatMap(pointsOf);
  }
  const [first] = operand;
  if (first === undefined || isOperators(first) || first instanceof BSONRegExp) return undefined;
  return pointsOf(first);
}

function pointsOf(value: Value): FieldRange[] {
  const point = (keyed: Keyed): FieldRange => {
    const low = encodeValue(keyed);
    const text = (): string => (keyed === emptyArrayMark ? "undefined" : shellText(keyed));
    return { low, high: after(low), point: true, shown: () => `[${text()}, ${text()}]` };
  };
  // An array is indexed by its elements; the whole one is only there when it is an element itself.
  if (Array.isArray(value)) return [point(value.length === 0 ? emptyArrayMark : value[0]), point(value)];
  return [point(value)];
}

function narrow(ends: Ends, name: string, operand: Value): void {
  const unordered = Array.isArray(operand) || operand instanceof MinKey || operand instanceof MaxKey;
  if (unordered || operand === null) return;
  const encoded = encodeValue(operand);
  const whole = bracketOf(operand);
  const upward = name === "$gt" || name === "$gte";
  const low = upward ? (name === "$gt" ? (after(encoded) ?? noEnd) : encoded) : whole.low;
  const high = upward ? whole.high : name === "$lt" ? encoded : after(encoded);
  if (!ends.low || Buffer.compare(low, ends.low) > 0) {
    ends.low = low;
    ends.from = upward ? `${name === "$gt" ? "(" : "["}${shellText(operand)}` : whole.from;
  }
  if (high && (!ends.high || Buffer.compare(high, ends.high) < 0)) {
    ends.high = high;
    ends.to = upward ? whole.to : `${shellText(operand)}${name === "$lt" ? ")" : "]"}`;
  }
}

/** The values that are compared with a value: those of its type. NaN is less than no number. */
function bracketOf(value: Value): Ends & { low: Buffer } {
  const bracket = Buffer.from([typeByte(value)]);
  const high = after(bracket);
  if (isNumber(value)) {
    const nan = Number.isNaN(toNumber(value));
    return {
      low: nan ? bracket : encodeValue(Number.NEGATIVE_INFINITY),
      high: nan ? after(encodeValue(Number.NaN)) : high,
      from: nan ? "[nan.0" : "[-inf.0",
      to: nan ? "nan.0]" : "inf.0]",
    };
  }
  if (typeof value === "string") return { low: bracket, high, from: '[""', to: "{})" };
  if (value instanceof Date) {
    const [from, to] = ["[new Date(-9223372036854775808)", "new Date(9223372036854775807)]"];
    return { low: bracket, high, from, to };
  }
  if (typeof value === "boolean") return { low: bracket, high, from: "[false", to: "true]" };
  return { low: bracket, high, from: "[MinKey", to: "MaxKey]" };
}

/** The strings that begin as a regular expression's matches do, and the same expression as a value. */
function regexRanges(operand: Value): FieldRange[] | undefined {
  const prefix = operand instanceof BSONRegExp ? literalPrefix(operand) : "";
  if (prefix === "") return undefined;
  const encoded = encodeValue(prefix);
  const low: Buffer = encoded.subarray(0, encoded.length - 2);
  const next = prefix.slice(0, -1) + String.fromCodePoint((prefix.codePointAt(prefix.length - 1) ?? 0) + 1);
  const strings: FieldRange = {
    low,
    high: after(low),
    point: false,
    shown: () => `[${shellText(prefix)}, ${shellText(next)})`,
  };
  return [strings, ...pointsOf(operand)];
}

/** What is left of a field's values by `$ne` and `$exists: true`. */
function sparedBy(name: string, operand: Value, multikey: boolean): FieldRange[] | undefined {
  if (name === "$exists")
    return operand === true || (isNumber(operand) && toNumber(operand) !== 0) ? [everything] : undefined;
  // In an array another element may differ, and the whole array does where it has no such element.
  if (multikey || Array.isArray(operand) || operand instanceof BSONRegExp) return undefined;
  const encoded = encodeValue(operand);
  const text = shellText(operand);
  return [
    { low: Buffer.alloc(0), high: encoded, point: false, shown: () => `[MinKey, ${text})` },
    { low: after(encoded) ?? noEnd, high: undefined, point: false, shown: () => `(${text}, MaxKey]` },
  ];
}

/** The range in a descending field: [low, high) turned around is (~high, ~low]. */
export function turn(range: FieldRange): FieldRange {
  const shown = (): string => reversed(range.shown());
  if (range.point) {
    const low = invert(range.low);
    return { low, high: after(low), point: true, shown };
  }
  // What begins with ~high is not in it, what begins with ~low is.
  const low = range.high ? (after(invert(range.high)) ?? noEnd) : Buffer.alloc(0);
  return { low, high: range.low.length === 0 ? undefined : after(invert(range.low)), point: false, shown };
}

/** An interval as it is met backwards: `[1, 5)` becomes `(5, 1]`. */
export function reversed(interval: string): string {
  const comma = middleOf(interval);
  const [from, to] = [interval.slice(0, comma), interval.slice(comma + 2)];
  return `${to.endsWith("]") ? "[" : "("}${to.slice(0, -1)}, ${from.slice(1)}${from.startsWith("[") ? "]" : ")"}`;
}

/** Where the comma between both ends is: outside quotes and brackets. */
function middleOf(interval: string): number {
  let depth = 0;
  let quoted = false;
  for (let at = 1; at < interval.length; at++) {
    const char = interval[at] as string;
    if (char === "\\") at++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && "([{".includes(char)) depth++;
    else if (!quoted && ")]}".includes(char)) depth--;
    else if (!quoted && depth === 0 && char === ",") return at;
  }
  return interval.length;
}

/** The same values in ranges that do not overlap, in order. */
export function disjoint(ranges: readonly FieldRange[]): FieldRange[] {
  const ordered = [...ranges].sort((a, b) => Buffer.compare(a.low, b.low));
  const result: FieldRange[] = [];
  for (const range of ordered) {
    const last = result.at(-1);
    if (last?.high && Buffer.compare(last.high, range.low) > 0) {
      if (range.high && Buffer.compare(range.high, last.high) <= 0) continue;
      last.high = range.high;
      last.point = false;
    } else if (last && last.high === undefined) {
      // The last one has no end.
    } else result.push({ ...range });
  }
  return result;
}

/** A range of a compound key: the next field's range behind one of the fields before it. */
export function append(prefix: FieldRange, range: FieldRange): FieldRange {
  const low = Buffer.concat([prefix.low, range.low]);
  const high = range.high === undefined ? after(prefix.low) : Buffer.concat([prefix.low, range.high]);
  return { low, high, point: range.point, shown: range.shown };
}
