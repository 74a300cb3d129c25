import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { saveCategory } from "../../../../src/shop/catalog/category.ts";
import { writeExport } from "../../../../src/shop/catalog/files/export.ts";
import { textOf } from "../../../../src/shop/catalog/files/foreign/foreign.ts";
import { SHOPIFY_COLUMNS } from "../../../../src/shop/catalog/files/foreign/shopify-rows.ts";
import { foldedText } from "../../../../src/shop/catalog/files/foreign/unified-values.ts";
import { readCatalogFile } from "../../../../src/shop/catalog/files/index.ts";
import type { FileProduct } from "../../../../src/shop/catalog/files/reading.ts";
import { applyImport, planImport } from "../../../../src/shop/catalog/import/index.ts";
import { ProductModel } from "../../../../src/shop/catalog/product.ts";
import { saveProduct } from "../../../../src/shop/catalog/save-product.ts";
import { lineSchema, textSchema } from "../../../../src/shop/core/text-schemas.ts";
import { counted } from "../../../../src/shop/inventory/availability.ts";
import { setStock, stockOf } from "../../../../src/shop/inventory/stock.ts";
import { times } from "../../../setup/long.ts";
import { aProduct, aShop, withStore } from "../with-store.ts";

withStore();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawker-shopify-"));
});
afterAll(async () => rm(folder, { recursive: true }));

type Cells = Partial<Record<string, string>>;

const HEADER = [
  ...SHOPIFY_COLUMNS,
  "Product Category",
  "Variant Barcode",
  "SEO Title",
  "Google Shopping / Age Group",
  "Price / International",
];

/** A file as Shopify, or a spreadsheet that has opened it, writes it. */
const file = (rows: readonly Cells[], sign = ",", bom = "\ufeff") => {
  const cell = (text = "") =>
    new RegExp(`["\\n${sign}]`).test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = rows.map((row) => HEADER.map((name) => cell(row[name])).join(sign));
  return Buffer.from(bom + [HEADER.join(sign), ...lines].join("\r\n"));
};

/** Everything a file says. */
async function read(bytes: Buffer, currency = "EUR") {
  const found = await readCatalogFile(bytes, currency);
  const products: FileProduct[] = [];
  for await (const some of found.products) products.push(...some);
  const lines = (issues: typeof found.issues) =>
    issues.map(({ line, column, message }) => `${line} ${column}: ${message}`);
  return { ...found, products, faults: lines(found.issues), noted: lines(found.notes) };
}

// Its description has line breaks, so the row after it is on line 5.
const mug: Cells = {
  Handle: "duenen-becher",
  Title: "Dünen-Becher",
  "Body (HTML)":
    '<h3>Über den Becher</h3>\n<p>Handgedreht &amp; <strong>spülmaschinenfest</strong>. <a href="https://example.com/pflege">Pflege</a></p>\n<ul><li>250 ml</li><li>Ø 9 cm</li></ul><script>alert(1)</script>',
  Vendor: "Töpferei Nord",
  "Product Category": "Home & Garden > Kitchen & Dining > Mugs",
  Type: "Tisch & Küche",
  Tags: "Geschenk, Keramik, Tee",
  Published: "TRUE",
  "Option1 Name": "Farbe",
  "Option1 Value": "Sand",
  "Variant SKU": "'00412",
  "Variant Grams": "310",
  "Variant Inventory Tracker": "shopify",
  "Variant Inventory Qty": "12",
  "Variant Inventory Policy": "deny",
  "Variant Price": "24.90",
  "Variant Compare At Price": "29.90",
  "Variant Barcode": "'4006381333931",
  "Image Src": "https://cdn.example.com/becher-sand.jpg",
  "Image Position": "1",
  "Image Alt Text": "Sandfarbener Becher",
  "Gift Card": "FALSE",
  "SEO Title": "Becher kaufen",
  "Variant Image": "https://cdn.example.com/becher-tinte.jpg",
  Status: "active",
};
const second: Cells = {
  Handle: "duenen-becher",
  "Option1 Value": "Tinte",
  "Variant Inventory Tracker": "shopify",
  "Variant Inventory Qty": "-2",
  "Variant Price": "24.9",
  "Image Src": "https://cdn.example.com/becher-tinte.jpg",
  "Image Position": "2",
};
const pictureOnly: Cells = {
  Handle: "duenen-becher",
  "Image Src": "https://cdn.example.com/tisch.jpg",
  "Image Position": "3",
};
const plain: Cells = {
  Handle: "plain",
  Title: "茶壶",
  Type: "茶具",
  Published: "TRUE",
  "Option1 Name": "Title",
  "Option1 Value": "Default Title",
  "Variant SKU": "POT 1/A",
  "Variant Inventory Tracker": "shopify",
  "Variant Inventory Qty": "3",
  "Variant Price": "65",
  Status: "draft",
};

