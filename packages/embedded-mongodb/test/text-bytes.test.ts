import { expect, test } from "vitest";
import { decode } from "../src/bson-reader.ts";
import { encode } from "../src/bson-writer.ts";
import { compareText } from "../src/compare.ts";
import { encodeValue } from "../src/key-encoding.ts";
import { bytesOf, readText } from "../src/text-bytes.ts";

/** Bytes of which some are characters and some belong to none, and what is cut off within one. */
const samples: readonly Buffer[] = [
  Buffer.from("plain"),
  Buffer.from("é😀\ufffd"),
  Buffer.from([0xc3]),
  Buffer.from([0xc3, 0x01]),
  Buffer.from([0x80, 0xff]),
  Buffer.concat([Buffer.from("a😀"), Buffer.from([0xf0, 0x9f, 0x98]), Buffer.from("é")]),
  // A surrogate, and a character in more bytes than it needs, are no UTF-8 either.
  Buffer.from([0xed, 0xb2, 0x80]),
  Buffer.from([0xc0, 0xaf]),
  Buffer.from([0xfe]),
];
const text = (bytes: Buffer): string => readText(bytes, 0, bytes.length);

test.each(samples)("the string %s is written as it was read", (bytes) => {
  expect(bytesOf(text(bytes))).toEqual(bytes);
  const doc = encode({ short: text(bytes), long: `${"x".repeat(30)}${text(bytes)}` });
  expect(encode(decode(doc))).toEqual(doc);
});

test("strings are in the order of their bytes, also where those are no UTF-8", () => {
  for (const one of samples)
    for (const other of samples) {
      const order = Math.sign(Buffer.compare(one, other));
      expect(Math.sign(compareText(text(one), text(other))), `${one.toString("hex")}`).toBe(order);
      expect(Math.sign(Buffer.compare(encodeValue(text(one)), encodeValue(text(other))))).toBe(order);
    }
});
