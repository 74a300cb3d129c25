import type { PriceFrom } from "../catalog/offer.ts";
import { DOCUMENTS_MAX, Postings } from "./postings.ts";
import { type Expansion, expanded } from "./search-expansion.ts";
import { type QueryTerm, queryOf, termsOf } from "./search-terms.ts";
import { Vocabulary } from "./vocabulary.ts";

/** A product as it is searched. */
export interface Entry {
  readonly id: string;
  /** Id of its category. */
  readonly category: string;
  /** Its lowest price at all times, in minor units. */
  readonly prices: readonly PriceFrom[];
  readonly revision: number;
  /** Texts by how much a word in them counts. */
  readonly texts: readonly { readonly boost: number; readonly text: string }[];
}

/** What narrows a search; prices in minor units, both ends included. */
export interface EntryFilter {
  readonly category?: string | undefined;
  readonly minPrice?: number | undefined;
  readonly maxPrice?: number | undefined;
}

/** What was found, the best first. */
export interface Hits {
  readonly total: number;
  ids(from: number, to: number): string[];
}

/**
 * An inverted index of products in memory: for each term the products that have it, as typed arrays, beside typed arrays of
 * what is filtered by. A hundred thousand products take some hundred megabytes, and no query visits more than the lists of its
 * words. The order follows tf-idf: words that few products have count more, and so do words of short texts and of the
 * title. (Manning, Raghavan, Schütze: Introduction to Information Retrieval, chapters 1, 3 and 6.)
 */
export class SearchIndex {
  readonly #postings = new Postings();
  readonly #vocabulary = new Vocabulary();
  readonly #documents = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #free: number[] = [];
  readonly #categories = new Map<string, number>();
  readonly #counts: number[] = [];
  #category = new Int32Array(1024).fill(-1); // -1: the document is gone
  #price = new Float64Array(1024); // as of the last `moveTo`
  #revision = new Uint32Array(1024);
  /** What will cost something else, or has before: few of all. */
  readonly #changing = new Map<number, readonly PriceFrom[]>();
  #now = Number.NEGATIVE_INFINITY;
  /** No price changes before this, nor after `#now`. */
  #nextChange = Number.POSITIVE_INFINITY;
  #changes = 0;
  #gone = 0;
  #sweeping = false;
  // Scratch of a search, all zero in between.
  #score = new Float64Array(1024);
  #last = new Float64Array(1024);
  #mark = new Uint8Array(1024);
  #matched = new Uint8Array(1024);

  /** How many products there are. */
  get size(): number {
    return this.#documents.size;
  }

  /** Counts the changes of products and prices: what was worked out at another count is old. */
  get changes(): number {
    return this.#changes;
  }

