import { isUnspaced } from "./search-terms.ts";

/** New words wait in an unsorted list until there are so many. */
const RECENT_MAX = 4000;

/** The words of an index in their order, to find those that begin alike or are nearly the same. */
export class Vocabulary {
  #sorted: string[] = [];
  #recent: string[] = [];

  /** Adds a word that is not there yet. Terms of scripts without spaces are found only as they are and need not be kept here. */
  add(word: string): void {
    if (isUnspaced(word)) return;
    this.#recent.push(word);
    if (this.#recent.length >= RECENT_MAX) this.#merge();
  }

  #merge(): void {
    const added = this.#recent.sort();
    this.#recent = [];
    const merged: string[] = [];
    let next = 0;
    for (const word of this.#sorted) {
      for (; next < added.length && (added[next] as string) < word; next += 1)
        merged.push(added[next] as string);
      merged.push(word);
    }
    for (; next < added.length; next += 1) merged.push(added[next] as string);
    this.#sorted = merged;
  }

  /** The words that begin with a text, itself too. */
  *beginningWith(start: string): Generator<string> {
    for (let at = this.#firstFrom(start); this.#sorted[at]?.startsWith(start); at += 1)
      yield this.#sorted[at] as string;
    for (const word of this.#recent) if (word.startsWith(start)) yield word;
  }

  /** The words that have a text inside or at their end, as Schreibtischlampe has lampe, without those with digits. */
  *containing(part: string): Generator<string> {
    for (const words of [this.#sorted, this.#recent])
      for (const word of words) if (word.indexOf(part, 1) > 0 && !/\d/.test(word)) yield word;
  }

  #firstFrom(word: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as string) < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * The words of at most `most` wrong letters (Levenshtein distance), without those with digits. Words that begin alike
   * share the rows of the distance table, and all that begin with what is too far already are passed over.
   */
  *near(word: string, most: number): Generator<{ word: string; distance: number }> {
    const table = new DistanceTable(word, most);
    for (let at = 0; at < this.#sorted.length; ) {
      const candidate = this.#sorted[at] as string;
      const hopeless = table.walk(candidate);
      if (hopeless === undefined) {
        const distance = table.distance(candidate.length);
        if (distance <= most && !/\d/.test(candidate)) yield { word: candidate, distance };
        at += 1;
      } else at = Math.max(at + 1, this.#firstFrom(`${candidate.slice(0, hopeless)}\uffff`));
    }
    for (const candidate of this.#recent) {
      if (Math.abs(candidate.length - word.length) > most || table.walk(candidate) !== undefined) continue;
      const distance = table.distance(candidate.length);
      if (distance <= most && !/\d/.test(candidate)) yield { word: candidate, distance };
    }
  }
}

/** Levenshtein distances between one word and others, a row for each letter of the other. */
class DistanceTable {
  readonly #word: string;
  readonly #most: number;
  readonly #rows: Uint8Array[];
  #before = "";
  #valid = 0; // rows up to this one hold for `#before`

  constructor(word: string, most: number) {
    this.#word = word;
    this.#most = most;
    this.#rows = [Uint8Array.from({ length: word.length + 1 }, (_, index) => index)];
  }

  /** Works out the rows of a word; returns how many of its letters are too far already, if some are. */
  walk(word: string): number | undefined {
    let row = 0;
    while (row < this.#valid && row < word.length && word[row] === this.#before[row]) row += 1;
    this.#before = word;
    for (; row < word.length; row += 1)
      if (this.#fill(row + 1, word[row] as string) > this.#most) {
        this.#valid = row + 1;
        return row + 1;
      }
    this.#valid = word.length;
    return undefined;
  }

  #fill(row: number, letter: string): number {
    const above = this.#rows[row - 1] as Uint8Array;
    this.#rows[row] ??= new Uint8Array(this.#word.length + 1);
    const own = this.#rows[row];
    own[0] = row;
    let least = row;
    for (let at = 1; at < own.length; at += 1) {
      const change = (above[at - 1] as number) + (this.#word[at - 1] === letter ? 0 : 1);
      const value = Math.min(change, (above[at] as number) + 1, (own[at - 1] as number) + 1);
      own[at] = value;
      if (value < least) least = value;
    }
    return least;
  }

  distance(letters: number): number {
    return this.#rows[letters]?.[this.#word.length] ?? Number.POSITIVE_INFINITY;
  }
}
