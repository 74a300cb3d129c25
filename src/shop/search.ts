import { trusted } from "mongoose";
import { getProducts, type Paging, type ProductFilter, type ProductPage, pageOf } from "./catalog.ts";
import { type CatalogVersion, catalogChangesHere, catalogVersion } from "./catalog-version.ts";
import { allCategories, type Category, getCategory, listCategories, type Shelf } from "./category.ts";
import { type Product, ProductModel } from "./product.ts";
import { textOfHtml } from "./rich-description.ts";
import { type Entry, SearchIndex } from "./search-index.ts";
import type { Localised } from "./shop.ts";

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

/** Products of one shop as they are searched, and how far they follow the store. */
interface ShopIndex {
  readonly index: SearchIndex;
  /** The categories in their order, as they were read with the version. */
  categories: readonly Category[];
  /** Titles of the categories as they were read into the index. */
  shelves: Map<string, string>;
  version: CatalogVersion | undefined;
  /** The changes that this process had made when the version was read. */
  changesHere: number;
  /** When the version was read, by the clock. */
  checkedAt: number;
  /** When changes were last asked for though the version had not moved. */
  comparedAt: number;
  /** The latest change that was seen, by the store's clock. */
  changedAt: number;
  /** The reading that is under way. */
  reading: Reading | undefined;
}

/** One bringing up to date. */
interface Reading {
  readonly done: Promise<void>;
  /** Resolves when it is done, or takes so long that nobody should wait for it. */
  readonly awaited: Promise<unknown>;
}

// A process that dies between a change and its new version leaves the version behind; so changes are asked for anyway.
const COMPARE_MS = 60_000;
// Two processes' clocks may differ, and a change is seen some time after the moment it is dated to.
const OVERLAP_MS = 10_000;
const LONG_OVERLAP_MS = 180_000;
/** So many products are read at a time; indexing them takes some ten milliseconds. */
const BATCH = 100;
/** A search waits for fewer changes than these to be read. */
const SHORT = 2000;
/** Until the index is complete, a count in the store ends here. */
const MANY = 100;

const both = ({ en, zh }: Localised): string => `${en} ${zh ?? ""}`;

const FIELDS = {
  slug: 1,
  title: 1,
  description: 1,
  descriptionFormat: 1,
  category: 1,
  tags: 1,
  options: 1,
  "variants.sku": 1,
  minPrice: 1,
  status: 1,
  revision: 1,
  updatedAt: 1,
} as const;

