import type { Localised } from "../../core/localised-text.ts";
import { foldedName } from "./csv/column-names.ts";
import { headerIssues, type Issue, readTable, type Table, TableRow } from "./csv/csv-table.ts";
import { NumberColumns } from "./csv/number-columns.ts";
import type { DecimalMark } from "./csv/number-notation.ts";
import { Spool } from "./csv/spool.ts";
import type { Bytes } from "./csv/text-blocks.ts";
import { shopifyFormat } from "./foreign/shopify.ts";
import { wooFormat } from "./foreign/woocommerce.ts";
import { hawkerFormat } from "./hawker/hawker.ts";
import {
  type FileCategory,
  type FileProduct,
  type Format,
  Names,
  type Reading,
  type RowReader,
} from "./reading.ts";

const FORMATS: readonly Format[] = [hawkerFormat, shopifyFormat, wooFormat];

/** How many columns of a format a header must have before it is taken for a file of it that lacks some. */
const RESEMBLES = 3;

/** From how many problems on the rest of a file is not read: it is no catalog, or damaged as a whole. */
const MOST_ISSUES = 10_000;

/** How many rows are taken out of the spool at a time. */
const AT_A_TIME = 200;

/** A catalog file that is being read. What it says is complete when `products` has been read to its end. */
export interface CatalogFile {
  readonly format: Format;
  /** Columns that were not read, as they are written. */
  readonly unused: readonly string[];
  /** The name of a column as this file writes it. */
  readonly written: (column: string) => string;
  /** Products without faults, some at a time. Can be read once. */
  readonly products: AsyncIterable<readonly FileProduct[]>;
  /** All that is wrong with the file, sorted by line at the end. */
  readonly issues: Issue[];
  /** What is taken otherwise than it stands there. */
  readonly notes: Issue[];
  readonly categories: ReadonlyMap<string, FileCategory>;
}

/**
 * Reads a catalog file for a shop of this currency: Hawker's own or another shop system's, told by what the columns of its
 * header mean. Looks at nothing outside the file. Rows whose numbers may be written in several ways are kept, compressed,
 * until the last of them has told which; of others no more than some are in memory.
 *
 * @param shelves the categories that are there already, which other systems' files name by their titles
 * @param zone the time zone (IANA) in which the file's days are days
 * @param decimal what parts the decimals of its numbers, where the file itself may leave that open
 */
export async function readCatalogFile(
  source: Bytes,
  currency: string,
  shelves: readonly { slug: string; title: Localised }[] = [],
  zone = "UTC",
  decimal?: DecimalMark,
): Promise<CatalogFile> {
  const issues: Issue[] = [];
  const notes: Issue[] = [];
  const table = await readTable(source, issues, notes, (name) =>
    FORMATS.some(({ column }) => column(name) !== undefined),
  );
  const format = formatOf(table.names);
  const places = placesOf(format, table.names);
  if (issues.length === 0) issues.push(...faultsOf(table, format, places));
  const reading: Reading = {
    currency,
    zone,
    shelves,
    issues,
    notes,
    categories: new Map(),
    names: new Names(format, issues),
    columns: new Set(places.keys()),
    numbers: new NumberColumns(currency, decimal),
  };
  const written = (column: string) => table.names[places.get(column.toLowerCase()) ?? -1] ?? column;
  return {
    format,
    unused: table.names.filter((name, index) => places.get(format.column(name) ?? "") !== index),
    written,
    // Without a sound header every row would only repeat the same complaint.
    products: issues.length > 0 ? none() : readProducts(table, format, places, reading, written),
    issues,
    notes,
    categories: reading.categories,
  };
}

/** Where each column of a format stands in a header. */
function placesOf(format: Format, names: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  names.forEach((name, index) => {
    const column = format.column(name);
    if (column !== undefined && !places.has(column)) places.set(column, index);
  });
  return places;
}

/** The format that has all it needs in this header, or comes nearest to it; of several the one that reads most. */
function formatOf(names: readonly string[]): Format {
  const ranked = FORMATS.map((format) => {
    const places = placesOf(format, names);
    return { format, complete: missing(format, places).length === 0, size: places.size };
  }).sort((a, b) => Number(b.complete) - Number(a.complete) || b.size - a.size);
  return ranked[0]?.format ?? hawkerFormat;
}

