import { Decimal128, Double, Long, ObjectId } from "bson";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decode } from "../src/bson-reader.ts";
import { encode } from "../src/bson-writer.ts";
import { compare } from "../src/compare.ts";
import { encodeKey, encodeValue } from "../src/key-encoding.ts";
import type { Value } from "../src/value.ts";

const number: fc.Arbitrary<Value> = fc.oneof(
  fc.integer(),
  fc.double().map((value) => new Double(value)),
  fc.double(),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((value) => Long.fromBigInt(value)),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n).map((value) => Long.fromBigInt(value)),
  fc
    .tuple(fc.bigInt(-(10n ** 33n), 10n ** 33n), fc.integer({ min: -6000, max: 6000 }))
    .map(([digits, power]) => Decimal128.fromString(`${digits}E${power}`)),
  fc
    .constantFrom("0.1", "1", "1.0", "NaN", "Infinity", "-Infinity", "9007199254740993", "1E6000")
    .map((text) => Decimal128.fromString(text)),
);
const leaf: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: number },
  fc.constant(null),
  fc.boolean(),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("", "a", "a\0", "a\0b", "ab"),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc
      .dictionary(fc.constantFrom("a", "b", "ab", "c"), tie("value"), { maxKeys: 3 })
      .map((doc) => ({ ...doc })),
  ),
}));

test("encoded keys are in the order of the values", () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(Math.sign(Buffer.compare(encodeValue(a), encodeValue(b)))).toBe(Math.sign(compare(a, b)));
    }),
    { numRuns: 3000 },
  );
});

test("compound keys are in the order of their fields, also descending", () => {
  fc.assert(
    fc.property(fc.tuple(leaf, leaf), fc.tuple(leaf, leaf), (a, b) => {
      const order = -compare(a[0], b[0]) || compare(a[1], b[1]);
      expect(Math.sign(Buffer.compare(encodeKey(a, [-1, 1]), encodeKey(b, [-1, 1])))).toBe(Math.sign(order));
    }),
    { numRuns: 2000 },
  );
});

test("documents come back from their bytes as the same bytes", () => {
  fc.assert(
    fc.property(value, (item) => {
      const bytes = encode({ item });
      expect(encode(decode(bytes)).equals(bytes)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
