import { categorySchema } from "../category.ts";
import { BadAmount, fromDecimal } from "../money.ts";
import { lineSchema } from "../shop.ts";
import { type Issue, type Row, splitList } from "./csv-table.ts";
import { FILE_MARK, type FileCategory, type FileProduct, type Format, validProduct } from "./reading.ts";

const OPTIONS = [1, 2, 3] as const;
const nameColumns = OPTIONS.flatMap((n) => [`option${n}_name_en`, `option${n}_name_zh`]);
const perOption = (n: number) =>
  ["name_en", "name_zh", "value_en", "value_zh"].map((part) => `option${n}_${part}`);

/** The columns of a catalog file, in the order an export writes them. docs/import.md describes each. */
export const COLUMNS: readonly string[] = [
  "handle",
  "title_en",
  "title_zh",
  "description_en",
  "description_zh",
  "description_format",
  "category",
  "category_en",
  "category_zh",
  "tags",
  "status",
  ...OPTIONS.flatMap(perOption),
  "sku",
  "price",
  "compare_at",
  "currency",
  "stock",
  "grams",
  "images",
  "image_alt_en",
  "image_alt_zh",
  "category_position",
  "variant_image",
];

const REQUIRED = ["handle", "title_en", "category", "sku", "price"];

/** The columns that describe the product as a whole: on its first row, blank or the same on the others. */
const PRODUCT_COLUMNS = [
  "title_en",
  "title_zh",
  "description_en",
  "description_zh",
  "description_format",
  "category",
  "category_en",
  "category_zh",
  "category_position",
  "tags",
  "status",
  ...nameColumns,
  "images",
  "image_alt_en",
  "image_alt_zh",
];

/** Hawker's own format: one row a variant, the rows of a product together. docs/import.md describes it. */
export const hawkerFormat: Format = {
  name: "hawker",
  title: "Hawker's own",
  columns: { handle: "handle", sku: "sku", images: "images" },
  required: REQUIRED,
  recognises: () => true,
  reads: (column) => COLUMNS.includes(column),
  strict: true,
  oneLanguage: false,
  reader: (reading) => {
    let group: [Row, ...Row[]] | undefined;
    const complete = (): FileProduct[] => {
      if (group === undefined) return [];
      const [first] = group;
      reading.names.handle(cell(first, "handle"), first.line);
      for (const row of group) if (cell(row, "sku") !== "") reading.names.sku(cell(row, "sku"), row.line);
      reading.issues.push(...strayFields(group), ...noteCategory(first, reading.categories));
      const { product, stock, issues } = readProduct(group, reading.currency);
      reading.issues.push(...issues);
      return product === null
        ? []
        : [{ line: first.line, product, stock, lines: group.map(({ line }) => line) }];
    };
    return {
      take(row) {
        if (group !== undefined && cell(group[0], "handle") === cell(row, "handle")) {
          group.push(row);
          return [];
        }
        const found = complete();
        group = [row];
        return found;
      },
      end: complete,
    };
  },
};

type Group = readonly [Row, ...Row[]];

const cell = (row: Row, column: string): string => row.cell(column);

function strayFields([first, ...others]: Group): Issue[] {
  return others.flatMap((row) =>
    PRODUCT_COLUMNS.filter(
      (column) => cell(row, column) !== "" && cell(row, column) !== cell(first, column),
    ).map((column) => ({
      line: row.line,
      column,
      message: `differs from the product's first row (line ${first.line}); leave it blank here`,
    })),
  );
}

const namedCategory = categorySchema.pick({ slug: true, title: true, position: true }).partial();

