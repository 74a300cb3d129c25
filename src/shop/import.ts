import { readFile, realpath } from "node:fs/promises";
import { basename, isAbsolute, relative, resolve } from "node:path";
import { trusted } from "mongoose";
import { FILE_MARK, type FileCategory, type FileProduct, readCatalogFile } from "./catalog-file.ts";
import { allCategories, type Category, saveCategory } from "./category.ts";
import type { Issue } from "./csv-table.ts";
import { ShopError } from "./errors.ts";
import { newId } from "./ids.ts";
import { beginImport, type Undo } from "./import-journal.ts";
import { BadMedia, keepMedia, mediaId, pictureType } from "./media.ts";
import { type Product, type ProductInput, ProductModel, writeProduct } from "./product.ts";
import { getShop } from "./shop.ts";
import { StockModel, setStock } from "./stock.ts";

/** What an import would do with one product. */
export interface PlanEntry {
  /** Where the product begins in the file. */
  line: number;
  product: ProductInput & { _id: string };
  action: "new" | "changed" | "same";
  /** The fields that change, and stock as "stock SKU 3 -> 5". */
  changes: string[];
  /** The revision that was looked at; null for a new product. */
  revision: number | null;
  /** Counts to be set, where they differ. */
  stock: { sku: string; available: number }[];
}

/** What an import would do. Nothing has been written. */
export interface ImportPlan {
  shop: string;
  /** What is wrong, by line. With any, nothing can be written. */
  issues: Issue[];
  entries: PlanEntry[];
  categories: (Category & { isNew: boolean })[];
  /** Files of pictures by the id they will have. */
  pictures: ReadonlyMap<string, string>;
}

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

/**
 * Checks a catalog file against the shop and says what importing it would do. Writes nothing.
 *
 * @param folder where the pictures are that the file names; files outside it are refused
 * @throws {NotFound} when there is no such shop
 */
export async function planImport(shop: string, bytes: Buffer, folder: string): Promise<ImportPlan> {
  const { currency } = await getShop(shop);
  const file = readCatalogFile(bytes, currency);
  const issues = [...file.issues];
  const categories = await planCategories(shop, file.categories, issues);
  const idOfCategory = new Map(categories.map(({ slug, _id }) => [slug, _id]));
  const known = await knownProducts(shop, file.products);
  issues.push(...(await takenSkus(shop, file.products)));
  const pictures = await readPictures(shop, file.products, folder, issues);
  const counts = await countsOf(
    shop,
    file.products.flatMap(({ stock }) => stock.map(({ sku }) => sku)),
  );

  const entries = file.products.map(({ line, product, stock }): PlanEntry => {
    const before = known.get(product.slug);
    const after = {
      ...product,
      _id: before?._id ?? newId("p"),
      shop,
      category: idOfCategory.get(product.category) ?? product.category,
      images: product.images.map((image) =>
        image.media === undefined
          ? image
          : { ...image, media: pictures.idOf.get(image.media) ?? image.media },
      ),
    };
    const set = stock.filter(({ sku, available }) => (counts.get(sku)?.available ?? 0) !== available);
    const changes = [
      ...(before === undefined ? [] : changedFields(before, after)),
      ...set.map(({ sku, available }) => `stock ${sku} ${counts.get(sku)?.available ?? 0} -> ${available}`),
    ];
    const action = before === undefined ? "new" : changes.length > 0 ? "changed" : "same";
    return { line, product: after, action, changes, revision: before?.revision ?? null, stock: set };
  });
  issues.sort((a, b) => a.line - b.line);
  return {
    shop,
    issues,
    entries,
    categories: categories.filter(({ wanted }) => wanted).map(({ wanted: _, ...category }) => category),
    pictures: pictures.files,
  };
}

/**
 * Writes what was planned: all of it, or nothing. When a write fails, what was written before it is put back; when the
 * process dies, `recoverImports` or the next import does so.
 *
 * @throws {ImportRefused | ImportOutdated | ImportRunning | ProductClash}
 */
