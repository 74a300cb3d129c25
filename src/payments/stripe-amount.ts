import { BadAmount, type Money, minorDigits } from "../shop/core/money.ts";
import { PaymentError } from "./payment-error.ts";

/** Charged in whole units by Stripe. @see https://docs.stripe.com/currencies#zero-decimal */
const whole = new Set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "));
/** Charged in thousandths, of which the last digit must be 0. @see https://docs.stripe.com/currencies#three-decimal */
const thousandths = new Set("BHD JOD KWD OMR TND".split(" "));

/**
 * Decimals of Stripe's minor unit. ISK and UGX have none in daily life, but Stripe keeps them at two
 * ("backwards compatibility requires you to represent it as a two-decimal value"); HUF and TWD are
 * whole for payouts only.
 */
export const stripeDecimals = (currency: string): number =>
  whole.has(currency) ? 0 : thousandths.has(currency) ? 3 : 2;

/**
 * An amount in Stripe's minor units. Ours are the same but for currencies that `Intl` shows without
 * decimals and Stripe charges with two (ISK, UGX, HUF, IDR, ...): 500 Icelandic krónur are 50000 there.
 *
 * @throws {PaymentError} `refused` where Stripe cannot charge the amount to the last digit.
 */
export function toStripe({ amount, currency }: Money): number {
  const code = currency.toUpperCase();
  const exact = scale(amount, stripeDecimals(code) - digitsOf(code));
  // What `reported` made of an amount finer than ours goes back as it came.
  const scaled = Math.abs(exact - Math.round(exact)) < 1e-4 ? Math.round(exact) : exact;
  if (!Number.isSafeInteger(scaled) || scaled < 0 || (thousandths.has(code) && scaled % 10 !== 0))
    throw new PaymentError("refused", `${amount} ${code} cannot be charged exactly.`, {
      reason: "amount_not_chargeable",
    });
  return scaled;
}

/**
 * The amount that Stripe reports, in our minor units.
 *
 * @throws {PaymentError} `refused` for an amount finer than ours can be; rounding it could make a
 * wrong amount look like an order's.
 */
export function fromStripe(amount: number, currency: string): Money {
  const code = currency.toUpperCase();
  const scaled = scale(amount, minorDigits(code) - stripeDecimals(code));
  if (!Number.isSafeInteger(scaled))
    throw new PaymentError("refused", `${amount} of Stripe's ${code} has no exact amount here.`, {
      reason: "amount_not_chargeable",
    });
  return { amount: scaled, currency: code };
}

/**
 * Any amount that Stripe reports, in our minor units: for money that need not be an order's. One that is finer than ours
 * stays so (123.45 rupiahs, of which we know no hundredths), and one of an unknown currency stays in Stripe's units: no
 * order's amount is like these, so nobody takes it for one, and yet it can be kept, shown and given back.
 */
export function reported(amount: number, currency: string): Money {
  const code = currency.toUpperCase();
  return { amount: scale(amount, digitsOf(code) - stripeDecimals(code)), currency: code };
}

/** Digits of our minor unit; Stripe's own for what is no currency here. */
function digitsOf(code: string): number {
  try {
    return minorDigits(code);
  } catch (error) {
    if (!(error instanceof BadAmount)) throw error;
    return stripeDecimals(code);
  }
}

/** Division, not multiplication by 0.01: the quotient of two integers is exact when it is an integer. */
const scale = (amount: number, digits: number): number =>
  digits >= 0 ? amount * 10 ** digits : amount / 10 ** -digits;
