import { CsvError, parse } from "csv-parse";
import { dialectOf } from "./csv-dialect.ts";
import type { Issue } from "./csv-table.ts";
import { type Bytes, lineOf, NotText, textBlocks } from "./text-blocks.ts";

/** One row as it stands in the file, and the line it starts on. */
export interface RawRow {
  line: number;
  values: string[];
}

/** The most bytes of a row, and so of a cell: a hundred times what a full description takes. */
export const ROW_BYTES = 1_000_000;

/** The most columns: WooCommerce writes one for each attribute and each field of a plugin. */
const COLUMNS = 5000;

/** How much of the file is looked at to tell how it parts its cells. */
const BEGINNING = 64 * 1024;

/**
 * The rows of a CSV file as they are read. A row that is longer than `ROW_BYTES` ends the reading there, so that no more
 * than that and a block of the file are ever kept, whatever is inside.
 *
 * @param known whether a cell of the header names a column; helps to tell the sign between cells
 */
export async function* csvRecords(
  source: Bytes,
  issues: Issue[],
  notes: Issue[],
  known?: (name: string) => boolean,
): AsyncGenerator<RawRow[], void> {
  let reader: Records | undefined;
  try {
    let beginning: Buffer[] = [];
    let size = 0;
    for await (const block of textBlocks(source, (line) => notes.push(legacyNote(line)))) {
      if (reader === undefined) {
        beginning.push(block);
        size += block.length;
        if (size < BEGINNING) continue;
      }
      reader ??= new Records(Buffer.concat(beginning).toString("utf8"), known);
      const rows = await reader.take(beginning.length > 0 ? Buffer.concat(beginning) : block);
      beginning = [];
      if (rows.length > 0) yield rows;
    }
    const start = Buffer.concat(beginning);
    reader ??= new Records(start.toString("utf8"), known);
    const rows = [...(await reader.take(start)), ...(await reader.end())];
    if (rows.length > 0) yield rows;
  } catch (error) {
    if (error instanceof NotText) {
      // What was read so far is no table either.
      issues.splice(0, issues.length, { line: error.line, message: error.message });
      return;
    }
    if (!(error instanceof CsvError) && !(error instanceof RowTooLong)) throw error;
    issues.push({ line: reader?.line ?? 1, message: fault(error.code) });
    const sound = reader?.taken() ?? [];
    if (sound.length > 0) yield sound;
  } finally {
    reader?.close();
  }
}

const legacyNote = (line: number): Issue => ({
  line,
  message:
    "the file is not UTF-8 and is read as Windows-1252; if letters come out wrong, save it as CSV UTF-8",
});

class RowTooLong extends Error {
  readonly code = "CSV_MAX_RECORD_SIZE";
}

/** csv-parse, fed block by block. It counts lines differently inside quotes, so they are counted here by its bytes. */
class Records {
  readonly #parser: ReturnType<typeof parse>;
  /** Bytes of the line before the header, which are cut off. */
  #preface: number;
  #rows: RawRow[] = [];
  /** What was read since the last whole record, and where in the file it begins. */
  #window: Buffer = Buffer.alloc(0);
  #base = 0;
  /** Where the last record ended. */
  #end = 0;
  #line: number;

  constructor(beginning: string, known: ((name: string) => boolean) | undefined) {
    const { delimiter, preface } = dialectOf(beginning, known);
    this.#preface = Buffer.byteLength(preface);
    this.#line = preface === "" ? 1 : 2;
    this.#parser = parse({
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      // Counts the characters of cells, but not that there are cells: a row of nothing but commas is unbounded for it.
      max_record_size: ROW_BYTES,
      record_delimiter: ["\r\n", "\n", "\r"],
      on_record: (record: string[], read) => {
        const from = this.#end - this.#base;
        if (read.bytes - this.#end > 2 * ROW_BYTES || record.length > COLUMNS) throw new RowTooLong();
        this.#rows.push({ line: this.line, values: record });
        this.#line += lineOf(this.#window.subarray(from, read.bytes - this.#base)) - 1;
        this.#end = read.bytes;
        return null;
      },
      // Who writes to it is told of the error as well.
    }).on("error", () => {});
  }

  /** The line of the row that is being read. */
  get line(): number {
    const from = this.#end - this.#base;
    let at = from;
    while (this.#window[at] === 10 || this.#window[at] === 13) at += 1;
    return this.#line + lineOf(this.#window.subarray(from, at)) - 1;
  }

  /** The rows that this block completes. @throws {CsvError | RowTooLong} */
  async take(block: Buffer): Promise<RawRow[]> {
    const bytes = block.subarray(this.#preface);
    this.#preface = 0;
    if (bytes.length === 0) return [];
    this.#window = Buffer.concat([this.#window.subarray(this.#end - this.#base), bytes]);
    this.#base = this.#end;
    await this.#feed(bytes);
    this.#passBlankLines();
    // The parser looks at no more than a cell: a row may be of cells without end.
    if (this.#base + this.#window.length - this.#end > ROW_BYTES + BEGINNING) throw new RowTooLong();
    return this.taken();
  }

  /** Blank lines before a row are not part of it, and need not be kept. */
  #passBlankLines(): void {
    const from = this.#end - this.#base;
    let at = from;
    while (this.#window[at] === 10 || this.#window[at] === 13) at += 1;
    // Its LF may still be to come.
    if (at > from && this.#window[at - 1] === 13) at -= 1;
    this.#line += lineOf(this.#window.subarray(from, at)) - 1;
    this.#end += at - from;
  }

  /** What the end of the file completes. @throws {CsvError | RowTooLong} */
  async end(): Promise<RawRow[]> {
    await this.#feed();
    return this.taken();
  }

  /** The rows that were completed and not taken yet. */
  taken(): RawRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  close(): void {
    this.#parser.destroy();
  }

  #feed(block?: Buffer): Promise<void> {
    const parser = this.#parser;
    return new Promise((resolve, reject) => {
      const settle = (error?: Error | null) => {
        parser.off("error", settle);
        if (error) reject(error);
        else resolve();
      };
      parser.once("error", settle);
      if (block === undefined) {
        parser.once("end", () => settle());
        parser.resume();
        parser.end();
      } else parser.write(block, settle);
    });
  }
}

const fault = (code: string): string =>
  code === "CSV_QUOTE_NOT_CLOSED"
    ? "a cell that starts here has no closing quote"
    : code === "CSV_MAX_RECORD_SIZE"
      ? "the row is too long; is a quote missing?"
      : 'has a stray quote; write a quote inside a quoted cell twice ("")';
