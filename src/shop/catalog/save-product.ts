import { driverCollection } from "../../store/driver-collection.ts";
import { isDuplicateKey, ShopError } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { catalogChanged } from "./catalog-version.ts";
import { lowestPriceAt } from "./offer.ts";
import { type Product, type ProductInput, ProductModel } from "./product.ts";
import { productSchema } from "./product-schema.ts";

/** Another product of the shop has this handle or one of these SKUs. */
export class ProductClash extends ShopError {
  constructor(slug: string, cause: unknown) {
    super("PRODUCT_CLASH", `the handle or a SKU of ${slug} belongs to another product`, { cause });
  }
}

/**
 * Creates the product, or replaces the one with its `_id`; rating and time of creation stay.
 *
 * @throws {z.ZodError} naming the field
 * @throws {ProductClash}
 */
export async function saveProduct(input: ProductInput, now: Date = new Date()): Promise<Product> {
  const product = await writeProduct(productSchema.parse(input), now);
  await catalogChanged(product.shop);
  return product;
}

/**
 * Writes a valid product without telling search indexes, for writers of many that tell them once. It goes to the driver
 * as it is: mongoose takes seconds to cast two thousand variants, and the schema has checked them already.
 */
export async function writeProduct(
  { _id = newId("p"), ...product }: ProductInput,
  now: Date,
  createdAt: Date = now,
): Promise<Product> {
  try {
    await driverCollection(ProductModel).updateOne(
      { _id, shop: product.shop },
      {
        $set: { ...product, ...lowestPriceAt(product.variants, now), updatedAt: now },
        ...(product.descriptionFormat === undefined ? { $unset: { descriptionFormat: 1 } } : {}),
        $inc: { revision: 1 },
        $setOnInsert: { createdAt, rating: { average: 0, count: 0 } },
      },
      { upsert: true, ignoreUndefined: true },
    );
  } catch (error) {
    if (isDuplicateKey(error)) throw new ProductClash(product.slug, error);
    throw error;
  }
  const saved = await ProductModel.findById(_id).lean<Product>();
  if (saved === null) throw new Error(`product ${_id} was removed while it was saved`);
  return saved;
}
