import { columnFinder } from "../csv/column-names.ts";
import type { Issue, Row } from "../csv/csv-table.ts";
import type { FileProduct, Format } from "../reading.ts";
import { noteCategory } from "./hawker-category.ts";
import { cell, type Group } from "./hawker-cells.ts";
import { COLUMNS, PRODUCT_COLUMNS, REQUIRED } from "./hawker-columns.ts";
import { readProduct } from "./hawker-product.ts";

/** Hawker's own format: one row a variant, the rows of a product together. docs/import.md describes it. */
export const hawkerFormat: Format = {
  name: "hawker",
  title: "Hawker's own",
  columns: { handle: "handle", sku: "sku", stock: "stock", images: "images" },
  required: new Map(REQUIRED.map((column) => [column, column])),
  column: columnFinder(Object.fromEntries(COLUMNS.map((column) => [column, []]))),
  strict: true,
  oneLanguage: false,
  reader: (reading) => {
    let group: [Row, ...Row[]] | undefined;
    const complete = (): FileProduct[] => {
      if (group === undefined) return [];
      const [first] = group;
      reading.names.handle(cell(first, "handle"), first.line);
      for (const row of group) if (cell(row, "sku") !== "") reading.names.sku(cell(row, "sku"), row.line);
      reading.issues.push(...strayFields(group), ...noteCategory(first, reading));
      const { product, stock, issues } = readProduct(group, reading);
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
