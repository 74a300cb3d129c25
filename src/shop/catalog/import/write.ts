import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type mongo, trusted } from "mongoose";
import { driverCollection } from "../../../store/driver-collection.ts";
import { isDuplicateKey, ShopError } from "../../core/errors.ts";
import { type Stock, StockModel, stockId } from "../../inventory/stock.ts";
import { setStocks } from "../../inventory/stock-counts.ts";
import { allCategories, saveCategory } from "../category.ts";
import type { Issue } from "../files/csv/csv-table.ts";
import { keepChecked, mediaId } from "../media.ts";
import { lowestPriceAt } from "../offer.ts";
import { type Product, ProductModel } from "../product.ts";
import { ProductClash } from "../save-product.ts";
import { FetchedPictures, type FetchPicture } from "./fetched-pictures.ts";
import { beginImport, type Journal, type Undo } from "./journal.ts";
import type { ImportPlan, Work } from "./plan.ts";

/** The plan has issues. */
export class ImportRefused extends ShopError {
  readonly issues: readonly Issue[];
  constructor(issues: readonly Issue[]) {
    super("IMPORT_REFUSED", `the file has ${issues.length} problems`);
    this.issues = issues;
  }
}

/** A product was changed between plan and import. */
export class ImportOutdated extends ShopError {
  constructor(slug: string) {
    super("IMPORT_OUTDATED", `${slug} was changed since the file was checked; import again`);
  }
}

/** How an import is written. */
export interface ImportOptions {
  onProgress?: (done: number, total: number) => void;
  clock?: () => Date;
  /**
   * Gets the picture at an https address. With it, pictures at addresses are kept in the store; one that can not be had
   * is left out and noted. Without it, their addresses are kept.
   */
  fetchPicture?: FetchPicture;
  /** How many products are written by one command to the store. */
  batch?: number;
}

/**
 * Writes what was planned: all of it, or nothing. When a write fails, what was written before it is put back; when the
 * process dies, `recoverImports` or the next import does so.
 *
 * Returns the pictures that could not be fetched.
 *
 * @throws {ImportRefused | ImportOutdated | ImportRunning | ProductClash}
 */
export async function applyImport(
  plan: ImportPlan,
  { onProgress = () => {}, clock = () => new Date(), fetchPicture, batch = 500 }: ImportOptions = {},
): Promise<Issue[]> {
  if (plan.issues.length > 0) throw new ImportRefused(plan.issues);
  const { shop } = plan;
  const toFetch = fetchPicture === undefined ? 0 : plan.addresses;
  const total = plan.pictures.size + toFetch + plan.categories.length + plan.work.length;
  let done = 0;
  const step = (steps = 1) => {
    for (let left = steps; left > 0; left -= 1) onProgress(++done, total);
  };

  // Pictures first: they are kept by their contents and seen by nobody until a product names them.
  for (const [id, path] of plan.pictures) {
    const bytes = await readFile(path);
    if (mediaId(shop, bytes) !== id) throw new ImportOutdated(basename(path));
    await keepChecked(shop, bytes, basename(path)); // looked at when the plan was made
    step();
  }
  const fetched = new FetchedPictures(shop, fetchPicture);
  for await (const work of plan.work.batches(batch)) await fetched.fetch(work, step);

  const journal = await beginImport(shop, clock);
  try {
    await writeCategories(plan, journal, step);
    const slugs = new Map((await allCategories(shop)).map(({ _id, slug }) => [slug, _id]));
    const now = clock();
    for await (const work of plan.work.batches(batch)) {
      const products = work.map(({ product, ...one }) => ({
        ...one,
        product: { ...fetched.put(product), category: slugs.get(product.category) ?? product.category },
      }));
      await journal.remember(await undosOf(shop, products));
      await writeProducts(shop, products, now);
      await setStocks(
        shop,
        products.flatMap(({ stock }) => stock),
      );
      step(products.length);
    }
    await journal.finish();
  } catch (error) {
    await journal.rollback();
    throw error;
  }
  return fetched.missed;
}

