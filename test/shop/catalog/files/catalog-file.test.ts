import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { COLUMNS } from "../../../../src/shop/catalog/files/hawker/hawker-columns.ts";
import { readCatalogFile } from "../../../../src/shop/catalog/files/index.ts";
import type { FileProduct } from "../../../../src/shop/catalog/files/reading.ts";
import { counted } from "../../../../src/shop/inventory/availability.ts";

const HEADER =
  "handle,title_en,title_zh,description_en,category,category_en,category_zh,tags,status,option1_name_en,option1_name_zh,option1_value_en,option1_value_zh,sku,price,compare_at,sale_price,sale_from,sale_until,currency,stock,grams,images,image_alt_en,image_alt_zh,category_position,variant_image,option2_name_en,option2_value_en";
type Cells = Partial<Record<string, string>>;

const mug: Cells = {
  handle: "mug",
  title_en: "Mug",
  category: "table",
  category_en: "Table",
  sku: "MUG",
  price: "9.50",
};
const second = (cells: Cells): Cells => ({ handle: "mug", sku: "MUG-2", price: "10", ...cells });

const quoted = (text = "") => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const file = (...rows: Cells[]) =>
  Buffer.from(
    [
      HEADER,
      ...rows.map((row) =>
        HEADER.split(",")
          .map((name) => quoted(row[name]))
          .join(","),
      ),
    ].join("\n"),
  );
async function read(bytes: Buffer, currency = "EUR") {
  const found = await readCatalogFile(bytes, currency);
  const products: FileProduct[] = [];
  for await (const some of found.products) products.push(...some);
  return { products, categories: [...found.categories.values()], issues: found.issues, notes: found.notes };
}
const faults = async (...rows: Cells[]) =>
  (await read(file(...rows))).issues.map(({ line, column, message }) => `${line} ${column}: ${message}`);

test("a sale has days of the shop's zone, the last one included, or exact moments", async () => {
  const sale = async (sale_from: string, sale_until: string) => {
    const rows = file({ ...mug, sale_price: "5", sale_from, sale_until });
    const found = await readCatalogFile(rows, "EUR", [], "Asia/Tokyo");
    for await (const [one] of found.products) if (one) return one.product.variants[0]?.sale;
    return found.issues;
  };
  expect(await sale("2026-11-27", "2026-11-30")).toEqual({
    price: 500,
    from: new Date("2026-11-26T15:00:00Z"),
    until: new Date("2026-11-30T15:00:00Z"),
  });
  expect(await sale("2026-11-27T08:00:00+01:00", "2026-11-30T15:00:00Z")).toEqual({
    price: 500,
    from: new Date("2026-11-27T07:00:00Z"),
    until: new Date("2026-11-30T15:00:00Z"),
  });
});

test("the rows of a handle are the variants of one product", async () => {
  const { products, categories, issues } = await read(
    file(
      {
        ...mug,
        title_zh: "马克杯",
        tags: "tea|a\\|b",
        option1_name_en: "Colour",
        option1_name_zh: "颜色",
        option1_value_en: "Blue",
        option1_value_zh: "蓝色",
        compare_at: "12",
        stock: "3",
        grams: "300",
        images: "a.jpg|https://example.com/b.jpg",
        image_alt_en: "First",
        variant_image: "2",
      },
      second({ option1_value_en: "Green", stock: "0" }),
      second({ sku: "MUG-3", option1_value_en: "Red", price: "0.05" }),
    ),
  );
  expect(issues).toEqual([]);
  expect(categories).toEqual([{ line: 2, slug: "table", title: { en: "Table" } }]);
  expect(products).toEqual([
    {
      line: 2,
      lines: [2, 3, 4],
      stock: [
        { sku: "MUG", line: 2, stock: counted(3) },
        { sku: "MUG-2", line: 3, stock: counted(0) },
      ],
      product: {
        slug: "mug",
        title: { en: "Mug", zh: "马克杯" },
        description: { en: "" },
        category: "table",
        tags: ["tea", "a|b"],
        options: [
          {
            name: { en: "Colour", zh: "颜色" },
            values: [{ en: "Blue", zh: "蓝色" }, { en: "Green" }, { en: "Red" }],
          },
        ],
        variants: [
          { sku: "MUG", values: ["Blue"], price: 950, compareAt: 1200, image: 1, grams: 300 },
          { sku: "MUG-2", values: ["Green"], price: 1000 },
          { sku: "MUG-3", values: ["Red"], price: 5 },
        ],
        images: [
          { media: "file:a.jpg", alt: { en: "First" } },
          { url: "https://example.com/b.jpg", alt: { en: "Mug" } },
        ],
        status: "active",
      },
    },
  ]);
});

