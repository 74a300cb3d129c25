import MiniSearch, { type SearchOptions } from "minisearch";
import { trusted } from "mongoose";
import { getProducts, type Paging, type ProductFilter, type ProductPage, pageOf } from "./catalog.ts";
import { allCategories } from "./category.ts";
import { catalogVersion, type Product, ProductModel } from "./product.ts";

/** Longer queries are cut to so many characters. */
export const QUERY_MAX = 200;

const HAN = /\p{Script=Han}/u;
const words = new Intl.Segmenter("zh", { granularity: "word" });

// Full-width letters become plain ones and accents go, so that "Ｃafé" is "cafe".
const folded = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC")
    .toLowerCase();

const pairs = (run: string): string[] => {
  const letters = [...run];
  return letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
};

function* pieces(text: string): Generator<string> {
  for (const [run] of folded(text).matchAll(/[\p{L}\p{N}]+/gu))
    for (const [piece] of run.matchAll(/\p{Script=Han}+|[^\p{Script=Han}]+/gu)) yield piece;
}

/**
 * The terms of a text. Chinese writes no spaces, so a run of it gives its words (as `Intl.Segmenter` finds them), each
 * pair of neighbouring characters, which find words the segmenter cuts otherwise, and each single character.
 */
export function termsOf(text: string): string[] {
  const terms = [...pieces(text)].flatMap((piece) =>
    HAN.test(piece)
      ? [...Array.from(words.segment(piece), ({ segment }) => segment), ...pairs(piece), ...piece]
      : [piece],
  );
  return [...new Set(terms)];
}

/** The terms that must all be found: words, and of Chinese the pairs (a single character where it stands alone). */
const strictTermsOf = (text: string): string[] => [
  ...new Set([...pieces(text)].flatMap((p) => (HAN.test(p) && [...p].length > 1 ? pairs(p) : [p]))),
];

// Letters that may be wrong in a word. A swap of neighbours counts as two. Short words and Chinese must fit exactly.
const typos = (term: string): number =>
  HAN.test(term) || /^\d+$/.test(term) || term.length < 4 ? 0 : term.length < 6 ? 1 : 2;
const moreTypos = (term: string): number =>
  HAN.test(term) || /^\d+$/.test(term) || term.length < 3 ? 0 : term.length < 4 ? 1 : 2;

interface Entry {
  id: string;
  category: string;
  minPrice: number;
  title: string;
  tags: string;
  shelf: string;
  skus: string;
  description: string;
}

/** Products of one shop as they are searched. */
interface ShopIndex {
  index: MiniSearch<Entry>;
  /** The revision of each product in the index and the title of its category, to tell which are out of date. */
  revisions: Map<string, string>;
  version: number;
  checkedAt: number;
  /** When all products were last compared. */
  comparedAt: number;
}

// A process that dies between a change and its new version leaves the version behind; so all are compared now and then.
const COMPARE_MS = 60_000;

const both = ({ en, zh }: { en: string; zh?: string }): string => `${en} ${zh ?? ""}`;

const entryOf = (product: Product, shelves: ReadonlyMap<string, string>): Entry => ({
  id: product._id,
  category: product.category,
  minPrice: product.minPrice,
  title: both(product.title),
  tags: product.tags.join(" "),
  shelf: shelves.get(product.category) ?? "",
  skus: product.variants.map(({ sku }) => sku).join(" "),
  description: [
    both(product.description),
    ...product.options.flatMap(({ name, values }) => [both(name), ...values.map(both)]),
  ].join(" "),
});

/**
 * Finds products by what people type: in English or Chinese, by the beginning of a word, with typing mistakes.
 *
 * All words must be found at first; only if nothing has them all does any word do. The index lives in memory, one for
 * each shop, and follows the store: the version of the catalog is read at most once in `freshForMs`, and when it has
 * moved (whichever process moved it) the products that changed are read again.
 */
export class CatalogSearch {
  readonly #shops = new Map<string, Promise<ShopIndex>>();
  readonly #freshForMs: number;
  readonly #now: () => number;

  constructor({ freshForMs = 1000, now = Date.now }: { freshForMs?: number; now?: () => number } = {}) {
    this.#freshForMs = freshForMs;
    this.#now = now;
  }

