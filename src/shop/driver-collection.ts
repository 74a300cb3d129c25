import type { Model, mongo } from "mongoose";

/**
 * A model's collection as the driver has it, for writing many documents that are valid already: casting each again would
 * take longer than writing it.
 */
export const driverCollection = <T extends mongo.Document>(model: Model<T>) =>
  model.db.collection<T>(model.collection.collectionName);