function noteCategory(row: Row, known: Map<string, FileCategory>): Issue[] {
  const issues: Issue[] = [];
  const slug = cell(row, "category");
  const en = cell(row, "category_en");
  const zh = cell(row, "category_zh");
  const position = integer(row, "category_position", issues);
  const title = en === "" ? undefined : { en, zh };
  if (title === undefined && zh !== "")
    issues.push({ line: row.line, column: "category_en", message: "is needed beside category_zh" });
  const valid = namedCategory.safeParse({ slug, title, position });
  if (!valid.success) {
    issues.push(
      ...valid.error.issues.map(({ path: [field, language], message }) => ({
        line: row.line,
        column:
          field === "title"
            ? `category_${String(language)}`
            : field === "position"
              ? "category_position"
              : "category",
        message,
      })),
    );
    return issues;
  }
  const found: FileCategory = {
    line: row.line,
    slug,
    ...(valid.data.title === undefined ? {} : { title: valid.data.title }),
    ...(position === undefined ? {} : { position }),
  };
  const before = known.get(slug);
  if (before === undefined) {
    known.set(slug, found);
    return issues;
  }
  const differs = (column: string) =>
    issues.push({ line: row.line, column, message: `differs from line ${before.line} for category ${slug}` });
  if (found.title && before.title && found.title.en !== before.title.en) differs("category_en");
  if (found.title && before.title && found.title.zh !== before.title.zh) differs("category_zh");
  if (found.position !== undefined && before.position !== undefined && found.position !== before.position)
    differs("category_position");
  known.set(slug, { ...found, ...before });
  return issues;
}

function integer(row: Row, column: string, issues: Issue[]): number | undefined {
  const text = cell(row, column);
  if (text === "") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  issues.push({ line: row.line, column, message: `"${text.slice(0, 40)}" is not a whole number` });
  return undefined;
}

function amount(row: Row, column: string, currency: string, issues: Issue[]): number | undefined {
  const text = cell(row, column);
  if (text === "") return undefined;
  try {
    return fromDecimal(text, currency).amount;
  } catch (error) {
    if (!(error instanceof BadAmount)) throw error;
    issues.push({ line: row.line, column, message: `"${text.slice(0, 40)}" is not a price in ${currency}` });
    return undefined;
  }
}

// As the product will keep it, so that two cells that only differ in spaces are one value.
const anyLine = lineSchema(1000);
const line = (text: string): string => anyLine.safeParse(text).data ?? text;

const localised = (row: Row, column: string) => ({
  en: cell(row, `${column}_en`),
  zh: cell(row, `${column}_zh`),
});

function readOptions(rows: Group, issues: Issue[]) {
  const [first] = rows;
  const used = OPTIONS.filter((n) => cell(first, `option${n}_name_en`) !== "");
  for (const n of OPTIONS.filter((n) => !used.includes(n)))
    for (const row of rows) {
      const column = perOption(n).find((name) => cell(row, name) !== "");
      if (column !== undefined)
        issues.push({ line: row.line, column, message: `needs option${n}_name_en on line ${first.line}` });
    }
  used.forEach((n, index) => {
    if (n !== index + 1)
      issues.push({
        line: first.line,
        column: `option${n}_name_en`,
        message: `needs option${index + 1} first`,
      });
  });
  return used.map((n) => {
    const values = new Map<string, { en: string; zh: string; line: number }>();
    for (const row of rows) {
      const en = line(cell(row, `option${n}_value_en`));
      const zh = line(cell(row, `option${n}_value_zh`));
      const known = values.get(en);
      if (en === "")
        issues.push({
          line: row.line,
          column: `option${n}_value_en`,
          message: "is needed for every variant",
        });
      else if (known === undefined) values.set(en, { en, zh, line: row.line });
      else if (known.zh === "") known.zh = zh;
      else if (zh !== "" && zh !== known.zh)
        issues.push({
          line: row.line,
          column: `option${n}_value_zh`,
          message: `differs from line ${known.line} for ${en}`,
        });
    }
    return { n, name: localised(first, `option${n}_name`), values: [...values.values()] };
  });
}

function readImages(row: Row, title: string, issues: Issue[]) {
  const sources = splitList(cell(row, "images")).map((source) => source.trim());
  const alts = { en: splitList(cell(row, "image_alt_en")), zh: splitList(cell(row, "image_alt_zh")) };
  for (const language of ["en", "zh"] as const)
    if (alts[language].length > sources.length)
      issues.push({
        line: row.line,
        column: `image_alt_${language}`,
        message: "has more texts than there are images",
      });
  return sources.flatMap((source, index) => {
    if (source === "" || /^http:/i.test(source)) {
      const message = source === "" ? "has an empty name" : `${source.slice(0, 60)} must be an https address`;
      issues.push({ line: row.line, column: "images", message });
      return [];
    }
    const alt = { en: alts.en[index]?.trim() || title, zh: alts.zh[index]?.trim() ?? "" };
    return [/^https:/i.test(source) ? { url: source, alt } : { media: `${FILE_MARK}${source}`, alt }];
  });
}

