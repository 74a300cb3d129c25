import {
  getProducts,
  type Paging,
  type ProductFilter,
  type ProductPage,
  pageOf,
} from "../catalog/catalog.ts";
import { catalogChangesHere } from "../catalog/catalog-version.ts";
import { type Category, getCategory, listCategories, type Shelf } from "../catalog/category.ts";
import { priceSteps } from "../catalog/price-steps.ts";
import type { SearchIndex } from "./search-index.ts";
import { emptyIndex, type ShopIndex } from "./shop-index.ts";
import { StoreReader } from "./store-reader.ts";

/** Longer queries are cut to so many characters. */
export const QUERY_MAX = 200;

/** What was found. */
export interface SearchPage extends ProductPage {
  /** False while the index is still being made: there may be more than was found. */
  readonly complete: boolean;
}

/** How far the index of a shop is. */
export interface IndexState {
  /** Products that can be found. */
  readonly products: number;
  /** Whether that is all of them. */
  readonly complete: boolean;
}

/** One bringing up to date. */
interface Reading {
  readonly done: Promise<void>;
  /** Resolves when it is done, or takes so long that nobody should wait for it. */
  readonly awaited: Promise<unknown>;
}

/** Until the index is complete, a count in the store ends here. */
const MANY = 100;

/**
 * Finds products by what people type: in English or Chinese, by the beginning of a word, with typing mistakes.
 *
 * All words must be found at first; only if nothing has them all does any word do. The index lives in memory, one for
 * each shop, and follows the store: the version of the catalog is read at most once in `freshForMs`, and when it has
 * moved (whichever process moved it) the products that changed are read again. A large catalog is read a little at a time,
 * while searches find what is there so far.
 */
export class CatalogSearch {
  readonly #shops = new Map<string, ShopIndex>();
  /** The reading of each shop that is under way. */
  readonly #readings = new Map<string, Reading>();
  readonly #freshForMs: number;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;
  readonly #closing = new AbortController();

  /** @param options.onError is told when reading in the background fails; the next search tries again */
  constructor({
    freshForMs = 1000,
    now = Date.now,
    onError = () => {},
  }: { freshForMs?: number; now?: () => number; onError?: (error: unknown) => void } = {}) {
    this.#freshForMs = freshForMs;
    this.#now = now;
    this.#onError = onError;
  }

  /** A page of the products on sale that fit, the best first. An empty query finds nothing. */
  async search(
    shop: string,
    query: string,
    { filters = {}, ...paging }: Paging & { filters?: ProductFilter } = {},
  ): Promise<SearchPage> {
    await this.#fresh(shop).awaited;
    const { complete } = this.state(shop);
    const hits = this.#indexOf(shop).search(query.slice(0, QUERY_MAX), filters);
    const { page, pages, size, skip } = pageOf(hits.total, paging);
    const products = await getProducts(shop, hits.ids(skip, skip + size), new Date(this.#now()));
    return { products, total: hits.total, page, pages, complete };
  }

  /** How many products on sale pass a filter. Undefined while the index is not complete: the store should count then. */
  async count(shop: string, filter: ProductFilter): Promise<number | undefined> {
    await this.#fresh(shop).awaited;
    return this.state(shop).complete ? this.#indexOf(shop).count(filter) : undefined;
  }

  /**
   * Round prices that part a category, for "up to …" (`priceSteps`): at the prices of now, of the products that the index has so
   * far. Worked out once until something changes.
   */
  async priceSteps(shop: string, category: string): Promise<readonly number[]> {
    await this.#fresh(shop).awaited;
    const index = this.#indexOf(shop);
    const { steps } = this.#of(shop);
    const known = steps.get(category);
    if (known?.changes === index.changes) return known.steps;
    const made = { changes: index.changes, steps: priceSteps(index.prices(category)) };
    steps.set(category, made);
    return made.steps;
  }

  /**
   * The categories in their order, each with the number of products on sale; those with none are left out. They are
   * counted in the index, and until it is complete, in the store up to `MANY`.
   */
  async categories(shop: string): Promise<Shelf[]> {
    await this.#fresh(shop).awaited;
    if (!this.state(shop).complete) return listCategories(shop, MANY);
    const { index, categories } = this.#of(shop);
    return categories
      .map((category) => ({ ...category, products: index.count({ category: category._id }) }))
      .filter((shelf) => shelf.products > 0);
  }

  /** The category of this id, or null; from memory like the others, from the store until the index is complete. */
  async category(shop: string, id: string): Promise<Category | null> {
    await this.#fresh(shop).awaited;
    if (!this.state(shop).complete) return getCategory(shop, id);
    return this.#of(shop).categories.find(({ _id }) => _id === id) ?? null;
  }

  /** Ends the reading that is under way. Call it before the store is closed. */
  async stop(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([...this.#readings.values()].map(({ done }) => done));
  }

  /** Brings the index of a shop up to date now, however long that takes. */
  async refresh(shop: string): Promise<void> {
    await this.#fresh(shop, true).done;
  }

  /** How far the index of a shop is. */
  state(shop: string): IndexState {
    const { index, version } = this.#of(shop);
    return { products: index.size, complete: version !== undefined };
  }

  #of(shop: string): ShopIndex {
    const known = this.#shops.get(shop);
    if (known !== undefined) return known;
    const made = emptyIndex();
    this.#shops.set(shop, made);
    return made;
  }

  /** The index at the prices of now. */
  #indexOf(shop: string): SearchIndex {
    const { index } = this.#of(shop);
    index.moveTo(this.#now());
    return index;
  }

  // One reading of a shop at a time, so that an index is never changed by two.
  #fresh(shop: string, force = false): Reading {
    const held = this.#of(shop);
    const now = this.#now();
    const known = held.changesHere === catalogChangesHere(shop);
    const underWay = this.#readings.get(shop);
    if (underWay !== undefined && !force) return underWay;
    if (!force && known && now - held.checkedAt < this.#freshForMs) return SETTLED;
    const before = underWay?.done.catch(() => {});
    let long = (_: unknown): void => {};
    const takesLong = new Promise((resolve) => {
      long = resolve;
    });
    const done = (async () => {
      await before;
      const read = new StoreReader(shop, held, this.#closing.signal, () => long(undefined));
      await read.follow(now);
    })();
    const awaited = Promise.race([done, takesLong]);
    // Whoever waits is told of a failure, and so is `onError`; nobody need wait.
    awaited.catch(() => {});
    const reading: Reading = { done, awaited };
    this.#readings.set(shop, reading);
    const settle = () => {
      if (this.#readings.get(shop) === reading) this.#readings.delete(shop);
    };
    done.then(settle, (error: unknown) => {
      settle();
      if (!this.#closing.signal.aborted) this.#onError(error);
    });
    return reading;
  }
}

const SETTLED: Reading = { done: Promise.resolve(), awaited: Promise.resolve() };
