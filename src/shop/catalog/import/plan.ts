import { trusted } from "mongoose";
import { newId } from "../../core/ids.ts";
import { getShop, timeZoneOf } from "../../core/shop.ts";
import {
  type Availability,
  availabilityText,
  SOLD_OUT,
  sameAvailability,
} from "../../inventory/availability.ts";
import { availabilityIn, type Stock, StockModel, stockId } from "../../inventory/stock.ts";
import type { StockSetting } from "../../inventory/stock-counts.ts";
import { allCategories, type Category } from "../category.ts";
import type { Issue } from "../files/csv/csv-table.ts";
import type { DecimalMark } from "../files/csv/number-notation.ts";
import { Spool } from "../files/csv/spool.ts";
import type { Bytes } from "../files/csv/text-blocks.ts";
import { type CatalogFile, readCatalogFile } from "../files/index.ts";
import type { FileCategory, FileProduct, Format } from "../files/reading.ts";
import { type Product, type ProductInput, ProductModel } from "../product.ts";
import { changedFields, inheriting } from "./compare.ts";
import { PictureFiles } from "./picture-files.ts";

/** What an import would do with one product. */
export interface PlanEntry {
  /** Where the product begins in the file. */
  line: number;
  slug: string;
  action: "new" | "changed" | "same";
  /** The fields that change, and stock as "stock SKU 3 -> 5". */
  changes: string[];
}

/** One product to be written. */
export interface Work {
  line: number;
  /** Its `category` is a slug. */
  product: ProductInput & { _id: string };
  /** The revision that was looked at; null for a new product. */
  revision: number | null;
  /** Stocks to be set, where they differ. */
  stock: StockSetting[];
}

/** What an import would do. Nothing has been written. */
export interface ImportPlan {
  shop: string;
  /** The kind of file it was. */
  format: Pick<Format, "name" | "title">;
  /** What is wrong, by line. With any, nothing can be written. */
  issues: Issue[];
  /** What would be imported otherwise than it stands in the file. */
  notes: Issue[];
  /** Columns of the file that are not used. */
  unused: readonly string[];
  entries: PlanEntry[];
  categories: (Category & { isNew: boolean })[];
  /** Files of pictures by the id they will have. */
  pictures: ReadonlyMap<string, string>;
  /** How many pictures are at addresses, in products that would be written. */
  addresses: number;
  /** The products to be written, in the order of the file's reading. */
  work: Spool<Work>;
}

const BATCH = 500;
/** Products are looked at earlier where they have many variants. */
const BATCH_VARIANTS = 10_000;

/** The moments of sales, which are texts in JSON, as dates again. */
function withSaleDates(work: Work): Work {
  const variants = work.product.variants.map((variant) => {
    if (variant.sale === undefined) return variant;
    const { price, from, until } = variant.sale;
    const sale = {
      price,
      ...(from === undefined ? {} : { from: new Date(from) }),
      ...(until === undefined ? {} : { until: new Date(until) }),
    };
    return { ...variant, sale };
  });
  return { ...work, product: { ...work.product, variants } };
}

/**
 * Checks a catalog file against the shop and says what importing it would do. Writes nothing. The file is read as it
 * comes, so that its size does not matter.
 *
 * @param folder where the pictures are that the file names; files outside it are refused
 * @param decimal what parts the decimals of another system's file, where the file itself may leave that open
 * @throws {NotFound} when there is no such shop
 */
export async function planImport(
  shop: string,
  source: Bytes,
  folder: string,
  { decimal }: { decimal?: DecimalMark | undefined } = {},
): Promise<ImportPlan> {
  const house = await getShop(shop);
  const shelves = await allCategories(shop);
  const file = await readCatalogFile(source, house.currency, shelves, timeZoneOf(house), decimal);
  const planner = new Planner(shop, folder, file, shelves);
  let waiting: FileProduct[] = [];
  let variants = 0;
  for await (const products of file.products) {
    waiting.push(...products);
    variants += products.reduce((sum, { lines }) => sum + lines.length, 0);
    if (waiting.length < BATCH && variants < BATCH_VARIANTS) continue;
    await planner.take(waiting);
    waiting = [];
    variants = 0;
  }
  await planner.take(waiting);
  const categories = planCategories(shop, shelves, file.categories, file.issues);
  file.issues.sort((a, b) => a.line - b.line);
  file.notes.sort((a, b) => a.line - b.line);
  return {
    shop,
    format: file.format,
    issues: file.issues,
    notes: file.notes,
    unused: file.unused,
    entries: planner.entries.sort((a, b) => a.line - b.line),
    categories,
    pictures: planner.pictures.files,
    addresses: planner.addresses,
    work: planner.work,
  };
}

