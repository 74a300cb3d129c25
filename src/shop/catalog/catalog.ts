import { trusted } from "mongoose";
import { type OfferedProduct, type OfferedVariant, offerAt } from "./offer.ts";
import { type Product, ProductModel } from "./product.ts";
import { repriceDue } from "./reprice.ts";

/** One page of products. `page` counts from 1; a page past the end answers the last. */
export interface ProductPage {
  products: OfferedProduct[];
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

/** The product of this id while it is on sale, at the prices of `now`; else null. */
export const getProduct = async (
  shop: string,
  id: string,
  now: Date = new Date(),
): Promise<OfferedProduct | null> =>
  offered(await ProductModel.findOne({ _id: id, shop, status: "active" }).lean<Product>(), now);

/** The product of this slug while it is on sale, at the prices of `now`; else null. */
export const findBySlug = async (
  shop: string,
  slug: string,
  now: Date = new Date(),
): Promise<OfferedProduct | null> =>
  offered(await ProductModel.findOne({ shop, slug, status: "active" }).lean<Product>(), now);

const offered = (product: Product | null, now: Date): OfferedProduct | null =>
  product === null ? null : offerAt(product, now);

/** The variant of this SKU and its product while it is on sale, at the prices of `now`; else null. */
export async function findVariant(
  shop: string,
  sku: string,
  now: Date = new Date(),
): Promise<{ product: OfferedProduct; variant: OfferedVariant } | null> {
  const filter = { shop, "variants.sku": sku, status: "active" as const };
  const product = offered(await ProductModel.findOne(filter).lean<Product>(), now);
  const variant = product?.variants.find((candidate) => candidate.sku === sku);
  return product === null || variant === undefined ? null : { product, variant };
}

/** Several products by id at the prices of `now`, in the order of `ids`; those not on sale are left out. */
export async function getProducts(
  shop: string,
  ids: readonly string[],
  now: Date = new Date(),
): Promise<OfferedProduct[]> {
  const found = await ProductModel.find({
    _id: trusted({ $in: [...ids] }),
    shop,
    status: "active",
  }).lean<Product[]>();
  const byId = new Map(found.map((product) => [product._id, offerAt(product, now)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** The fields a list is sorted by, each up (1) or down (-1). The id makes the order whole. */
const ORDERS = {
  new: [
    ["createdAt", -1],
    ["_id", 1],
  ],
  price: [
    ["minPrice", 1],
    ["_id", 1],
  ],
  rating: [
    ["rating.average", -1],
    ["rating.count", -1],
    ["_id", 1],
  ],
} as const satisfies Record<string, readonly (readonly [string, 1 | -1])[]>;

/** How a list of products can be sorted: newest, cheapest or best rated first. */
export type ProductSort = keyof typeof ORDERS;

/** Where a page begins or ends: beside the product of this id. */
export interface Beside {
  /** The last product of the page before. */
  after?: string;
  /** The first product of the page after. */
  before?: string;
}

/**
 * A page of the products on sale, the newest first unless sorted otherwise.
 *
 * A page beside a known product is read from there on, however deep in the list it is; else, and if that product is gone,
 * `page` pages are skipped. `total` is counted unless the caller knows it. A list by price costs one command more, as sales
 * that have begun or ended by `now` are taken in first.
 */
export async function listProducts(
  shop: string,
  {
    category,
    minPrice,
    maxPrice,
    sort = "new",
    after,
    before,
    total: known,
    ...paging
  }: ProductFilter & Paging & Beside & { sort?: ProductSort; total?: number | undefined } = {},
  now: Date = new Date(),
): Promise<ProductPage> {
  if (sort === "price" || minPrice !== undefined || maxPrice !== undefined) await repriceDue(shop, now);

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
  const total = known ?? (await ProductModel.countDocuments(filter));
  const { page, pages, size, skip } = pageOf(total, paging);
  const place = { total, page, pages };
  const at = (product: Product) => offerAt(product, now);
  const beside = page === 1 ? undefined : (after ?? before);
  if (beside !== undefined) {
    const forwards = after !== undefined;
    const products = await neighbours(filter, sort, beside, forwards, size);
    if (products !== null && products.length > 0) return { products: products.map(at), ...place };
  }
  const products = await ProductModel.find(filter)
    .sort(Object.fromEntries(ORDERS[sort]))
    .skip(skip)
    .limit(size)
    .lean<Product[]>();
  return { products: products.map(at), ...place };
}

const valueAt = (product: Product, path: (typeof ORDERS)[ProductSort][number][0]): unknown =>
  path === "rating.average"
    ? product.rating.average
    : path === "rating.count"
      ? product.rating.count
      : product[path];

/**
 * The products after one in a list (or before it), in the list's order; null if it is gone.
 *
 * "After" in an order by several fields is: the same in all but the last and further there, then the same in all but the
 * last two, and so on. Each of these is one range of the list's index, so the way to a deep page is as short as to the
 * first. https://use-the-index-luke.com/no-offset
 */
async function neighbours(
  filter: Record<string, unknown> & { shop: string },
  sort: ProductSort,
  id: string,
  forwards: boolean,
  size: number,
): Promise<Product[] | null> {
  const at = await ProductModel.findOne({ _id: id, shop: filter.shop }).lean<Product>();
  if (at === null) return null;
  const order = ORDERS[sort];
  const direction = forwards ? 1 : -1;
  const found: Product[] = [];
  for (let last = order.length - 1; last >= 0 && found.length < size; last -= 1) {
    const same = order.slice(0, last).map(([path]) => [path, valueAt(at, path)]);
    const [path, up] = order[last] ?? order[0];
    const further = { [up * direction > 0 ? "$gt" : "$lt"]: valueAt(at, path) };
    const range = { ...Object.fromEntries(same), [path]: trusted(further) };
    // A filter by price and a range of prices are two conditions on one field.
    const query =
      path === "minPrice" && "minPrice" in filter ? { ...filter, $and: [range] } : { ...filter, ...range };
    found.push(
      ...(await ProductModel.find(query)
        .sort(Object.fromEntries(order.map(([name, way]) => [name, (way * direction) as 1 | -1])))
        .limit(size - found.length)
        .lean<Product[]>()),
    );
  }
  return forwards ? found : found.reverse();
}
