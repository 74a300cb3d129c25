import type { Variant } from "../../product.ts";
import type { Row } from "../csv/csv-table.ts";
import type { NumberKind } from "../csv/number-columns.ts";
import { type FileProduct, type Format, type Reading, type RowReader, validProduct } from "../reading.ts";
import { Foreign, NOT_SHIPPED, textOf } from "./foreign.ts";
import { shopifyStock } from "./foreign-stock.ts";
import { madeUpSku, slugFor } from "./generated-handles.ts";
import { shopifyColumn } from "./shopify-columns.ts";
import { unifiedValues } from "./unified-values.ts";

/**
 * Shopify's product CSV. One row is a variant, a picture, or both; the rows of a handle stand together, and what
 * describes the product stands on the first. https://help.shopify.com/en/manual/products/import-export/using-csv
 */
export const shopifyFormat: Format = {
  name: "shopify",
  title: "Shopify",
  columns: { handle: "Handle", sku: "Variant SKU", stock: "Variant Inventory Qty", images: "Image Src" },
  required: new Map([
    ["title", "Title"],
    ["variant price", "Price (or Variant Price)"],
  ]),
  column: shopifyColumn,
  number: (column) => NUMBERS[column],
  strict: false,
  oneLanguage: true,
  reader: (reading) => new ShopifyReader(reading),
};

const OPTIONS = [1, 2, 3] as const;
const NUMBERS: Readonly<Record<string, NumberKind>> = {
  "variant price": "price",
  "variant compare at price": "price",
  "variant inventory qty": "count",
  "variant grams": "weight",
};

type Rows = readonly [Row, ...Row[]];

class ShopifyReader implements RowReader {
  readonly #foreign: Foreign;
  #rows: [Row, ...Row[]] | undefined;

  constructor(reading: Reading) {
    this.#foreign = new Foreign(reading);
  }

  take(row: Row): FileProduct[] {
    // Shopify takes products without a handle; rows of its further variants and pictures have no title then.
    const handle = row.cell("handle");
    const same =
      this.#rows !== undefined &&
      handle === this.#rows[0].cell("handle") &&
      (handle !== "" || row.cell("title") === "");
    if (same) {
      this.#rows?.push(row);
      return [];
    }
    const found = this.end();
    this.#rows = [row];
    return found;
  }

