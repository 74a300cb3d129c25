import {
  append,
  type Condition,
  type Conditions,
  disjoint,
  everything,
  type FieldRange,
  fieldRanges,
  gather,
  turn,
} from "./bounds.ts";
import { type Collation, hasText } from "./collation.ts";
import type { Collection } from "./collection.ts";
import { typeOrder } from "./compare.ts";
import { badValue } from "./errors.ts";
import type { Index } from "./index-definition.ts";
import { after, bound } from "./key-encoding.ts";
import { implies } from "./partial.ts";
import { isOperators } from "./query/condition.ts";
import { BSONRegExp, type Doc, isDoc, isNumber, toNumber, type Value } from "./value.ts";

/** Keys from `low` (included) up to `high` (not included), without the index's prefix. */
export interface Range {
  low: Buffer;
  /** `undefined`: to the end. */
  high: Buffer | undefined;
}

/** One walk over an index. */
export interface IndexScan {
  index: Index;
  ranges: Range[];
  reverse: boolean;
  /** What is scanned of each of the index's fields, as long as they narrow the scan. */
  fields: FieldRange[][];
  /** A collation is in play: the bounds may hold more than what matches, and not in order. */
  collated: boolean;
}

/** How the documents that may match are found. Every one of them is checked against the filter again. */
export type Plan =
  | { kind: "collection"; reverse: boolean }
  | { kind: "id"; id: Value }
  | { kind: "index"; scan: IndexScan; sorted: boolean }
  | { kind: "union"; scans: IndexScan[] };

const rangesMax = 5000;

/**
 * Picks how to find the documents: by `_id`, by the index that most of the filter's fields fit, or by reading the
 * whole collection.
 *
 * With a collation text is looked for in indexes of the same one only, and no index spares a sort (source: MongoDB
 * manual, "Collation and Index Use").
 *
 * @throws {CommandError} BadValue for a hint that names no index.
 */
export function makePlan(
  collection: Collection,
  filter: Doc,
  sort?: Doc,
  hint?: Value,
  collation?: Collation,
): Plan {
  if (hint !== undefined && hint !== null && !(isDoc(hint) && Object.keys(hint).length === 0)) {
    return hinted(collection, filter, sort, hint, collation);
  }
  const id = filter._id;
  if (id !== undefined && Object.hasOwn(filter, "_id") && collection.idIndex) {
    const value = isDoc(id) && Object.keys(id).length === 1 && Object.hasOwn(id, "$eq") ? id.$eq : id;
    if (
      value !== undefined &&
      !isOperators(value) &&
      !(value instanceof BSONRegExp) &&
      !Array.isArray(value) &&
      !(collation && hasText(value))
    ) {
      return { kind: "id", id: value };
    }
  }
  if (Object.keys(filter).length === 0 && !sort) return { kind: "collection", reverse: false };
  const conditions = gather(filter);
  let best: { scan: IndexScan; sorted: boolean; score: number } | undefined;
  for (const index of collection.indexes) {
    if (index.hidden || index.declared) continue;
    if (index.partial && !withinPartial(index, index.partial, filter, collation)) continue;
    if (index.sparse && !index.isId && !coversSparse(index, conditions)) continue;
    const plan = scanOf(index, conditions, sort, collation);
    if (plan && (!best || plan.score > best.score)) best = plan;
  }
  if (best && best.score >= 100) return { kind: "index", scan: best.scan, sorted: best.sorted };
  const union = unionOf(collection, filter, collation);
  if (union) return { kind: "union", scans: union };
  if (best) return { kind: "index", scan: best.scan, sorted: best.sorted };
  return { kind: "collection", reverse: false };
}

function hinted(
  collection: Collection,
  filter: Doc,
  sort: Doc | undefined,
  hint: Value,
  collation: Collation | undefined,
): Plan {
  if (isDoc(hint) && hint.$natural !== undefined) {
    return { kind: "collection", reverse: isNumber(hint.$natural) && toNumber(hint.$natural) < 0 };
  }
  const named = findIndex(collection, hint);
  // To the planner a hidden index is not there (source: MongoDB manual, "Hidden Indexes").
  const index = named?.hidden ? undefined : named;
  if (!index)
    throw badValue(
      "error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index",
    );
  if (index.declared) return { kind: "collection", reverse: false };
  const plan = scanOf(index, gather(filter), sort, collation);
  if (plan) return { kind: "index", scan: plan.scan, sorted: plan.sorted };
  return {
    kind: "index",
    scan: {
      index,
      ranges: [{ low: Buffer.alloc(0), high: undefined }],
      reverse: false,
      fields: [],
      collated: collation !== undefined || index.collation !== undefined,
    },
    sorted: false,
  };
}

