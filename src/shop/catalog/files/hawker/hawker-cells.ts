import { BadAmount, fromDecimal } from "../../../core/money.ts";
import type { Issue, Row } from "../csv/csv-table.ts";

/** The rows of one product, a variant each. */
export type Group = readonly [Row, ...Row[]];

/** What stands in a row under a column; "" where nothing does. */
export const cell = (row: Row, column: string): string => row.cell(column);

/** The whole number of a cell; undefined where it is blank, or is none, which is then added to `issues`. */
export function integer(row: Row, column: string, issues: Issue[]): number | undefined {
  const text = cell(row, column);
  if (text === "") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  issues.push({ line: row.line, column, message: `"${text.slice(0, 40)}" is not a whole number` });
  return undefined;
}

/** The minor units of a cell's price; undefined where it is blank, or is none, which is then added to `issues`. */
export function amount(row: Row, column: string, currency: string, issues: Issue[]): number | undefined {
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

/** A text in all languages, of a column for each. */
export const localised = (row: Row, column: string) => ({
  en: cell(row, `${column}_en`),
  zh: cell(row, `${column}_zh`),
});