  /** A page of the products on sale that fit, the best first. An empty query finds nothing. */
  async search(
    shop: string,
    query: string,
    { filters = {}, ...paging }: Paging & { filters?: ProductFilter } = {},
  ): Promise<ProductPage> {
    const { index } = await this.#fresh(shop);
    const text = query.slice(0, QUERY_MAX);
    const ids = find(index, text, filters);
    const { page, pages, size, skip } = pageOf(ids.length, paging);
    const products = await getProducts(shop, ids.slice(skip, skip + size));
    return { products, total: ids.length, page, pages };
  }

  /** Brings the index of a shop up to date now. */
  async refresh(shop: string): Promise<void> {
    await this.#fresh(shop, true);
  }

  // Refreshes of one shop wait for each other, so that an index is never changed by two at a time.
  #fresh(shop: string, force = false): Promise<ShopIndex> {
    const before = this.#shops.get(shop);
    const next = (async () => {
      // A refresh that failed has told those who waited for it; the next starts from nothing.
      const known = await before?.catch(() => undefined);
      const now = this.#now();
      if (known !== undefined && !force && now - known.checkedAt < this.#freshForMs) return known;
      return followStore(shop, known, now);
    })();
    this.#shops.set(shop, next);
    return next;
  }
}

function emptyIndex(): ShopIndex {
  const index = new MiniSearch<Entry>({
    fields: ["title", "tags", "shelf", "skus", "description"],
    storeFields: ["category", "minPrice"],
    tokenize: termsOf,
    processTerm: (term) => term,
    autoVacuum: true,
  });
  return { index, revisions: new Map(), version: -1, checkedAt: 0, comparedAt: 0 };
}

const stamp = (
  { revision, category }: Pick<Product, "revision" | "category">,
  shelves: ReadonlyMap<string, string>,
): string => `${revision} ${shelves.get(category) ?? ""}`;

async function followStore(shop: string, known: ShopIndex | undefined, now: number): Promise<ShopIndex> {
  // Read before the products: a change in between is then seen next time, not lost.
  const { version } = await catalogVersion(shop);
  const held = known ?? emptyIndex();
  if (held.version === version && now - held.comparedAt < COMPARE_MS) return { ...held, checkedAt: now };
  const { index, revisions } = held;
  const categories = await allCategories(shop);
  const shelves = new Map(categories.map(({ _id, title }) => [_id, both(title)]));
  const onSale = await ProductModel.find({ shop, status: "active" }, { revision: 1, category: 1 }).lean<
    Pick<Product, "_id" | "revision" | "category">[]
  >();
  const current = new Map(onSale.map((product) => [product._id, stamp(product, shelves)]));
  for (const id of revisions.keys())
    if (!current.has(id)) {
      index.discard(id);
      revisions.delete(id);
    }
  const stale = [...current].filter(([id, mark]) => revisions.get(id) !== mark).map(([id]) => id);
  for (let from = 0; from < stale.length; from += 500) {
    const products = await ProductModel.find({
      _id: trusted({ $in: stale.slice(from, from + 500) }),
      shop,
      status: "active",
    }).lean<Product[]>();
    for (const product of products) {
      if (index.has(product._id)) index.discard(product._id);
      index.add(entryOf(product, shelves));
      revisions.set(product._id, stamp(product, shelves));
    }
  }
  return { index, revisions, version, checkedAt: now, comparedAt: now };
}

const BOOST = { title: 4, tags: 2, shelf: 2, skus: 3, description: 1 };

function find(index: MiniSearch<Entry>, text: string, filters: ProductFilter): string[] {
  const { category, minPrice = 0, maxPrice = Number.POSITIVE_INFINITY } = filters;
  const common: SearchOptions = {
    boost: BOOST,
    prefix: (term) => HAN.test(term) || term.length > 1,
    filter: (result) =>
      (category === undefined || result.category === category) &&
      result.minPrice >= minPrice &&
      result.minPrice <= maxPrice,
  };
  const all = index.search(text, { ...common, tokenize: strictTermsOf, combineWith: "AND", fuzzy: typos });
  const found =
    all.length > 0
      ? all
      : index.search(text, { ...common, tokenize: termsOf, combineWith: "OR", fuzzy: moreTypos });
  return found.map(({ id }) => String(id));
}
