/**
 * Which documents a term is in, and with which weight. A single one is a number, more are a typed array whose first place
 * holds how many there are: four bytes each, where objects would take fifty.
 */
type List = number | Uint32Array;

const WEIGHTS = 256;
/** The most documents of an index. */
export const DOCUMENTS_MAX = 2 ** 24;

/** The documents of each term of an index. */
export class Postings {
  readonly #lists = new Map<string, List>();

  /** Notes that a document (below `DOCUMENTS_MAX`) has a term, with a weight of 1 to 255. Answers whether the term is new. */
  add(term: string, document: number, weight: number): boolean {
    const entry = document * WEIGHTS + weight;
    const list = this.#lists.get(term);
    if (list === undefined) this.#lists.set(term, entry);
    else if (typeof list === "number") this.#lists.set(term, Uint32Array.of(2, list, entry, 0));
    else {
      const size = (list[0] as number) + 1;
      const roomy = size < list.length ? list : grown(list);
      roomy[0] = size;
      roomy[size] = entry;
      if (roomy !== list) this.#lists.set(term, roomy);
    }
    return list === undefined;
  }

  /** How many documents have a term, those that are gone included. */
  count(term: string): number {
    const list = this.#lists.get(term);
    return list === undefined ? 0 : typeof list === "number" ? 1 : (list[0] as number);
  }

  /** Calls back for each document that has all of these terms, with its least weight. */
  each(terms: readonly string[], take: (document: number, weight: number) => void): void {
    const [rarest = "", ...others] = terms.toSorted((one, other) => this.count(one) - this.count(other));
    if (others.length === 0) {
      this.#each(rarest, take);
      return;
    }
    let common = new Map<number, number>();
    this.#each(rarest, (document, weight) => common.set(document, weight));
    for (const other of others) {
      const both = new Map<number, number>();
      this.#each(other, (document, weight) => {
        const known = common.get(document);
        if (known !== undefined) both.set(document, Math.min(known, weight));
      });
      common = both;
    }
    for (const [document, weight] of common) take(document, weight);
  }

  #each(term: string, take: (document: number, weight: number) => void): void {
    const list = this.#lists.get(term);
    if (list === undefined) return;
    if (typeof list === "number") {
      take(Math.floor(list / WEIGHTS), list % WEIGHTS);
      return;
    }
    const size = list[0] as number;
    for (let at = 1; at <= size; at += 1) {
      const entry = list[at] as number;
      take(entry >>> 8, entry & 0xff);
    }
  }

  /** Takes away documents that are gone; rests after every few thousand terms. A term stays, even with none left. */
  async sweep(isGone: (document: number) => boolean, rest: () => Promise<void>): Promise<void> {
    let terms = 0;
    for (const [term, list] of this.#lists) {
      const kept = (
        typeof list === "number" ? [list] : [...list.subarray(1, 1 + (list[0] as number))]
      ).filter((entry) => !isGone(Math.floor(entry / WEIGHTS)));
      if (kept.length === 1) this.#lists.set(term, kept[0] as number);
      else this.#lists.set(term, Uint32Array.of(kept.length, ...kept));
      terms += 1;
      if (terms % 2000 === 0) await rest();
    }
  }
}

function grown(list: Uint32Array): Uint32Array {
  const roomy = new Uint32Array(Math.ceil(list.length * 1.5) + 2);
  roomy.set(list);
  return roomy;
}
