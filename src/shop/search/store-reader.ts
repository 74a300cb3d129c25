import { trusted } from "mongoose";
import { catalogChangesHere, catalogVersion } from "../catalog/catalog-version.ts";
import { allCategories } from "../catalog/category.ts";
import { type Product, ProductModel } from "../catalog/product.ts";
import { both, entryOf, SEARCHED_FIELDS } from "./search-entry.ts";
import type { ShopIndex } from "./shop-index.ts";

// A process that dies between a change and its new version leaves the version behind; so changes are asked for anyway.
const COMPARE_MS = 60_000;
// Two processes' clocks may differ, and a change is seen some time after the moment it is dated to.
const OVERLAP_MS = 10_000;
const LONG_OVERLAP_MS = 180_000;
/** So many products are read at a time; indexing them takes some ten milliseconds. */
const BATCH = 100;
/** A search waits for fewer changes than these to be read. */
const SHORT = 2000;

/** Lets everything else that waits have its turn. */
const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Brings one index up to what the store has. */
export class StoreReader {
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

  /** Reads what has changed, `now` by the clock of the index, and resolves when the index has it. */
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
      const products = await ProductModel.find(
        { shop: this.#shop, slug: trusted({ $gt: last }) },
        SEARCHED_FIELDS,
      )
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
      put(this.#held, await ProductModel.find(filter, SEARCHED_FIELDS).lean<Product[]>());
      await rest();
      this.#closing.throwIfAborted();
    }
  }
}

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
