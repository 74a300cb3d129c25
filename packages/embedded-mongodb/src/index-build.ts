import type { Catalog } from "./catalog.ts";
import type { Collection } from "./collection.ts";
import { CommandError } from "./errors.ts";
import type { Index, IndexMeta } from "./index-definition.ts";
import { fillPart } from "./index-fill.ts";
import type { Patience, Slice } from "./patience.ts";
import type { Storage } from "./storage.ts";

/** The indexes that a collection is to get. */
export interface Wanted {
  collection: Collection;
  metas: readonly Omit<IndexMeta, "id">[];
}

/** A build that has begun. */
interface Build {
  collection: Collection;
  indexes: Index[];
}

/**
 * Adds indexes to a collection: all of them, or none when one fails. What is wanted is decided in the transaction in
 * which the build begins, so that nothing comes between.
 *
 * A few documents are indexed inside one write. Many are indexed in several, between which others read and write;
 * their writes keep the unfinished indexes up too (see `Collection.building`), and searches do not see them before they
 * are whole. A process that dies meanwhile leaves entries that are swept at the next start, and no index.
 *
 * @throws {CommandError} DuplicateKey, CannotIndexParallelArrays, MaxTimeMSExpired; IndexBuildAborted (276) when the
 * collection is dropped meanwhile; and what `decide` throws.
 */
export async function buildIndexes(
  { storage, catalog, patience }: { storage: Storage; catalog: Catalog; patience: Patience },
  decide: () => Wanted,
): Promise<void> {
  const begun: Build[] = [];
  let from: number | undefined;
  try {
    from = await storage.write((slice) => {
      const { collection, metas } = decide();
      if (metas.length === 0) return undefined;
      const build = { collection, indexes: catalog.beginIndexes(collection, metas) };
      begun.push(build);
      return part(storage, catalog, build, 0, slice);
    });
    for (const build of begun) {
      while (from !== undefined) {
        patience.check();
        const start: number = from;
        from = await storage.write((slice) => part(storage, catalog, build, start, slice));
      }
    }
  } catch (error) {
    for (const { collection, indexes } of begun)
      await storage.write(() => catalog.abandonIndexes(collection, indexes));
    throw error;
  }
}

/** Indexes the documents after a record for a slice of time; gives where to go on, or ends the build. */
function part(
  storage: Storage,
  catalog: Catalog,
  { collection, indexes }: Build,
  from: number,
  slice: Slice,
): number | undefined {
  if (catalog.find(collection.namespace) !== collection)
    throw new CommandError(276, `Index build failed: ${collection.namespace}: collection dropped`);
  const next = fillPart(storage, collection, indexes, from, slice);
  if (next === undefined) catalog.finishIndexes(collection, indexes);
  return next;
}