function entryOf(product: Product, shelves: ReadonlyMap<string, string>): Entry {
  const { _id: id, category, minPrice, revision, title, tags, variants, description, options } = product;
  const plain = product.descriptionFormat === "html" ? textOfHtml : (text: string) => text;
  return {
    id,
    category,
    minPrice,
    revision,
    texts: [
      { boost: 4, text: both(title) },
      { boost: 2, text: tags.join(" ") },
      { boost: 2, text: shelves.get(category) ?? "" },
      { boost: 3, text: variants.map(({ sku }) => sku).join(" ") },
      {
        boost: 1,
        text: [
          plain(description.en),
          plain(description.zh ?? ""),
          ...options.flatMap(({ name, values }) => [both(name), ...values.map(both)]),
        ].join(" "),
      },
    ],
  };
}

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
    const hits = this.#of(shop).index.search(query.slice(0, QUERY_MAX), filters);
    const { page, pages, size, skip } = pageOf(hits.total, paging);
    const products = await getProducts(shop, hits.ids(skip, skip + size));
    return { products, total: hits.total, page, pages, complete };
  }

  /** How many products on sale pass a filter. Undefined while the index is not complete: the store should count then. */
  async count(shop: string, filter: ProductFilter): Promise<number | undefined> {
    await this.#fresh(shop).awaited;
    return this.state(shop).complete ? this.#of(shop).index.count(filter) : undefined;
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
    await Promise.allSettled([...this.#shops.values()].map(({ reading }) => reading?.done));
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
    const made: ShopIndex = {
      index: new SearchIndex(),
      categories: [],
      shelves: new Map(),
      version: undefined,
      changesHere: 0,
      checkedAt: Number.NEGATIVE_INFINITY,
      comparedAt: Number.NEGATIVE_INFINITY,
      changedAt: 0,
      reading: undefined,
    };
    this.#shops.set(shop, made);
    return made;
  }

  // One reading of a shop at a time, so that an index is never changed by two.
  #fresh(shop: string, force = false): Reading {
    const held = this.#of(shop);
    const now = this.#now();
    const known = held.changesHere === catalogChangesHere(shop);
    if (held.reading !== undefined && !force) return held.reading;
    if (!force && known && now - held.checkedAt < this.#freshForMs) return SETTLED;
    const before = held.reading?.done.catch(() => {});
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
    held.reading = reading;
    const settle = () => {
      if (held.reading === reading) held.reading = undefined;
    };
    done.then(settle, (error: unknown) => {
      settle();
      if (!this.#closing.signal.aborted) this.#onError(error);
    });
    return reading;
  }
}

const SETTLED: Reading = { done: Promise.resolve(), awaited: Promise.resolve() };

/** Lets everything else that waits have its turn. */
const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The categories whose titles are not those in the index. */
async function renamedShelves(shop: string, held: ShopIndex): Promise<ReadonlySet<string>> {
  const categories = await allCategories(shop);
  const shelves = new Map(categories.map(({ _id, title }) => [_id, both(title)]));
  const changed = [...shelves].filter(([id, title]) => held.shelves.get(id) !== title).map(([id]) => id);
  held.categories = categories;
  held.shelves = shelves;
  return new Set(changed);
}

/** Puts products as they were read into the index, or takes them out. */
function put(held: ShopIndex, products: readonly Product[]): void {
  for (const product of products) {
    if (product.status === "active") held.index.add(entryOf(product, held.shelves));
    else held.index.remove(product._id);
    // Not later than now: a clock that is ahead must not hide what others change.
    held.changedAt = Math.max(held.changedAt, Math.min(product.updatedAt.getTime(), Date.now()));
  }
}

/** Brings one index up to what the store has. */
class StoreReader {
  readonly #shop: string;
  readonly #held: ShopIndex;
  readonly #closing: AbortSignal;
  readonly #long: () => void;

  /** @param long is called when it will take so long that nobody should wait for it */
  constructor(shop: string, held: ShopIndex, closing: AbortSignal, long: () => void) {
    this.#shop = shop;
    this.#held = held;
    this.#closing = closing;
    this.#long = long;
  }

  async follow(now: number): Promise<void> {
    const held = this.#held;
    // Read before the products: a change in between is then seen next time, not lost.
    const changes = catalogChangesHere(this.#shop);
    const version = await catalogVersion(this.#shop);
    const moved = held.version?.version !== version.version;
    const due = now - held.comparedAt >= COMPARE_MS;
    const began = Date.now();
    if (moved || due) {
      const renamed = await renamedShelves(this.#shop, held);
      if (held.version === undefined || held.version.wholly !== version.wholly) await this.#readAll();
      else await this.#readChanges(due ? LONG_OVERLAP_MS : OVERLAP_MS);
      if (renamed.size > 0 && held.version !== undefined) await this.#read(held.index.inCategories(renamed));
      // What changed while this was being read may have been read before its change.
      held.changedAt = Math.min(held.changedAt, began);
      await held.index.tidy(rest);
      held.comparedAt = now;
    }
    held.version = version;
    held.changesHere = changes;
    held.checkedAt = now;
  }

  /** The whole catalog, by its handles; what is no longer there is forgotten. */
  async #readAll(): Promise<void> {
    const { index } = this.#held;
    const left = new Set(index.ids());
    let read = 0;
    for (let last = ""; ; ) {
      const products = await ProductModel.find({ shop: this.#shop, slug: trusted({ $gt: last }) }, FIELDS)
        .sort({ slug: 1 })
        .limit(BATCH)
        .lean<Product[]>();
      put(
        this.#held,
        products.filter(({ _id, revision }) => index.revisionOf(_id) !== revision),
      );
      for (const { _id, status } of products) if (status === "active") left.delete(_id);
      read += products.length;
      if (read >= SHORT) this.#long();
      if (products.length < BATCH) break;
      last = products.at(-1)?.slug ?? last;
      await rest();
      this.#closing.throwIfAborted();
    }
    for (const id of left) index.remove(id);
  }

  /** What has changed since the last change that was seen. */
  async #readChanges(overlap: number): Promise<void> {
    const { index, changedAt } = this.#held;
    const changed = await ProductModel.find(
      { shop: this.#shop, updatedAt: trusted({ $gte: new Date(changedAt - overlap) }) },
      { revision: 1, status: 1 },
    ).lean<Pick<Product, "_id" | "revision" | "status">[]>();
    const isStale = ({ _id, revision, status }: (typeof changed)[number]) =>
      index.revisionOf(_id) !== (status === "active" ? revision : undefined);
    await this.#read(changed.filter(isStale).map(({ _id }) => _id));
  }

  async #read(ids: readonly string[]): Promise<void> {
    if (ids.length >= SHORT) this.#long();
    for (let from = 0; from < ids.length; from += BATCH) {
      const $in = ids.slice(from, from + BATCH);
      const filter = { _id: trusted({ $in }), shop: this.#shop };
      put(this.#held, await ProductModel.find(filter, FIELDS).lean<Product[]>());
      await rest();
      this.#closing.throwIfAborted();
    }
  }
}
