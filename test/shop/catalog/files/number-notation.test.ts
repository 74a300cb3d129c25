import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NumberColumns } from "../../../../src/shop/catalog/files/csv/number-columns.ts";
import {
  type DecimalMark,
  type NumberNotation,
  plainly,
} from "../../../../src/shop/catalog/files/csv/number-notation.ts";

/** What each price of a column says: the number, "?" where it may be two, "-" where it is none. */
function prices(currency: string, ...cells: string[]): string[] {
  return read(new NumberColumns(currency).of("price"), cells);
}

function read(notation: NumberNotation, cells: readonly string[]): string[] {
  for (const cell of cells) notation.see(cell);
  return cells.map((cell) => {
    const found = notation.read(cell);
    if (found.kind === "none") return "-";
    if (found.kind === "doubtful") return "?";
    return `${found.value.negative ? "-" : ""}${plainly(found.value)}`;
  });
}

describe("a notation that somebody has named", () => {
  const cases: [currency: string, decimal: DecimalMark, cells: string[], numbers: string[]][] = [
    ["KWD", "point", ["1.290", "2.500"], ["1.29", "2.5"]],
    ["KWD", "comma", ["1.290", "2.500"], ["1290", "2500"]],
    ["IDR", "comma", ["15.000", "1.290"], ["15000", "1290"]],
    ["COP", "point", ["15,000", "1,290"], ["15000", "1290"]],
    ["EUR", "comma", ["1,290", "1.290", "12,5"], ["1.29", "1290", "12.5"]],
    ["VND", "point", ["150.000"], ["150"]],
    // It settles what a file writes in both ways, and not what a file writes in another.
    ["EUR", "comma", ["1.290", "19.99", "89,90"], ["1290", "19.99", "89.9"]],
    ["EUR", "comma", ["1.290", "19.99"], ["?", "19.99"]],
    ["EUR", "point", ["1.290", "89,90", "1.290,00"], ["?", "89.9", "1290"]],
  ];
  test.each(cases)("%s with a decimal %s: %j", (currency, decimal, cells, numbers) => {
    expect(read(new NumberColumns(currency, decimal).of("price"), cells)).toEqual(numbers);
    expect(read(new NumberColumns(currency, decimal).of("price"), cells.toReversed())).toEqual(
      numbers.toReversed(),
    );
  });

  test("counts for stock as well", () => {
    expect(read(new NumberColumns("KWD", "comma").of("count"), ["1.290"])).toEqual(["1290"]);
  });
});

