import { type Availability, counted, UNTRACKED } from "../../../inventory/availability.ts";
import type { Sale } from "../../product.ts";
import { type Issue, type Row, splitList } from "../csv/csv-table.ts";
import { beginningOf, endOf } from "../csv/moments.ts";
import { FILE_MARK, type FileProduct, type Reading, validProduct } from "../reading.ts";
import { amount, cell, type Group, integer, localised } from "./hawker-cells.ts";
import { readOptions } from "./hawker-options.ts";

/** The product of some rows, or null where anything is wrong with it; its stock where they tell it. */
export function readProduct(rows: Group, reading: Reading) {
  const { currency, zone } = reading;
  const [first] = rows;
  const issues: Issue[] = [];
  const options = readOptions(rows, issues);
  const stock: FileProduct["stock"] = [];
  const variants = rows.map((row, index) => {
    const own = cell(row, "currency");
    if (own !== "" && own.toUpperCase() !== currency)
      issues.push({
        line: row.line,
        column: "currency",
        message: `"${own.slice(0, 10)}" is not the shop's ${currency}`,
      });
    const available = readStock(row, issues);
    if (available !== undefined) stock.push({ sku: cell(row, "sku"), line: row.line, stock: available });
    const picture = integer(row, "variant_image", issues);
    const price = amount(row, "price", currency, issues);
    if (cell(row, "price") === "") issues.push({ line: row.line, column: "price", message: "is needed" });
    const compareAt = amount(row, "compare_at", currency, issues);
    const sale = readSale(row, currency, zone, issues);
    const grams = integer(row, "grams", issues);
    return {
      sku: cell(row, "sku"),
      values: options.map(({ used }) => used[index] ?? ""),
      price: price ?? 0,
      ...(compareAt === undefined || price === undefined ? {} : { compareAt }),
      ...(sale === undefined || price === undefined ? {} : { sale }),
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
    reading,
  );
  if ("faults" in valid) issues.push(...valid.faults);
  return { product: "product" in valid && issues.length === 0 ? valid.product : null, stock, issues };
}

/** The pieces of a row, or that nobody counts them; undefined where it says nothing. */
function readStock(row: Row, issues: Issue[]): Availability | undefined {
  if (/^untracked$/i.test(cell(row, "stock"))) return UNTRACKED;
  const units = integer(row, "stock", issues);
  return units === undefined ? undefined : counted(units);
}

/** The sale of a row: a price, with a beginning, an end or both. */
function readSale(row: Row, currency: string, zone: string, issues: Issue[]): Sale | undefined {
  const price = amount(row, "sale_price", currency, issues);
  const moment = (column: string, read: typeof beginningOf): Date | undefined => {
    const text = cell(row, column);
    const at = text === "" ? undefined : read(text, zone);
    if (text !== "" && at === undefined)
      issues.push({
        line: row.line,
        column,
        message: `"${text.slice(0, 40)}" is not a date such as 2026-11-30`,
      });
    return at;
  };
  const from = moment("sale_from", beginningOf);
  const until = moment("sale_until", endOf);
  if (price === undefined) {
    if (cell(row, "sale_price") === "" && (from ?? until) !== undefined)
      issues.push({ line: row.line, column: "sale_price", message: "is needed where a sale has dates" });
    return undefined;
  }
  return { price, ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) };
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
      if (part === "sale") return { line, column: `sale_${inner ?? "price"}` };
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