export async function applyImport(
  plan: ImportPlan,
  {
    onProgress = () => {},
    clock = () => new Date(),
  }: { onProgress?: (done: number, total: number) => void; clock?: () => Date } = {},
): Promise<void> {
  if (plan.issues.length > 0) throw new ImportRefused(plan.issues);
  const { shop } = plan;
  const changed = plan.entries.filter(({ action }) => action !== "same");
  const total = plan.pictures.size + plan.categories.length + changed.length;
  let done = 0;
  const step = () => onProgress(++done, total);

  // Pictures first: they are kept by their contents and seen by nobody until a product names them.
  for (const [id, path] of plan.pictures) {
    const bytes = await readFile(path);
    if (mediaId(shop, bytes) !== id) throw new ImportOutdated(basename(path));
    await keepMedia(shop, bytes, basename(path));
    step();
  }
  const journal = await beginImport(shop, clock);
  try {
    await journal.remember(await undosOf(plan, changed));
    for (const { isNew: _, ...category } of plan.categories) {
      await saveCategory(category);
      step();
    }
    const now = clock();
    for (const [index, { product, stock }] of changed.entries()) {
      // A millisecond between them, so that new products are listed in the order of the file.
      await writeProduct(product, now, new Date(now.getTime() - index));
      for (const { sku, available } of stock) await setStock(shop, sku, available);
      if (index % 20 === 0) await journal.renew();
      step();
    }
    await journal.finish();
  } catch (error) {
    await journal.rollback();
    throw error;
  }
}

async function undosOf(plan: ImportPlan, changed: readonly PlanEntry[]): Promise<Undo[]> {
  const { shop } = plan;
  const known = await knownProducts(shop, changed);
  const counts = await countsOf(
    shop,
    changed.flatMap(({ stock }) => stock.map(({ sku }) => sku)),
  );
  const categories = new Map((await allCategories(shop)).map((category) => [category._id, category]));
  return [
    ...changed.map(({ product, revision }): Undo => {
      const before = known.get(product.slug);
      if ((before?.revision ?? null) !== revision) throw new ImportOutdated(product.slug);
      if (before === undefined) return { kind: "product", target: product._id, before: null };
      const { _id, shop: _, rating, revision: __, createdAt, ...fields } = before;
      return { kind: "product", target: _id, before: fields };
    }),
    ...plan.categories.map(({ _id }): Undo => {
      const before = categories.get(_id);
      const fields = before === undefined ? null : { title: before.title, position: before.position };
      return { kind: "category", target: _id, before: fields };
    }),
    ...changed.flatMap(({ stock }) =>
      stock.map(({ sku }): Undo => {
        const adjustments = counts.get(sku)?.adjustments;
        return { kind: "stock", target: sku, before: adjustments === undefined ? null : { adjustments } };
      }),
    ),
  ];
}

async function planCategories(shop: string, wanted: readonly FileCategory[], issues: Issue[]) {
  const known = await allCategories(shop);
  let position = Math.max(-1, ...known.map((category) => category.position));
  const planned = known.map((category) => ({ ...category, isNew: false, wanted: false }));
  for (const { slug, title, position: place, line } of wanted) {
    const before = planned.find((category) => category.slug === slug);
    if (before !== undefined) {
      const after = { title: title ?? before.title, position: place ?? before.position };
      before.wanted = canonical(after) !== canonical({ title: before.title, position: before.position });
      Object.assign(before, after);
    } else if (title === undefined)
      issues.push({ line, column: "category_en", message: `is needed, since category ${slug} is new` });
    else {
      position = place ?? position + 1;
      planned.push({ _id: newId("g"), shop, slug, title, position, isNew: true, wanted: true });
    }
  }
  return planned;
}