describe("a thousand and a decimal are told apart by the other numbers of the column", () => {
  const cases: [currency: string, cells: string[], numbers: string[]][] = [
    ["EUR", ["1.290", "89,90"], ["1290", "89.9"]],
    ["EUR", ["1,290", "89.90"], ["1290", "89.9"]],
    ["EUR", ["1.290", "89.90"], ["1.29", "89.9"]],
    ["EUR", ["1.290"], ["?"]],
    ["EUR", ["1,299"], ["?"]],
    ["EUR", ["1.150", "1.500", "65"], ["?", "?", "65"]],
    ["EUR", ["1.290", "1.290.000"], ["1290", "1290000"]],
    ["EUR", ["1.290", "0.500"], ["1.29", "0.5"]],
    ["EUR", ["1.290", "12345.678"], ["1.29", "12345.678"]],
    ["EUR", ["1.290", "19.99", "89,90"], ["?", "19.99", "89.9"]],
    ["EUR", ["1.290,00", "1.500"], ["1290", "1500"]],
    ["CHF", ["1'290.00", "1’500", "Fr. 12.50"], ["1290", "1500", "12.5"]],
    ["EUR", ["1 290,00", "1\u00a0290,00", "1\u202f290", "1\u2009500,5"], ["1290", "1290", "1290", "1500.5"]],
    ["INR", ["1,23,456.00", "₹1,290", "Rs. 12,34,567"], ["123456", "1290", "1234567"]],
    ["VND", ["150.000", "1.200.000 ₫", "89000"], ["150000", "1200000", "89000"]],
    ["VND", ["150.000"], ["150000"]],
    ["VND", ["150.000", "99.00"], ["?", "99"]],
    ["JPY", ["1,290", "¥980", "６５０円", "6500.00"], ["1290", "980", "650", "6500"]],
    ["JPY", ["1.290"], ["1290"]],
    ["KWD", ["1.290"], ["?"]],
    ["KWD", ["1.290", "0.750"], ["1.29", "0.75"]],
    ["KWD", ["1.290", "1,290.500"], ["1.29", "1290.5"]],
    ["KWD", ["1.290", "12,5"], ["1290", "12.5"]],
    ["KWD", ["١٬٢٩٠٫٥٠٠", "١٢٫٧٥٠ د.ك.‏"], ["1290.5", "12.75"]],
    ["EUR", ["۱۲٫۵", "１，２９０．５０", "१२.५०"], ["12.5", "1290.5", "12.5"]],
    ["EUR", ["89,-", "1.290,–", "€ 1.290,-- "], ["89", "1290", "1290"]],
    ["EUR", ["€24", "24 €", "EUR 24.50", "24,50 eur", "12 Euro"], ["24", "24", "24.5", "24.5", "12"]],
    ["USD", ["$1,290.00", "US$ 5", "USD5", "€5"], ["1290", "5", "5", "-"]],
    ["SEK", ["1 290 kr", "89,50 kr."], ["1290", "89.5"]],
    ["SEK", ["1.290:-", "199:-", "89:50 kr", "1:290"], ["1290", "199", "89.5", "-"]],
    ["GBP", ["£.99", ".5", "-.25", "£ ,75", "£1,290"], ["0.99", "0.5", "-0.25", "0.75", "?"]],
    ["INR", ["Rs.99", "Rs .50", "₹.5"], ["99", "0.5", "0.5"]],
    ["EUR", ["sixty", "1.2.3", "12 50", "1,2,3", "", "-", "1e3", "$12", "12-15"], Array(9).fill("-")],
    ["EUR", ["-5", "−5,00"], ["-5", "-5"]],
  ];
  test.each(cases)("%s %j", (currency, cells, numbers) => {
    expect(prices(currency, ...cells)).toEqual(numbers);
    // The order of the rows does not matter.
    expect(prices(currency, ...cells.toReversed())).toEqual(numbers.toReversed());
  });
});

test("what is written as a country writes it is read, if any of its numbers has decimals", () => {
  const locales = [
    "en",
    "de",
    "fr",
    "de-CH",
    "es",
    "pl",
    "sv",
    "hi-IN",
    "en-IN",
    "ar-EG",
    "fa",
    "pt-BR",
    "ru",
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...locales),
      fc.constantFrom("EUR", "INR", "KWD", "USD"),
      fc.array(fc.integer({ min: 0, max: 99_999_999 }), { minLength: 1, maxLength: 8 }),
      (locale, currency, amounts) => {
        const plainFormat = new Intl.NumberFormat(locale, { style: "currency", currency });
        const digits = plainFormat.resolvedOptions().maximumFractionDigits ?? 2;
        const numbers = [...amounts.map((amount) => amount / 10 ** digits), 0.5];
        const expected = numbers.map((number) => String(Number(number.toFixed(digits))));
        expect(prices(currency, ...numbers.map((number) => plainFormat.format(number)))).toEqual(expected);
      },
    ),
    { numRuns: 200 },
  );
});

test("a doubt says both readings, and how to write either so that it is clear", () => {
  const notation = new NumberColumns("EUR").of("price");
  notation.see("1.290");
  const found = notation.read("1.290");
  expect(found).toMatchObject({
    kind: "doubtful",
    doubt: { clear: { thousands: "1.290,00", decimal: "1.29" } },
  });
  for (const clear of ["1.290,00", "1.29"]) {
    const decided = new NumberColumns("EUR").of("price");
    decided.see(clear);
    expect(decided.read("1.290").kind).toBe("number");
  }
});
