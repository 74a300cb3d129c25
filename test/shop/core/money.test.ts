import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ShopError } from "../../../src/shop/core/errors.ts";
import {
  add,
  BadAmount,
  CurrencyMismatch,
  format,
  fromDecimal,
  minorDigits,
  money,
  multiply,
  sum,
  toDecimal,
} from "../../../src/shop/core/money.ts";

const currencies = fc.constantFrom("EUR", "USD", "CNY", "JPY", "KRW", "KWD", "BHD");
const amounts = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });

describe("money", () => {
  test("adds up exactly, in any order", () => {
    fc.assert(
      fc.property(fc.array(amounts, { maxLength: 40 }), currencies, (values, currency) => {
        const parts = values.map((value) => money(value, currency));
        const expected = values.reduce((total, value) => total + value, 0);
        expect(sum(parts, currency)).toEqual({ amount: expected, currency });
        expect(sum([...parts].reverse(), currency)).toEqual(sum(parts, currency));
      }),
    );
  });

  test("multiplies as repeated addition", () => {
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 99 }), currencies, (amount, times, currency) => {
        const one = money(amount, currency);
        expect(multiply(one, times)).toEqual(sum(Array(times).fill(one), currency));
      }),
    );
  });

  test("a decimal read back is the same amount, to the last minor unit", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), currencies, (amount, currency) => {
        fc.pre(Math.abs(amount) < 1e15);
        const value = money(amount, currency);
        expect(fromDecimal(toDecimal(value), currency)).toEqual(value);
      }),
    );
  });

  test("two currencies never add up", () => {
    expect(() => add(money(1, "EUR"), money(1, "USD"))).toThrow(CurrencyMismatch);
  });

  test.each([0.1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("%d is not an amount", (amount) => {
    expect(() => money(amount, "EUR")).toThrow(BadAmount);
    expect(() => multiply(money(3, "EUR"), amount)).toThrow(ShopError);
  });

  test.each(["", ".5", "1.999", "1,99", "1e3", "0x10", "--1", "1.-5", "٣"])(
    "%j is no decimal of EUR",
    (text) => {
      expect(() => fromDecimal(text, "EUR")).toThrow(BadAmount);
    },
  );

  test("knows the minor units of a currency", () => {
    expect(["EUR", "JPY", "KWD"].map(minorDigits)).toEqual([2, 0, 3]);
    expect(() => minorDigits("nonsense")).toThrow(BadAmount);
    expect([toDecimal(money(5, "EUR")), toDecimal(money(-5, "KWD")), toDecimal(money(500, "JPY"))]).toEqual([
      "0.05",
      "-0.005",
      "500",
    ]);
  });

  test("is written as people of a language write it", () => {
    expect(format(money(1999, "EUR"), "en")).toBe("€19.99");
    expect(format(money(500, "JPY"), "zh")).toContain("500");
    expect(format(money(9_007_199_254_740_991, "EUR"), "en")).toBe("€90,071,992,547,409.91");
  });
});