test("prices are read in the minor units of the currency", async () => {
  const priceOf = async (currency: string, price: string) =>
    (await read(file({ ...mug, price }), currency)).products[0]?.product.variants[0]?.price;
  expect(await priceOf("JPY", "950")).toBe(950);
  expect(await priceOf("JPY", "9.50")).toBeUndefined();
  expect(await priceOf("KWD", "9.505")).toBe(9505);
});

describe("a fault in a cell is told with its line and column", () => {
  const cases: [name: string, rows: Cells[], fault: RegExp][] = [
    ["no handle", [{ ...mug, handle: "" }], /^2 handle: /],
    ["a handle with spaces", [{ ...mug, handle: "My Mug" }], /^2 handle: must be lower case words/],
    ["no title", [{ ...mug, title_en: "" }], /^2 title_en: /],
    ["no category", [{ ...mug, category: "" }], /^2 category: /],
    [
      "a bad position",
      [{ ...mug, category_position: "first" }],
      /^2 category_position: "first" is not a whole number/,
    ],
    ["no SKU", [{ ...mug, sku: "" }], /^2 sku: must be/],
    ["a SKU twice", [mug, { ...mug, handle: "cup" }], /^3 sku: MUG is on line 2 already/],
    ["no price", [{ ...mug, price: "" }], /^2 price: is needed/],
    ["a price with a comma", [{ ...mug, price: "9,50" }], /^2 price: "9,50" is not a price in EUR/],
    ["a price with a sign", [{ ...mug, price: "€9" }], /^2 price: "€9" is not a price/],
    ["a price of three decimals", [{ ...mug, price: "9.999" }], /^2 price: /],
    ["a negative price", [{ ...mug, price: "-1" }], /^2 price: /],
    [
      "a former price below the price",
      [{ ...mug, compare_at: "5" }],
      /^2 compare_at: must be above the price/,
    ],
    [
      "a sale at the price",
      [{ ...mug, sale_price: "9.50", sale_from: "2026-11-27" }],
      /^2 sale_price: must be below the price/,
    ],
    ["a sale without dates", [{ ...mug, sale_price: "5" }], /^2 sale_from: is needed, or an end/],
    ["the dates of no sale", [{ ...mug, sale_until: "2026-11-27" }], /^2 sale_price: is needed/],
    [
      "a sale on no day",
      [{ ...mug, sale_price: "5", sale_from: "3/4/2026" }],
      /^2 sale_from: "3\/4\/2026" is not a date such as 2026-11-30/,
    ],
    [
      "a sale that ends first",
      [{ ...mug, sale_price: "5", sale_from: "2026-11-27", sale_until: "2026-11-26" }],
      /^2 sale_until: must be after the beginning/,
    ],
    ["another currency", [{ ...mug, currency: "USD" }], /^2 currency: "USD" is not the shop's EUR/],
    ["half a piece in stock", [{ ...mug, stock: "1.5" }], /^2 stock: "1.5" is not a whole number/],
    ["a negative stock", [{ ...mug, stock: "-1" }], /^2 stock: /],
    ["a weight in words", [{ ...mug, grams: "heavy" }], /^2 grams: /],
    ["an unknown status", [{ ...mug, status: "sold" }], /^2 status: /],
    ["a picture over plain http", [{ ...mug, images: "http://example.com/a.jpg" }], /^2 images: .* https/],
    ["an empty picture name", [{ ...mug, images: "a.jpg||b.jpg" }], /^2 images: has an empty name/],
    [
      "more texts than pictures",
      [{ ...mug, images: "a.jpg", image_alt_en: "a|b" }],
      /^2 image_alt_en: has more/,
    ],
    ["a picture that is not there", [{ ...mug, variant_image: "1" }], /^2 variant_image: names a picture/],
    ["picture 0", [{ ...mug, images: "a.jpg", variant_image: "0" }], /^2 variant_image: /],
    [
      "a variant without its option's value",
      [{ ...mug, option1_name_en: "Size", option1_value_en: "L" }, second({})],
      /^3 option1_value_en: is needed/,
    ],
    [
      "a value without an option",
      [{ ...mug, option1_value_en: "L" }],
      /^2 option1_value_en: needs option1_name_en on line 2/,
    ],
    [
      "a second option without a first",
      [{ ...mug, option2_name_en: "Size", option2_value_en: "L" }],
      /^2 option2_name_en: needs option1 first/,
    ],
    ["two variants alike", [mug, second({})], /^3 sku: another variant has the same/],
    [
      "two variants of one value",
      [{ ...mug, option1_name_en: "Size", option1_value_en: "L" }, second({ option1_value_en: " L" })],
      /^3 option1_value_en: another variant/,
    ],
    [
      "a value translated in two ways",
      [
        { ...mug, option1_name_en: "Size", option1_value_en: "L", option1_value_zh: "大" },
        second({ option1_value_en: "L", option1_value_zh: "中" }),
      ],
      /^3 option1_value_zh: differs from line 2/,
    ],
    [
      "a title on another row",
      [mug, second({ title_en: "Cup" })],
      /^3 title_en: differs from the product's first row \(line 2\)/,
    ],
    [
      "rows that are apart",
      [mug, { ...mug, handle: "cup", sku: "CUP" }, second({ title_en: "Mug", category: "table" })],
      /^4 handle: the rows of mug must be together; others begin on line 2/,
    ],
    [
      "a category named in two ways",
      [mug, { ...mug, handle: "cup", sku: "CUP", category_en: "Tables" }],
      /^3 category_en: differs from line 2/,
    ],
    [
      "a Chinese category name alone",
      [{ ...mug, category_en: "", category_zh: "桌" }],
      /^2 category_en: is needed beside/,
    ],
  ];
  test.each(cases)("%s", async (_, rows, fault) => {
    expect((await faults(...rows)).some((told) => fault.test(told))).toBe(true);
  });
});

test("what does not fit is cut or left out with a note, and the others are taken", async () => {
  const { products, issues, notes } = await read(
    file(
      { ...mug, title_en: "x".repeat(256) },
      { ...mug, handle: "dear", title_en: "Dear", sku: "DEAR", price: "99999999999" },
      {
        ...mug,
        handle: "seen",
        sku: "SEEN",
        images: Array.from({ length: 51 }, (_, i) => `${i}.jpg`).join("|"),
      },
    ),
  );
  expect(issues).toEqual([]);
  expect(notes.map(({ line, column, message }) => `${line} ${column}: ${message}`)).toEqual([
    "2 title_en: is cut to 255 characters (from 256)",
    "3 price: Dear is left out: its price is above 999999.99 EUR, the most that can be paid",
    "4 images: has 51 pictures; at most 50 are kept",
  ]);
  expect(
    products.map(({ product }) => [product.slug, product.title.en.length, product.images.length]),
  ).toEqual([
    ["mug", 255, 0],
    ["seen", 3, 50],
  ]);
});

test("the faults of several products come sorted by line", async () => {
  const { issues } = await read(
    file(
      { ...mug, price: "x" },
      { ...mug, handle: "cup", sku: "MUG", stock: "?" },
      { ...mug, handle: "!", sku: "C" },
    ),
  );
  expect(issues.map(({ line }) => line)).toEqual([2, 3, 3, 4]);
});

test("the page that documents the format names every column", async () => {
  const page = await readFile(new URL("../../../../docs/import.md", import.meta.url), "utf8");
  for (const column of COLUMNS) expect(page).toContain(column.replace(/^option\d/, "option1"));
});