const missing = (format: Format, places: ReadonlyMap<string, number>): string[] =>
  [...format.required].flatMap(([column, name]) => (places.has(column) ? [] : [name]));

function faultsOf(table: Table, format: Format, places: ReadonlyMap<string, number>): Issue[] {
  const line = table.headerLine;
  const lacks = missing(format, places);
  if (lacks.length > 0 && places.size < Math.min(RESEMBLES, format.required.size))
    return [{ line, message: `these are not the columns of a catalog file. ${KNOWN}` }];
  if (format.strict)
    return headerIssues(
      { header: table.names.map((name) => format.column(name) ?? name.toLowerCase()), headerLine: line },
      { required: [...format.required.keys()], known: (name) => format.column(name) !== undefined },
    );
  if (lacks.length > 0) {
    const columns = lacks.length === 1 ? "the column" : "the columns";
    const what = `this looks like a file of ${format.title}, but ${columns} ${lacks.join(", ")}`;
    return [{ line, message: `${what} ${lacks.length === 1 ? "is" : "are"} missing` }];
  }
  // Of two names for one column the first is read; the same name twice is a slip.
  return table.names.flatMap((name, index) =>
    format.column(name) !== undefined &&
    table.names.findIndex((other) => foldedName(other) === foldedName(name)) < index
      ? [{ line, column: name, message: "is there twice" }]
      : [],
  );
}

const KNOWN = `Known are ${FORMATS.map(
  ({ title, required }) => `${title} (needs ${[...required.values()].join(", ")})`,
).join("; ")}. If an export of WooCommerce has its columns in another language, export it in English`;

async function* none(): AsyncGenerator<FileProduct[]> {}

async function* readProducts(
  table: Table,
  format: Format,
  places: ReadonlyMap<string, number>,
  reading: Reading,
  written: (column: string) => string,
): AsyncGenerator<FileProduct[]> {
  const { issues } = reading;
  const reader = format.reader(reading);
  for await (const rows of decidedRows(namedRows(table, places, issues), format, reading, reader)) {
    if (issues.length > MOST_ISSUES) break;
    yield rows.flatMap((row) => reader.take(row));
  }
  yield issues.length > MOST_ISSUES ? [] : reader.end();
  if (issues.length > MOST_ISSUES) {
    const line = Math.max(...issues.map((issue) => issue.line));
    issues.push({ line, message: "there are too many problems to go on" });
  }
  for (const list of [reading.issues, reading.notes]) {
    for (const issue of list) if (issue.column !== undefined) issue.column = written(issue.column);
    list.sort((a, b) => a.line - b.line);
  }
}

/** The rows with the cells that the reader uses, by the names it uses. */
async function* namedRows(
  table: Table,
  places: ReadonlyMap<string, number>,
  issues: readonly Issue[],
): AsyncGenerator<TableRow[]> {
  const columns = new Map([...places.keys()].map((column, index) => [column, index]));
  const from = [...places.values()];
  for await (const rows of table.rows) {
    if (issues.length > MOST_ISSUES) return;
    yield rows.map(
      ({ line, values }) =>
        new TableRow(
          line,
          columns,
          from.map((place) => values[place] ?? ""),
        ),
    );
  }
}

/** The same rows, once all of them have told how their numbers are written. */
async function* decidedRows(
  rows: AsyncIterable<readonly TableRow[]>,
  { number }: Format,
  { columns, numbers }: Reading,
  reader: RowReader,
): AsyncIterable<readonly TableRow[]> {
  if (number === undefined) {
    yield* rows;
    return;
  }
  const kinds = [...columns].flatMap((column) => {
    const kind = number(column);
    return kind === undefined ? [] : [{ column, notation: numbers.of(kind) }];
  });
  const spool = new Spool<[line: number, values: readonly string[]]>();
  for await (const some of rows) {
    for (const row of some) {
      for (const { column, notation } of kinds) notation.see(row.cell(column));
      reader.foresee?.(row);
    }
    await spool.add(some.map(({ line, values }) => [line, values]));
  }
  const places = new Map([...columns].map((column, index) => [column, index]));
  for await (const some of spool.drain(AT_A_TIME))
    yield some.map(([line, values]) => new TableRow(line, places, values));
}