test("the rows of a handle are variants, pictures, or both", async () => {
  const { format, products, faults, noted, unused, categories } = await read(
    file([mug, second, pictureOnly, plain]),
  );
  expect(format.name).toBe("shopify");
  expect(faults).toEqual([]);
  expect([...categories.values()].map(({ slug, title }) => [slug, title])).toEqual([
    ["tisch-kuche", { en: "Tisch & Küche" }],
    [expect.stringMatching(/^[0-9a-z]{6}$/), { en: "茶具" }],
  ]);
  const [made = ""] = noted.flatMap((note) => /blank; (\S+) is used/.exec(note)?.[1] ?? []);
  expect(made).toMatch(/^duenen-becher-[0-9a-z]{8}$/);
  expect(products[0]).toMatchObject({
    line: 2,
    lines: [2, 5],
    product: {
      slug: "duenen-becher",
      title: { en: "Dünen-Becher" },
      descriptionFormat: "html",
      description: {
        en: '<p><b>Über den Becher</b></p><p>Handgedreht &amp; <b>spülmaschinenfest</b>. <a href="https://example.com/pflege">Pflege</a></p><ul><li>250 ml</li><li>Ø 9 cm</li></ul>',
      },
      category: "tisch-kuche",
      tags: ["Geschenk", "Keramik", "Tee"],
      options: [{ name: { en: "Farbe" }, values: [{ en: "Sand" }, { en: "Tinte" }] }],
      variants: [
        { sku: "00412", values: ["Sand"], price: 2490, compareAt: 2990, grams: 310, image: 1 },
        { sku: made, values: ["Tinte"], price: 2490 },
      ],
      images: [
        { url: "https://cdn.example.com/becher-sand.jpg", alt: { en: "Sandfarbener Becher" } },
        { url: "https://cdn.example.com/becher-tinte.jpg", alt: { en: "Dünen-Becher" } },
        { url: "https://cdn.example.com/tisch.jpg", alt: { en: "Dünen-Becher" } },
      ],
      status: "active",
    },
    stock: [
      { sku: "00412", line: 2, stock: counted(12) },
      { sku: made, line: 5, stock: counted(0) },
    ],
  });
  expect(products[1]?.product).toMatchObject({
    title: { en: "茶壶" },
    options: [],
    variants: [{ sku: expect.stringMatching(/^POT-1-A-[0-9a-z]{5}$/), values: [], price: 6500 }],
    status: "draft",
  });
  expect(noted).toEqual([
    `5 Variant SKU: is blank; ${made} is used`,
    "5 Variant Inventory Qty: -2 counts as 0",
    expect.stringMatching(/^7 Variant SKU: POT 1\/A becomes POT-1-A-/),
  ]);
  expect(unused).toEqual(
    expect.arrayContaining(["Vendor", "Variant Barcode", "SEO Title", "Price / International"]),
  );
});

test("a spreadsheet's semicolons and decimal commas are read, with the same made-up SKUs each time", async () => {
  const excel = [{ ...mug, "Variant Price": "24,90", "Variant Compare At Price": "29,9" }, second];
  const once = await read(file(excel, ";", ""));
  expect(once.faults).toEqual([]);
  expect(once.products[0]?.product.variants.map(({ price, compareAt }) => [price, compareAt])).toEqual([
    [2490, 2990],
    [2490, undefined],
  ]);
  const other = await read(file([mug, second]));
  const skus = ({ products }: typeof once) => products[0]?.product.variants.map(({ sku }) => sku);
  expect(skus(once)).toEqual(skus(other));
});

