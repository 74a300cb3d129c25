import { typedCode } from "../../i18n/typed.ts";

/** Why a card form was not taken, by field; texts are in `words.ts`. */
export interface CardProblems {
  number?: "incomplete" | "luhn" | "real";
  expiry?: "unreadable" | "past";
  cvc?: "unreadable";
}

/** Stripe's well-known test numbers and what becomes of them here. */
const testCards: Readonly<Record<string, "paid" | "declined" | "no-funds">> = {
  "4242424242424242": "paid",
  "5555555555554444": "paid",
  "378282246310005": "paid",
  "6200000000000005": "paid",
  "4000000000000002": "declined",
  "4000000000009995": "no-funds",
};

/** The sum of the digits, every second from the right doubled, is a multiple of ten (ISO/IEC 7812-1, annex B). */
export function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/**
 * Checks a card form and tells what the test card does. A number that is sound but no test number is
 * turned away, so that nobody leaves a real card here.
 */
export function tryCard(
  form: { number: string; expiry: string; cvc: string },
  now: Date,
): { outcome: "paid" | "declined" | "no-funds" } | { problems: CardProblems } {
  const number = typedCode(form.number).replace(/[\s-]/g, "");
  const problems: CardProblems = {};
  const outcome = testCards[number];
  if (!/^\d{12,19}$/.test(number)) problems.number = "incomplete";
  else if (!passesLuhn(number)) problems.number = "luhn";
  else if (outcome === undefined) problems.number = "real";

  const [, month, year] = /^(0?[1-9]|1[0-2])\s*[/-]?\s*(?:20)?(\d{2})$/.exec(typedCode(form.expiry)) ?? [];
  if (month === undefined || year === undefined) problems.expiry = "unreadable";
  // A card is good through the last day of its month, wherever it is used: UTC-12 sees that day end last.
  else if (Date.UTC(2000 + Number(year), Number(month), 1, 12) <= now.getTime()) problems.expiry = "past";

  if (!(number.startsWith("37") ? /^\d{4}$/ : /^\d{3}$/).test(typedCode(form.cvc)))
    problems.cvc = "unreadable";
  return outcome === undefined || Object.keys(problems).length > 0 ? { problems } : { outcome };
}
