import type { CatalogVersion } from "../catalog/catalog-version.ts";
import type { Category } from "../catalog/category.ts";
import { SearchIndex } from "./search-index.ts";

/** Products of one shop as they are searched, and how far they follow the store. */
export interface ShopIndex {
  readonly index: SearchIndex;
  /** The categories in their order, as they were read with the version. */
  categories: readonly Category[];
  /** Titles of the categories as they were read into the index. */
  shelves: Map<string, string>;
  /** Price steps of categories, and the count of changes at which they were worked out. */
  readonly steps: Map<string, { readonly changes: number; readonly steps: readonly number[] }>;
  version: CatalogVersion | undefined;
  /** The changes that this process had made when the version was read. */
  changesHere: number;
  /** When the version was read, by the clock. */
  checkedAt: number;
  /** When changes were last asked for though the version had not moved. */
  comparedAt: number;
  /** The latest change that was seen, by the store's clock. */
  changedAt: number;
}

/** The index of a shop that nothing was read into yet. */
export const emptyIndex = (): ShopIndex => ({
  index: new SearchIndex(),
  categories: [],
  shelves: new Map(),
  steps: new Map(),
  version: undefined,
  changesHere: 0,
  checkedAt: Number.NEGATIVE_INFINITY,
  comparedAt: Number.NEGATIVE_INFINITY,
  changedAt: 0,
});
