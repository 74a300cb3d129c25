import { type Collation, compareBy } from "../collation.ts";
import { CommandError } from "../errors.ts";
import { metadataName, metadataOf } from "../metadata.ts";
import { checkFieldPath, somePath, splitPath } from "../path.ts";
import { type Doc, isDoc, isNumber, MinKey, toNumber, type Value } from "../value.ts";
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
  const compare = sortOrder(collation);
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

function sortKeys(sort: Doc, order: KeyOrder): SortKey[] {
  return Object.keys(sort).map((path) => {
    const direction = sort[path] as Value;
    if (isDoc(direction) && direction.$meta !== undefined) {
      const name = metadataName(direction.$meta);
      // The best score comes first, and so does the least distance.
      return { keyOf: (doc) => metadataOf(doc, name), sign: name === "textScore" ? -1 : 1 };
    }
    const sign = isNumber(direction) ? toNumber(direction) : Number.NaN;
    if (sign !== 1 && sign !== -1)
      throw new CommandError(
        isNumber(direction) ? 15975 : 15974,
        `$sort key ordering must be 1 (for ascending) or -1 (for descending)`,
      );
    checkFieldPath(path);
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
  const compare = sortOrder(collation);
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

type KeyOrder = (a: Value | undefined, b: Value | undefined) => number;

/** The order of sort keys: an empty array, which is `undefined` here, comes between MinKey and null. */
function sortOrder(collation: Collation | undefined): KeyOrder {
  const order = compareBy(collation);
  return (a, b) => {
    if (a !== undefined && b !== undefined) return order(a, b);
    if (a === b) return 0;
    return a === undefined ? (b instanceof MinKey ? 1 : -1) : a instanceof MinKey ? -1 : 1;
  };
}

/** The value a document sorts by at a path; of an empty array it is `undefined`, of a missing field null. */
function sortKey(doc: Doc, parts: readonly string[], sign: number, order: KeyOrder): Value | undefined {
  let best: Value | undefined;
  let found = false;
  const consider = (value: Value | undefined): void => {
    if (!found || order(value, best) * sign < 0) best = value;
    found = true;
  };
  somePath(doc, parts, 0, false, (value) => {
    if (!Array.isArray(value)) consider(value ?? null);
    else if (value.length === 0) consider(undefined);
    else for (const item of value) consider(item);
    return false;
  });
  return found ? best : null;
}
