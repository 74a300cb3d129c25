import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCatalogFile } from "../../../src/shop/catalog-files/index.ts";
import type { FileProduct } from "../../../src/shop/catalog-files/reading.ts";
import { applyImport, planImport } from "../../../src/shop/import.ts";
import { aShop, withStore } from "./with-store.ts";

withStore();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawker-woo-"));
});
afterAll(async () => rm(folder, { recursive: true }));

type Cells = Partial<Record<string, string>>;

const HEADER =
  "ID|Type|SKU|GTIN, UPC, EAN, or ISBN|Name|Published|Is featured?|Visibility in catalog|Short description|Description|Date sale price starts|Date sale price ends|Tax status|In stock?|Stock|Low stock amount|Backorders allowed?|Weight (kg)|Sale price|Regular price|Categories|Tags|Images|Parent|Position|Brands|Attribute 1 name|Attribute 1 value(s)|Attribute 1 visible|Attribute 1 global|Attribute 2 name|Attribute 2 value(s)|Meta: _wpcom_is_markdown".split(
    "|",
  );
const file = (...rows: Cells[]) => {
  const cell = (text = "") => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [HEADER.map(cell), ...rows.map((row) => HEADER.map((name) => cell(row[name])))];
  return Buffer.from(`\ufeff${lines.map((line) => line.join(",")).join("\n")}`);
};

async function read(bytes: Buffer) {
  const found = await readCatalogFile(bytes, "EUR");
  const products: FileProduct[] = [];
  for await (const some of found.products) products.push(...some);
  const lines = (issues: typeof found.issues) =>
    issues.map(({ line, column, message }) => `${line} ${column}: ${message}`);
  return { ...found, products, faults: lines(found.issues), noted: lines(found.notes) };
}

const simple: Cells = {
  ID: "12",
  Type: "simple",
  SKU: "KANNE",
  Name: "Gusseiserne Kanne",
  Published: "1",
  "Visibility in catalog": "visible",
  "Short description": "Hält lange warm",
  Description: "Erster Absatz,\\nmit Umbruch.\\n\\n<b>Zweiter</b> &amp; letzter.",
  "In stock?": "1",
  Stock: "7",
  "Backorders allowed?": "0",
  "Weight (kg)": "1.25",
  "Sale price": "59",
  "Regular price": "65.00",
  Categories: "Küche > Tee, Geschenke",
  Tags: "Gusseisen, Tee",
  Images: "https://example.com/kanne.jpg, https://example.com/kanne-2.png",
};
const variable: Cells = {
  ID: "20",
  Type: "variable",
  SKU: "SHIRT",
  Name: "Hemd",
  Published: "1",
  Categories: "Kleidung",
  Images: "https://example.com/hemd.jpg",
  "Attribute 1 name": "Farbe",
  "Attribute 1 value(s)": "Blau, Rot",
  "Attribute 2 name": "Stoff",
  "Attribute 2 value(s)": "Leinen",
};
const blue: Cells = {
  ID: "21",
  Type: "variation",
  SKU: "SHIRT-B",
  Name: "Hemd - Blau",
  "In stock?": "1",
  Stock: "3",
  "Regular price": "40",
  Parent: "id:20",
  Position: "2",
  Images: "https://example.com/blau.jpg",
  "Attribute 1 name": "Farbe",
  "Attribute 1 value(s)": "Blau",
};
const red: Cells = {
  ...blue,
  ID: "22",
  SKU: "",
  Parent: "SHIRT",
  Position: "1",
  Images: "",
  Stock: "",
  "In stock?": "0",
  "Attribute 1 value(s)": "Rot",
};

test("a simple product comes with its prices, category, description and pictures", async () => {
  const { format, products, categories, faults, noted, unused } = await read(file(simple));
  expect(format.name).toBe("woocommerce");
  expect(faults).toEqual([]);
  expect(noted).toEqual([]);
  expect([...categories.values()]).toEqual([{ line: 2, slug: "kuche-tee", title: { en: "Küche › Tee" } }]);
  expect(products).toEqual([
    {
      line: 2,
      lines: [2],
      stock: [{ sku: "KANNE", line: 2, available: 7 }],
      product: {
        slug: "product-12",
        title: { en: "Gusseiserne Kanne" },
        descriptionFormat: "html",
        description: { en: "<p>Erster Absatz,<br>mit Umbruch.</p><p><b>Zweiter</b> &amp; letzter.</p>" },
        category: "kuche-tee",
        tags: ["Gusseisen", "Tee", "Geschenke"],
        options: [],
        variants: [{ sku: "KANNE", values: [], price: 5900, compareAt: 6500, grams: 1250 }],
        images: [
          { url: "https://example.com/kanne.jpg", alt: { en: "Gusseiserne Kanne" } },
          { url: "https://example.com/kanne-2.png", alt: { en: "Gusseiserne Kanne" } },
        ],
        status: "active",
      },
    },
  ]);
  expect(unused).toEqual(
    expect.arrayContaining(["Brands", "GTIN, UPC, EAN, or ISBN", "Meta: _wpcom_is_markdown"]),
  );
});

