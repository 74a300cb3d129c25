import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listProducts } from "../../../../src/shop/catalog/catalog.ts";
import { exportCatalog } from "../../../../src/shop/catalog/files/export.ts";
import { readCatalogFile } from "../../../../src/shop/catalog/files/index.ts";
import type { FileProduct } from "../../../../src/shop/catalog/files/reading.ts";
import { applyImport, planImport } from "../../../../src/shop/catalog/import/index.ts";
import { counted } from "../../../../src/shop/inventory/availability.ts";
import { aShop, withStore } from "../with-store.ts";

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

async function read(bytes: Buffer, zone = "UTC") {
  const found = await readCatalogFile(bytes, "EUR", [], zone);
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
      stock: [{ sku: "KANNE", line: 2, stock: counted(7) }],
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
      { sku: made, line: 2, stock: counted(0) },
      { sku: "SHIRT-B", line: 5, stock: counted(3) },
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
    ),
  );
  expect(faults).toEqual([]);
  expect(noted).toEqual([
    "2 Type: Gusseiserne Kanne is left out: grouped products are not sold here",
    "3 Type: Gusseiserne Kanne is left out: external products are not sold here",
    "4 Type: Hemd is left out: it has no variations",
    expect.stringMatching(/^5 Type: product-31 needs no shipping there; here it is sold like all else/),
    "5 Stock: is blank: nobody counts it, so it is always available",
    "5 Visibility in catalog: hidden counts as draft",
    "6 Backorders allowed?: it is sold beyond what is there, so it is always available and not counted",
  ]);
  expect(products.map(({ product }) => product.status)).toEqual(["draft", "draft"]);
});

describe("a sale price with dates", () => {
  const saleOf = async (cells: Cells, zone = "UTC") => {
    const { products, faults } = await read(file({ ...simple, ...cells }), zone);
    const { price, compareAt, sale } = products[0]?.product.variants[0] ?? {};
    return { price, compareAt, sale, faults };
  };
  const from = "Date sale price starts";
  const until = "Date sale price ends";
  const at = (text: string) => new Date(text);

  test.each([
    // WooCommerce's documents: days, of which the last one is part of the sale.
    ["2099-12-01", "2099-12-24", "2099-11-30T23:00:00Z", "2099-12-24T23:00:00Z"],
    // What its exports have: local time, hours of one digit; the last second is part of it.
    ["2099-12-01 0:00:00", "2099-12-24 23:59:59", "2099-11-30T23:00:00Z", "2099-12-24T23:00:00Z"],
    ["2099-12-01T08:30:00", "2099-12-24T09:00:00", "2099-12-01T07:30:00Z", "2099-12-24T08:00:01Z"],
    ["2099-12-01T00:00:00+00:00", "2099-12-24 18:00", "2099-12-01T00:00:00Z", "2099-12-24T17:00:01Z"],
    ["4099766400", "4102358398", "2099-12-01T00:00:00Z", "2099-12-30T23:59:59Z"],
    // What spreadsheets make of them.
    ["1.12.2099", "24.12.2099", "2099-11-30T23:00:00Z", "2099-12-24T23:00:00Z"],
    ["2099/12/1", "Dec 24, 2099", "2099-11-30T23:00:00Z", "2099-12-24T23:00:00Z"],
    // The day on which clocks go back has 25 hours.
    ["2026-10-25", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"],
  ])("from %s to %s is kept with its moments in the shop's zone", async (starts, ends, begins, over) => {
    expect(await saleOf({ [from]: starts, [until]: ends }, "Europe/Berlin")).toEqual({
      price: 6500,
      compareAt: undefined,
      sale: { price: 5900, from: at(begins), until: at(over) },
      faults: [],
    });
  });

  test("has a beginning, an end, or neither", async () => {
    const price = 5900;
    expect((await saleOf({ [from]: "2099-12-01" })).sale).toEqual({ price, from: at("2099-12-01") });
    expect((await saleOf({ [until]: "2019-06-30" })).sale).toEqual({ price, until: at("2019-07-01") });
    expect(await saleOf({})).toMatchObject({ price: 5900, compareAt: 6500, sale: undefined });
  });

  test("is none where there is no lower price", async () => {
    for (const sale of ["", "65", "70"])
      expect(await saleOf({ "Sale price": sale, [from]: "2099-12-01" })).toEqual({
        price: 6500,
        compareAt: undefined,
        sale: undefined,
        faults: [],
      });
  });

  test.each([
    ["3/4/2099", "2099-12-24", '2 Date sale price starts: "3/4/2099" is not a date such as 2026-11-30'],
    ["soon", "", '2 Date sale price starts: "soon" is not a date such as 2026-11-30'],
    ["", "2099-02-30", '2 Date sale price ends: "2099-02-30" is not a date such as 2026-11-30'],
    ["2099-12-24", "2099-12-01", "2 Date sale price ends: is before Date sale price starts"],
  ])("from %s to %s is told by its line", async (starts, ends, fault) => {
    expect((await saleOf({ [from]: starts, [until]: ends })).faults).toEqual([fault]);
  });

  test("comes by itself after an import, and one that is over does not", async () => {
    const shop = await aShop();
    const bytes = await readFile(new URL("../../../cases/c04-woo-sale-dates.csv", import.meta.url));
    const plan = await planImport(shop._id, bytes, folder);
    expect([plan.issues, plan.notes]).toEqual([[], []]);
    await applyImport(plan);
    const prices = async (now: string) => {
      const found = await listProducts(shop._id, { sort: "price" }, at(now));
      return found.products.map(({ title, minPrice, variants: [variant] }) => [
        title.en,
        minPrice,
        variant?.compareAt,
      ]);
    };
    const today = [
      ["Summer towel", 2500, undefined],
      ["Winter blanket", 5900, undefined],
      ["Lamp", 8000, undefined],
    ];
    expect(await prices("2026-11-30T12:00:00Z")).toEqual(today);
    expect(await prices("2099-11-27T23:59:59Z")).toEqual([
      ["Lamp", 1000, 8000],
      ["Summer towel", 2500, undefined],
      ["Winter blanket", 5900, undefined],
    ]);
    expect(await prices("2099-12-01T00:00:00Z")).toEqual([
      ["Summer towel", 2500, undefined],
      ["Winter blanket", 2900, 5900],
      ["Lamp", 8000, undefined],
    ]);
    // Nothing of it is lost on the way to another shop, and the same file changes nothing.
    const again = await planImport(shop._id, bytes, folder);
    expect(again.entries.map(({ action }) => action)).toEqual(["same", "same", "same"]);
    const copy = await aShop();
    const { csv } = await exportCatalog(shop._id, "x");
    const own = await planImport(shop._id, Buffer.from(csv), folder);
    expect(own.entries.map(({ action }) => action)).toEqual(["same", "same", "same"]);
    await applyImport(await planImport(copy._id, Buffer.from(csv), folder));
    expect((await exportCatalog(copy._id, "x")).csv).toBe(csv);
    const now = await exportCatalog(shop._id, "x", "shopify", at("2099-12-02"));
    expect(now.csv).toMatch(/FUT-1.*29\.00,59\.00/);
    expect(now.csv).toMatch(/PAST-1.*25\.00,,/);
  });
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
