import type { mongo } from "mongoose";

/** Collections that a restore fills before they take their names. */
export const loadingPrefix = "restoring_";
/** Holds one document while a restore puts the collections in place. */
const markerName = "restore";

/** Whether a collection belongs to the restoring itself. */
export const isOwn = (name: string): boolean => name === markerName || name.startsWith(loadingPrefix);

/** A restore broke off while it put the collections in place: some are restored, some are not. */
export class HalfRestored extends Error {
  override readonly name = "HalfRestored";
  readonly code = "HALF_RESTORED";
}

const marker = (db: mongo.Db) => db.collection<{ _id: string; at: Date }>(markerName);

/** Whether a restore broke off while it put the collections in place. */
export async function isHalfRestored(db: mongo.Db): Promise<boolean> {
  return (await marker(db).findOne({ _id: "half" })) !== null;
}

/** Notes that from now on the store is neither the old nor the restored one. */
export async function beginMoving(db: mongo.Db): Promise<void> {
  const options = { upsert: true, writeConcern: { w: "majority" } } as const;
  await marker(db).updateOne({ _id: "half" }, { $set: { at: new Date() } }, options);
}

/** Notes that the store is the restored one. */
export async function endMoving(db: mongo.Db): Promise<void> {
  await marker(db).drop({ writeConcern: { w: "majority" } });
}

/** To be asked before a shop starts on a store. @throws {HalfRestored} */
export async function refuseHalfRestored(db: mongo.Db): Promise<void> {
  if (await isHalfRestored(db))
    throw new HalfRestored("The store holds half a restore. Run npm run restore -- FILE again, then start.");
}