  /** The price of each product of a category, in no order. */
  prices(category: string): number[] {
    const number = this.#categories.get(category);
    if (number === undefined) return [];
    const prices: number[] = [];
    for (let document = 0; document < this.#ids.length; document += 1)
      if (this.#category[document] === number) prices.push(this.#price[document] as number);
    return prices;
  }

  /** The ids of all products. */
  ids(): Iterable<string> {
    return this.#documents.keys();
  }

  /** The revision of a product as it was added; undefined if it is not here. */
  revisionOf(id: string): number | undefined {
    const document = this.#documents.get(id);
    return document === undefined ? undefined : this.#revision[document];
  }

  /** The products of some categories. */
  inCategories(categories: ReadonlySet<string>): string[] {
    const numbers = new Set([...categories].map((category) => this.#categories.get(category)));
    return [...this.#documents].flatMap(([id, document]) =>
      numbers.has(this.#category[document]) ? [id] : [],
    );
  }

  /**
   * Brings the prices to a moment, in milliseconds of the epoch. Costs nothing while no sale begins or ends; then the products
   * that have one are looked at, not the others.
   */
  moveTo(now: number): void {
    const back = now < this.#now;
    this.#now = now;
    if (!back && now < this.#nextChange) return;
    this.#nextChange = Number.POSITIVE_INFINITY;
    this.#changes += 1;
    for (const [document, prices] of this.#changing) this.#setPrice(document, prices);
  }

  #setPrice(document: number, prices: readonly PriceFrom[]): void {
    for (const { from, price } of prices) {
      if (from > this.#now) {
        this.#nextChange = Math.min(this.#nextChange, from);
        return;
      }
      this.#price[document] = price;
    }
  }

  /** How many products pass a filter. */
  count({ category, minPrice = 0, maxPrice = Number.POSITIVE_INFINITY }: EntryFilter): number {
    const number = category === undefined ? undefined : (this.#categories.get(category) ?? -2);
    if (minPrice <= 0 && maxPrice === Number.POSITIVE_INFINITY)
      return number === undefined ? this.size : (this.#counts[number] ?? 0);
    let count = 0;
    for (let document = 0; document < this.#ids.length; document += 1) {
      const own = this.#category[document] as number;
      const price = this.#price[document] as number;
      if (own >= 0 && (number === undefined || own === number) && price >= minPrice && price <= maxPrice)
        count += 1;
    }
    return count;
  }

  /** Adds a product, or replaces it. */
  add({ id, category, prices, revision, texts }: Entry): void {
    this.remove(id);
    this.#changes += 1;
    const document = this.#free.pop() ?? this.#ids.length;
    if (document >= DOCUMENTS_MAX) throw new RangeError(`an index holds at most ${DOCUMENTS_MAX} products`);
    if (document >= this.#price.length) this.#grow();
    const number = this.#categories.get(category) ?? this.#categories.size;
    this.#categories.set(category, number);
    this.#counts[number] = (this.#counts[number] ?? 0) + 1;
    this.#ids[document] = id;
    this.#documents.set(id, document);
    this.#category[document] = number;
    if (prices.length > 1) this.#changing.set(document, prices);
    this.#setPrice(document, prices);
    this.#revision[document] = revision;
    for (const [term, weight] of weightsOf(texts))
      if (this.#postings.add(term, document, weight)) this.#vocabulary.add(term);
  }

  /** Takes a product out, if it is there. */
  remove(id: string): void {
    const document = this.#documents.get(id);
    if (document === undefined) return;
    this.#documents.delete(id);
    this.#changes += 1;
    this.#changing.delete(document);
    const category = this.#category[document] as number;
    this.#counts[category] = (this.#counts[category] ?? 1) - 1;
    this.#category[document] = -1;
    this.#gone += 1;
  }

  /** Frees what products take that are gone, when there are many. */
  async tidy(rest: () => Promise<void>): Promise<void> {
    if (this.#sweeping || this.#gone < Math.max(1000, this.size / 4)) return;
    this.#sweeping = true;
    try {
      const free = new Set(this.#free);
      const gone = new Set<number>();
      for (let document = 0; document < this.#ids.length; document += 1)
        if (this.#category[document] === -1 && !free.has(document)) gone.add(document);
      await this.#postings.sweep((document) => gone.has(document), rest);
      this.#free.push(...gone);
      this.#gone -= gone.size;
    } finally {
      this.#sweeping = false;
    }
  }

  #grow(): void {
    const room = this.#price.length * 2;
    const category = new Int32Array(room).fill(-1);
    category.set(this.#category);
    this.#category = category;
    const wider = (from: Float64Array) => {
      const to = new Float64Array(room);
      to.set(from);
      return to;
    };
    this.#price = wider(this.#price);
    const revision = new Uint32Array(room);
    revision.set(this.#revision);
    this.#revision = revision;
    this.#score = new Float64Array(room);
    this.#last = new Float64Array(room);
    this.#mark = new Uint8Array(room);
    this.#matched = new Uint8Array(room);
  }

  /** The products that have all words of a text, else those that have any. */
  search(text: string, filter: EntryFilter = {}): Hits {
    const { terms, characters, preferred } = queryOf(text);
    const all = this.#find(terms, preferred, true, filter);
    return all.total > 0 ? all : this.#find([...terms, ...characters], preferred, false, filter);
  }

  #find(said: readonly QueryTerm[], preferred: readonly string[], all: boolean, filter: EntryFilter): Hits {
    const index = { postings: this.#postings, vocabulary: this.#vocabulary };
    const terms = said
      .slice(0, TERMS_MAX)
      .map((term) => expanded(term, index, !all))
      .sort((a, b) => a.size - b.size);
    if (terms.length === 0 || (all && terms[0]?.size === 0)) return NOTHING;
    const touched: number[] = [];
    terms.forEach(({ expansions }, index) => {
      for (const expansion of expansions) this.#visit(expansion, index, all, touched, filter);
    });
    const found = all ? touched.filter((document) => this.#matched[document] === terms.length) : touched;
    for (const word of new Set(preferred)) this.#prefer(word);
    const ranked = this.#ranked(found);
    for (const document of touched) {
      this.#score[document] = 0;
      this.#last[document] = 0;
      this.#mark[document] = 0;
      this.#matched[document] = 0;
    }
    const ids = this.#ids;
    return {
      total: ranked.length,
      ids: (from, to) =>
        Array.from(
          ranked.subarray(Math.max(ranked.length - to, 0), Math.max(ranked.length - from, 0)).reverse(),
          (key) => ids[DOCUMENTS_MAX - 1 - (key % DOCUMENTS_MAX)] ?? "",
        ),
    };
  }

  /** Lets what was found and has a word come before what has not. */
  #prefer(word: string): void {
    const rarity = Math.log1p(this.size / this.#postings.count(word));
    this.#postings.each([word], (document, weight) => {
      if ((this.#matched[document] as number) > 0)
        this.#score[document] = (this.#score[document] as number) + rarity * weight;
    });
  }

  #visit(
    { words, factor }: Expansion,
    index: number,
    all: boolean,
    touched: number[],
    { category, minPrice = 0, maxPrice = Number.POSITIVE_INFINITY }: EntryFilter,
  ): void {
    const rarest = Math.min(...words.map((word) => this.#postings.count(word)));
    const rarity = factor * Math.log1p(this.size / rarest);
    const wanted = category === undefined ? undefined : (this.#categories.get(category) ?? -2);
    this.#postings.each(words, (document, weight) => {
      const own = this.#category[document] as number;
      if (own < 0 || (wanted !== undefined && own !== wanted)) return;
      const matched = this.#matched[document] as number;
      const seen = this.#mark[document] === index + 1;
      if (all && !seen && matched !== index) return;
      if (matched === 0) {
        const price = this.#price[document] as number;
        if (price < minPrice || price > maxPrice) return;
        touched.push(document);
      }
      const score = rarity * weight;
      if (!seen) {
        this.#mark[document] = index + 1;
        this.#matched[document] = matched + 1;
        this.#last[document] = score;
        this.#score[document] = (this.#score[document] as number) + score;
      } else if (score > (this.#last[document] as number)) {
        // Of several words for the same term the best one counts.
        this.#score[document] = (this.#score[document] as number) + score - (this.#last[document] as number);
        this.#last[document] = score;
      }
    });
  }

  // Score and document in one number, so that a hundred thousand are sorted in milliseconds.
  #ranked(found: readonly number[]): Float64Array {
    const keys = Float64Array.from(found, (document) => {
      const score = (this.#score[document] as number) * (this.#matched[document] as number);
      return Math.min(Math.round(score * 256), SCORE_MAX) * DOCUMENTS_MAX + (DOCUMENTS_MAX - 1 - document);
    });
    return keys.sort();
  }
}

/** Of a longer query the rest is not looked at. */
const TERMS_MAX = 32;
const SCORE_MAX = 2 ** 29 - 1;
const NOTHING: Hits = { total: 0, ids: () => [] };

/** How much each term of a product counts: 1 to 255. A word of a short text counts more than one of a long one. */
function weightsOf(texts: Entry["texts"]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const { boost, text } of texts) {
    const terms = termsOf(text);
    const each = (16 * boost) / Math.sqrt(Math.max(terms.length, 1));
    for (const term of new Set(terms)) weights.set(term, (weights.get(term) ?? 0) + each);
  }
  for (const [term, weight] of weights) weights.set(term, Math.min(255, Math.max(1, Math.round(weight))));
  return weights;
}
