import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Postings } from "../../../src/shop/search/postings.ts";
import { type Entry, SearchIndex } from "../../../src/shop/search/search-index.ts";
import { Vocabulary } from "../../../src/shop/search/vocabulary.ts";
import { times } from "../../setup/long.ts";

const rest = () => Promise.resolve();
const letters = (max: number) =>
  fc.array(fc.constantFrom("a", "b", "c", "1"), { minLength: 1, maxLength: max }).map((all) => all.join(""));

/** The textbook's distance, without any short cut. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1)
      next[j] = Math.min(
        (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1),
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
      );
    row = next;
  }
  return row[other.length] ?? 0;
}

/** A vocabulary of these words, most of which are past its waiting list. */
function vocabularyOf(words: readonly string[]): Vocabulary {
  const vocabulary = new Vocabulary();
  for (const word of words) vocabulary.add(word);
  for (let n = 0; n < 4000; n += 1) vocabulary.add(`zz${n}`);
  return vocabulary;
}

describe("a vocabulary", () => {
  test("finds just the words that begin alike, and those within the distance", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(letters(6), { maxLength: 40 }),
        fc.uniqueArray(letters(6), { maxLength: 10 }),
        letters(6),
        fc.nat(2),
        (early, late, asked, most) => {
          const vocabulary = vocabularyOf(early);
          const all = [...new Set([...early, ...late])];
          for (const word of late) if (!early.includes(word)) vocabulary.add(word);
          expect([...vocabulary.beginningWith(asked)].sort()).toEqual(
            all.filter((word) => word.startsWith(asked)).sort(),
          );
          const near = all.filter((word) => !/\d/.test(word) && distance(word, asked) <= most);
          expect([...vocabulary.near(asked, most)].sort((a, b) => (a.word < b.word ? -1 : 1))).toEqual(
            near.sort().map((word) => ({ word, distance: distance(word, asked) })),
          );
        },
      ),
      { numRuns: times(60, 3000) },
    );
  });
});

describe("postings", () => {
  test("keep each document with its weight, and forget those that are gone", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.record({ document: fc.nat(2 ** 24 - 1), weight: fc.integer({ min: 1, max: 255 }) }),
          {
            selector: ({ document }) => document,
            maxLength: 30,
          },
        ),
        async (entries) => {
          const postings = new Postings();
          for (const { document, weight } of entries) postings.add("tea", document, weight);
          const seen = () => {
            const found: { document: number; weight: number }[] = [];
            postings.each(["tea"], (document, weight) => found.push({ document, weight }));
            return found;
          };
          expect(seen()).toEqual(entries);
          expect(postings.count("tea")).toBe(entries.length);
          await postings.sweep((document) => document % 2 === 0, rest);
          const odd = entries.filter(({ document }) => document % 2 === 1);
          expect(seen()).toEqual(odd);
          postings.add("tea", 7, 9);
          expect(seen()).toEqual([...odd, { document: 7, weight: 9 }]);
        },
      ),
      { numRuns: times(200, 5000) },
    );
  });
});

const price = (amount: number) => [{ from: Number.NEGATIVE_INFINITY, price: amount }];
const entry = (id: string, text: string, change: Partial<Entry> = {}): Entry => ({
  id,
  category: "c",
  prices: price(100),
  revision: 1,
  texts: [{ boost: 1, text }],
  ...change,
});

describe("an index", () => {
  test("finds just the products that have all words, whatever was added, changed and taken out before", async () => {
    const change = fc.record({
      id: fc.constantFrom("p1", "p2", "p3", "p4", "p5"),
      text: fc.option(fc.array(fc.constantFrom("tea", "cup", "oak", "茶"), { maxLength: 4 }), { nil: null }),
      category: fc.constantFrom("c", "d"),
      minPrice: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 40 }), fc.boolean(), async (changes, tidied) => {
        const index = new SearchIndex();
        const model = new Map<string, { words: readonly string[]; category: string; minPrice: number }>();
        for (const { id, text, category, minPrice } of changes)
          if (text === null) {
            index.remove(id);
            model.delete(id);
          } else {
            index.add(entry(id, text.join(" "), { category, prices: price(minPrice) }));
            model.set(id, { words: text, category, minPrice });
          }
        if (tidied) await index.tidy(rest);
        expect([...index.ids()].sort()).toEqual([...model.keys()].sort());
        for (const query of ["tea", "cup oak", "tea cup oak", "茶"])
          for (const filter of [{}, { category: "d" }, { minPrice: 1, maxPrice: 2 }]) {
            const passes = [...model].filter(
              ([, { category, minPrice }]) =>
                (filter.category === undefined || filter.category === category) &&
                minPrice >= (filter.minPrice ?? 0) &&
                minPrice <= (filter.maxPrice ?? 9),
            );
            expect(index.count(filter)).toBe(passes.length);
            const words = query.split(" ");
            const fits = (wanted: "every" | "some") =>
              passes.filter(([, product]) => words[wanted]((word) => product.words.includes(word)));
            const wanted = fits("every").length > 0 ? fits("every") : fits("some");
            const hits = index.search(query, filter);
            expect(hits.total).toBe(wanted.length);
            expect(hits.ids(0, 9).sort()).toEqual(wanted.map(([id]) => id).sort());
          }
      }),
      { numRuns: times(100, 3000) },
    );
  });

  test("stays as large as its products, however often they change", async () => {
    const index = new SearchIndex();
    for (let round = 0; round < 50; round += 1) {
      for (let n = 0; n < 200; n += 1) index.add(entry(`p${n}`, `mug number${n}`, { revision: round }));
      await index.tidy(rest);
    }
    expect(index.size).toBe(200);
    expect(index.search("mug").total).toBe(200);
    expect(index.search("number7").ids(0, 1)).toEqual(["p7"]);
    expect(index.revisionOf("p7")).toBe(49);
  });

  test("shows a word in the title before one in the text, and the rare word before the common", () => {
    const index = new SearchIndex();
    const titled = (id: string, title: string, text: string) =>
      index.add(
        entry(id, "", {
          texts: [
            { boost: 4, text: title },
            { boost: 1, text },
          ],
        }),
      );
    titled("text", "Wooden tray", "goes well with a teapot and cups");
    titled("title", "Teapot", "made of iron");
    for (let n = 0; n < 20; n += 1) titled(`cup${n}`, "Cup", "for tea");
    expect(index.search("teapot").ids(0, 2)).toEqual(["title", "text"]);
    expect(index.search("cup teapot gold").ids(0, 2).sort()).toEqual(["text", "title"]);
  });
});
