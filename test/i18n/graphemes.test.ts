import fc from "fast-check";
import { expect, test } from "vitest";
import { beginning, boundaryBefore, cut } from "../../src/i18n/graphemes.ts";

const family = "👩‍👩‍👧";

test("what is cut ends between what people see as characters", () => {
  expect(beginning(`Mug ${family}!`, 4 + family.length)).toBe(`Mug ${family}`);
  expect(beginning(`Mug ${family}!`, 4 + family.length - 1)).toBe("Mug ");
  expect(beginning("Cafe\u0301s", 4)).toBe("Caf");
  expect(beginning("🇩🇪🇫🇷", 6)).toBe("🇩🇪");
  expect(cut(`Mug ${family} and more`, 10)).toBe("Mug …");
  expect(cut("Mugs", 4)).toBe("Mugs");
  expect(cut("Mugs", 0)).toBe("");
});

test("halves of characters do not leave", () => {
  expect(beginning("a\uD83D", 9)).toBe("a\uFFFD");
  expect(cut("\uDE00 Mug", 99)).toBe("\uFFFD Mug");
});

test("a letter under a thousand accents is cut all the same", () => {
  const tower = `a${"\u0301".repeat(1000)}`;
  expect(beginning(tower, 100)).toHaveLength(100);
  expect(beginning(`Mug ${tower}`, 300).length).toBeGreaterThan(4);
});

test("whatever is cut is well formed, a beginning, within its length, and goes on from each cut", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", " ", "é", "e\u0301", "😀", family, "🇩🇪", "한", "\uD83D"),
  });
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 40 }), (whole, max) => {
      const start = beginning(whole, max);
      expect(start.length).toBeLessThanOrEqual(max);
      expect(() => encodeURIComponent(start)).not.toThrow();
      expect(cut(whole, max).length).toBeLessThanOrEqual(max);
      for (let at = 0; at < whole.length; ) {
        const length = boundaryBefore(whole, max, at);
        expect(length).toBeGreaterThan(0);
        at += length;
      }
    }),
  );
});
