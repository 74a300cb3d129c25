import type { Localised } from "../shop.ts";
import { headerIssues, type Issue, readTable, type Table } from "./csv-table.ts";
import { hawkerFormat } from "./hawker.ts";
import { type FileCategory, type FileProduct, type Format, Names, type Reading } from "./reading.ts";
import { shopifyFormat } from "./shopify.ts";
import type { Bytes } from "./text-blocks.ts";
import { wooFormat } from "./woocommerce.ts";

/** What is said in any format. The last one takes every header, so that its faults are told in its words. */
const FORMATS: readonly Format[] = [shopifyFormat, wooFormat, hawkerFormat];

/** A catalog file that is being read. What it says is complete when `products` has been read to its end. */
export interface CatalogFile {
  readonly format: Format;
  /** Columns that were not read, as they are written. */
  readonly unused: readonly string[];
  /** Products without faults, some at a time. Can be read once. */
  readonly products: AsyncIterable<readonly FileProduct[]>;
  /** All that is wrong with the file, sorted by line at the end. */
  readonly issues: Issue[];
  /** What is taken otherwise than it stands there. */
  readonly notes: Issue[];
  readonly categories: ReadonlyMap<string, FileCategory>;
}

/**
 * Reads a catalog file for a shop of this currency: Hawker's own or another shop system's, told by its header. Looks at
 * nothing outside the file, and keeps no more than some rows and its names in memory.
 *
 * @param shelves the categories that are there already, which other systems' files name by their titles
 */
export async function readCatalogFile(
  source: Bytes,
  currency: string,
  shelves: readonly { slug: string; title: Localised }[] = [],
): Promise<CatalogFile> {
  const issues: Issue[] = [];
  const table = await readTable(source, issues);
  const format = FORMATS.find(({ recognises }) => recognises(table.header)) ?? hawkerFormat;
  if (issues.length === 0)
    issues.push(
      ...headerIssues(table, {
        required: format.required,
        known: (column) => !format.strict || format.reads(column),
      }),
    );
  const reading: Reading = {
    currency,
    shelves,
    issues,
    notes: [],
    categories: new Map(),
    names: new Names(format, issues),
  };
  return {
    format,
    unused: table.names.filter((name) => !format.reads(name.toLowerCase())),
    // Without a sound header every row would only repeat the same complaint.
    products: issues.length > 0 ? none() : readProducts(table, format, reading),
    issues,
    notes: reading.notes,
    categories: reading.categories,
  };
}

async function* none(): AsyncGenerator<FileProduct[]> {}

async function* readProducts(table: Table, format: Format, reading: Reading): AsyncGenerator<FileProduct[]> {
  const reader = format.reader(reading);
  for await (const rows of table.rows) yield rows.flatMap((row) => reader.take(row));
  yield reader.end();
  reading.issues.sort((a, b) => a.line - b.line);
  reading.notes.sort((a, b) => a.line - b.line);
}
