import type { Variant } from "../product.ts";
import { lineSchema } from "../shop.ts";
import type { Row } from "./csv-table.ts";
import { Foreign } from "./foreign.ts";
import { madeUpSku, slugFor } from "./made-up.ts";
import { type FileProduct, type Format, type Reading, type RowReader, validProduct } from "./reading.ts";

/**
 * WooCommerce's product CSV with English headers. One row is a product or one of its variations, which name their
 * product and may stand anywhere. https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema
 */
export const wooFormat: Format = {
  name: "woocommerce",
  title: "WooCommerce",
  columns: { handle: "ID", sku: "SKU", images: "Images" },
  required: ["type", "name", "regular price"],
  recognises: (header) =>
    ["type", "name"].every((name) => header.includes(name)) &&
    ["regular price", "parent", "visibility in catalog"].some((name) => header.includes(name)),
  reads: (column) => READ.has(column) || /^(attribute \d+ (name|value\(s\))|weight \(\w+\))$/.test(column),
  strict: false,
  oneLanguage: true,
  reader: (reading) => new WooReader(reading),
};

const READ = new Set(
  "id,type,sku,name,published,visibility in catalog,short description,description,in stock?,stock,backorders allowed?,regular price,sale price,date sale price starts,date sale price ends,categories,tags,images,parent,position,currency".split(
    ",",
  ),
);

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
  // Variations may stand anywhere, so products with variations wait for the end of the file.
  readonly #variable: Row[] = [];
  readonly #variations = new Map<string, Row[]>();

  constructor(reading: Reading) {
    this.#foreign = new Foreign(reading);
  }

  take(row: Row): FileProduct[] {
    const types = typesOf(row);
    const left = types.find((type) => type === "grouped" || type === "external");
    if (types.includes("variation")) {
      const parent = row.cell("parent");
      const known = this.#variations.get(parent);
      if (parent === "") this.#foreign.fault(row, "Parent", "is needed for a variation");
      else if (known === undefined) this.#variations.set(parent, [row]);
      else known.push(row);
    } else if (types.includes("variable")) this.#variable.push(row);
    else if (left !== undefined)
      this.#foreign.note(
        row,
        "Type",
        `${row.cell("name").slice(0, 60)} is left out: ${left} products are not sold here`,
      );
    else return readProduct(row, [row], [], this.#foreign);
    return [];
  }

  end(): FileProduct[] {
    const products = this.#variable.flatMap((row) => {
      const names = [`id:${row.cell("id")}`, row.cell("sku")];
      const variations = names.flatMap((name) => this.#variations.get(name) ?? []);
      for (const name of names) this.#variations.delete(name);
      if (variations.length === 0) {
        this.#foreign.note(row, "Type", `${row.cell("name").slice(0, 60)} is left out: it has no variations`);
        return [];
      }
      return readProduct(row, sorted(variations), readOptions(row, variations, this.#foreign), this.#foreign);
    });
    for (const [parent, [first]] of this.#variations)
      if (first !== undefined)
        this.#foreign.fault(first, "Parent", `${parent.slice(0, 60)} is no variable product of this file`);
    return products;
  }
}

const sorted = (rows: readonly Row[]): Row[] =>
  [...rows].sort(
    (a, b) => (Number(a.cell("position")) || 0) - (Number(b.cell("position")) || 0) || a.line - b.line,
  );

interface Option {
  name: string;
  values: string[];
}

const anyLine = lineSchema(1000);
const lined = (text: string): string => anyLine.safeParse(text).data ?? text;

/** Name and value of each attribute of a row. */
const attributesOf = (row: Row): Map<string, string> => {
  const found = new Map<string, string>();
  for (let n = 1; n <= MOST_ATTRIBUTES; n += 1) {
    const name = lined(row.cell(`attribute ${n} name`));
    if (name !== "") found.set(name, row.cell(`attribute ${n} value(s)`));
  }
  return found;
};
const MOST_ATTRIBUTES = 20;

/** What is chosen: the attributes that some variation has a value of. */
function readOptions(row: Row, variations: readonly Row[], foreign: Foreign): Option[] {
  const all = variations.map((variation) => ({ variation, attributes: attributesOf(variation) }));
  const names = [
    ...new Set([...attributesOf(row).keys(), ...all.flatMap(({ attributes }) => [...attributes.keys()])]),
  ];
  return names
    .filter((name) => all.some(({ attributes }) => (attributes.get(name) ?? "") !== ""))
    .map((name) => {
      for (const { variation, attributes } of all)
        if ((attributes.get(name) ?? "") === "")
          foreign.note(variation, "Attribute 1 value(s)", `${name} is blank and becomes ${ANY}`);
      return { name, values: [...new Set(variations.map((variation) => optionValue(variation, name)))] };
    });
}
const ANY = "Any";
const optionValue = (row: Row, name: string): string => lined(attributesOf(row).get(name) ?? "") || ANY;

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
  const title = row.cell("name");
  const [shelf = [], ...others] = listOf(row.cell("categories")).map((path) =>
    path.split(">").map((part) => part.trim()),
  );
  const pictures = (of: Row) => listOf(of.cell("images")).map((url) => ({ row: of, url, alt: "" }));
  const images = foreign.images([...new Set([row, ...bearing])].flatMap(pictures), "Images", title);
  const variants = bearing.map((one) => readVariant(one, slug, options, one === row ? [] : images, foreign));
  const candidate = {
    slug,
    title: { en: title },
    ...foreign.description(
      row,
      "Description",
      htmlOf(row.cell("description") || row.cell("short description")),
    ),
    category: foreign.category(row, shelf.join(" › ")),
    tags: foreign.tags(row, "Tags", [
      ...listOf(row.cell("tags")),
      ...others.map((path) => path.at(-1) ?? ""),
    ]),
    options: options.map(({ name, values }) => ({
      name: { en: name },
      values: values.map((en) => ({ en })),
    })),
    variants: variants.map(({ variant }) => variant),
    images,
    status: readStatus(row, foreign),
  };
  const place = (path: readonly string[]) => locate(path, row, bearing);
  const valid = validProduct(candidate, place, foreign.reading.issues.slice(before));
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

function gramsOf(row: Row): number {
  for (const [unit, grams] of Object.entries(GRAMS)) {
    const weight = Number(row.cell(`weight (${unit})`).replace(",", "."));
    if (weight > 0) return Math.round(weight * grams);
  }
  return 0;
}

function readVariant(
  row: Row,
  handle: string,
  options: readonly Option[],
  images: readonly { url?: string }[],
  foreign: Foreign,
): { variant: Variant; stock?: FileProduct["stock"] } {
  const values = options.map(({ name }) => optionValue(row, name));
  const own = row.cell("sku");
  const sku = own === "" ? madeUpSku(handle, values) : foreign.sku(row, "SKU", own);
  if (own === "") foreign.note(row, "SKU", `is blank; ${sku} is used`);
  foreign.reading.names.sku(sku, row.line);
  const regular = foreign.price(row, "Regular price");
  const sale = foreign.price(row, "Sale price");
  if (row.cell("regular price") === "") foreign.fault(row, "Regular price", "is needed");
  if (sale !== undefined && row.cell("date sale price ends") !== "")
    foreign.note(row, "Date sale price ends", "is not kept: the sale price holds until it is changed");
  const reduced = sale !== undefined && regular !== undefined && sale < regular;
  const [url = ""] = listOf(row.cell("images"));
  const image = URL.canParse(url) ? images.findIndex((known) => known.url === new URL(url).href) : -1;
  const grams = gramsOf(row);
  const variant = {
    sku,
    values,
    price: (reduced ? sale : regular) ?? 0,
    ...(reduced ? { compareAt: regular } : {}),
    ...(grams > 0 ? { grams } : {}),
    ...(image < 0 ? {} : { image }),
  };
  const available = readStock(row, foreign);
  return { variant, ...(available === undefined ? {} : { stock: [{ sku, line: row.line, available }] }) };
}

function readStock(row: Row, foreign: Foreign): number | undefined {
  const backorders = row.cell("backorders allowed?");
  if (backorders !== "" && backorders !== "0")
    foreign.note(row, "Backorders allowed?", "only what is counted is sold here");
  if (row.cell("in stock?") === "0") return 0;
  const shared = row.cell("stock").toLowerCase() === "parent";
  if (!shared && row.cell("stock") !== "") return foreign.count(row, "Stock");
  if (shared || row.cell("in stock?") !== "")
    foreign.note(
      row,
      "Stock",
      shared
        ? "is counted at the parent; set a stock for each variant"
        : "is not counted; set a stock to sell it",
    );
  return undefined;
}

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
    grams: "Weight (kg)",
    image: "Images",
    values: "Attribute 1 value(s)",
  };
  if (field === "variants" && part !== undefined)
    return { line: bearing[Number(index)]?.line ?? row.line, column: columns[part] ?? part };
  return { line: row.line, column: columns[field ?? ""] ?? "Type" };
}
