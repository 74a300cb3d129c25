import type { Variant } from "../../product.ts";
import type { Row } from "../csv/csv-table.ts";
import type { NumberKind } from "../csv/number-columns.ts";
import { type FileProduct, type Format, type Reading, type RowReader, validProduct } from "../reading.ts";
import { Foreign, NOT_SHIPPED, textOf } from "./foreign.ts";
import { wooStock } from "./foreign-stock.ts";
import { madeUpSku, slugFor } from "./generated-handles.ts";
import { foldedText, unifiedValues } from "./unified-values.ts";
import { wooColumn } from "./woocommerce-columns.ts";

/**
 * WooCommerce's product CSV. One row is a product or one of its variations, which name their
 * product and may stand anywhere. https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema
 */
export const wooFormat: Format = {
  name: "woocommerce",
  title: "WooCommerce",
  columns: { handle: "ID", sku: "SKU", stock: "Stock", images: "Images" },
  required: new Map([
    ["type", "Type"],
    ["name", "Name"],
    ["regular price", "Regular price"],
  ]),
  column: wooColumn,
  number: (column) => (column.startsWith("weight (") ? "weight" : NUMBERS[column]),
  strict: false,
  oneLanguage: true,
  reader: (reading) => new WooReader(reading),
};

const NUMBERS: Readonly<Record<string, NumberKind>> = {
  "regular price": "price",
  "sale price": "price",
  stock: "count",
};

/** The types that are sold here; plugins have made many more. */
const SOLD = new Set(["simple", "variable", "variation", "virtual", "downloadable", ""]);

const typesOf = (row: Row): string[] =>
  row
    .cell("type")
    .toLowerCase()
    .split(",")
    .map((type) => type.trim());

/** A cell with several values: commas between, one of a value's own written "\,". */
const listOf = (cell: string): string[] =>
  cell
    .split(/(?<!\\),/)
    .map((value) => value.replaceAll("\\,", ",").trim())
    .filter((value) => value !== "");

class WooReader implements RowReader {
  readonly #foreign: Foreign;
  /** How many variations the file has of each product, by the name they call it. */
  readonly #expected = new Map<string, number>();
  // Variations may stand anywhere: each product waits for its last one, and no longer.
  readonly #products = new Map<string, Row>();
  readonly #variations = new Map<string, Row[]>();

  constructor(reading: Reading) {
    this.#foreign = new Foreign(reading);
  }

  foresee(row: Row): void {
    const parent = row.cell("parent");
    if (isVariation(row)) this.#expected.set(parent, (this.#expected.get(parent) ?? 0) + 1);
  }