function readStatus(row: Row, issues: Issue[]): "active" | "draft" | "archived" {
  const status = cell(row, "status") || "active";
  if (status === "active" || status === "draft" || status === "archived") return status;
  issues.push({ line: row.line, column: "status", message: "must be active, draft or archived" });
  return "draft";
}

function readProduct(rows: Group, currency: string) {
  const [first] = rows;
  const issues: Issue[] = [];
  const options = readOptions(rows, issues);
  const stock: FileProduct["stock"] = [];
  const variants = rows.map((row) => {
    const own = cell(row, "currency");
    if (own !== "" && own.toUpperCase() !== currency)
      issues.push({
        line: row.line,
        column: "currency",
        message: `"${own.slice(0, 10)}" is not the shop's ${currency}`,
      });
    const available = integer(row, "stock", issues);
    if (available !== undefined) stock.push({ sku: cell(row, "sku"), line: row.line, available });
    const picture = integer(row, "variant_image", issues);
    const price = amount(row, "price", currency, issues);
    if (cell(row, "price") === "") issues.push({ line: row.line, column: "price", message: "is needed" });
    const compareAt = amount(row, "compare_at", currency, issues);
    const grams = integer(row, "grams", issues);
    return {
      sku: cell(row, "sku"),
      values: options.map(({ n }) => line(cell(row, `option${n}_value_en`))),
      price: price ?? 0,
      ...(compareAt === undefined || price === undefined ? {} : { compareAt }),
      ...(picture === undefined ? {} : { image: picture - 1 }),
      ...(grams === undefined ? {} : { grams }),
    };
  });
  const format = cell(first, "description_format");
  if (format !== "" && format !== "html")
    issues.push({ line: first.line, column: "description_format", message: "must be html or blank" });
  const valid = validProduct(
    {
      slug: cell(first, "handle"),
      title: localised(first, "title"),
      description: localised(first, "description"),
      ...(format === "html" ? { descriptionFormat: format } : {}),
      category: cell(first, "category"),
      tags: splitList(cell(first, "tags")),
      options: options.map(({ name, values }) => ({
        name,
        values: values.map(({ en, zh }) => ({ en, zh })),
      })),
      variants,
      images: readImages(first, cell(first, "title_en"), issues),
      status: readStatus(first, issues),
    },
    (path) => locate(path, rows, options),
    issues,
  );
  if ("faults" in valid) issues.push(...valid.faults);
  return { product: "product" in valid && issues.length === 0 ? valid.product : null, stock, issues };
}

/** Where in the file a fault of a product is. */
function locate(
  [field, index, part, inner, language]: readonly string[],
  rows: Group,
  options: readonly { n: number; values: { line: number }[] }[],
): { line: number; column?: string } {
  const first = rows[0].line;
  switch (field) {
    case "slug":
      return { line: first, column: "handle" };
    case "title":
    case "description":
      return { line: first, column: `${field}_${index ?? "en"}` };
    case "images":
      return {
        line: first,
        column: part === "alt" ? `image_alt_${inner ?? "en"}` : "images",
      };
    case "variants": {
      const columns: Record<string, string> = {
        compareAt: "compare_at",
        image: "variant_image",
        values: options[0] === undefined ? "sku" : `option${options[Number(inner) || 0]?.n ?? 1}_value_en`,
      };
      const line = rows[Number(index)]?.line ?? first;
      return { line, column: part === undefined ? "handle" : (columns[part] ?? part) };
    }
    case "options": {
      const option = options[Number(index)];
      if (option === undefined) return { line: first };
      if (part !== "values") return { line: first, column: `option${option.n}_name_${inner ?? "en"}` };
      const line = option.values[Number(inner)]?.line ?? first;
      return { line, column: `option${option.n}_value_${language ?? "en"}` };
    }
    default:
      return { line: first, column: field };
  }
}
