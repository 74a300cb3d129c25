import { counted, SOLD_OUT, UNTRACKED } from "../../../inventory/availability.ts";
import type { Row } from "../csv/csv-table.ts";
import type { FileStock } from "../reading.ts";
import type { Foreign } from "./foreign.ts";

const isYes = (text: string): boolean => /^(continue|true|yes|1)$/i.test(text);

/**
 * The stock of a variant in Shopify's file. A blank tracker means that nobody counts; "continue selling when out of stock", that
 * the count refuses nobody. Both are always available here.
 * https://help.shopify.com/en/manual/products/import-export/using-csv
 */
export function shopifyStock(row: Row, sku: string, foreign: Foreign): FileStock[] {
  const { line } = row;
  const { columns } = foreign.reading;
  const quantity = row.cell("variant inventory qty");
  if (isYes(row.cell("variant inventory policy"))) {
    foreign.note(row, "Variant Inventory Policy", ON_BACKORDER);
    return [{ sku, line, stock: UNTRACKED }];
  }
  if (columns.has("variant inventory tracker") && row.cell("variant inventory tracker") === "") {
    foreign.note(row, "Variant Inventory Tracker", `is blank: ${ALWAYS}`);
    return [{ sku, line, stock: UNTRACKED }];
  }
  const units = foreign.count(row, "Variant Inventory Qty");
  if (units !== undefined) return [{ sku, line, stock: counted(units) }];
  // Where there is a tracker, somebody counts, but not in this file; where the cell is no number, that is told already.
  if (quantity !== "" || columns.has("variant inventory tracker")) return [];
  return [{ sku, line, stock: UNTRACKED, ifNone: true }];
}

/**
 * The stock of a product or variation in WooCommerce's file. A blank stock means that nobody counts: `In stock?` alone decides.
 * With backorders the count refuses nobody. https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema
 */
export function wooStock(row: Row, sku: string, foreign: Foreign): FileStock[] {
  const { line } = row;
  const inStock = row.cell("in stock?").toLowerCase();
  const stock = row.cell("stock").toLowerCase();
  const backorders = row.cell("backorders allowed?");
  if (/^(0|no|false|outofstock)$/.test(inStock)) return [{ sku, line, stock: SOLD_OUT }];
  if (isYes(backorders) || /^notify$/i.test(backorders) || /^(on)?backorder$/.test(inStock)) {
    foreign.note(row, isYes(inStock) || inStock === "" ? "Backorders allowed?" : "In stock?", ON_BACKORDER);
    return [{ sku, line, stock: UNTRACKED }];
  }
  if (stock === "parent") {
    foreign.note(
      row,
      "Stock",
      "is counted at the parent, for all its variations together; set a stock for each",
    );
    return [];
  }
  if (stock !== "") {
    const units = foreign.count(row, "Stock");
    return units === undefined ? [] : [{ sku, line, stock: counted(units) }];
  }
  if (inStock === "") return [{ sku, line, stock: UNTRACKED, ifNone: true }];
  foreign.note(row, "Stock", `is blank: ${ALWAYS}`);
  return [{ sku, line, stock: UNTRACKED }];
}

const ALWAYS = "nobody counts it, so it is always available";
const ON_BACKORDER = "it is sold beyond what is there, so it is always available and not counted";