async function inBatches<T>(keys: readonly string[], read: (keys: string[]) => Promise<T[]>): Promise<T[]> {
  const found: T[] = [];
  for (let from = 0; from < keys.length; from += 500)
    found.push(...(await read(keys.slice(from, from + 500))));
  return found;
}

async function knownProducts(
  shop: string,
  wanted: readonly { product: { slug: string } }[],
): Promise<Map<string, Product>> {
  const slugs = wanted.map(({ product }) => product.slug);
  const found = await inBatches(slugs, async ($in) =>
    ProductModel.find({ shop, slug: trusted({ $in }) }).lean<Product[]>(),
  );
  return new Map(found.map((product) => [product.slug, product]));
}

async function countsOf(shop: string, skus: readonly string[]) {
  const found = await inBatches(skus, async (some) =>
    StockModel.find({ _id: trusted({ $in: some.map((sku) => `${shop}/${sku}`) }) }).lean<
      { sku: string; available: number; adjustments: number }[]
    >(),
  );
  return new Map(found.map((stock) => [stock.sku, stock]));
}

async function takenSkus(shop: string, products: readonly FileProduct[]): Promise<Issue[]> {
  const wanted = new Map(
    products.flatMap(({ line, product }) =>
      product.variants.map(({ sku }) => [sku, { line, slug: product.slug }] as const),
    ),
  );
  const owners = await inBatches([...wanted.keys()], async ($in) =>
    ProductModel.find({ shop, "variants.sku": trusted({ $in }) }, { slug: 1, "variants.sku": 1 }).lean<
      { slug: string; variants: { sku: string }[] }[]
    >(),
  );
  const issues = owners.flatMap(({ slug, variants }) =>
    variants.flatMap(({ sku }) => {
      const want = wanted.get(sku);
      if (want === undefined || want.slug === slug) return [];
      return [
        { line: want.line, column: "sku", message: `${sku} belongs to ${slug}; take it away there first` },
      ];
    }),
  );
  // A product may own SKUs of two batches.
  return [...new Map(issues.map((issue) => [issue.message, issue])).values()];
}

async function readPictures(shop: string, products: readonly FileProduct[], folder: string, issues: Issue[]) {
  const files = new Map<string, string>();
  const idOf = new Map<string, string>();
  const faults = new Map<string, string>();
  for (const { line, product } of products)
    for (const { media } of product.images) {
      if (media === undefined) continue;
      if (!idOf.has(media) && !faults.has(media)) {
        const read = await readPicture(folder, media.slice(FILE_MARK.length));
        if (typeof read === "string") faults.set(media, read);
        else {
          const id = mediaId(shop, read.bytes);
          idOf.set(media, id);
          files.set(id, read.path);
        }
      }
      const fault = faults.get(media);
      if (fault !== undefined) issues.push({ line, column: "images", message: fault });
    }
  return { files, idOf };
}

/** The picture, or what is wrong with it. */
async function readPicture(folder: string, name: string): Promise<{ path: string; bytes: Buffer } | string> {
  try {
    const root = await realpath(folder);
    const path = await realpath(resolve(root, name));
    const inside = relative(root, path);
    if (isAbsolute(name) || inside.startsWith("..") || isAbsolute(inside))
      return `${name} is outside the file's folder`;
    const bytes = await readFile(path);
    await pictureType(bytes);
    return { path, bytes };
  } catch (error) {
    if (error instanceof BadMedia) return `${name}: ${error.message}`;
    if (error instanceof Error && "code" in error) return `${name} cannot be read (${String(error.code)})`;
    throw error;
  }
}

// The same for the same contents, whatever the order of the keys.
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ) ?? "";

const FIELDS = [
  "title",
  "description",
  "category",
  "tags",
  "options",
  "variants",
  "images",
  "status",
] as const;

const changedFields = (before: Product, after: ProductInput): string[] =>
  FIELDS.filter((field) => canonical(before[field]) !== canonical(after[field]));
