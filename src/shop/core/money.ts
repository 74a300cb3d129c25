import { z } from "zod";
import { ShopError } from "./errors.ts";

/** An amount: an integer of minor units (cents, fen; whole yen) and an ISO 4217 currency. Never a float. */
export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** Two amounts of different currencies cannot be put together. */
export class CurrencyMismatch extends ShopError {
  constructor(left: string, right: string) {
    super("CURRENCY_MISMATCH", `${left} and ${right} do not add up`);
  }
}

/** Not a whole number of minor units that a float can hold exactly, or not a decimal of the currency. */
export class BadAmount extends ShopError {
  constructor(what: string) {
    super("BAD_AMOUNT", `${what} is not an amount of money`);
  }
}

/** An amount in minor units. @throws {BadAmount} unless it is a safe integer. */
export function money(amount: number, currency: string): Money {
  if (!Number.isSafeInteger(amount)) throw new BadAmount(String(amount));
  return { amount: amount === 0 ? 0 : amount, currency };
}

/** The sum of two amounts. @throws {CurrencyMismatch | BadAmount} */
export function add(left: Money, right: Money): Money {
  if (left.currency !== right.currency) throw new CurrencyMismatch(left.currency, right.currency);
  return money(left.amount + right.amount, left.currency);
}

/** `factor` times the amount; whole factors only, so nothing is ever rounded. @throws {BadAmount} */
export function multiply(value: Money, factor: number): Money {
  if (!Number.isSafeInteger(factor)) throw new BadAmount(`${factor} times ${value.amount}`);
  return money(value.amount * factor, value.currency);
}

/** The sum of any number of amounts of one currency; nothing adds up to zero. @throws {CurrencyMismatch | BadAmount} */
export const sum = (values: readonly Money[], currency: string): Money =>
  values.reduce(add, money(0, currency));

const digitsOf = new Map<string, number>();

/** Digits of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD. From Intl, which follows ISO 4217. @throws {BadAmount} */
export function minorDigits(currency: string): number {
  const known = digitsOf.get(currency);
  if (known !== undefined) return known;
  try {
    const digits =
      new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ??
      2;
    digitsOf.set(currency, digits);
    return digits;
  } catch (cause) {
    if (cause instanceof RangeError) throw new BadAmount(`currency ${currency}`);
    throw cause;
  }
}

/** The amount as a plain decimal with all its digits: 1999 EUR is "19.99", 500 JPY is "500". */
export function toDecimal({ amount, currency }: Money): `${number}` {
  const digits = minorDigits(currency);
  const text = String(Math.abs(amount)).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const fraction = digits === 0 ? "" : `.${text.slice(-digits)}`;
  return `${amount < 0 ? "-" : ""}${whole}${fraction}` as `${number}`;
}

/** Reads a plain decimal ("19.99", "19.9", "20"); more digits than the currency has are refused, not rounded. @throws {BadAmount} */
export function fromDecimal(text: string, currency: string): Money {
  const digits = minorDigits(currency);
  const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d{1,15})(?:\.(\d+))?$/.exec(text.trim()) ?? [];
  if (whole === "" || fraction.length > digits) throw new BadAmount(`"${text}" ${currency}`);
  return money(Number(`${sign}${whole}${fraction.padEnd(digits, "0")}`), currency);
}

/** A formatter is costly to make and prices are on every page; there are as many as languages times currencies. */
const formats = new Map<string, Intl.NumberFormat>();

function formatOf(locale: string, currency: string): Intl.NumberFormat {
  const name = `${locale} ${currency}`;
  const known = formats.get(name) ?? new Intl.NumberFormat(locale, { style: "currency", currency });
  formats.set(name, known);
  return known;
}

/** The amount as people of a language write it: "€19.99", "19,99 €", "¥500". Exact, since Intl is given the decimal text. */
export const format = (value: Money, locale: string): string =>
  formatOf(locale, value.currency).format(toDecimal(value));

/** A price: whole minor units, up to what a payment provider takes (eight digits). */
export const priceSchema = z.number().int().min(0).max(99_999_999);

const CURRENCIES = new Set(Intl.supportedValuesOf("currency"));

/** An ISO 4217 code that this runtime knows. */
export const currencySchema = z
  .string()
  .refine((code) => CURRENCIES.has(code), "is not an ISO 4217 currency");
