import { type Collation, compareBy } from "../collation.ts";
import type { compare } from "../compare.ts";
import { CommandError } from "../errors.ts";
import { metadataName, metadataOf } from "../metadata.ts";
import { somePath, splitPath } from "../path.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";
import { asksNear } from "./geo.ts";

/** Compares two documents by a sort specification. */
export type Order = (a: Doc, b: Doc) => number;

/**
 * Compiles a sort (source: MongoDB manual, "cursor.sort()"): an array sorts by its smallest element ascending, by
 * its largest descending. Text is compared by the collation, or by its bytes without one.
 *
 * @throws {CommandError} BadValue for a direction that is not 1 or -1.
 */
export function compileSort(sort: Doc, collation?: Collation): Order {
  const compare = compareBy(collation);
  const by = sortKeys(sort, compare);
  return (a, b) => {
    for (const { keyOf, sign } of by) {
      const order = sign * compare(keyOf(a), keyOf(b));
      if (order !== 0) return order;
    }
    return 0;
  };
}

interface SortKey {
  keyOf: (doc: Doc) => Value | undefined;
  sign: number;
}

function sortKeys(sort: Doc, order: typeof compare): SortKey[] {
  return Object.keys(sort).map((path) => {
    const direction = sort[path] as Value;
    if (isDoc(direction) && direction.$meta !== undefined) {
      const name = metadataName(direction.$meta);
      // The best score comes first, and so does the least distance.
      return { keyOf: (doc) => metadataOf(doc, name), sign: name === "textScore" ? -1 : 1 };
    }
    const sign = isNumber(direction) ? toNumber(direction) : Number.NaN;
    if (sign !== 1 && sign !== -1)
      throw new CommandError(15975, `$sort key ordering must be 1 (for ascending) or -1 (for descending)`);
    const parts = splitPath(path);
    return { keyOf: (doc) => sortKey(doc, parts, sign, order), sign };
  });
}

/** The order of what is searched near a place: the nearest first. Undefined for any other search. */
export function nearOrder(filter: Doc): Doc | undefined {
  return asksNear(filter) ? { distance: { $meta: "geoNearDistance" } } : undefined;
}

/** The values a document sorts by, and the order of such values. @throws {CommandError} as {@link compileSort}. */
export function compileSortKeys(
  sort: Doc,
  collation?: Collation,
): {
  keysOf: (doc: Doc) => (Value | undefined)[];
  compareKeys: (a: (Value | undefined)[], b: (Value | undefined)[]) => number;
} {
  const compare = compareBy(collation);
  const by = sortKeys(sort, compare);
  return {
    keysOf: (doc) => by.map(({ keyOf }) => keyOf(doc)),
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
export function sortDocs<T>(items: T[], sort: Doc, docOf: (item: T) => Doc, collation?: Collation): T[] {
  const { keysOf, compareKeys } = compileSortKeys(sort, collation);
  const keyed = items.map((item) => ({ item, keys: keysOf(docOf(item)) }));
  keyed.sort((a, b) => compareKeys(a.keys, b.keys));
  return keyed.map(({ item }) => item);
}

/** The value a document sorts by at a path. An empty array sorts below null. */
function sortKey(doc: Doc, parts: readonly string[], sign: number, order: typeof compare): Value | undefined {
  let best: Value | undefined;
  let found = false;
  const consider = (value: Value | undefined): void => {
    if (!found || order(value, best) * sign < 0) best = value;
    found = true;
  };
  somePath(doc, parts, 0, false, (value) => {
    if (Array.isArray(value)) for (const item of value) consider(item);
    else consider(value);
    return false;
  });
  return best;
}
