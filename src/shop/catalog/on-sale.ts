import { trusted } from "mongoose";
import { ShopError } from "../core/errors.ts";
import { type OfferedProduct, type OfferedVariant, offerAt } from "./offer.ts";
import { type Product, ProductModel } from "./product.ts";

/** The SKU is not on sale (any more). */
export class NotOnSale extends ShopError {
  readonly sku: string;
  constructor(sku: string) {
    super("NOT_ON_SALE", `${sku} is not on sale`);
    this.sku = sku;
  }
}

/** The variants of these SKUs that can be bought, at the prices of `now`, each with its product; one query. */
export async function onSale(
  shop: string,
  skus: readonly string[],
  now: Date,
): Promise<Map<string, { product: OfferedProduct; variant: OfferedVariant }>> {
  if (skus.length === 0) return new Map();
  const filter = { shop, "variants.sku": trusted({ $in: [...skus] }), status: "active" as const };
  const products = await ProductModel.find(filter).lean<Product[]>();
  return new Map(
    products
      .map((product) => offerAt(product, now))
      .flatMap((product) => product.variants.map((variant) => [variant.sku, { product, variant }] as const)),
  );
}
