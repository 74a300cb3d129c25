import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";

/** Something wrong with a file, at a line (from 1, as an editor counts) and, where it is in one cell, a column. */
export interface Issue {
  line: number;
  column?: string;
  message: string;
}

/** One row by column name, and the line it starts on. A cell that is missing or blank is "". */
export interface Row {
  line: number;
  cells: ReadonlyMap<string, string>;
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

/** Writes rows as CSV that spreadsheets open as UTF-8 (RFC 4180, with a byte order mark). */
export const writeTable = (
  columns: readonly string[],
  rows: readonly ReadonlyMap<string, string>[],
): string =>
  stringify([columns, ...rows.map((row) => columns.map((column) => guarded(row.get(column) ?? "")))], {
    bom: true,
  });

const lineOf = (bytes: Uint8Array): number => {
  let line = 1;
  for (let at = 0; at < bytes.length; at += 1)
    if (bytes[at] === 10 || (bytes[at] === 13 && bytes[at + 1] !== 10)) line += 1;
  return line;
};

// Says what a file that is no UTF-8 text probably is.
function notText(bytes: Buffer): Issue | null {
  if (bytes.length === 0) return { line: 1, message: "the file is empty" };
  if (bytes.subarray(0, 4).equals(Buffer.from("PK\u0003\u0004")))
    return { line: 1, message: "this is an Excel workbook; save it as CSV UTF-8" };
  if (["fffe", "feff"].includes(bytes.subarray(0, 2).toString("hex")))
    return { line: 1, message: "the file is UTF-16; save it as CSV UTF-8" };
  const zero = bytes.indexOf(0);
  if (zero >= 0)
    return { line: lineOf(bytes.subarray(0, zero)), message: "has a zero byte; is this a CSV file?" };
  for (let start = 0, line = 1; start < bytes.length; line += 1) {
    const end = bytes.indexOf(10, start);
    const next = end < 0 ? bytes.length : end + 1;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(start, next));
    } catch {
      return { line, message: "is not UTF-8; save the file as CSV UTF-8" };
    }
    start = next;
  }
  return null;
}

interface RawRow {
  line: number;
  values: string[];
}

// csv-parse counts lines differently inside quotes, so they are counted here from the bytes it has read.
function rawRows(bytes: Buffer, delimiter: string): { rows: RawRow[]; issues: Issue[] } {
  const rows: RawRow[] = [];
  let end = 0;
  let line = 1;
  const start = () => {
    let at = end;
    while (bytes[at] === 10 || bytes[at] === 13) at += 1;
    return line + lineOf(bytes.subarray(end, at)) - 1;
  };
  try {
    parse(bytes, {
      bom: true,
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 1_000_000,
      record_delimiter: ["\r\n", "\n", "\r"],
      on_record: (record: string[], read) => {
        rows.push({ line: start(), values: record });
        line += lineOf(bytes.subarray(end, read.bytes)) - 1;
        end = read.bytes;
        return null;
      },
    });
    return { rows, issues: [] };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { rows, issues: [{ line: start(), message: syntax(error.code) }] };
  }
}

const syntax = (code: string): string =>
  code === "CSV_QUOTE_NOT_CLOSED"
    ? "a cell that starts here has no closing quote"
    : code === "CSV_MAX_RECORD_SIZE"
      ? "the row is too long; is a quote missing?"
      : 'has a stray quote; write a quote inside a quoted cell twice ("")';

/**
 * Reads a CSV file with a header line. Separators may be commas, semicolons or tabs, as spreadsheets write them.
 *
 * Nothing is thrown for a bad file: all that can be read comes back, and an issue for each thing that cannot.
 */
export function readTable(
  bytes: Buffer,
  columns: { required: readonly string[]; optional: readonly string[] },
): { rows: Row[]; issues: Issue[] } {
  const unreadable = notText(bytes);
  if (unreadable !== null) return { rows: [], issues: [unreadable] };
  const top =
    bytes
      .subarray(0, 4096)
      .toString("utf8")
      .split(/[\r\n]/, 1)[0] ?? "";
  const delimiter = top.includes(",") ? "," : top.includes(";") ? ";" : top.includes("\t") ? "\t" : ",";
  const { rows: raw, issues } = rawRows(bytes, delimiter);
  const [first, ...rest] = raw;
  if (first === undefined)
    return { rows: [], issues: issues.length > 0 ? issues : [{ line: 1, message: "the file is empty" }] };

  const header = first.values.map((name) => name.trim().toLowerCase());
  const known = new Set([...columns.required, ...columns.optional]);
  header.forEach((name, index) => {
    if (!known.has(name))
      issues.push({ line: first.line, message: `column ${index + 1} "${name.slice(0, 40)}" is not known` });
    else if (header.indexOf(name) !== index)
      issues.push({ line: first.line, column: name, message: "is there twice" });
  });
  for (const name of columns.required)
    if (!header.includes(name)) issues.push({ line: first.line, column: name, message: "is missing" });
  // Without a sound header every row would only repeat the same complaint.
  if (issues.some(({ line }) => line === first.line)) return { rows: [], issues };

  const rows: Row[] = [];
  for (const { line, values } of rest) {
    if (values.every((value) => value.trim() === "")) continue;
    if (values.length !== header.length)
      issues.push({
        line,
        message: `has ${values.length} cells where the header has ${header.length}`,
      });
    else
      rows.push({
        line,
        cells: new Map(header.map((name, i) => [name, unguarded((values[i] ?? "").trim())])),
      });
  }
  if (rows.length === 0 && issues.length === 0)
    issues.push({ line: first.line, message: "there are no products" });
  return { rows, issues };
}
