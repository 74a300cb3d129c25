import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { finished } from "node:stream/promises";
import { trusted } from "mongoose";
import { NotFound } from "../../core/errors.ts";
import { getShop, timeZoneOf } from "../../core/shop.ts";
import { stockOf } from "../../inventory/stock.ts";
import { allCategories } from "../category.ts";
import { pictureType, readMedia } from "../media.ts";
import { offerAt } from "../offer.ts";
import { type Product, ProductModel } from "../product.ts";
import { writeHeader, writeRows } from "./csv/csv-table.ts";
import { SHOPIFY_COLUMNS, shopifyRows } from "./foreign/shopify-rows.ts";
import { COLUMNS } from "./hawker/hawker-columns.ts";
import { hawkerRows } from "./hawker/hawker-rows.ts";

/** The formats that a catalog can be written in. */
export type ExportFormat = "hawker" | "shopify";

/** A catalog as a file: its text, and the pictures it names, by name. */
export interface CatalogExport {
  csv: string;
  products: number;
  /** Names beside the file -> ids of pictures. */
  pictures: ReadonlyMap<string, string>;
}

/** What was written. */
export interface Exported {
  products: number;
  /** Pictures written beside the file. */
  pictures: number;
  /** Kept pictures that the format has no place for: Shopify's has addresses only. */
  left: number;
}

/**
 * All products of a shop, whatever their status. Importing Hawker's own format into an empty shop gives the same catalog;
 * ratings, reviews and categories without products are not part of it. Shopify's has one language, and no dates of sales:
 * it has the prices of `now`.
 *
 * @param pictures the folder's name in front of the names of pictures
 * @throws {NotFound} when there is no such shop
 */
export async function exportCatalog(
  shop: string,
  pictures: string,
  format: ExportFormat = "hawker",
  now: Date = new Date(),
): Promise<CatalogExport> {
  const catalog = new CatalogWriter(shop, pictures, format, now);
  let csv = "";
  for await (const part of catalog.parts()) csv += part;
  return { csv, products: catalog.products, pictures: catalog.pictures };
}

/** Writes the catalog to a file and its pictures to the folder `<file>-images` beside it. */
export async function writeExport(
  shop: string,
  file: string,
  {
    format = "hawker",
    onPicture = () => {},
    now = new Date(),
  }: { format?: ExportFormat; now?: Date; onPicture?: (done: number, total: number) => void } = {},
): Promise<Exported> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  const catalog = new CatalogWriter(shop, `${basename(file, extname(file))}-images`, format, now);
  // Prices before they hold, stock, and what is not on sale yet: for who asked for the export only.
  await rm(`${file}.part`, { force: true });
  const stream = createWriteStream(`${file}.part`, { flags: "wx", mode: 0o600 });
  try {
    for await (const part of catalog.parts())
      if (!stream.write(part)) await new Promise<void>((resolve) => stream.once("drain", resolve));
  } finally {
    stream.end();
    await finished(stream);
  }
  let done = 0;
  for (const [name, id] of catalog.pictures) {
    const media = await readMedia(id);
    if (media === null) throw new NotFound("picture", id);
    await mkdir(dirname(join(folder, name)), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, name), media.bytes, { mode: 0o600 });
    onPicture(++done, catalog.pictures.size);
  }
  // Renamed into place, so that an export that fails leaves an older file whole.
  await rename(`${file}.part`, file);
  return { products: catalog.products, pictures: catalog.pictures.size, left: catalog.left };
}

const BATCH = 200;

/** Reads a catalog a little at a time and tells it as the parts of a file. */
class CatalogWriter {
  products = 0;
  left = 0;
  /** Names beside the file -> ids of pictures. */
  readonly pictures = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #shop: string;
  readonly #folder: string;
  readonly #format: ExportFormat;
  readonly #now: Date;

  constructor(shop: string, folder: string, format: ExportFormat, now: Date) {
    this.#now = now;
    this.#shop = shop;
    this.#folder = folder;
    this.#format = format;
  }

  async *parts(): AsyncGenerator<string> {
    const house = await getShop(this.#shop);
    const { currency } = house;
    const shelves = new Map((await allCategories(this.#shop)).map((category) => [category._id, category]));
    const columns = this.#format === "shopify" ? SHOPIFY_COLUMNS : COLUMNS;
    yield writeHeader(columns);
    for await (const products of this.#batches()) {
      this.products += products.length;
      const stock = await stockOf(
        this.#shop,
        products.flatMap(({ variants }) => variants.map(({ sku }) => sku)),
      );
      if (this.#format === "hawker") await this.#namePictures(products);
      else this.left += products.flatMap(({ images }) => images).filter(hasNoAddress).length;
      yield writeRows(
        columns,
        products.flatMap((product) => {
          const shelf = shelves.get(product.category);
          return this.#format === "shopify"
            ? shopifyRows(offerAt(product, this.#now), shelf?.title.en ?? "", currency, stock)
            : hawkerRows(product, shelf, currency, stock, this.#names, timeZoneOf(house));
        }),
      );
    }
  }

  async *#batches(): AsyncGenerator<Product[]> {
    const all = await ProductModel.find({ shop: this.#shop }, { createdAt: 1, slug: 1 })
      .sort({ slug: 1 })
      .lean<Pick<Product, "_id" | "createdAt" | "slug">[]>();
    // New products of an import are as old as their place in the file, so this keeps their order.
    all.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
    for (let from = 0; from < all.length; from += BATCH) {
      const ids = all.slice(from, from + BATCH).map(({ _id }) => _id);
      const filter = { _id: trusted({ $in: ids }), shop: this.#shop };
      const found = new Map(
        (await ProductModel.find(filter).lean<Product[]>()).map((product) => [product._id, product]),
      );
      yield ids.flatMap((id) => found.get(id) ?? []);
    }
  }

  async #namePictures(products: readonly Product[]): Promise<void> {
    for (const { images } of products)
      for (const { media } of images) {
        if (media === undefined || this.#names.has(media)) continue;
        const kept = await readMedia(media);
        if (kept === null) throw new NotFound("picture", media);
        const name = `${this.#folder}/${media}.${(await pictureType(kept.bytes)).extension}`;
        this.#names.set(media, name);
        this.pictures.set(name, media);
      }
  }
}

const hasNoAddress = ({ url, source }: Product["images"][number]): boolean =>
  url === undefined && source === undefined;
