import type { Collection } from "../collection.ts";
import type { Doc } from "../value.ts";
import { type Command, collectionFor, namespaceOf } from "./context.ts";
import { isView } from "./view-definition.ts";

/** A collection's sizes in bytes and counts. */
export function collectionStats(collection: Collection | undefined): Doc {
  const count = collection?.count ?? 0;
  const size = collection?.size ?? 0;
  const indexSizes: Doc = {};
  for (const index of collection?.indexes ?? []) indexSizes[index.name] = 4096;
  return {
    size,
    count,
    ...(count > 0 ? { avgObjSize: Math.round(size / count) } : {}),
    storageSize: size,
    freeStorageSize: 0,
    capped: collection?.options.capped === true,
    nindexes: collection?.indexes.length ?? 0,
    indexDetails: {},
    indexBuilds: [],
    totalIndexSize: 4096 * (collection?.indexes.length ?? 0),
    totalSize: size,
    indexSizes,
    scaleFactor: 1,
  };
}

/** `collStats`. */
export const collStats: Command = (context) => ({
  ns: namespaceOf(context),
  ...collectionStats(collectionFor(context)),
});

/** `dbStats`. */
export const dbStats: Command = ({ catalog, database }) => {
  const all = catalog.list(database);
  const collections = all.filter((collection) => !isView(collection));
  const objects = collections.reduce((sum, collection) => sum + collection.count, 0);
  const dataSize = collections.reduce((sum, collection) => sum + collection.size, 0);
  return {
    db: database,
    collections: collections.length,
    views: all.length - collections.length,
    objects,
    avgObjSize: objects > 0 ? dataSize / objects : 0,
    dataSize,
    storageSize: dataSize,
    indexes: collections.reduce((sum, collection) => sum + collection.indexes.length, 0),
    indexSize: 0,
    totalSize: dataSize,
    scaleFactor: 1,
    fsUsedSize: 0,
    fsTotalSize: 0,
  };
};
