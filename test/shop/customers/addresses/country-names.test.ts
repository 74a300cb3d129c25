import { expect, test } from "vitest";
import { countries, countryName } from "../../../../src/shop/customers/addresses/countries.ts";
import { findCountry, prepareCountryNames } from "../../../../src/shop/customers/addresses/country-names.ts";

test.each(
  Object.entries({
    DE: [
      "Germany",
      "germany ",
      "Deutschland",
      "德國",
      "德国",
      "DEU",
      "🇩🇪",
      "the Federal Republic of Germany",
      "Fed. Rep. of Germany",
      "BRD",
      "Ｇｅｒｍａｎｙ",
    ],
    GB: [
      "UK",
      "U.K.",
      "Great Britain",
      "Scotland",
      "England",
      "Wales",
      "Northern Ireland",
      "Schottland",
      "蘇格蘭",
      "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    ],
    US: ["USA", "U.S.A.", "us", "United States of America", "the United States", "America", "美国"],
    TR: ["Turkey", "Türkiye", "Turkiye", "TÜRKİYE"],
    CZ: ["Czech Republic", "Czechia", "the Czech Republic", "Česko", "Cesko"],
    NL: ["The Netherlands", "Netherlands", "Holland", "Nederland", "Kingdom of the Netherlands"],
    BA: ["Bosnia and Herzegovina", "Bosnia & Herzegovina", "Bosnia-Herzegovina", "Bosnia"],
    IE: ["Republic of Ireland", "Ireland", "Éire", "Irland"],
    KR: ["South Korea", "Republic of Korea", "Rep. of Korea", "ROK", "한국", "대한민국", "南韩", "南韓"],
    JP: ["Japan", "日本", "Nippon", "Nihon"],
    TH: ["Thailand", "ไทย", "ประเทศไทย", "Siam"],
    SA: ["Saudi Arabia", "KSA", "Kingdom of Saudi Arabia"],
    IN: ["India", "Bharat", "भारत"],
    IR: ["Iran", "Persia"],
    LK: ["Sri Lanka", "Ceylon"],
    NZ: ["New Zealand", "Aotearoa", "纽西兰", "紐西蘭"],
    ZA: ["South Africa", "RSA"],
    GR: ["Greece", "Ellada", "Hellas"],
    MK: ["Macedonia", "North Macedonia"],
    MM: ["Burma", "Myanmar"],
    SZ: ["Swaziland", "Eswatini"],
    CI: ["Ivory Coast", "Cote d'Ivoire", "Côte d’Ivoire"],
    CD: ["Democratic Republic of the Congo", "DR Congo", "Congo-Kinshasa", "Congo (DRC)"],
    CN: [
      "中国",
      "中國",
      "People's Republic of China",
      "PRC",
      "P.R. China",
      "Mainland China",
      "中国大陆",
      "大陸",
    ],
    TW: ["臺灣", "台湾", "Taiwan", "Republic of China"],
    HK: ["Hong Kong", "Hong Kong SAR", "HK SAR", "香港"],
    MO: ["Macao", "Macau", "澳门"],
    XK: ["Kosovo", "Kosova", "xk"],
    NG: ["Nigeria"],
    NE: ["Niger"],
  }).flatMap(([code, said]) => said.map((name) => [name, code] as const)),
)("%s is %s", (name, code) => {
  expect(findCountry(name)).toEqual({ kind: "found", code });
});

test.each([
  ["Germny", ["DE"]],
  ["Frnace", ["FR"]],
  ["Swizerland", ["CH"]],
  ["Korea", ["KR", "KP"]],
  ["Congo", ["CD", "CG"]],
  ["United", ["AE", "GB", "TZ", "US"]],
  // A place and its country, as people write addresses.
  ["Berlin, Germany", ["DE"]],
  ["Germany (Bavaria)", ["DE"]],
  ["Spanien, Teneriffa", ["ES"]],
  ["Georgia, USA", ["GE", "US"]],
])("%s is near %j", (name, codes) => {
  const found = findCountry(name);
  expect(found.kind).toBe("near");
  expect("codes" in found ? [...found.codes].sort() : []).toEqual([...codes].sort());
});

test.each(["Atlantis", "ZZ", "x", "", "constructor", "__proto__", "\u200b"])("%j is no country", (name) => {
  expect(findCountry(name)).toEqual({ kind: "unknown" });
});

test("every country is found by its name in many languages, and by its flag", async () => {
  await prepareCountryNames();
  for (const code of countries) {
    for (const locale of ["en", "zh", "zh-Hant", "de", "fr", "es", "ja", "ru", "tr"]) {
      const name = countryName(code, locale);
      // Which Congo is meant is asked.
      const right = /^congo$/i.test(name) ? { kind: "near", codes: ["CD", "CG"] } : { kind: "found", code };
      expect(findCountry(name), `${name} (${locale})`).toEqual(right);
    }
    const flag = [...code].map((letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) - 65 + 0x1f1e6));
    expect(findCountry(flag.join(""))).toEqual({ kind: "found", code });
  }
});
