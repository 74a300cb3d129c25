import { stringify } from "csv-stringify/sync";
import { csvRecords, type RawRow } from "./csv-records.ts";
import type { Bytes } from "./text-blocks.ts";

/** Something wrong with a file, at a line (from 1, as an editor counts) and, where it is in one cell, a column. */
export interface Issue {
  line: number;
  column?: string;
  message: string;
  /** What is said once for many of its kind, where the message names what is in this one. */
  alike?: string;
}

/** One row by column name, and the line it starts on. */
export interface Row {
  readonly line: number;
  /** The cell of a column (its name in lower case) without spaces at its ends; "" where it is missing or blank. */
  cell(column: string): string;
}

// What a spreadsheet would run as a formula. https://owasp.org/www-community/attacks/CSV_Injection
const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/u;

/** A cell as it is written: what a spreadsheet would run as a formula gets an apostrophe in front. */
export const guarded = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** Takes the apostrophe away that `guarded` put there. */
export const unguarded = (cell: string): string =>
  cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;

/** Several values in one cell: joined by "|"; a "|" or "\" of their own is written with a "\" before it. */
export const joinList = (values: readonly string[]): string =>
  values.map((value) => value.replace(/[\\|]/g, "\\$&")).join("|");

/** The values of a cell written by `joinList` or by hand. A "\" before anything else is just that. */
export function splitList(cell: string): string[] {
  if (cell === "") return [];
  const values = [""];
  for (const [piece, escaped] of cell.matchAll(/\\([\\|])|[\s\S]/gu)) {
    if (piece === "|") values.push("");
    else values[values.length - 1] += escaped ?? piece;
  }
  return values;
}

/** The first line of a CSV file that spreadsheets open as UTF-8 (RFC 4180, with a byte order mark). */
export const writeHeader = (columns: readonly string[]): string => stringify([columns], { bom: true });

/** Rows of that file. */
export const writeRows = (columns: readonly string[], rows: readonly ReadonlyMap<string, string>[]): string =>
  stringify(rows.map((row) => columns.map((column) => guarded(row.get(column) ?? ""))));

/** A whole table as such a file. */
export const writeTable = (
  columns: readonly string[],
  rows: readonly ReadonlyMap<string, string>[],
): string => writeHeader(columns) + writeRows(columns, rows);

/** A table whose rows are read as they are asked for. */
export interface Table {
  /** Names of the columns in their order, trimmed and in lower case; none if the file could not be read so far. */
  readonly header: readonly string[];
  /** The names as they are written. */
  readonly names: readonly string[];
  readonly headerLine: number;
  /** The rows, some at a time. Can be read once. */
  readonly rows: AsyncIterable<readonly TableRow[]>;
}

/**
 * Reads a CSV file with a header line. Separators may be commas, semicolons, tabs or bars, as spreadsheets write them.
 *
 * Nothing is thrown for a bad file: all that can be read comes back, and an issue for each thing that cannot. No more
 * than some rows are in memory at a time.
 *
 * @param notes what is said of the file as a whole, such as its encoding
 * @param known whether a name is that of a column; helps to tell the separator
 */
export async function readTable(
  source: Bytes,
  issues: Issue[],
  notes: Issue[] = [],
  known?: (name: string) => boolean,
): Promise<Table> {
  const records = csvRecords(source, issues, notes, known);
  const { value: first } = await records.next();
  const [top, ...rest] = first ?? [];
  if (top === undefined) {
    if (issues.length === 0) issues.push({ line: 1, message: "the file is empty" });
    return { header: [], names: [], headerLine: 1, rows: nothing() };
  }
  const names = top.values.map((name) => name.trim());
  const header = names.map((name) => name.toLowerCase());
  const columns = new Map(header.map((name, index) => [name, index]));
  return { header, names, headerLine: top.line, rows: soundRows(rest, records, columns, header, issues) };
}

async function* nothing(): AsyncGenerator<TableRow[]> {}

/** The faults of a header: columns that are not known (if that is a fault), there twice, or missing. */
export function headerIssues(
  { header, headerLine }: Pick<Table, "header" | "headerLine">,
  columns: { required: readonly string[]; known: (column: string) => boolean },
): Issue[] {
  const issues: Issue[] = [];
  header.forEach((name, index) => {
    if (!columns.known(name))
      issues.push({ line: headerLine, message: `column ${index + 1} "${name.slice(0, 40)}" is not known` });
    else if (header.indexOf(name) !== index)
      issues.push({ line: headerLine, column: name, message: "is there twice" });
  });
  for (const name of columns.required)
    if (!header.includes(name)) issues.push({ line: headerLine, column: name, message: "is missing" });
  return issues;
}

async function* soundRows(
  rest: readonly RawRow[],
  records: AsyncGenerator<RawRow[], void>,
  columns: ReadonlyMap<string, number>,
  header: readonly string[],
  issues: Issue[],
): AsyncGenerator<TableRow[]> {
  const sound = (raw: readonly RawRow[]): TableRow[] =>
    raw.flatMap(({ line, values }) => {
      if (values.every((value) => value.trim() === "")) return [];
      if (values.length === header.length) return [new TableRow(line, columns, values)];
      issues.push({ line, message: `has ${values.length} cells where the header has ${header.length}` });
      return [];
    });
  const first = sound(rest);
  let some = first.length > 0;
  yield first;
  for await (const raw of records) {
    const rows = sound(raw);
    some ||= rows.length > 0;
    yield rows;
  }
  if (!some && issues.length === 0) issues.push({ line: 1, message: "there are no products" });
}

/** A row whose columns stand at these places. */
export class TableRow implements Row {
  readonly line: number;
  readonly values: readonly string[];
  readonly #columns: ReadonlyMap<string, number>;
  constructor(line: number, columns: ReadonlyMap<string, number>, values: readonly string[]) {
    this.line = line;
    this.#columns = columns;
    this.values = values;
  }
  cell(column: string): string {
    const index = this.#columns.get(column);
    return index === undefined ? "" : unguarded((this.values[index] ?? "").trim());
  }
}
