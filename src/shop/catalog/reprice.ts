import { trusted } from "mongoose";
import { driverCollection } from "../../store/driver-collection.ts";
import { lowestPriceAt } from "./offer.ts";
import { type Product, ProductModel } from "./product.ts";

const BATCH = 500;

/**
 * Brings `minPrice` of the products up to date whose sale has begun or ended since it was worked out, so that the store can
 * sort and filter by it. The moment of the next change stands in each product, and is all that is looked at: one command
 * where nothing is due. Safe to repeat and to run in many processes; a product that is saved meanwhile is up to date anyway.
 */
export async function repriceDue(shop: string, now: Date): Promise<void> {
  for (;;) {
    const due = await ProductModel.find(
      { shop, repriceAt: trusted({ $lte: now }) },
      { revision: 1, repriceAt: 1, "variants.price": 1, "variants.sale": 1 },
    )
      .limit(BATCH)
      .lean<Pick<Product, "_id" | "revision" | "repriceAt" | "variants">[]>();
    if (due.length === 0) return;
    // Its revision stays: what a merchant wrote is the same.
    await driverCollection(ProductModel).bulkWrite(
      due.map(({ _id, revision, repriceAt = null, variants }) => ({
        updateOne: { filter: { _id, revision, repriceAt }, update: { $set: lowestPriceAt(variants, now) } },
      })),
      { ordered: false },
    );
    if (due.length < BATCH) return;
  }
}
