import { allCategories } from "../../../../src/shop/catalog/category.ts";
import { readMedia } from "../../../../src/shop/catalog/media.ts";
import { ProductModel } from "../../../../src/shop/catalog/product.ts";
import { stockOf } from "../../../../src/shop/inventory/stock.ts";

/** All that can be seen of a shop's catalog, without ids and times. */
export async function seen(shop: string) {
  const categories = await allCategories(shop);
  const slugOf = new Map(categories.map(({ _id, slug }) => [_id, slug]));
  const products = await ProductModel.find({ shop }).sort({ slug: 1 }).lean();
  const skus = products.flatMap(({ variants }) => variants.map(({ sku }) => sku));
  return {
    categories: categories.map(({ slug, title, position }) => ({ slug, title, position })),
    products: await Promise.all(
      products.map(async ({ _id, shop: _, createdAt: __, updatedAt: ___, revision: ____, ...product }) => ({
        ...product,
        category: slugOf.get(product.category),
        images: await Promise.all(
          product.images.map(async ({ media, url, alt }) => {
            const kept = media === undefined ? null : await readMedia(media);
            return { url, alt, picture: kept && Buffer.from(kept.bytes).toString("hex") };
          }),
        ),
      })),
    ),
    order: products.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime()).map(({ slug }) => slug),
    stock: [...(await stockOf(shop, skus))].map(([sku, stock]): [string, number | string] => [
      sku,
      stock.kind === "counted" ? stock.units : stock.kind,
    ]),
  };
}
