import { type Collation, readCollation } from "./collation.ts";
import type { CommandError } from "./errors.ts";
import { compileFilter } from "./query/filter.ts";
import type { Match } from "./query/match.ts";
import { prefixOf } from "./table-keys.ts";
import { type Doc, isDoc } from "./value.ts";

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
