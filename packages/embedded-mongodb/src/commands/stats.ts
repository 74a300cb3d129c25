import type { Collection } from "../collection.ts";
import { badValue } from "../errors.ts";
import { type Doc, isDoc, type Value } from "../value.ts";
import { type Command, collectionFor, namespaceOf, numberField } from "./context.ts";
import { isView } from "./view-definition.ts";

/** A collection's counts, and its sizes in units of the `scale` that `wanted` may name. */
export function collectionStats(collection: Collection | undefined, wanted: Doc): Doc {
  const count = collection?.count ?? 0;
  const size = collection?.size ?? 0;
  const indexSizes: Doc = {};
  for (const index of collection?.indexes ?? []) indexSizes[index.name] = 4096;
  const stats = {
    size,
    count,
    ...(count > 0 ? { avgObjSize: Math.round(size / count) } : {}),
    storageSize: size,
    freeStorageSize: 0,
    ...limitsOf(collection?.options ?? {}),
    nindexes: collection?.indexes.length ?? 0,
    indexDetails: {},
    indexBuilds: [],
    totalIndexSize: 4096 * (collection?.indexes.length ?? 0),
    totalSize: size,
    indexSizes,
  };
  const sizes = ["size", "storageSize", "totalIndexSize", "totalSize", "indexSizes"];
  return scaled(stats, wanted, stats.capped ? [...sizes, "maxSize"] : sizes);
}

/** A capped collection's limits; a `max` of 0 is none. */
function limitsOf({ capped, max, size }: Doc): { capped: boolean } & Doc {
  return capped === true ? { capped, max: max ?? 0, maxSize: size ?? 0 } : { capped: false };
}

/** `collStats`. */
export const collStats: Command = (context) => ({
  ns: namespaceOf(context),
  ...collectionStats(collectionFor(context), context.command),
});

/** Sizes in units of the command's `scale` bytes, rounded down (source: MongoDB manual, "collStats", "dbStats"). */
function scaled(stats: Doc, command: Doc, sizes: readonly string[]): Doc {
  const scale = numberField(command, "scale") ?? 1;
  if (scale < 1) throw badValue(`BSON field 'scale' value must be >= 1, actual value '${scale}'`);
  const unit = (size: Value): Value => Math.floor(Number(size) / scale);
  const counted: Doc = { ...stats, scaleFactor: scale };
  for (const name of sizes) {
    const size = stats[name] ?? 0;
    counted[name] = isDoc(size)
      ? Object.fromEntries(Object.entries(size).map(([index, of]) => [index, unit(of)]))
      : unit(size);
  }
  return counted;
}

/** `dbStats`. */
export const dbStats: Command = ({ catalog, database, command }) => {
  const all = catalog.list(database);
  const collections = all.filter((collection) => !isView(collection));
  const objects = collections.reduce((sum, collection) => sum + collection.count, 0);
  const dataSize = collections.reduce((sum, collection) => sum + collection.size, 0);
  const stats = {
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
  return scaled(stats, command, ["dataSize", "storageSize", "indexSize", "totalSize"]);
};