  take(row: Row): FileProduct[] {
    const types = typesOf(row);
    const left = types.find((type) => !SOLD.has(type));
    if (isVariation(row)) {
      const parent = row.cell("parent");
      const known = this.#variations.get(parent);
      if (parent === "") this.#foreign.fault(row, "Parent", "is needed for a variation");
      else if (known === undefined) this.#variations.set(parent, [row]);
      else known.push(row);
      const product = this.#products.get(parent);
      return product === undefined ? [] : this.#ifComplete(product);
    }
    if (left !== undefined) {
      this.#leaveOut(row, `${left} products are not sold here`);
      return [];
    }
    if (!types.includes("variable")) return readProduct(row, [row], [], this.#foreign);
    const names = namesOf(row);
    if (names.some((name) => this.#products.has(name))) {
      this.#leaveOut(row, "another product has its ID or SKU");
      return [];
    }
    for (const name of names) this.#products.set(name, row);
    return this.#ifComplete(row);
  }

  end(): FileProduct[] {
    for (const row of new Set(this.#products.values())) this.#leaveOut(row, "it has no variations");
    for (const [parent, [first]] of this.#variations)
      if (first !== undefined)
        this.#foreign.fault(first, "Parent", `${parent.slice(0, 60)} is no variable product of this file`);
    return [];
  }

  /** The product of a row once all its variations are there. */
  #ifComplete(row: Row): FileProduct[] {
    const names = namesOf(row);
    const variations = names.flatMap((name) => this.#variations.get(name) ?? []);
    const expected = names.reduce((sum, name) => sum + (this.#expected.get(name) ?? 0), 0);
    if (variations.length < expected) return [];
    for (const name of names) {
      this.#products.delete(name);
      this.#variations.delete(name);
    }
    if (expected === 0) {
      this.#leaveOut(row, "it has no variations");
      return [];
    }
    const bearing = sorted(variations);
    return readProduct(row, bearing, readOptions(row, bearing, this.#foreign), this.#foreign);
  }

  #leaveOut(row: Row, why: string): void {
    const name = textOf(row.cell("name")).slice(0, 60);
    this.#foreign.note(row, "Type", `${name} is left out: ${why}`);
  }
}

const isVariation = (row: Row): boolean => {
  const types = typesOf(row);
  return types.includes("variation") && types.every((type) => SOLD.has(type));
};

/** What variations call their product. */
const namesOf = (row: Row): string[] =>
  [`id:${row.cell("id")}`, row.cell("sku")].filter((name) => name !== "");

const sorted = (rows: readonly Row[]): Row[] =>
  [...rows].sort(
    (a, b) => (Number(a.cell("position")) || 0) - (Number(b.cell("position")) || 0) || a.line - b.line,
  );

interface Option {
  name: string;
  /** The value of each variation, in their order. */
  values: string[];
}

/** Name and value of each attribute of a row, by the name without capitals. */
const attributesOf = (row: Row): Map<string, { name: string; value: string }> => {
  const found = new Map<string, { name: string; value: string }>();
  for (let n = 1; n <= MOST_ATTRIBUTES; n += 1) {
    const name = textOf(row.cell(`attribute ${n} name`));
    if (name !== "")
      found.set(foldedText(name), { name, value: textOf(row.cell(`attribute ${n} value(s)`)) });
  }
  return found;
};
const MOST_ATTRIBUTES = 20;

/** What is chosen: the attributes that some variation has a value of. */
function readOptions(row: Row, variations: readonly Row[], foreign: Foreign): Option[] {
  const all = variations.map(attributesOf);
  const names = new Map<string, string>();
  for (const attributes of [attributesOf(row), ...all])
    for (const [key, { name }] of attributes) if (!names.has(key)) names.set(key, name);
  const chosen = [...names].filter(([key]) =>
    all.some((attributes) => (attributes.get(key)?.value ?? "") !== ""),
  );
  for (const [key, name] of chosen)
    all.forEach((attributes, index) => {
      const variation = variations[index];
      if ((attributes.get(key)?.value ?? "") === "" && variation !== undefined)
        foreign.note(variation, "Attribute 1 value(s)", `${name} is blank and becomes ${ANY}`);
    });
  const values = unifiedValues(
    all.map((attributes) => chosen.map(([key]) => attributes.get(key)?.value || ANY)),
  );
  return chosen.map(([, name], index) => ({ name, values: values.map((one) => one[index] ?? ANY) }));
}
const ANY = "Any";

function readProduct(
  row: Row,
  bearing: readonly Row[],
  options: readonly Option[],
  foreign: Foreign,
): FileProduct[] {
  const before = foreign.reading.issues.length;
  const id = row.cell("id");
  // Names change and need not be unique; the number stays.
  const slug =
    id === "" ? slugFor((row.cell("sku") || row.cell("name")).toLowerCase()) : slugFor(`product-${id}`);
  foreign.reading.names.handle(slug, row.line);
  const title = textOf(row.cell("name"));
  if (
    [row, ...bearing].some((one) =>
      typesOf(one).some((type) => type === "virtual" || type === "downloadable"),
    )
  )
    foreign.note(row, "Type", `${slug} ${NOT_SHIPPED}`, NOT_SHIPPED);
  const [shelf = [], ...others] = listOf(row.cell("categories")).map((path) => path.split(">").map(textOf));
  const pictures = (of: Row) => listOf(of.cell("images")).map((url) => ({ row: of, url, alt: "" }));
  const images = foreign.images([...new Set([row, ...bearing])].flatMap(pictures), "Images", title);
  const variants = bearing.map((one, index) => {
    const values = options.map((option) => option.values[index] ?? ANY);
    return readVariant(one, slug, values, one === row ? [] : images, foreign);
  });
  const candidate = {
    slug,
    title: { en: title },
    ...foreign.description(
      row,
      "Description",
      htmlOf(row.cell("description") || row.cell("short description")),
    ),
    category: foreign.category(row, "Categories", shelf.join(" › ")),
    tags: foreign.tags([...listOf(row.cell("tags")), ...others.map((path) => path.at(-1) ?? "")]),
    options: options.map(({ name, values }) => ({
      name: { en: name },
      values: [...new Set(values)].map((en) => ({ en })),
    })),
    variants: variants.map(({ variant }) => variant),
    images,
    status: readStatus(row, foreign),
  };
  const place = (path: readonly string[]) => locate(path, row, bearing);
  const valid = validProduct(candidate, place, foreign.reading.issues.slice(before), foreign.reading);
  if ("faults" in valid) foreign.reading.issues.push(...valid.faults);
  if (!("product" in valid) || foreign.reading.issues.length > before) return [];
  const stock = variants.flatMap((one) => one.stock ?? []);
  return [{ line: row.line, product: valid.product, lines: bearing.map(({ line }) => line), stock }];
}

/** HTML as WordPress shows it: blank lines part paragraphs. The file has line breaks as "\n" in letters. */
function htmlOf(text: string): string {
  const lines = text.replaceAll("\\n", "\n").replace(/\r\n?/g, "\n");
  const blocks = /<(p|div|ul|ol|table|h[1-6])\b/i.test(lines);
  return lines.replace(/\n\s*\n/g, "<p>").replaceAll("\n", blocks ? " " : "<br>");
}

function readStatus(row: Row, foreign: Foreign): "active" | "draft" {
  const published = row.cell("published");
  if (published !== "" && !["1", "0", "-1"].includes(published))
    foreign.fault(row, "Published", `"${published.slice(0, 20)}" is not 1, 0 or -1`);
  if (row.cell("visibility in catalog").toLowerCase() === "hidden") {
    foreign.note(row, "Visibility in catalog", "hidden counts as draft");
    return "draft";
  }
  return published === "0" || published === "-1" ? "draft" : "active";
}

const GRAMS: Readonly<Record<string, number>> = { kg: 1000, g: 1, lbs: 453.592_37, oz: 28.349_523_125 };

function gramsOf(row: Row, foreign: Foreign): number | undefined {
  for (const [unit, grams] of Object.entries(GRAMS)) {
    const weight = foreign.grams(row, `Weight (${unit})`, grams);
    if (weight !== undefined) return weight;
  }
  return undefined;
}

function readVariant(
  row: Row,
  handle: string,
  values: string[],
  images: readonly { url?: string }[],
  foreign: Foreign,
): { variant: Variant; stock?: FileProduct["stock"] } {
  const own = textOf(row.cell("sku"));
  const sku = own === "" ? madeUpSku(handle, values) : foreign.sku(row, "SKU", own);
  if (own === "") foreign.note(row, "SKU", `is blank; ${sku} is used`, "is blank; one is made up");
  foreign.reading.names.sku(sku, row.line);
  const [url = ""] = listOf(row.cell("images"));
  const image = URL.canParse(url) ? images.findIndex((known) => known.url === new URL(url).href) : -1;
  const grams = gramsOf(row, foreign);
  const variant = {
    sku,
    values,
    ...foreign.pricing(row, PRICING),
    ...(grams === undefined ? {} : { grams }),
    ...(image < 0 ? {} : { image }),
  };
  return { variant, stock: wooStock(row, sku, foreign) };
}

const PRICING = {
  regular: "Regular price",
  sale: "Sale price",
  starts: "Date sale price starts",
  ends: "Date sale price ends",
};

/** Where in the file a fault of a product is. */
function locate(
  [field, index, part]: readonly string[],
  row: Row,
  bearing: readonly Row[],
): { line: number; column?: string } {
  const columns: Record<string, string> = {
    slug: "ID",
    title: "Name",
    description: "Description",
    category: "Categories",
    tags: "Tags",
    images: "Images",
    options: part === "values" ? "Attribute 1 value(s)" : "Attribute 1 name",
    sku: "SKU",
    price: "Regular price",
    compareAt: "Regular price",
    sale: "Sale price",
    grams: "Weight (kg)",
    image: "Images",
    values: "Attribute 1 value(s)",
  };
  if (field === "variants" && part !== undefined)
    return { line: bearing[Number(index)]?.line ?? row.line, column: columns[part] ?? part };
  return { line: row.line, column: columns[field ?? ""] ?? "Type" };
}
