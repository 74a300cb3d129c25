import { createReadStream } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyImport, planImport } from "../../../src/shop/catalog/import/index.ts";
import { CatalogSearch } from "../../../src/shop/search/search.ts";
import { folded } from "../../../src/shop/search/search-fold.ts";
import { SearchIndex } from "../../../src/shop/search/search-index.ts";
import { aShop, withStore } from "../catalog/with-store.ts";

withStore();

const cases = join(import.meta.dirname, "../../cases");

test("names in twenty languages are each found by what people type", async () => {
  const { _id: shop } = await aShop();
  const plan = await planImport(shop, createReadStream(join(cases, "c12-names.csv")), cases);
  expect(plan.issues).toEqual([]);
  await applyImport(plan);
  const search = new CatalogSearch();
  const first = async (query: string) => (await search.search(shop, query)).products[0]?.slug;
  const asked = {
    قهوة: "ar-coffee",
    كتاب: "ar-book",
    ISIK: "tr-light",
    bicak: "tr-knife",
    चाय: "hi-tea",
    コーヒー: "ja-coffee",
    蓝色围巾: "zh-hant",
    잔: "ko-cup",
    smorbrod: "no-bread",
    lodka: "pl-boat",
    "ao dai": "vi-shirt",
    tshirt: "en-tshirt",
    oeuf: "fr-oeuf",
    masband: "de-meas",
    "fussball grosse": "de-juice",
  };
  const found = await Promise.all(Object.keys(asked).map(async (query) => [query, await first(query)]));
  expect(Object.fromEntries(found)).toEqual(asked);
});

/** Titles that are found first by what stands beside them, among all others of the list. */
const NAMES: readonly (readonly [language: string, title: string, queries: readonly string[]])[] = [
  ["Arabic", "قَهْوَة عَرَبِيَّة", ["قهوة", "القهوة", "قهوه", "قـــهوة", "عربية"]],
  ["Arabic", "الأحذية الرياضية", ["احذية", "أحذيه", "حذاء أحذية", "رياضيه"]],
  ["Arabic", "شاى أخضر ٥٠٠ جرام", ["شاي", "أخضر", "اخضر", "شاي 500"]],
  ["Persian", "کتاب‌خانه چوبی", ["كتابخانه", "کتابخانه", "کتاب خانه", "چوبی"]],
  ["Urdu", "ہاتھ کی گھڑی", ["گھڑی", "گهڑي", "ہاتھ"]],
  ["Hebrew", "סֵפֶר בִּשּׁוּל", ["ספר", "הספר", "בישול", "בשול"]],
  ["Hebrew", "שולחנות מתקפלים", ["שולחן", "שולחנות"]],
  ["Turkish", "ISITICI Fan", ["ısıtıcı", "ISITICI", "isitici", "Isıtıcı", "İSİTİCİ"]],
  ["Turkish", "Işık Zinciri", ["ISIK", "isik", "IŞIK", "ışık"]],
  ["Turkish", "İğne İplik Seti", ["igne", "İĞNE", "iplik", "IPLIK"]],
  ["Hindi", "हिन्दी की किताब", ["हिंदी", "हिन्दी", "किताब"]],
  ["Hindi", "चूड़ी लाल", ["चूडी", "चूड़ी", "चूड़ी"]],
  ["Hindi", "चाँदी का कड़ा", ["चांदी", "चाँदी", "कडा"]],
  ["Bengali", "মাটির চায়ের কাপ", ["মাটির", "চায়ের", "কাপ"]],
  ["Tamil", "தேநீர் கோப்பை", ["தேநீர்", "கோப்பை", "கோப்"]],
  ["Malayalam", "പാൽ പാത്രം", ["പാൽ", "പാല്\u200d", "പാത്രം"]],
  ["Punjabi", "ਪੰਜਾਬੀ ਜੁੱਤੀ", ["ਪੰਜਾਬੀ", "ਪਂਜਾਬੀ", "ਜੁੱਤੀ"]],
  ["Thai", "ชาเขียวน้ำผึ้ง", ["ชา", "ชาเขียว", "น้ำผึ้ง", "ผึ้ง", "เขียว"]],
  ["Thai", "ชามข้าว", ["ชาม", "ข้าว"]],
  ["Lao", "ກາເຟລາວ", ["ກາເຟ", "ລາວ"]],
  ["Khmer", "តែបៃតងធម្មជាតិ", ["តែ", "បៃតង", "ធម្មជាតិ"]],
  ["Burmese", "လက်ဖက်ရည်ခွက်", ["လက်ဖက်ရည်", "ခွက်"]],
  ["Japanese", "おいしいコーヒー豆", ["コーヒー", "ｺｰﾋｰ", "こーひー", "コーヒー豆", "豆"]],
  ["Japanese", "コンピューターケース", ["コンピュータ", "コンピューター", "ケース", "ｹｰｽ"]],
  ["Japanese", "ヴァイオリンの弓", ["バイオリン", "ヴァイオリン"]],
  ["Japanese", "カップ", ["コップ カップ", "ｶｯﾌﾟ"]],
  ["Korean", "커피잔 세트", ["잔", "커피", "커피잔", "커피잔세트", "세트"]],
  ["Chinese", "藍色圍巾", ["蓝色围巾", "藍色圍巾", "围巾", "圍巾"]],
  ["Chinese", "电脑台灯", ["電腦", "檯燈", "枱燈", "臺燈"]],
  ["Greek", "ΟΔΟΣ χάρτης", ["οδος", "οδός", "ΧΑΡΤΗΣ", "χαρτης"]],
  ["Norwegian", "Smørbrød brett", ["smorbrod", "smoerbroed", "SMØRBRØD"]],
  ["Danish", "Ål på rødgrød", ["aal", "al rodgrod", "ål"]],
  ["Icelandic", "Þorskur með brauði", ["thorskur", "þorskur", "braudi"]],
  ["Polish", "Łódka zabawka", ["lodka", "łódka", "zabawka"]],
  ["Croatian", "Đumbir čaj", ["dumbir", "đumbir", "caj đumbir"]],
  ["Serbian", "Шоља за чај", ["šolja", "solja", "шоља", "чај шоља"]],
  ["Serbian", "Knjiga pesama", ["књига", "knjiga", "песама"]],
  ["Ukrainian", "М'ята свіжа", ["мята", "м’ята", "мʼята", "свіжа"]],
  ["Ukrainian", "Їжак ґумовий", ["їжак", "гумовий", "ґумовий"]],
  ["Russian", "Ёлка зелёная", ["елка", "ёлка", "зеленая", "ЗЕЛЕНАЯ"]],
  ["Vietnamese", "Áo dài đỏ", ["ao dai", "áo dài", "ao dai do", "đỏ"]],
  ["French", "Œuf en bois d’olivier", ["oeuf", "œuf", "olivier", "d'olivier", "dolivier"]],
  ["French", "L'huile de noix", ["huile", "l'huile", "l’huile", "lhuile"]],
  ["German", "Maßband für Schneider", ["masband", "massband", "maßband", "MASSBAND", "MAẞBAND"]],
  ["German", "Schreibtischlampe", ["lampe", "schreibtisch lampe", "schreibtisch-lampe"]],
  ["German", "Fußball Größe 5", ["fussball grosse", "fussball groesse", "Fußballgröße"]],
  ["German", "Käsereibe", ["kaesereibe", "kasereibe"]],
  ["Catalan", "Col·lecció de mel", ["colleccio", "col·lecció", "col-leccio"]],
  ["English", "Boxy T-shirt", ["tshirt", "t shirt", "t-shirt", "T‑shirt", "tee-shirt boxy"]],
  ["English", "Women's wallet", ["womens", "women's wallet", "women wallet", "women’s"]],
  ["English", "ﬁne ｍｕｇ №5", ["fine mug", "FINE", "mug"]],
  ["English", "Ear\u00adrings", ["earrings", "ear-rings"]],
  ["Azerbaijani", "Gümüş üzük gəlin", ["gumus", "gelin", "gəlin"]],
  ["Kazakh", "Қымыз ыдыс", ["кымыз", "қымыз"]],
  ["Georgian", "ღვინის ჭიქა", ["ჭიქა", "ᲭᲘᲥᲐ"]],
  ["Armenian", "Սուրճի բաժակ", ["սուրճ", "ԲԱԺԱԿ"]],
  ["Amharic", "የቡና ስኒ", ["ስኒ", "የቡና"]],
];

