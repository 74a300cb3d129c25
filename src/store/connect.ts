import mongoose from "mongoose";

/**
 * Opens the default mongoose connection, which every model of the shop lives on.
 *
 * Filters are strict and sanitised: an operator inside a filter value only counts when our code wrapped it
 * in `mongoose.trusted(...)`, so nothing from outside can smuggle one in. Collections and indexes are not made
 * on the fly; call `ensureIndexes` once all models are imported.
 *
 * @throws {MongooseServerSelectionError} when no server answers within ten seconds.
 */
export async function connect(url: string): Promise<void> {
  mongoose.set("strictQuery", true);
  mongoose.set("sanitizeFilter", true);
  mongoose.set("autoIndex", false);
  mongoose.set("autoCreate", false);
  await mongoose.connect(url, { serverSelectionTimeoutMS: 10_000 });
}

/** Makes the indexes of every model that has been imported. Safe to repeat, also from several processes at once. */
export async function ensureIndexes(): Promise<void> {
  for (const name of mongoose.modelNames()) {
    const model = mongoose.model(name);
    if (model.schema.indexes().length > 0) await model.createIndexes();
  }
}

/** Closes the connection; operations under way are finished first. */
export async function disconnect(): Promise<void> {
  await mongoose.disconnect();
}
