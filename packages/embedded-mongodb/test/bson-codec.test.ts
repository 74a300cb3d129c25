import { BSON } from "bson";
import { expect, test } from "vitest";
import { decode } from "../src/bson-reader.ts";
import { encode } from "../src/bson-writer.ts";
import type { Doc } from "../src/value.ts";

// `bson`, the driver's own codec, says what is right.
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Numbers from 0 to below 1, always the same for a seed (mulberry32). */
function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** As text, since objects that differ in the order of their fields are equal to `toEqual`. */
const shown = (doc: Doc): string => JSON.stringify(doc);

test(`names of every length and alphabet are read and written as they are (SEED=${seed})`, () => {
  const next = random(seed);
  const alphabets = ["ab", "abcdefghijklmnopqrstuvwxyz.$_0123456789", "aéß", "日本語x", "😀a"];
  const name = (): string => {
    const letters = [...(alphabets[Math.floor(next() * alphabets.length)] as string)];
    const length = Math.floor(next() * 40);
    return Array.from({ length }, () => letters[Math.floor(next() * letters.length)]).join("");
  };
  for (let round = 0; round < 2000; round++) {
    const doc: Doc = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [name(), at + 0.5]));
    const bytes = Buffer.from(BSON.serialize(doc));
    expect(encode(doc).equals(bytes), shown(doc)).toBe(true);
    expect(shown(decode(bytes))).toBe(shown(doc));
    // Once more, with the names known.
    expect(shown(decode(bytes))).toBe(shown(doc));
  }
});

test("the places in an array are named in decimal, however many there are", () => {
  for (const length of [0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 1001, 12_345, 100_001]) {
    const doc: Doc = { list: Array.from({ length }, (_, at) => `item ${at}`) };
    expect(encode(doc).equals(Buffer.from(BSON.serialize(doc)))).toBe(true);
  }
});

test("a name without an end, and bytes that stop within one, are refused", () => {
  const whole = encode({ name: 1.5 });
  for (let length = 0; length < whole.length; length++)
    expect(() => decode(Buffer.from(whole.subarray(0, length)))).toThrow(
      expect.objectContaining({ code: 22 }),
    );
  const endless = Buffer.from(whole);
  endless.fill(97, 5);
  expect(() => decode(endless)).toThrow(expect.objectContaining({ code: 22 }));
});

test("room that is asked for is left in front of the document", () => {
  const doc: Doc = { list: ["a".repeat(100_000), 1.5], text: "b" };
  const bytes = encode(doc, 21);
  expect(bytes.subarray(21).equals(encode(doc))).toBe(true);
});
