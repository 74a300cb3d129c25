/** Languages whose words and signs for a currency are looked up. Intl knows them, but not which it knows. */
const LOCALES =
  "en en-US en-CA en-AU en-NZ en-IN en-ZA en-SG de de-CH de-AT fr fr-CA fr-CH es es-MX es-AR es-CL es-CO it nl pt pt-PT sv nb da fi is pl cs sk hu ro bg hr sl sr et lv lt el tr ru uk he ar ar-KW ar-EG ar-SA ar-AE ar-MA ar-TN fa ur hi bn ta th vi id ms fil ja ko zh zh-TW zh-HK".split(
    " ",
  );

/** What people write and Intl does not say. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  CHF: ["fr", "sfr"],
  CNY: ["元", "rmb", "圆"],
  HKD: ["元"],
  INR: ["rs"],
  PKR: ["rs"],
  LKR: ["rs"],
  NPR: ["rs"],
  JPY: ["円", "yen"],
  RUB: ["р"],
  TRY: ["tl"],
  TWD: ["元"],
  VND: ["đ", "vnđ", "vnd"],
};

const known = new Map<string, ReadonlySet<string>>();

const folded = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/\p{Cf}/gu, "")
    .replace(/[.\s]+/gu, "");

function signsOf(currency: string): ReadonlySet<string> {
  const before = known.get(currency);
  if (before !== undefined) return before;
  const signs = new Set([currency, ...(ALSO[currency] ?? [])].map(folded));
  for (const locale of LOCALES)
    for (const currencyDisplay of ["symbol", "narrowSymbol", "name"] as const)
      for (const amount of [1, 2]) {
        const parts = new Intl.NumberFormat(locale, {
          style: "currency",
          currency,
          currencyDisplay,
        }).formatToParts(amount);
        for (const { type, value } of parts) if (type === "currency") signs.add(folded(value));
      }
  known.set(currency, signs);
  return signs;
}

/** Whether a text that stands beside an amount names this currency: "€", "EUR", "kr.", "US$", in any language. */
export const namesCurrency = (text: string, currency: string): boolean => signsOf(currency).has(folded(text));
