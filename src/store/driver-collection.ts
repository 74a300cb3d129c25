import type { Model, mongo } from "mongoose";

/**
 * A model's collection as the driver has it, for what is valid already and written often or by the thousand: casting it
 * again would cost as much as writing it. Nothing here keeps operators out of a filter: give it values of ours only.
 */
export const driverCollection = <T extends mongo.Document>(model: Model<T>): mongo.Collection<T> => {
  const { db } = model.db;
  if (db === undefined) throw new Error("the store is not connected");
  return db.collection<T>(model.collection.collectionName);
};
