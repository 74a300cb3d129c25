import { type Collation, readCollation } from "./collation.ts";
import type { CommandError } from "./errors.ts";
import { declaredKind } from "./index-kinds.ts";
import { compileFilter } from "./query/filter.ts";
import type { Match } from "./query/match.ts";
import { prefixOf } from "./table-keys.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "./value.ts";

/** An index as it is stored in the catalog. */
export interface IndexMeta {
  /** The index's number: the first four bytes of its entries. */
  id: number;
  name: string;
  /** Field paths in order. */
  paths: string[];
  /** 1 or -1 for every path. */
  directions: number[];
  /** The specification as the client gave it, for listIndexes. */
  spec: Doc;
  unique: boolean;
  sparse: boolean;
  hidden: boolean;
  partial?: Doc;
  /** Seconds after which a document goes (a TTL index). */
  expireAfterSeconds?: number;
  /** Some document has an array here. */
  multikey: boolean;
  /** Some key was cut (see `shorten`), so entries are not wholly in order. */
  cut: boolean;
  /** It is of a kind that is only declared (see `DeclaredKind`) and holds no entries, unless it is unique. */
  declared: boolean;
}

/** An open index. */
export interface Index extends IndexMeta {
  prefix: Buffer;
  includes: Match;
  isId: boolean;
  /** How its text is compared, when not by bytes. */
  collation: Collation | undefined;
  /** A duplicate that was written while the index was built: the build fails by it, not the write. */
  clash?: CommandError;
  /** How often a plan used it since the server started. */
  uses: number;
}

/** Opens an index's catalog form. */
export function openIndex(meta: IndexMeta): Index {
  return {
    ...meta,
    prefix: prefixOf(meta.id),
    includes: compileFilter(meta.partial ?? {}),
    isId: meta.name === "_id_",
    collation: isDoc(meta.spec.collation) ? readCollation(meta.spec.collation) : undefined,
    uses: 0,
  };
}

/** Makes the index on `_id` that a new collection has. */
export function idIndex(id: number): Index {
  return openIndex({
    id,
    name: "_id_",
    paths: ["_id"],
    directions: [1],
    spec: { v: 2, key: { _id: 1 }, name: "_id_" },
    unique: true,
    sparse: false,
    hidden: false,
    multikey: false,
    cut: false,
    declared: false,
  });
}

/** Reads an index specification as createIndexes and the catalog have it. */
export function describeIndex(spec: Doc): Omit<IndexMeta, "id"> {
  const key = spec.key as Doc;
  const truthy = (value: Value | undefined): boolean =>
    value === true || (isNumber(value) && toNumber(value) !== 0);
  return {
    name: spec.name as string,
    paths: Object.keys(key),
    directions: Object.values(key).map((direction) =>
      isNumber(direction) && toNumber(direction) < 0 ? -1 : 1,
    ),
    spec,
    // "prepareUnique" lets no further duplicate in, before the index becomes unique.
    unique: truthy(spec.unique) || truthy(spec.prepareUnique) || spec.name === "_id_",
    sparse: truthy(spec.sparse),
    hidden: truthy(spec.hidden),
    partial: isDoc(spec.partialFilterExpression) ? spec.partialFilterExpression : undefined,
    expireAfterSeconds: isNumber(spec.expireAfterSeconds) ? toNumber(spec.expireAfterSeconds) : undefined,
    multikey: false,
    cut: false,
    declared: declaredKind(key) !== undefined,
  };
}

/** Reads an index as {@link writeIndex} gave it to the catalog. */
export function readIndex(meta: Doc): IndexMeta {
  return {
    ...describeIndex(meta.spec as Doc),
    id: meta.id as number,
    multikey: meta.multikey === true,
    cut: meta.cut === true,
  };
}

/** What the catalog stores of an index; the rest follows from its specification. */
export function writeIndex(index: Index): Doc {
  return {
    id: index.id,
    name: index.name,
    spec: index.spec,
    multikey: index.multikey,
    cut: index.cut,
  };
}
