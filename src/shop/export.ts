import { mkdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { joinList, writeTable } from "./catalog-files/csv-table.ts";
import { COLUMNS } from "./catalog-files/hawker.ts";
import { allCategories, type Category } from "./category.ts";
import { NotFound } from "./errors.ts";
import { pictureType, readMedia } from "./media.ts";
import { toDecimal } from "./money.ts";
import { type Product, ProductModel } from "./product.ts";
import { getShop } from "./shop.ts";
import { stockOf } from "./stock.ts";

/** A catalog as a file: its text, and the pictures it names, by name. */
export interface CatalogExport {
  csv: string;
  products: number;
  /** Names beside the file -> ids of pictures. */
  pictures: ReadonlyMap<string, string>;
}

/**
 * All products of a shop, whatever their status, in the format that `planImport` reads. Importing it into an empty shop
 * gives the same catalog; ratings, reviews and categories without products are not part of it.
 *
 * @param pictures the folder's name in front of the names of pictures
 * @throws {NotFound} when there is no such shop
 */
export async function exportCatalog(shop: string, pictures: string): Promise<CatalogExport> {
  const { currency } = await getShop(shop);
  const categories = new Map((await allCategories(shop)).map((category) => [category._id, category]));
  const products = await ProductModel.find({ shop }).sort({ slug: 1 }).lean<Product[]>();
  // New products of an import are as old as their place in the file, so this keeps their order.
  products.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  const stock = await stockOf(
    shop,
    products.flatMap(({ variants }) => variants.map(({ sku }) => sku)),
  );
  const names = await pictureNames(products, pictures);
  const rows = products.flatMap((product) =>
    rowsOf(product, categories.get(product.category), currency, stock, names),
  );
  return {
    csv: writeTable(COLUMNS, rows),
    products: products.length,
    pictures: new Map([...names].map(([id, name]) => [name, id])),
  };
}

/** Writes the catalog to a file and its pictures to the folder `<file>-images` beside it. */
export async function writeExport(
  shop: string,
  file: string,
  onPicture: (done: number, total: number) => void = () => {},
): Promise<{ products: number; pictures: number }> {
  const folder = dirname(file);
  const { csv, products, pictures } = await exportCatalog(shop, `${basename(file, extname(file))}-images`);
  let done = 0;
  for (const [name, id] of pictures) {
    const media = await readMedia(id);
    if (media === null) throw new NotFound("picture", id);
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), media.bytes);
    onPicture(++done, pictures.size);
  }
  // Renamed into place, so that an export that fails leaves an older file whole.
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.part`, csv);
  await rename(`${file}.part`, file);
  return { products, pictures: pictures.size };
}

async function pictureNames(products: readonly Product[], folder: string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const { images } of products)
    for (const { media } of images) {
      if (media === undefined || names.has(media)) continue;
      const kept = await readMedia(media);
      if (kept === null) throw new NotFound("picture", media);
      names.set(media, `${folder}/${media}.${(await pictureType(kept.bytes)).extension}`);
    }
  return names;
}

function rowsOf(
  product: Product,
  category: Category | undefined,
  currency: string,
  stock: ReadonlyMap<string, number>,
  pictures: ReadonlyMap<string, string>,
): Map<string, string>[] {
  const { title, description, images } = product;
  const whole: [string, string | undefined][] = [
    ["title_en", title.en],
    ["title_zh", title.zh],
    ["description_en", description.en],
    ["description_zh", description.zh],
    ["description_format", product.descriptionFormat],
    ["category", category?.slug ?? product.category],
    ["category_en", category?.title.en],
    ["category_zh", category?.title.zh],
    ["category_position", category === undefined ? undefined : String(category.position)],
    ["tags", joinList(product.tags)],
    ["status", product.status],
    ["images", joinList(images.map(({ media, url }) => (media && pictures.get(media)) ?? url ?? ""))],
    ["image_alt_en", joinList(images.map(({ alt }) => alt.en))],
    ["image_alt_zh", images.some(({ alt }) => alt.zh) ? joinList(images.map(({ alt }) => alt.zh ?? "")) : ""],
    ...product.options.flatMap(({ name }, index): [string, string | undefined][] => [
      [`option${index + 1}_name_en`, name.en],
      [`option${index + 1}_name_zh`, name.zh],
    ]),
  ];
  return product.variants.map((variant, row) => {
    const own: [string, string | undefined][] = [
      ["handle", product.slug],
      ["sku", variant.sku],
      ["price", toDecimal({ amount: variant.price, currency })],
      [
        "compare_at",
        variant.compareAt === undefined ? "" : toDecimal({ amount: variant.compareAt, currency }),
      ],
      ["currency", currency],
      ["stock", String(stock.get(variant.sku) ?? 0)],
      ["grams", variant.grams?.toString()],
      ["variant_image", variant.image === undefined ? "" : String(variant.image + 1)],
      ...product.options.flatMap(({ values }, index): [string, string | undefined][] => [
        [`option${index + 1}_value_en`, variant.values[index]],
        [`option${index + 1}_value_zh`, values.find(({ en }) => en === variant.values[index])?.zh],
      ]),
    ];
    return new Map([...(row === 0 ? whole : []), ...own].map(([column, text]) => [column, text ?? ""]));
  });
}