  end(): FileProduct[] {
    if (this.#rows === undefined) return [];
    const rows = this.#rows;
    this.#rows = undefined;
    const product = readProduct(rows, this.#foreign);
    return product === null ? [] : [product];
  }
}

const isTrue = (text: string): boolean => /^(true|1|yes)$/i.test(text);
const isFalse = (text: string): boolean => /^(false|0|no)$/i.test(text);

// A row with none of these belongs to a picture alone.
const VARIANT_COLUMNS = ["option1 value", "variant sku", "variant price"];

function readProduct(rows: Rows, foreign: Foreign): FileProduct | null {
  const [first] = rows;
  const title = textOf(first.cell("title"));
  // A file of products without variants may do without the column.
  const handle = foreign.reading.columns.has("handle") ? first.cell("handle") : slugFor(title.toLowerCase());
  if (handle === "") {
    foreign.fault(first, "Handle", "is needed");
    return null;
  }
  if (isTrue(first.cell("gift card"))) {
    foreign.note(first, "Gift Card", `${handle} is left out: gift cards are not sold here`);
    return null;
  }
  const slug = slugFor(handle);
  if (slug !== handle)
    foreign.note(
      first,
      "Handle",
      `${handle.slice(0, 80)} becomes ${slug}`,
      "is rewritten in the characters that handles have here",
    );
  const before = foreign.reading.issues.length;
  foreign.reading.names.handle(slug, first.line);
  const bearing = rows.filter(
    (row, index) => index === 0 || VARIANT_COLUMNS.some((column) => row.cell(column) !== ""),
  );
  if (bearing.some((row) => isFalse(row.cell("variant requires shipping"))))
    foreign.note(first, "Variant Requires Shipping", `${slug} ${NOT_SHIPPED}`, NOT_SHIPPED);
  const options = readOptions(first, bearing, foreign);
  const images = readImages(rows, title, foreign);
  const variants = bearing.map((row, index) =>
    readVariant(
      row,
      handle,
      options.map(({ values }) => values[index] ?? ""),
      images,
      foreign,
    ),
  );
  const candidate = {
    slug,
    title: { en: title },
    ...foreign.description(first, "Body (HTML)", first.cell("body (html)")),
    category: foreign.category(
      first,
      "Type",
      textOf(first.cell("type") || (first.cell("product category").split(">").at(-1) ?? "")),
    ),
    tags: foreign.tags(first.cell("tags").split(",")),
    options: options.map(({ name, values }) => ({
      name: { en: name },
      values: [...new Set(values)].map((en) => ({ en })),
    })),
    variants: variants.map(({ variant }) => variant),
    images,
    status: readStatus(first, foreign),
  };
  const place = (path: readonly string[]) => locate(path, first, bearing, options);
  const valid = validProduct(candidate, place, foreign.reading.issues.slice(before), foreign.reading);
  if ("faults" in valid) foreign.reading.issues.push(...valid.faults);
  if (!("product" in valid) || foreign.reading.issues.length > before) return null;
  return {
    line: first.line,
    product: valid.product,
    lines: bearing.map(({ line }) => line),
    stock: variants.flatMap(({ stock }) => stock ?? []),
  };
}

function readStatus(row: Row, foreign: Foreign): "active" | "draft" | "archived" {
  const status = row.cell("status").toLowerCase();
  if (status === "archived" || status === "draft") return status;
  if (status === "unlisted") {
    foreign.note(row, "Status", "unlisted counts as draft");
    return "draft";
  }
  if (status !== "" && status !== "active")
    foreign.fault(row, "Status", `"${status.slice(0, 20)}" is not active, draft, archived or unlisted`);
  return isFalse(row.cell("published")) ? "draft" : "active";
}

interface Option {
  n: number;
  name: string;
  /** The value of each variant, in their order. */
  values: string[];
}

const optionValue = (row: Row, n: number): string => textOf(row.cell(`option${n} value`));

function readOptions(first: Row, rows: readonly Row[], foreign: Foreign): Option[] {
  const used = OPTIONS.filter((n) => first.cell(`option${n} name`) !== "");
  // What Shopify writes for a product without options.
  const [one, ...more] = used;
  const alone = rows.length === 1 && one === 1 && more.length === 0;
  if (alone && /^(default title|default|)$/i.test(optionValue(first, 1))) return [];
  if (used.length === 0 && rows.length > 1)
    foreign.fault(first, "Option1 Name", "is needed where a product has several variants");
  for (const row of rows)
    for (const n of used)
      if (optionValue(row, n) === "") foreign.fault(row, `Option${n} Value`, "is needed for every variant");
  const values = unifiedValues(rows.map((row) => used.map((n) => optionValue(row, n))));
  return used.map((n, index) => ({
    n,
    name: textOf(first.cell(`option${n} name`)),
    values: values.map((all) => all[index] ?? ""),
  }));
}

function readImages(rows: Rows, title: string, foreign: Foreign) {
  const position = (row: Row): number => Number(row.cell("image position")) || Number.MAX_SAFE_INTEGER;
  const pictures = rows
    .filter((row) => row.cell("image src") !== "")
    .sort((a, b) => position(a) - position(b))
    .map((row) => ({ row, url: row.cell("image src"), alt: row.cell("image alt text") }));
  const ofVariants = rows
    .filter((row) => row.cell("variant image") !== "")
    .map((row) => ({ row, url: row.cell("variant image"), alt: "" }));
  return foreign.images([...pictures, ...ofVariants], "Image Src", title);
}

function readVariant(
  row: Row,
  handle: string,
  values: string[],
  images: readonly { url?: string }[],
  foreign: Foreign,
): { variant: Variant; stock?: FileProduct["stock"] } {
  // Shopify puts an apostrophe before numbers, so that spreadsheets keep their noughts.
  const own = textOf(row.cell("variant sku").replace(/^'/, ""));
  const sku = own === "" ? madeUpSku(handle, values) : foreign.sku(row, "Variant SKU", own);
  if (own === "") foreign.note(row, "Variant SKU", `is blank; ${sku} is used`, "is blank; one is made up");
  foreign.reading.names.sku(sku, row.line);
  const price = foreign.price(row, "Variant Price");
  if (row.cell("variant price") === "") foreign.fault(row, "Variant Price", "is needed");
  const compareAt = foreign.price(row, "Variant Compare At Price");
  const grams = foreign.grams(row, "Variant Grams", 1);
  const url = row.cell("variant image");
  const image =
    url === "" ? -1 : images.findIndex((known) => URL.canParse(url) && known.url === new URL(url).href);
  const variant = {
    sku,
    values,
    price: price ?? 0,
    // Where it is not above the price, Shopify shows no former price either.
    ...(compareAt === undefined || compareAt <= (price ?? 0) ? {} : { compareAt }),
    ...(grams === undefined ? {} : { grams }),
    ...(image < 0 ? {} : { image }),
  };
  return { variant, stock: shopifyStock(row, sku, foreign) };
}

/** Where in the file a fault of a product is. */
function locate(
  [field, index, part, inner]: readonly string[],
  first: Row,
  rows: readonly Row[],
  options: readonly Option[],
): { line: number; column?: string } {
  const { line } = first;
  const columns: Record<string, string> = {
    slug: "Handle",
    title: "Title",
    description: "Body (HTML)",
    category: "Type",
    tags: "Tags",
    images: part === "alt" ? "Image Alt Text" : "Image Src",
    status: "Status",
    sku: "Variant SKU",
    price: "Variant Price",
    compareAt: "Variant Compare At Price",
    grams: "Variant Grams",
    image: "Variant Image",
  };
  if (field === "variants" && part !== undefined)
    return {
      line: rows[Number(index)]?.line ?? line,
      column:
        part === "values" ? `Option${options[Number(inner) || 0]?.n ?? 1} Value` : (columns[part] ?? part),
    };
  if (field === "options") {
    const option = options[Number(index)];
    if (part !== "values") return { line, column: `Option${option?.n ?? 1} Name` };
    const value = [...new Set(option?.values)][Number(inner)];
    const row = value === undefined ? first : rows[option?.values.indexOf(value) ?? 0];
    return { line: row?.line ?? line, column: `Option${option?.n ?? 1} Value` };
  }
  return { line, column: columns[field ?? ""] ?? "Handle" };
}
