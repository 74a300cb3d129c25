import { expect, test } from "vitest";
import { fromStripe, toStripe } from "../../src/payments/stripe-amount.ts";

test.each([
  ["EUR", 1999, 1999],
  ["CNY", 1999, 1999],
  ["JPY", 500, 500],
  ["KRW", 15000, 15000],
  ["TWD", 30000, 30000],
  // No decimals in daily life, two at Stripe.
  ["ISK", 500, 50000],
  ["UGX", 37000, 3700000],
  // Intl writes these without decimals, and Stripe charges two.
  ["HUF", 4990, 499000],
  ["IDR", 150000, 15000000],
  ["KWD", 5120, 5120],
])("%s %i is %i at Stripe, and back", (currency, ours, stripes) => {
  expect(toStripe({ amount: ours, currency })).toBe(stripes);
  expect(fromStripe(stripes, currency.toLowerCase())).toEqual({ amount: ours, currency });
});

test("a thousandth of a dinar cannot be charged, since Stripe's last digit must be 0", () => {
  expect(() => toStripe({ amount: 5124, currency: "KWD" })).toThrow(/cannot be charged exactly/);
});

test("half a forint is no amount of ours, so it is not rounded to one", () => {
  expect(() => fromStripe(499050, "huf")).toThrow(/no exact amount/);
});

test("a negative amount is not charged", () => {
  expect(() => toStripe({ amount: -1, currency: "EUR" })).toThrow();
});