describe("what must be put right is told by line in Shopify's own columns", () => {
  const cases: [name: string, rows: Cells[], fault: RegExp][] = [
    ["no handle", [{ ...plain, Handle: "" }], /^2 Handle: is needed/],
    ["no title", [{ ...plain, Title: "" }], /^2 Title: /],
    ["no price", [{ ...plain, "Variant Price": "" }], /^2 Variant Price: is needed/],
    [
      "a price in another currency",
      [mug, { ...second, "Variant Price": "$24" }],
      /^5 Variant Price: "\$24" is not a price in EUR/,
    ],
    ["a doubtful price", [{ ...plain, "Variant Price": "1,299" }], /^2 Variant Price: "1,299"/],
    ["too many decimals", [{ ...plain, "Variant Price": "1.999" }], /^2 Variant Price: /],
    [
      "half a piece",
      [{ ...plain, "Variant Inventory Qty": "1.5" }],
      /^2 Variant Inventory Qty: "1.5" is not a whole number/,
    ],
    ["an unknown status", [{ ...plain, Status: "sold" }], /^2 Status: "sold" is not/],
    [
      "an SKU twice",
      [plain, { ...plain, Handle: "other" }],
      /^3 Variant SKU: POT-1-A-\w+ is on line 2 already/,
    ],
    ["rows that are apart", [mug, plain, second], /^6 Handle: the rows of duenen-becher must be together/],
    [
      "a variant without its option",
      [mug, { ...second, "Option1 Value": "" }],
      /^5 Option1 Value: is needed for every variant/,
    ],
    [
      "two variants alike",
      [mug, { ...second, "Option1 Value": "Sand" }],
      /^5 Option1 Value: another variant has the same/,
    ],
  ];
  test.each(cases)("%s", async (_, rows, fault) => {
    expect((await read(file(rows))).faults).toEqual(expect.arrayContaining([expect.stringMatching(fault)]));
  });

  test("an amount of another currency", async () => {
    const bytes = Buffer.from("Handle,Title,Variant Price,Currency\nmug,Mug,9.50,USD\n");
    expect((await read(bytes)).faults).toEqual(['2 Currency: "USD" is not the shop\'s EUR']);
  });
});

test("noughts beyond the currency's digits do not count", async () => {
  const yen = await read(file([{ ...plain, "Variant Price": "6500.00" }]), "JPY");
  expect(yen.products[0]?.product.variants[0]?.price).toBe(6500);
});

test("what Hawker does not sell or keep is noted, not refused", async () => {
  const { products, faults, noted } = await read(
    file([
      { ...plain, Handle: "voucher", "Gift Card": "TRUE" },
      { ...plain, Handle: "Große_Kanne", "Variant SKU": "A", "Image Src": "http://example.com/a.jpg" },
      { ...plain, Handle: "long", "Variant SKU": "B", "Body (HTML)": `<p>${"Wort ".repeat(2000)}</p>` },
      { ...plain, Handle: "endless", "Variant SKU": "C", "Variant Inventory Policy": "continue" },
    ]),
  );
  expect(faults).toEqual([]);
  expect(noted).toEqual([
    "2 Gift Card: voucher is left out: gift cards are not sold here",
    expect.stringMatching(/^3 Handle: Große_Kanne becomes grosse-kanne-\w{6}$/),
    "3 Image Src: http://example.com/a.jpg is no https address; the picture is left out",
    "4 Body (HTML): is cut to 4000 characters",
    "5 Variant Inventory Policy: it is sold beyond what is there, so it is always available and not counted",
  ]);
  expect(products.map(({ product }) => product.images.length)).toEqual([0, 0, 0]);
});

test("importing again changes nothing, and translations made here stay", async () => {
  const { _id: shop } = await aShop();
  const bytes = file([mug, second, pictureOnly, plain]);
  await applyImport(await planImport(shop, bytes, folder));
  const again = await planImport(shop, bytes, folder);
  expect(again.entries.map(({ action, changes }) => [action, changes])).toEqual([
    ["same", []],
    ["same", []],
  ]);
  await ProductModel.updateOne(
    { shop, slug: "duenen-becher" },
    { $set: { "title.zh": "沙丘杯", "options.0.values.0.zh": "沙色" } },
  );
  const dearer = file([{ ...mug, "Variant Price": "26" }, second, pictureOnly, plain]);
  await applyImport(await planImport(shop, dearer, folder));
  const product = await ProductModel.findOne({ shop, slug: "duenen-becher" }).lean();
  expect(product?.title).toEqual({ en: "Dünen-Becher", zh: "沙丘杯" });
  expect(product?.options[0]?.values[0]).toEqual({ en: "Sand", zh: "沙色" });
  expect(product?.minPrice).toBe(2490);
  const french = file([{ ...mug, Title: "Tasse des dunes" }, second, pictureOnly, plain]);
  await applyImport(await planImport(shop, french, folder));
  const renamed = await ProductModel.findOne({ shop, slug: "duenen-becher" }).lean();
  expect(renamed?.title).toEqual({ en: "Tasse des dunes" });
});

const words = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
      fc.constantFrom("=1", "+x", "-", "@a", "'=", '"', ";", "\n", "<b>", "&amp;", "马克杯", "Ü", "\\n", "|"),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(""));
