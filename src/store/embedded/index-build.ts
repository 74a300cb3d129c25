import type { Catalog } from "./catalog.ts";
import type { Collection, Index, IndexMeta } from "./collection.ts";
import { CommandError } from "./errors.ts";
import type { Patience, Slice } from "./patience.ts";
import type { Storage } from "./storage.ts";

/**
 * Adds indexes to a collection: all of them, or none when one fails.
 *
 * A few documents are indexed inside one write. Many are indexed in several, between which others read and write;
 * their writes keep the unfinished indexes up too (see `Collection.building`), and searches do not see them before they
 * are whole. A process that dies meanwhile leaves entries that are swept at the next start, and no index.
 *
 * @throws {CommandError} DuplicateKey, CannotIndexParallelArrays, MaxTimeMSExpired; IndexBuildAborted (276) when the
 * collection is dropped meanwhile.
 */
export async function buildIndexes(
  { storage, catalog, patience }: { storage: Storage; catalog: Catalog; patience: Patience },
  collection: Collection,
  metas: readonly Omit<IndexMeta, "id">[],
): Promise<void> {
  let indexes: Index[] = [];
  let from: number | undefined;
  try {
    from = await storage.write((slice) => {
      indexes = catalog.beginIndexes(collection, metas);
      return part(catalog, collection, indexes, 0, slice);
    });
    while (from !== undefined) {
      patience.check();
      const start: number = from;
      from = await storage.write((slice) => part(catalog, collection, indexes, start, slice));
    }
  } catch (error) {
    await storage.write(() => catalog.abandonIndexes(collection, indexes));
    throw error;
  }
}

/** Indexes the documents after a record for a slice of time; gives where to go on, or ends the build. */
function part(
  catalog: Catalog,
  collection: Collection,
  indexes: Index[],
  from: number,
  slice: Slice,
): number | undefined {
  if (catalog.find(collection.namespace) !== collection)
    throw new CommandError(276, `Index build failed: ${collection.namespace}: collection dropped`);
  const next = collection.buildPart(indexes, from, slice);
  if (next === undefined) catalog.finishIndexes(collection, indexes);
  return next;
}
