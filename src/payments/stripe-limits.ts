import { minorDigits } from "../shop/core/money.ts";
import type { AmountLimits } from "../shop/orders/payments/payment.ts";

/**
 * The least that Stripe charges, in whole units of the currency. It holds for payments that settle in the currency itself;
 * one that is converted must come to the least of the account's own currency, which only Stripe can tell.
 * @see https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
 */
const least: ReadonlyMap<string, number> = new Map(
  Object.entries({
    USD: 0.5,
    AED: 2,
    AUD: 0.5,
    BGN: 1,
    BRL: 0.5,
    CAD: 0.5,
    CHF: 0.5,
    CZK: 15,
    DKK: 2.5,
    EUR: 0.5,
    GBP: 0.3,
    HKD: 4,
    HUF: 175,
    INR: 0.5,
    JPY: 50,
    MXN: 10,
    MYR: 2,
    NOK: 3,
    NZD: 0.5,
    PLN: 2,
    RON: 2,
    SEK: 3,
    SGD: 0.5,
    THB: 10,
  }),
);

/** Digits that Stripe's own amount may have; eight unless named. */
const digits: ReadonlyMap<string, number> = new Map(Object.entries({ IDR: 12, INR: 9 }));

/** The most by card, in whole units, where that is more than the digits of other payments allow. */
const byCard: ReadonlyMap<string, number> = new Map(
  Object.entries({ LBP: 999_999_999_999, COP: 9_999_999_999, HUF: 9_999_999_999, JPY: 9_999_999_999 }),
);

/** What Stripe publishes about a currency's bounds, in our minor units. `decimals` are those of Stripe's own amounts. */
export function stripeLimits(currency: string, decimals: number): AmountLimits {
  const code = currency.toUpperCase();
  const own = minorDigits(code);
  const min = least.get(code);
  const card = byCard.get(code);
  const most =
    card === undefined ? floorTo(10 ** (digits.get(code) ?? 8) - 1, own - decimals) : card * 10 ** own;
  return {
    ...(min === undefined ? {} : { least: { amount: Math.round(min * 10 ** own), currency: code } }),
    // Amounts in thousandths must end in 0.
    most: { amount: decimals === 3 ? most - (most % 10) : most, currency: code },
  };
}

/** `value` times ten to the power of `exponent`, rounded down. Integers are divided, as 0.01 is no float. */
const floorTo = (value: number, exponent: number): number =>
  exponent >= 0 ? value * 10 ** exponent : Math.floor(value / 10 ** -exponent);