async function writeCategories(
  { shop, categories }: ImportPlan,
  journal: Journal,
  step: () => void,
): Promise<void> {
  if (categories.length === 0) return;
  const known = new Map((await allCategories(shop)).map((category) => [category._id, category]));
  await journal.remember(
    categories.map(({ _id }): Undo => {
      const before = known.get(_id);
      const fields = before === undefined ? null : { title: before.title, position: before.position };
      return { kind: "category", target: _id, before: fields };
    }),
  );
  for (const { isNew: _, ...category } of categories) {
    await saveCategory(category);
    step();
  }
}

/** What puts back some products and their counts. @throws {ImportOutdated} */
async function undosOf(shop: string, works: readonly Work[]): Promise<Undo[]> {
  const [fresh, old] = [
    works.filter(({ revision }) => revision === null),
    works.filter(({ revision }) => revision !== null),
  ];
  const taken = await ProductModel.findOne(
    { shop, slug: trusted({ $in: fresh.map(({ product }) => product.slug) }) },
    { slug: 1 },
  ).lean<Pick<Product, "slug">>();
  if (taken) throw new ImportOutdated(taken.slug);
  const ids = old.map(({ product }) => product._id);
  const found =
    ids.length === 0 ? [] : await ProductModel.find({ _id: trusted({ $in: ids }), shop }).lean<Product[]>();
  const known = new Map(found.map((product) => [product._id, product]));
  const skus = works.flatMap(({ stock }) => stock.map(({ sku }) => sku));
  const counts = new Map(
    (
      await StockModel.find(
        { _id: trusted({ $in: skus.map((sku) => stockId(shop, sku)) }) },
        { sku: 1, adjustments: 1, tracking: 1 },
      ).lean<Pick<Stock, "sku" | "adjustments" | "tracking">[]>()
    ).map(({ sku, adjustments, tracking = "counted" }) => [sku, { adjustments, tracking }]),
  );
  return works.flatMap(({ product: { _id, slug }, revision, stock }): Undo[] => {
    const before = known.get(_id);
    if ((before?.revision ?? null) !== revision) throw new ImportOutdated(slug);
    return [
      { kind: "product", target: _id, before: before === undefined ? null : fieldsOf(before) },
      ...stock.map(({ sku }): Undo => {
        return { kind: "stock", target: sku, before: counts.get(sku) ?? null };
      }),
    ];
  });
}

function fieldsOf({ _id, shop, rating, revision, createdAt, ...fields }: Product): Record<string, unknown> {
  return fields;
}

// Valid products go to the driver as they are: casting each again would take longer than writing it.
async function writeProducts(shop: string, works: readonly Work[], now: Date): Promise<void> {
  const operations = works.map(({ line, product, revision }): mongo.AnyBulkWriteOperation<Product> => {
    const { _id, ...fields } = product;
    const lowest = lowestPriceAt(product.variants, now);
    if (revision === null) {
      const rating = { average: 0, count: 0 };
      // A millisecond between them, so that new products are listed in the order of the file.
      const createdAt = new Date(now.getTime() - line);
      return {
        insertOne: { document: { ...product, ...lowest, rating, revision: 1, createdAt, updatedAt: now } },
      };
    }
    return {
      updateOne: {
        filter: { _id, shop, revision },
        update: {
          $set: { ...fields, ...lowest, updatedAt: now },
          ...(product.descriptionFormat === undefined ? { $unset: { descriptionFormat: true } } : {}),
          $inc: { revision: 1 },
        },
      },
    };
  });
  try {
    const { insertedCount, matchedCount } = await driverCollection(ProductModel).bulkWrite(operations, {
      ordered: true,
    });
    if (insertedCount + matchedCount < works.length) throw new ImportOutdated(await outdated(shop, works));
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const index = isBulkError(error) ? error.writeErrors[0]?.index : undefined;
    throw new ProductClash(works[index ?? 0]?.product.slug ?? shop, error);
  }
}

const isBulkError = (error: unknown): error is { writeErrors: readonly { index: number }[] } =>
  error instanceof Error && "writeErrors" in error && Array.isArray(error.writeErrors);

/** The first of some products that was changed by somebody else. */
async function outdated(shop: string, works: readonly Work[]): Promise<string> {
  for (const { product, revision } of works) {
    if (revision === null) continue;
    const own = await ProductModel.exists({ _id: product._id, shop, revision: revision + 1 });
    if (own === null) return product.slug;
  }
  return works[0]?.product.slug ?? shop;
}
