import { compare } from "../compare.ts";
import { badValue, CommandError } from "../errors.ts";
import { somePath, splitPath } from "../path.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";

/** Compares two documents by a sort specification. */
export type Order = (a: Doc, b: Doc) => number;

/**
 * Compiles a sort (source: MongoDB manual, "cursor.sort()"): an array sorts by its smallest element ascending, by
 * its largest descending.
 *
 * @throws {CommandError} BadValue for a direction that is not 1 or -1.
 */
export function compileSort(sort: Doc): Order {
  const by = Object.keys(sort).map((path) => {
    const direction = sort[path] as Value;
    if (isDoc(direction) && direction.$meta !== undefined)
      throw badValue("$meta sort is not supported by the embedded store");
    const sign = isNumber(direction) ? toNumber(direction) : Number.NaN;
    if (sign !== 1 && sign !== -1)
      throw new CommandError(15975, `$sort key ordering must be 1 (for ascending) or -1 (for descending)`);
    return { parts: splitPath(path), sign };
  });
  return (a, b) => {
    for (const { parts, sign } of by) {
      const order = sign * compare(sortKey(a, parts, sign), sortKey(b, parts, sign));
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** The values a document sorts by, and the order of such values. @throws {CommandError} as {@link compileSort}. */
export function compileSortKeys(sort: Doc): {
  keysOf: (doc: Doc) => (Value | undefined)[];
  compareKeys: (a: (Value | undefined)[], b: (Value | undefined)[]) => number;
} {
  compileSort(sort);
  const by = Object.keys(sort).map((path) => ({
    parts: splitPath(path),
    sign: toNumber(sort[path] as number),
  }));
  return {
    keysOf: (doc) => by.map(({ parts, sign }) => sortKey(doc, parts, sign)),
    compareKeys: (a, b) => {
      for (let at = 0; at < by.length; at++) {
        const order = compare(a[at], b[at]);
        if (order !== 0) return order * (by[at]?.sign ?? 1);
      }
      return 0;
    },
  };
}

/** Sorts documents stably, working out every document's sort keys once. */
export function sortDocs<T>(items: T[], sort: Doc, docOf: (item: T) => Doc): T[] {
  const { keysOf, compareKeys } = compileSortKeys(sort);
  const keyed = items.map((item) => ({ item, keys: keysOf(docOf(item)) }));
  keyed.sort((a, b) => compareKeys(a.keys, b.keys));
  return keyed.map(({ item }) => item);
}

/** The value a document sorts by at a path. An empty array sorts below null. */
function sortKey(doc: Doc, parts: readonly string[], sign: number): Value | undefined {
  let best: Value | undefined;
  let found = false;
  const consider = (value: Value | undefined): void => {
    if (!found || compare(value, best) * sign < 0) best = value;
    found = true;
  };
  somePath(doc, parts, 0, false, (value) => {
    if (Array.isArray(value)) for (const item of value) consider(item);
    else consider(value);
    return false;
  });
  return best;
}
