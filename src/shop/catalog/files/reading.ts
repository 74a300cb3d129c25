import type { Localised } from "../../core/localised-text.ts";
import type { Availability } from "../../inventory/availability.ts";
import type { ProductInput } from "../product.ts";
import { productSchema } from "../product-schema.ts";
import type { Issue, Row } from "./csv/csv-table.ts";
import type { NumberColumns, NumberKind } from "./csv/number-columns.ts";
import { fitProduct } from "./fit-product.ts";
import { plainFault } from "./plain-faults.ts";

/** Stands before the name of a picture's file where an id will be, in the products of a file. */
export const FILE_MARK = "file:";

/** A product as a file describes it. Its `category` is a slug; a picture beside the file is `media: "file:<name>"`. */
export interface FileProduct {
  /** Where it begins. */
  line: number;
  product: Omit<ProductInput, "shop" | "_id">;
  stock: FileStock[];
  /** The lines of its variants, in their order. */
  lines: number[];
}

/** What a file says of the stock of a SKU. */
export interface FileStock {
  readonly sku: string;
  readonly line: number;
  readonly stock: Availability;
  /** Whether it holds only where the shop has no stock of it: the file says nothing, and this is what its system does then. */
  readonly ifNone?: boolean;
}

/** A category as a file describes it; without a title it must be known already. */
export interface FileCategory {
  line: number;
  slug: string;
  title?: Localised;
  position?: number;
}

/** What a reader knows and where it tells what it finds. */
export interface Reading {
  /** ISO 4217, of the shop. */
  readonly currency: string;
  /** IANA, of the shop: the days of a file are days there. */
  readonly zone: string;
  /** The categories that are there already. */
  readonly shelves: readonly { slug: string; title: Localised }[];
  /** What must be put right before anything is imported. */
  readonly issues: Issue[];
  /** What is imported otherwise than written, or not at all. */
  readonly notes: Issue[];
  /** The categories the file names, by slug. */
  readonly categories: Map<string, FileCategory>;
  readonly names: Names;
  /** The columns the file has, by the names the reader uses. */
  readonly columns: ReadonlySet<string>;
  /** How the numbers of the file are written; complete before the first row is read. */
  readonly numbers: NumberColumns;
}

/** The handles and SKUs of a file: each may be there once. */
export class Names {
  readonly #handles = new Map<string, number>();
  readonly #skus = new Map<string, number>();
  readonly #columns: Format["columns"];
  readonly #issues: Issue[];

  constructor({ columns }: Format, issues: Issue[]) {
    this.#columns = columns;
    this.#issues = issues;
  }

  /** Notes the handle of a product that begins on a line. */
  handle(slug: string, line: number): void {
    const other = this.#handles.get(slug);
    const message = `the rows of ${slug} must be together; others begin on line ${other}`;
    if (other !== undefined) this.#issues.push({ line, column: this.#columns.handle, message });
    this.#handles.set(slug, line);
  }

  /** Notes the SKU of a variant on a line. */
  sku(sku: string, line: number): void {
    const other = this.#skus.get(sku);
    if (other === undefined) this.#skus.set(sku, line);
    else
      this.#issues.push({ line, column: this.#columns.sku, message: `${sku} is on line ${other} already` });
  }
}

/** Turns the rows of a file into products. Rows come in order; a product is answered as soon as it is complete. */
export interface RowReader {
  /** Is shown each row before the first is taken, where the rows are kept meanwhile. */
  foresee?(row: Row): void;
  take(row: Row): FileProduct[];
  /** What is left when the last row was taken. */
  end(): FileProduct[];
}

/** A kind of catalog file, told by its header. */
export interface Format {
  /** How it is called on the command line. */
  readonly name: "hawker" | "shopify" | "woocommerce";
  readonly title: string;
  /** The columns of the handle (or name) and of the SKU, as merchants see them. */
  readonly columns: {
    readonly handle: string;
    readonly sku: string;
    readonly stock: string;
    readonly images: string;
  };
  /** Columns that must be there, by the names the reader uses, each as merchants know it. */
  readonly required: ReadonlyMap<string, string>;
  /** The column that a name in the header means, by the name the reader uses, if the reader uses it. */
  column(name: string): string | undefined;
  /** What the numbers of a column are, where how they are written is decided by the whole column. */
  number?(column: string): NumberKind | undefined;
  /** Whether a column that is not read makes the file be refused (a slip, in our own format) or is passed over. */
  readonly strict: boolean;
  /** Whether the file has one language only, so that translations stay as they are. */
  readonly oneLanguage: boolean;
  reader(reading: Reading): RowReader;
}

/** Where in the file a field of a product stands. */
export type Locate = (path: readonly string[]) => { line: number; column?: string };

/**
 * The product if it can be kept: what is longer or more than fits is cut and noted. Else its faults, at their places,
 * unless something is told of that place already; none where it is left out, which is noted.
 */
export function validProduct(
  candidate: Omit<ProductInput, "shop" | "_id">,
  locate: Locate,
  told: readonly Issue[],
  reading: Pick<Reading, "notes" | "currency">,
): { product: FileProduct["product"] } | { faults: Issue[] } {
  const fitting = fitProduct(candidate, reading.currency, (path, message) =>
    reading.notes.push({ ...locate(path), message }),
  );
  if (fitting === null) return { faults: [] };
  const valid = productSchema.safeParse({ ...fitting, shop: "" });
  if (valid.success) {
    const { shop: _, ...product } = valid.data;
    return { product };
  }
  const known = new Set(told.map(({ line, column }) => `${line} ${column}`));
  const faults = valid.error.issues
    .map((issue): Issue => {
      const path = issue.path.map(String);
      const message = plainFault(issue);
      const picture = path[0] === "images" && path[1] !== undefined ? `picture ${Number(path[1]) + 1} ` : "";
      return { ...locate(path), message: `${picture}${message}` };
    })
    .filter(({ line, column }) => !known.has(`${line} ${column}`));
  return { faults };
}
