import { trusted } from "mongoose";
import { type Product, ProductModel, type Variant } from "./product.ts";

/** One page of products. `page` counts from 1; a page past the end answers the last. */
export interface ProductPage {
  products: Product[];
  total: number;
  page: number;
  pages: number;
}

/** What narrows a list of products. Prices in minor units, both ends included, by the cheapest variant. */
export interface ProductFilter {
  /** Id of a category. */
  category?: string;
  minPrice?: number;
  maxPrice?: number;
}

/** Which page of how many entries. */
export interface Paging {
  page?: number;
  size?: number;
}

/** No page holds more products than this. */
export const PAGE_MAX = 50;

/** Brings a page number from outside into the range there is. */
export function pageOf(total: number, { page = 1, size = 6 }: Paging) {
  const entries = Math.min(Math.max(Math.trunc(size) || 1, 1), PAGE_MAX);
  const pages = Math.max(Math.ceil(total / entries), 1);
  const current = Math.min(Math.max(Math.trunc(page) || 1, 1), pages);
  return { page: current, pages, size: entries, skip: (current - 1) * entries };
}

/** The product of this id while it is on sale, else null. */
export const getProduct = async (shop: string, id: string): Promise<Product | null> =>
  ProductModel.findOne({ _id: id, shop, status: "active" }).lean<Product>();

/** The product of this slug while it is on sale, else null. */
export const findBySlug = async (shop: string, slug: string): Promise<Product | null> =>
  ProductModel.findOne({ shop, slug, status: "active" }).lean<Product>();

/** The variant of this SKU and its product while it is on sale, else null. */
export async function findVariant(
  shop: string,
  sku: string,
): Promise<{ product: Product; variant: Variant } | null> {
  const product = await ProductModel.findOne({ shop, "variants.sku": sku, status: "active" }).lean<Product>();
  const variant = product?.variants.find((candidate) => candidate.sku === sku);
  return product === null || variant === undefined ? null : { product, variant };
}

/** Several products by id, in the order of `ids`; those not on sale are left out. */
export async function getProducts(shop: string, ids: readonly string[]): Promise<Product[]> {
  const found = await ProductModel.find({
    _id: trusted({ $in: [...ids] }),
    shop,
    status: "active",
  }).lean<Product[]>();
  const byId = new Map(found.map((product) => [product._id, product]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

const ORDERS = {
  new: { createdAt: -1, _id: 1 },
  price: { minPrice: 1, _id: 1 },
  rating: { "rating.average": -1, "rating.count": -1, _id: 1 },
} as const;

/** How a list of products can be sorted: newest, cheapest or best rated first. */
export type ProductSort = keyof typeof ORDERS;

/** A page of the products on sale, the newest first unless sorted otherwise. */
export async function listProducts(
  shop: string,
  {
    category,
    minPrice,
    maxPrice,
    sort = "new",
    ...paging
  }: ProductFilter & Paging & { sort?: ProductSort } = {},
): Promise<ProductPage> {
  const price = {
    ...(minPrice === undefined ? {} : { $gte: minPrice }),
    // Prices are whole numbers. SecantusDB's compound indexes leave out what equals the bound of a $lte.
    ...(maxPrice === undefined ? {} : { $lt: Math.floor(maxPrice) + 1 }),
  };
  const filter = {
    shop,
    status: "active" as const,
    ...(category === undefined ? {} : { category }),
    ...(Object.keys(price).length === 0 ? {} : { minPrice: trusted(price) }),
  };
  const total = await ProductModel.countDocuments(filter);
  const { page, pages, size, skip } = pageOf(total, paging);
  const products = await ProductModel.find(filter)
    .sort(ORDERS[sort])
    .skip(skip)
    .limit(size)
    .lean<Product[]>();
  return { products, total, page, pages };
}