const all = new SearchIndex();
for (const [index, [, title]] of NAMES.entries())
  all.add({
    id: `${index}`,
    category: "c",
    prices: [{ from: Number.NEGATIVE_INFINITY, price: 1 }],
    revision: 1,
    texts: [{ boost: 4, text: title }],
  });

describe.each(NAMES.map(([language, title, queries], index) => ({ language, title, queries, index })))(
  "in $language, $title",
  ({ queries, index }) => {
    test.each(queries)("is found first by %s", (query) => {
      expect(NAMES[Number(all.search(query).ids(0, 1)[0])]?.[1]).toBe(NAMES[index]?.[1]);
    });
  },
);

test("a word of a script without spaces comes before others that only hold its characters", () => {
  const index = new SearchIndex();
  for (const [id, text] of [
    ["bowl", "ชามข้าว"],
    ["tea", "ชาเขียวน้ำผึ้งสูตรพิเศษ"],
  ] as const)
    index.add({
      id,
      category: "c",
      prices: [{ from: Number.NEGATIVE_INFINITY, price: 1 }],
      revision: 1,
      texts: [{ boost: 4, text }],
    });
  expect(index.search("ชา").ids(0, 2)).toEqual(["tea", "bowl"]);
});

test("tshirt finds the T-shirt, the t shirt and the tshirt of one catalog, and so does t-shirt", () => {
  const index = new SearchIndex();
  for (const text of ["Boxy T-shirt", "Red t shirt", "Old tshirt", "Dress shirt"])
    index.add({
      id: text,
      category: "c",
      prices: [{ from: Number.NEGATIVE_INFINITY, price: 1 }],
      revision: 1,
      texts: [{ boost: 4, text }],
    });
  for (const query of ["tshirt", "t-shirt", "t shirt", "T‐Shirt"])
    expect(index.search(query).ids(0, 9).sort()).toEqual(["Boxy T-shirt", "Old tshirt", "Red t shirt"]);
});

test("folding twice is folding once, whatever the text", () => {
  for (const [, title, queries] of NAMES)
    for (const text of [title, ...queries]) expect(folded(folded(text))).toBe(folded(text));
});

test("digits of every script are the same", () => {
  expect(folded("٠١٢٣٤٥٦٧٨٩۰۹०९০৯๐๙၀၉０９𝟎𝟗𝟘")).toBe("0123456789090909090909090");
});
