import { model, Schema } from "mongoose";

/** How far a shop's catalog has changed. */
export interface CatalogVersion {
  /** Counts the changes. */
  version: number;
  /** Counts those of them that a look at all products only can tell, such as products that were taken away. */
  wholly: number;
}

const VersionModel = model<CatalogVersion & { _id: string }>(
  "CatalogVersion",
  new Schema(
    {
      _id: { type: String, required: true },
      version: { type: Number, required: true },
      wholly: { type: Number, default: 0 },
    },
    { strict: "throw", versionKey: false, id: false },
  ),
);

/** How far the catalog has changed so far. */
export async function catalogVersion(shop: string): Promise<CatalogVersion> {
  const known = await VersionModel.findById(shop).lean<CatalogVersion>();
  return { version: known?.version ?? 0, wholly: known?.wholly ?? 0 };
}

/**
 * Tells search indexes, in every process, that products of the shop have changed. Call it after the change. They ask for
 * the products whose `updatedAt` is new, or with `wholly` look at all of them.
 */
export async function catalogChanged(shop: string, { wholly = false } = {}): Promise<void> {
  await VersionModel.updateOne(
    { _id: shop },
    { $inc: { version: 1, wholly: wholly ? 1 : 0 } },
    { upsert: true },
  );
  changesHere.set(shop, catalogChangesHere(shop) + 1);
}

const changesHere = new Map<string, number>();

/** How often this process has called `catalogChanged`: known without the store, so that what changes here shows at once. */
export const catalogChangesHere = (shop: string): number => changesHere.get(shop) ?? 0;