const skusOf = (product: Product | undefined): ReadonlySet<string> =>
  new Set(product?.variants.map(({ sku }) => sku));

class Planner {
  readonly entries: PlanEntry[] = [];
  readonly work = new Spool<Work>(withSaleDates);
  readonly pictures: PictureFiles;
  addresses = 0;
  readonly #shop: string;
  readonly #format: Format;
  readonly #skuColumn: string;
  readonly #stockColumn: string;
  readonly #notes: Issue[];
  readonly #issues: Issue[];
  readonly #slugs: ReadonlyMap<string, string>;
  readonly #clashes = new Set<string>();

  constructor(shop: string, folder: string, file: CatalogFile, shelves: readonly Category[]) {
    const { format, issues, notes, written } = file;
    this.#shop = shop;
    this.#format = format;
    this.#skuColumn = written(format.columns.sku);
    this.#stockColumn = written(format.columns.stock);
    this.#issues = issues;
    this.#notes = notes;
    this.#slugs = new Map(shelves.map(({ _id, slug }) => [_id, slug]));
    this.pictures = new PictureFiles(shop, folder, written(format.columns.images), issues);
  }

  /** Looks at some products. */
  async take(products: readonly FileProduct[]): Promise<void> {
    if (products.length === 0) return;
    const known = await knownProducts(
      this.#shop,
      products.map(({ product }) => product.slug),
    );
    await this.#refuseTakenSkus(products, known);
    const counts = await countsOf(
      this.#shop,
      products.flatMap(({ product, stock }) => {
        const old = skusOf(known.get(product.slug));
        const fresh = product.variants.filter(({ sku }) => !old.has(sku));
        return [...new Set([...stock, ...fresh].map(({ sku }) => sku))];
      }),
    );
    const work: Work[] = [];
    for (const found of products) {
      const one = await this.#compare(found, known.get(found.product.slug), counts);
      if (one !== null) work.push(one);
    }
    // With faults nothing will be written, so nothing need be kept.
    if (this.#issues.length === 0) await this.work.add(work);
  }

  async #compare(
    { line, lines, product, stock }: FileProduct,
    before: Product | undefined,
    counts: ReadonlyMap<string, Availability>,
  ): Promise<Work | null> {
    const after = inheriting(
      {
        ...product,
        _id: before?._id ?? newId("p"),
        shop: this.#shop,
        images: await this.pictures.kept(line, product.images),
      },
      before,
      this.#format.oneLanguage,
    );
    const set = stock.filter(({ sku, stock: said, ifNone = false }) => {
      const known = counts.get(sku);
      return known === undefined
        ? !sameAvailability(said, SOLD_OUT)
        : !ifNone && !sameAvailability(said, known);
    });
    this.#noteWithoutStock({ lines, product, stock }, counts, before);
    const shelf = before && (this.#slugs.get(before.category) ?? before.category);
    const changes = [
      ...(before === undefined || shelf === undefined
        ? []
        : changedFields({ ...before, category: shelf }, after)),
      ...set.map(({ sku, stock: said }) => {
        const known = availabilityText(counts.get(sku) ?? SOLD_OUT);
        return `stock ${sku} ${known} -> ${availabilityText(said)}`;
      }),
    ];
    const action = before === undefined ? "new" : changes.length > 0 ? "changed" : "same";
    // A new product's counts are told by its being new.
    this.entries.push({ line, slug: product.slug, action, changes: action === "new" ? [] : changes });
    if (action === "same") return null;
    this.addresses += after.images.filter(({ url }) => url !== undefined).length;
    const revision = before?.revision ?? null;
    return {
      line,
      product: after,
      revision,
      stock: set.map(({ sku, stock: said }) => ({ sku, stock: said })),
    };
  }

  /** Tells what becomes of new variants whose stock neither the file nor the shop knows. */
  #noteWithoutStock(
    { lines, product, stock }: Pick<FileProduct, "lines" | "product" | "stock">,
    counts: ReadonlyMap<string, Availability>,
    before: Product | undefined,
  ): void {
    const said = new Map(stock.map((one) => [one.sku, one]));
    const old = skusOf(before);
    product.variants.forEach(({ sku }, index) => {
      const one = said.get(sku);
      if (counts.has(sku) || (one === undefined ? old.has(sku) : one.ifNone !== true)) return;
      const becomes =
        one === undefined ? "sold out until a stock is set" : "always available until a stock is set";
      this.#notes.push({
        line: lines[index] ?? 0,
        column: this.#stockColumn,
        message: `of ${sku} is not told; it is ${becomes}`,
        alike: `is not told; they are ${becomes}`,
      });
    });
  }

  async #refuseTakenSkus(
    products: readonly FileProduct[],
    known: ReadonlyMap<string, Product>,
  ): Promise<void> {
    const wanted = new Map<string, { line: number; slug: string }>();
    for (const { line, lines, product } of products) {
      const own = skusOf(known.get(product.slug));
      product.variants.forEach(({ sku }, index) => {
        if (!own.has(sku)) wanted.set(sku, { line: lines[index] ?? line, slug: product.slug });
      });
    }
    const owners = await inBatches([...wanted.keys()], async ($in) =>
      ProductModel.find(
        { shop: this.#shop, "variants.sku": trusted({ $in }) },
        { slug: 1, "variants.sku": 1 },
      ).lean<{ slug: string; variants: { sku: string }[] }[]>(),
    );
    for (const { slug, variants } of owners)
      for (const { sku } of variants) {
        const want = wanted.get(sku);
        if (want === undefined || want.slug === slug || this.#clashes.has(sku)) continue;
        this.#clashes.add(sku);
        const message = `${sku} belongs to ${slug}; take it away there first`;
        this.#issues.push({ line: want.line, column: this.#skuColumn, message });
      }
  }
}

function planCategories(
  shop: string,
  known: readonly Category[],
  wanted: ReadonlyMap<string, FileCategory>,
  issues: Issue[],
): (Category & { isNew: boolean })[] {
  let position = Math.max(-1, ...known.map((category) => category.position));
  const bySlug = new Map(known.map((category) => [category.slug, category]));
  const planned: (Category & { isNew: boolean })[] = [];
  for (const { slug, title, position: place, line } of wanted.values()) {
    const before = bySlug.get(slug);
    if (before !== undefined) {
      const after = { ...before, title: title ?? before.title, position: place ?? before.position };
      const same =
        after.title.en === before.title.en &&
        after.title.zh === before.title.zh &&
        after.position === before.position;
      if (!same) planned.push({ ...after, isNew: false });
    } else if (title === undefined)
      issues.push({ line, column: "category_en", message: `is needed, since category ${slug} is new` });
    else {
      position = place ?? position + 1;
      planned.push({ _id: newId("g"), shop, slug, title, position, isNew: true });
    }
  }
  return planned;
}

/** Reads by many keys, some at a time. */
export async function inBatches<T>(
  keys: readonly string[],
  read: (keys: string[]) => Promise<T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (let from = 0; from < keys.length; from += BATCH)
    found.push(...(await read(keys.slice(from, from + BATCH))));
  return found;
}

async function knownProducts(shop: string, slugs: readonly string[]): Promise<Map<string, Product>> {
  const found = await inBatches(slugs, async ($in) =>
    ProductModel.find({ shop, slug: trusted({ $in }) }).lean<Product[]>(),
  );
  return new Map(found.map((product) => [product.slug, product]));
}

async function countsOf(shop: string, skus: readonly string[]): Promise<Map<string, Availability>> {
  const found = await inBatches(skus, async (some) =>
    StockModel.find(
      { _id: trusted({ $in: some.map((sku) => stockId(shop, sku)) }) },
      { sku: 1, tracking: 1, available: 1 },
    ).lean<Pick<Stock, "sku" | "tracking" | "available">[]>(),
  );
  return new Map(found.map((stock) => [stock.sku, availabilityIn(stock)]));
}