/** The index that has this name or this key pattern. */
export function findIndex(collection: Collection, hint: Value): Index | undefined {
  return collection.indexes.find((index) => {
    if (typeof hint === "string") return index.name === hint;
    return isDoc(hint) && samePattern(index.spec.key as Doc, hint);
  });
}

/**
 * Whether a scan's bounds say all that the filter says, so that counting its keys counts the matches. That is so for
 * single conditions on fields without arrays that a scan's every field is bounded by.
 */
export function isExact({ index, fields, collated }: IndexScan, filter: Doc): boolean {
  if (index.multikey || index.cut || collated) return false;
  const bounded = index.paths.slice(0, fields.length);
  return Object.keys(filter).every((path) => {
    const condition = filter[path] as Value;
    if (path.startsWith("$") || !bounded.includes(path) || condition instanceof BSONRegExp) return false;
    if (!isOperators(condition)) return !Array.isArray(condition);
    const names = Object.keys(condition);
    const types = new Set(names.map((name) => typeOrder(condition[name])));
    if (names.length > 1 && types.size > 1) return false;
    const within =
      names.every((name) => /^\$(?:gte?|lte?)$/.test(name)) ||
      names.join() === "$eq" ||
      names.join() === "$in";
    return within && names.every((name) => isPlain(condition[name], name === "$in"));
  });
}

/** Whether an operand stands for itself in an index; of `$in` each of the list must. */
function isPlain(operand: Value | undefined, list = false): boolean {
  if (list) return Array.isArray(operand) && operand.every((item) => isPlain(item));
  if (operand === undefined || operand === null || operand instanceof BSONRegExp) return false;
  return !Array.isArray(operand) && (!isDoc(operand) || !isOperators(operand));
}

/** Whether two key patterns have the same fields in the same order and directions. */
export function samePattern(a: Doc, b: Doc): boolean {
  const left = Object.entries(a);
  const right = Object.entries(b);
  return (
    left.length === right.length &&
    left.every(([path, direction], at) => {
      const [otherPath, otherDirection] = right[at] as [string, Value];
      if (path !== otherPath) return false;
      if (isNumber(direction) && isNumber(otherDirection))
        return toNumber(direction) === toNumber(otherDirection);
      return direction === otherDirection;
    })
  );
}

/** A sparse index lacks documents without its fields, so some field must be asked for by a value. */
function coversSparse(index: Index, conditions: Conditions): boolean {
  return index.paths.some((path) =>
    (conditions.get(path) ?? []).some(({ name, operand }) => {
      if (name === "$eq") return operand !== null;
      if (name === "$in") return Array.isArray(operand) && !operand.includes(null);
      if (name === "$exists") return operand === true || (isNumber(operand) && toNumber(operand) !== 0);
      return ["$gt", "$gte", "$lt", "$lte"].includes(name)
        ? operand !== null && typeOrder(operand) !== 127
        : name === "$regex";
    }),
  );
}

/** Whether a partial index has all a filter asks for. What text it leaves out is not known under a collation. */
function withinPartial(index: Index, partial: Doc, filter: Doc, collation: Collation | undefined): boolean {
  if ((collation || index.collation) && hasText(partial)) return false;
  return implies(filter, partial);
}

/** The conditions that an index can serve, with text as the index has it. */
function servedBy(index: Index, conditions: Conditions, collation: Collation | undefined): Conditions {
  if (!collation && !index.collation) return conditions;
  const served: Conditions = new Map();
  for (const [path, list] of conditions) {
    const some = list.flatMap((condition) => asIndexed(condition, index, collation));
    if (some.length > 0) served.set(path, some);
  }
  return served;
}

function asIndexed(
  { name, operand }: Condition,
  { collation: own }: Index,
  collation: Collation | undefined,
): Condition[] {
  if (operand instanceof BSONRegExp) return [];
  if (!hasText(operand)) return [{ name, operand }];
  if (!own || own !== collation) return [];
  const indexed = own.indexed(operand) as Value;
  if (["$eq", "$in", "$all"].includes(name)) return [{ name, operand: indexed }];
  // Different text may have the same key, so the bound itself belongs to the range.
  if (typeof operand !== "string" || !/^\$[gl]te?$/.test(name)) return [];
  return [{ name: name.startsWith("$g") ? "$gte" : "$lte", operand: indexed }];
}