test("variations find their product by number or SKU, wherever they stand", async () => {
  const { products, faults, noted } = await read(file(red, variable, simple, blue));
  expect(faults).toEqual([]);
  const shirt = products.find(({ product }) => product.slug === "product-20");
  const made = shirt?.product.variants[0]?.sku ?? "";
  expect(made).toMatch(/^product-20-[0-9a-z]{8}$/);
  expect(shirt).toMatchObject({
    line: 3,
    lines: [2, 5],
    product: {
      options: [{ name: { en: "Farbe" }, values: [{ en: "Rot" }, { en: "Blau" }] }],
      variants: [
        { sku: made, values: ["Rot"], price: 4000 },
        { sku: "SHIRT-B", values: ["Blau"], price: 4000, image: 1 },
      ],
      images: [{ url: "https://example.com/hemd.jpg" }, { url: "https://example.com/blau.jpg" }],
    },
    stock: [
      { sku: made, line: 2, available: 0 },
      { sku: "SHIRT-B", line: 5, available: 3 },
    ],
  });
  expect(noted).toEqual([`2 SKU: is blank; ${made} is used`]);
});

describe("what must be put right is told by line in WooCommerce's own columns", () => {
  const cases: [name: string, rows: Cells[], fault: RegExp][] = [
    ["no name", [{ ...simple, Name: "" }], /^2 Name: /],
    ["no price", [{ ...simple, "Regular price": "" }], /^2 Regular price: is needed/],
    [
      "a price in words",
      [{ ...simple, "Regular price": "sixty" }],
      /^2 Regular price: "sixty" is not a price/,
    ],
    ["a stock in words", [{ ...simple, Stock: "many" }], /^2 Stock: "many" is not a whole number/],
    ["an unknown state", [{ ...simple, Published: "2" }], /^2 Published: "2" is not/],
    [
      "a variation without a product",
      [simple, { ...blue, Parent: "id:99" }],
      /^3 Parent: id:99 is no variable product/,
    ],
    ["a variation of nothing", [{ ...blue, Parent: "" }], /^2 Parent: is needed/],
    ["an SKU twice", [simple, { ...simple, ID: "13" }], /^3 SKU: KANNE is on line 2 already/],
    [
      "two variations alike",
      [variable, blue, { ...blue, SKU: "X" }],
      /^4 Attribute 1 value\(s\): another variant/,
    ],
  ];
  test.each(cases)("%s", async (_, rows, fault) => {
    expect((await read(file(...rows))).faults).toEqual(
      expect.arrayContaining([expect.stringMatching(fault)]),
    );
  });
});

test("what Hawker does not sell or keep is noted, not refused", async () => {
  const { products, faults, noted } = await read(
    file(
      { ...simple, Type: "grouped" },
      { ...simple, Type: "external" },
      { ...variable, ID: "30" },
      {
        ...simple,
        ID: "31",
        SKU: "A",
        Type: "simple, virtual",
        "Visibility in catalog": "hidden",
        Stock: "",
      },
      { ...simple, ID: "32", SKU: "B", Published: "-1", "Backorders allowed?": "notify" },
      { ...simple, ID: "33", SKU: "C", "Date sale price ends": "2027-01-01" },
    ),
  );
  expect(faults).toEqual([]);
  expect(noted).toEqual([
    "2 Type: Gusseiserne Kanne is left out: grouped products are not sold here",
    "3 Type: Gusseiserne Kanne is left out: external products are not sold here",
    "4 Type: Hemd is left out: it has no variations",
    expect.stringMatching(/^5 Type: product-31 needs no shipping there; here it is sold like all else/),
    "5 Stock: is not counted; set a stock to sell it",
    "5 Visibility in catalog: hidden counts as draft",
    "6 Backorders allowed?: only what is counted is sold here",
    "7 Date sale price ends: is not kept: the sale price holds until it is changed",
  ]);
  expect(products.map(({ product }) => product.status)).toEqual(["draft", "draft", "active"]);
});

test("importing again changes nothing", async () => {
  const { _id: shop } = await aShop();
  const bytes = file(red, variable, simple, blue);
  await applyImport(await planImport(shop, bytes, folder));
  const again = await planImport(shop, bytes, folder);
  expect(again.entries.map(({ action, changes }) => [action, changes])).toEqual([
    ["same", []],
    ["same", []],
  ]);
});