// What looks like an entity is read as what it stands for.
const line = words.map((text) => lineSchema(40).safeParse(textOf(text)).data ?? "x");
const anyProduct = fc.record({
  title: line,
  text: fc.array(words, { maxLength: 3 }).map((lines) => textSchema(4000).parse(lines.join("\n\n"))),
  tags: fc.uniqueArray(
    line.map((tag) => textOf(tag.replaceAll(",", "")) || "x"),
    { maxLength: 3, selector: foldedText },
  ),
  option: fc.option(fc.record({ name: line, values: fc.uniqueArray(line, { minLength: 2, maxLength: 4 }) }), {
    nil: undefined,
  }),
  pictures: fc.uniqueArray(fc.nat(9), { maxLength: 6 }),
  price: fc.integer({ min: 0, max: 9_999_999 }),
  reduced: fc.boolean(),
  stock: fc.nat(999),
  grams: fc.nat(2000),
  status: fc.constantFrom("active", "draft", "archived"),
  shelf: fc.constantFrom("Tisch & Küche", "茶具", "Sale!"),
});

test.each(["EUR", "JPY"])(
  "any catalog in %s goes to Shopify's format and back with all that Shopify keeps",
  async (currency) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyProduct, { minLength: 1, maxLength: 4 }), async (catalog) => {
        const { _id: shop } = await aShop(currency);
        const { _id: copy } = await aShop(currency);
        const shelves = new Map<string, string>();
        for (const [position, title] of ["Tisch & Küche", "茶具", "Sale!"].entries()) {
          const saved = await saveCategory({ shop, slug: `s-${position}`, title: { en: title }, position });
          shelves.set(title, saved._id);
        }
        for (const [index, one] of catalog.entries()) {
          const values = one.option?.values ?? [];
          const variant = (n: number) => ({
            sku: `SKU-${index}-${n}`,
            values: one.option === undefined ? [] : [values[n] ?? ""],
            price: one.price + n,
            ...(one.reduced ? { compareAt: one.price + n + 1 } : {}),
            ...(one.grams > 0 ? { grams: one.grams } : {}),
            ...(one.pictures.length > n ? { image: n } : {}),
          });
          await saveProduct(
            aProduct(shop, `p-${index}`, {
              title: { en: one.title },
              description: { en: one.text },
              tags: one.tags,
              category: shelves.get(one.shelf) ?? "",
              options:
                one.option === undefined
                  ? []
                  : [{ name: { en: one.option.name }, values: values.map((en) => ({ en })) }],
              variants: Array.from({ length: Math.max(values.length, 1) }, (_, n) => variant(n)),
              images: one.pictures.map((n) => ({ url: `https://example.com/${n}.jpg`, alt: { en: "A" } })),
              status: one.status,
            }),
            new Date(Date.UTC(2026, 0, 1, 0, 0, index)),
          );
          await setStock(shop, `SKU-${index}-0`, one.stock);
        }
        const path = join(folder, `${shop}.csv`);
        await writeExport(shop, path, { format: "shopify" });
        const plan = await planImport(copy, await readFile(path), folder);
        expect(plan.issues).toEqual([]);
        expect(plan.format.name).toBe("shopify");
        await applyImport(plan);
        const seen = async (of: string) =>
          Promise.all(
            (await ProductModel.find({ shop: of }).sort({ slug: 1 }).lean()).map(async (product) => ({
              slug: product.slug,
              title: product.title,
              options: product.options,
              variants: product.variants,
              images: product.images,
              tags: product.tags,
              status: product.status,
              words: product.description.en.replace(/\s+/g, " "),
              stock: [
                ...(await stockOf(
                  of,
                  product.variants.map(({ sku }) => sku),
                )),
              ],
            })),
          );
        expect(await seen(copy)).toEqual(await seen(shop));
        const again = await planImport(copy, await readFile(path), folder);
        expect(again.entries.flatMap(({ changes }) => changes)).toEqual([]);
      }),
      { numRuns: times(8, 200) },
    );
  },
  600_000,
);

test("a picture's number of rows may be more than that of variants", async () => {
  const { _id: shop } = await aShop();
  const images = [1, 2, 3].map((n) => ({ url: `https://example.com/${n}.jpg`, alt: { en: `No. ${n}` } }));
  await saveProduct(aProduct(shop, "mug", { title: { en: "=Mug" }, images }));
  const path = join(folder, "pictures.csv");
  expect(await writeExport(shop, path, { format: "shopify" })).toEqual({ products: 1, pictures: 0, left: 0 });
  const text = await readFile(path, "utf8");
  expect(text).toContain("mug,'=Mug,");
  expect((await read(Buffer.from(text))).products[0]?.product.images).toEqual(images);
});