function scanOf(
  index: Index,
  given: Conditions,
  sort: Doc | undefined,
  collation: Collation | undefined,
): { scan: IndexScan; sorted: boolean; score: number } | undefined {
  const conditions = servedBy(index, given, collation);
  const collated = collation !== undefined || index.collation !== undefined;
  let prefixes: FieldRange[] = [{ ...everything, point: true }];
  const fields: FieldRange[][] = [];
  let score = 0;
  let fixed = 0;
  let onePoint = true;
  for (const [position, path] of index.paths.entries()) {
    const list = conditions.get(path);
    const ranges = list && fieldRanges(list, index.multikey);
    // With several array paths one document's conditions may be met by different elements; only the first narrows
    // unless the paths have nothing to do with arrays.
    if (!ranges || (index.multikey && position > 0 && sharesArray(index.paths, position))) break;
    const turned = index.directions[position] === -1 ? ranges.map(turn) : ranges;
    const merged = disjoint(turned);
    if (prefixes.length * merged.length > rangesMax) break;
    const points = merged.every((range) => range.point);
    fields.push(merged);
    prefixes = prefixes.flatMap((prefix) => merged.map((range) => append(prefix, range)));
    score += points ? 200 : merged.some(({ low, high }) => low.length === 0 || !high) ? 50 : 100;
    if (points && merged.length === 1) score += 20;
    if (!points) {
      onePoint = false;
      break;
    }
    if (merged.length > 1) onePoint = false;
    if (onePoint) fixed++;
  }
  const order = collated ? undefined : sort && sortedBy(index, fixed, sort, conditions);
  if (score === 0 && !order) return undefined;
  // One range, or one that only widens the sort's field, keeps the order; several points in front do not.
  const inOrder = order !== undefined && (prefixes.length === 1 || sortsFirstField(index, sort, fixed));
  if (score === 0 && !inOrder) return undefined;
  // Each point of a whole unique key is one document at the most, which no other index can promise.
  if (index.unique && score >= 200 * index.paths.length) score += 1000;
  // Among indexes that narrow the search one that spares a sort is better: first equality, then sort, then range.
  if (inOrder) score += score > 0 ? 150 : 60;
  const ranges = prefixes.map((range) => ({
    low: bound(range.low),
    high:
      range.high === undefined
        ? undefined
        : range.high.length > bound(range.high).length
          ? after(bound(range.high))
          : range.high,
  }));
  const reverse = inOrder && order === -1;
  const ordered = ranges.sort((a, b) => Buffer.compare(a.low, b.low));
  if (reverse) ordered.reverse();
  return { scan: { index, ranges: ordered, reverse, fields, collated }, sorted: inOrder, score };
}

/** Whether the sort is by the field that the several ranges are of, so that walking them in order is sorted. */
function sortsFirstField(index: Index, sort: Doc | undefined, fixed: number): boolean {
  return sort !== undefined && Object.keys(sort)[0] === index.paths[fixed];
}

function sharesArray(paths: readonly string[], position: number): boolean {
  const root = (path: string | undefined): string | undefined => path?.split(".")[0];
  return paths.slice(0, position).some((path) => root(path) === root(paths[position]));
}

/** 1 or -1 when walking the index that way gives the sort's order after `fixed` leading points. */
function sortedBy(index: Index, fixed: number, sort: Doc, conditions: Conditions): 1 | -1 | undefined {
  if (index.cut) return undefined;
  const wanted = Object.entries(sort);
  if (wanted.length === 0) return undefined;
  let way: 1 | -1 | undefined;
  let at = 0;
  for (const [path, direction] of wanted) {
    if (!isNumber(direction)) return undefined;
    const fixedAt = index.paths.indexOf(path);
    if (fixedAt >= 0 && fixedAt < fixed && !index.multikey) continue;
    while (at < fixed && index.paths[at] !== path) at++;
    if (index.paths[at] !== path) return undefined;
    // In a multikey index a filter on the sort's field leaves out elements that decide the order.
    if (index.multikey && conditions.has(path)) return undefined;
    const step = (toNumber(direction) < 0 ? -1 : 1) * (index.directions[at] ?? 1) < 0 ? -1 : 1;
    if (way !== undefined && way !== step) return undefined;
    way = step;
    at++;
  }
  return way ?? 1;
}

function unionOf(
  collection: Collection,
  filter: Doc,
  collation: Collation | undefined,
): IndexScan[] | undefined {
  const branches = filter.$or;
  if (!Array.isArray(branches)) return undefined;
  const scans: IndexScan[] = [];
  for (const branch of branches) {
    if (!isDoc(branch)) return undefined;
    const conditions = gather(branch);
    let best: { scan: IndexScan; score: number } | undefined;
    for (const index of collection.indexes) {
      if (index.hidden || index.declared) continue;
      if (index.partial && !withinPartial(index, index.partial, branch, collation)) continue;
      if (index.sparse && !index.isId && !coversSparse(index, conditions)) continue;
      const plan = scanOf(index, conditions, undefined, collation);
      if (plan && (!best || plan.score > best.score)) best = plan;
    }
    if (!best) {
      const nested = unionOf(collection, branch, collation);
      if (!nested) return undefined;
      scans.push(...nested);
    } else scans.push(best.scan);
  }
  return scans.length > 0 ? scans : undefined;
}
