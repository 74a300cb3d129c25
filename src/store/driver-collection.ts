import type { Model, mongo } from "mongoose";

/**
 * A model's collection as the driver has it, for what comes in every turn or by the thousand: casting what is valid
 * already would cost as much as the command. Nothing here keeps operators out of a filter: give it strings of ours only.
 */
export function driverCollection<T extends mongo.Document>(model: Model<T>): mongo.Collection<T> {
  const { db } = model.db;
  if (db === undefined) throw new Error("the store is not connected");
  return db.collection<T>(model.collection.collectionName);
}
