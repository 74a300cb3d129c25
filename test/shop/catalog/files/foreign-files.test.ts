import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allCategories } from "../../../../src/shop/catalog/category.ts";
import { readCatalogFile } from "../../../../src/shop/catalog/files/index.ts";
import type { FileProduct } from "../../../../src/shop/catalog/files/reading.ts";
import { applyImport, planImport } from "../../../../src/shop/catalog/import/index.ts";
import { ProductModel } from "../../../../src/shop/catalog/product.ts";
import { counted } from "../../../../src/shop/inventory/availability.ts";
import { unitsOf } from "../import/units.ts";
import { aShop, withStore } from "../with-store.ts";

withStore();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawker-cases-"));
});
afterAll(async () => rm(folder, { recursive: true }));

const aCase = (name: string) => readFile(new URL(`../../../cases/${name}`, import.meta.url));

async function read(text: string | Buffer, currency = "EUR") {
  const found = await readCatalogFile(typeof text === "string" ? Buffer.from(text) : text, currency);
  const products: FileProduct[] = [];
  for await (const some of found.products) products.push(...some);
  const lines = (issues: typeof found.issues) =>
    issues.map(({ line, column, message }) => `${line} ${column ?? ""}: ${message}`);
  return { ...found, products, faults: lines(found.issues), noted: lines(found.notes) };
}

const prices = (products: readonly FileProduct[]) =>
  products.flatMap(({ product }) =>
    product.variants.map(({ sku, price, compareAt }) => [
      sku,
      price,
      ...(compareAt === undefined ? [] : [compareAt]),
    ]),
  );

describe("files that failed once", () => {
  test("Shopify's present header", async () => {
    const { format, faults, products, unused } = await read(await aCase("c01-shopify-new.csv"));
    expect(faults).toEqual([]);
    expect(format.name).toBe("shopify");
    expect(
      products.map(({ product, stock }) => [product.title.en, stock.map((one) => unitsOf(one.stock))]),
    ).toEqual([["Clay bowl", [8, 5]]]);
    expect(prices(products)).toEqual([
      ["BOWL-S", 1250, 1500],
      ["BOWL-L", 1800],
    ]);
    expect(products[0]?.product).toMatchObject({
      slug: "clay-bowl",
      tags: ["clay", "bowl"],
      status: "active",
    });
    expect(products[0]?.product.variants.map(({ grams }) => grams)).toEqual([300, 600]);
    expect(unused).toContain("Barcode");
    expect(unused).not.toContain("Requires shipping");
  });

  test("points that part thousands", async () => {
    const { faults, products } = await read(await aCase("c02-woo-thousand.csv"));
    expect(faults).toEqual([]);
    expect(prices(products)).toEqual([
      ["TISCH-1", 129_000],
      ["STUHL-1", 8990],
      ["BANK-1", 115_000, 150_000],
    ]);
    const alone = (await aCase("c02-woo-thousand.csv")).toString().split("\n").slice(0, 2).join("\n");
    expect((await read(alone)).faults).toEqual([
      '2 Regular price: "1.290" may be 1290 or 1.29, and nothing else in the file tells which: write 1.290,00 or 1.29, or import with --decimal comma for 1290 or --decimal point for 1.29',
    ]);
    expect((await read(alone.replaceAll("1.290", "1.299"))).faults).toEqual([
      '2 Regular price: "1.299" may be 1299 or 1.299, which has too many decimals: write 1.299,00 or a price with 2 decimals, or import with --decimal comma for 1299',
    ]);
  });

  test("entities outside descriptions", async () => {
    const { _id: shop } = await aShop();
    await applyImport(await planImport(shop, await aCase("c03-woo-amp.csv"), folder));
    const categories = await allCategories(shop);
    expect(categories.map(({ slug, title }) => [slug, title.en])).toEqual([
      ["food-drink-mills", "Food & Drink › Mills"],
      ["cups-mugs", "Cups & Mugs"],
    ]);
    const products = await ProductModel.find({ shop }).sort({ slug: 1 }).lean();
    expect(products.map(({ title, tags, description }) => [title.en, tags, description.en])).toEqual([
      ["Salt & Pepper mill", ["salt & pepper"], "Grinds & stays sharp"],
      ["Potter’s cup – 200 ml", [], "Cup"],
    ]);
  });

  test("a title that is long, and one that is longer than is kept", async () => {
    const text = (await aCase("c06-shopify-longtitle.csv")).toString();
    const { faults, noted, products } = await read(text);
    expect([faults, noted]).toEqual([[], []]);
    expect(products.map(({ product }) => product.title.en.length)).toEqual([141, 5]);
    const longer = await read(text.replace("Large Capacity", `${"👩‍👩‍👧‍👦".repeat(30)} Large Capacity`));
    expect(longer.faults).toEqual([]);
    expect(longer.noted).toEqual([expect.stringMatching(/^2 Title: is cut to 255 characters/)]);
    expect(longer.products[0]?.product.title.en).toMatch(/^(👩‍👩‍👧‍👦)+…$/u);
    expect(longer.products).toHaveLength(2);
  });

  test("150 variants", async () => {
    const { _id: shop } = await aShop();
    await applyImport(await planImport(shop, await aCase("c08-shopify-150.csv"), folder));
    const product = await ProductModel.findOne({ shop, slug: "yarn150" }).lean();
    expect(product?.variants).toHaveLength(150);
    expect(product?.options.map(({ values }) => values.length)).toEqual([30, 5]);
  });

  test("semicolons, with a comma in the header", async () => {
    const { faults, products } = await read(await aCase("c10-semicolon-comma-header.csv"));
    expect(faults).toEqual([]);
    expect(prices(products)).toEqual([["SOAP-1", 450]]);
  });
});

describe("a format is told by what its columns mean", () => {
  test.each([
    ["capitals, spaces and another order", "\ufeff PRICE ,url  handle,TITLE\n9.50,mug,Mug\n"],
    ["old and new names", "Handle,Title,Price\nmug,Mug,9.50\n"],
    ["no handle", "Title,Price\nMug,9.50\n"],
  ])("Shopify: %s", async (_, text) => {
    const { format, faults, products } = await read(text);
    expect([format.name, faults]).toEqual(["shopify", []]);
    expect(products.map(({ product }) => [product.slug, product.variants[0]?.price])).toEqual([["mug", 950]]);
  });

  test.each([
    [
      "German",
      "ID,Typ,Artikelnummer,Name,Veröffentlicht,Vorrätig?,Bestand,Angebotspreis,Regulärer Preis,Kategorien,Übergeordnetes Produkt,Gewicht (kg),Attribut 1 Name,Attribut 1 Wert(e)",
    ],
    [
      "French",
      "ID,Type,UGS,Nom,Publié,En stock ?,Stock,Tarif promo,Tarif régulier,Catégories,Parent,Poids (kg),Nom de l’attribut 1,Valeur(s) de l’attribut 1",
    ],
    [
      "Spanish",
      "ID,Tipo,SKU,Nombre,Publicado,¿Existencias?,Inventario,Precio rebajado,Precio normal,Categorías,Superior,Peso (kg),Nombre del atributo 1,Valor(es) del atributo 1",
    ],
    [
      "Italian",
      "ID,Tipo,COD,Nome,Pubblicato,In stock?,Magazzino,Prezzo in offerta,Prezzo di listino,Categorie,Genitore,Peso (kg),Nome dell'attributo 1,Valore dell'attributo 1",
    ],
    [
      "Dutch",
      "ID,Type,Artikelnummer,Naam,Gepubliceerd,Op voorraad?,Voorraad,Actieprijs,Reguliere prijs,Categorieën,Hoofd,Gewicht (kg),Naam eigenschap 1,Waarde eigenschap 1",
    ],
    [
      "Polish",
      "ID,Typ,SKU,Nazwa,Opublikowano,W magazynie?,Stan magazynowy,Cena promocyjna,Cena,Kategorie,Element nadrzędny,Waga (kg),Nazwa atrybutu 1,Wartości atrybutu 1",
    ],
  ])("WooCommerce, in %s", async (_, header) => {
    const { format, faults, noted, products, categories } = await read(
      [
        header,
        "7,variable,,Hemd,1,,,,,Kleidung,,,Farbe,Blau",
        '8,variation,H-1,,1,1,3,"9,50","12,90",,id:7,"0,35",Farbe,Blau',
      ].join("\n"),
    );
    expect([format.name, faults, noted]).toEqual(["woocommerce", [], []]);
    expect([...categories.keys()]).toEqual(["kleidung"]);
    expect(
      products.map(({ product, stock }) => [product.title.en, product.options, product.variants, stock]),
    ).toEqual([
      [
        "Hemd",
        [{ name: { en: "Farbe" }, values: [{ en: "Blau" }] }],
        [{ sku: "H-1", values: ["Blau"], price: 950, compareAt: 1290, grams: 350 }],
        [{ sku: "H-1", line: 3, stock: counted(3) }],
      ],
    ]);
  });

  test("Hawker's own, in capitals and with spaces for lines below", async () => {
    const { format, faults, products } = await read(
      "Handle,Title EN,Category,Category_EN,SKU,Price\nmug,Mug,t,T,M,9.50\n",
    );
    expect([format.name, faults, products.length]).toEqual(["hawker", [], 1]);
  });

  test.each([
    [
      "Handle,Title,Vendor,Tags\nmug,Mug,,\n",
      /^1 : this looks like a file of Shopify, but the column Price \(or Variant Price\) is missing$/,
    ],
    [
      "ID,Type,SKU,Name,Published,Stock\n1,simple,A,Mug,1,3\n",
      /^1 : this looks like a file of WooCommerce, but the column Regular price is missing$/,
    ],
    [
      "product,cost\nMug,9.50\n",
      /^1 : these are not the columns of a catalog file\. Known are Hawker's own \(needs handle, title_en, category, sku, price\); Shopify \(needs Title, Price/,
    ],
    ["handle,title_en,sku,price,stock\nmug,Mug,M,9.50,3\n", /^1 category: is missing$/],
  ])("%j is refused with what is missing", async (text, fault) => {
    expect((await read(text)).faults[0]).toMatch(fault);
  });

  test("what is wrong is told by the names that the file uses", async () => {
    expect((await read("URL handle,Title,SKU,Price\nmug,Mug,M,cheap\n")).faults).toEqual([
      '2 Price: "cheap" is not a price in EUR',
    ]);
    expect((await read("ID,Typ,Name,Regulärer Preis\n1,simple,Krug,billig\n")).faults).toEqual([
      '2 Regulärer Preis: "billig" is not a price in EUR',
    ]);
  });
});

const woo = (...rows: string[]) =>
  read(["Type,SKU,Name,Stock,Weight (kg),Regular price,Categories,Tags", ...rows].join("\n"));

describe("numbers are read as their whole column writes them", () => {
  test("prices, stock and weights each by their own", async () => {
    const { faults, noted, products } = await woo(
      'simple,A,Table,"1,200.0","1,250",1.290,T,',
      'simple,B,Chair,12,"0,5","89,90",T,',
    );
    expect([faults, noted]).toEqual([[], []]);
    expect(prices(products)).toEqual([
      ["A", 129_000],
      ["B", 8990],
    ]);
    expect(
      products.map(({ product, stock }) => [unitsOf(stock[0]?.stock), product.variants[0]?.grams]),
    ).toEqual([
      [1200, 1250],
      [12, 500],
    ]);
  });

  test("a stock that may be two numbers is refused, a weight is left out with a note", async () => {
    const { faults, noted } = await woo("simple,A,Table,1.290,1.250,9.50,T,");
    expect(faults).toEqual([expect.stringMatching(/^2 Stock: "1.290" may be 1290 or 1.29/)]);
    expect(noted).toEqual([
      expect.stringMatching(/^2 Weight \(kg\): "1.250" may be 1250 or 1.25.*left out$/),
    ]);
  });

  test("the price that proves the notation may stand on the last of many lines", async () => {
    const rows = Array.from({ length: 3000 }, (_, n) => `simple,S-${n},Table ${n},1,,1.290,T,`);
    const { faults, products } = await woo(...rows, 'simple,LAST,Chair,1,,"89,90",T,');
    expect(faults).toEqual([]);
    expect(new Set(products.slice(0, -1).map(({ product }) => product.variants[0]?.price))).toEqual(
      new Set([129_000]),
    );
  });

  test("currencies without decimals, and another currency's sign", async () => {
    const dong = await read("Title,Price\nCup,150.000\nPot,1.200.000 ₫\n", "VND");
    expect(prices(dong.products).map(([, price]) => price)).toEqual([150_000, 1_200_000]);
    expect((await read("Title,Price\nCup,$12\n")).faults).toEqual(['2 Price: "$12" is not a price in EUR']);
  });
});

describe("one product that does not fit does not hold up the others", () => {
  const good = "good,Good mug,M-1,9.50,,";
  const shopify = (...rows: string[]) =>
    read(["Handle,Title,Variant SKU,Variant Price,Option1 Name,Option1 Value", ...rows, good].join("\n"));

  test("too many variants", async () => {
    const rows = Array.from(
      { length: 2049 },
      (_, n) => `yarn,${n === 0 ? "Yarn" : ""},Y-${n},5,${n === 0 ? "Shade" : ""},${n}`,
    );
    const { faults, noted, products } = await shopify(...rows);
    expect(faults).toEqual([]);
    expect(noted).toEqual(["2 Handle: Yarn is left out: it has 2049 variants; at most 2048 are kept"]);
    expect(products.map(({ product }) => product.slug)).toEqual(["good"]);
  });

  test("a price that nobody can pay", async () => {
    const { faults, noted, products } = await shopify("yacht,Yacht,Y,1500000.00,,");
    expect(faults).toEqual([]);
    expect(noted).toEqual([
      "2 Variant Price: Yacht is left out: its price is above 999999.99 EUR, the most that can be paid",
    ]);
    expect(products).toHaveLength(1);
  });

  test("four attributes that are chosen", async () => {
    const names = [1, 2, 3, 4].flatMap((n) => [`Attribute ${n} name`, `Attribute ${n} value(s)`]);
    const { faults, noted, products } = await read(
      [
        `ID,Type,SKU,Name,Regular price,Parent,${names.join(",")}`,
        "1,variable,,Desk,,,A,,B,,C,,D,",
        "2,variation,D-1,,9,id:1,A,1,B,1,C,1,D,1",
        "3,simple,CUP,Cup,9,,,,,,,,,",
      ].join("\n"),
    );
    expect(faults).toEqual([]);
    expect(noted).toEqual([
      expect.stringMatching(/: Desk is left out: it has 4 options; at most 3 are kept$/),
    ]);
    expect(products.map(({ product }) => product.title.en)).toEqual(["Cup"]);
  });

  test("no sentence is the validator's", async () => {
    const own = "handle,title_en,category,category_en,sku,price,grams,compare_at,images\n";
    const { faults, noted } = await read(
      `${own}${"x".repeat(90)},,t,T,${"S".repeat(40)},9,,,\nmug,${"M".repeat(300)},t,,M,9,9000000,1,https://\n`,
    );
    expect(faults.length).toBeGreaterThan(4);
    for (const told of [...faults, ...noted])
      expect(told).not.toMatch(/expected|invalid|too (big|small)|string/i);
  });
});

describe("texts are read as they were meant", () => {
  test("entities in names, categories, tags, options and SKUs, however often they were encoded", async () => {
    const { products, categories, faults } = await read(
      [
        "ID,Type,SKU,Name,Regular price,Categories,Tags,Parent,Attribute 1 name,Attribute 1 value(s)",
        '1,variable,,R&amp;amp;D set,,"A &amp; B > C &lt; D","fish&amp;chips, AT&T",,Size &amp; cut,',
        "2,variation,S-1,,9,,,id:1,Size &amp;amp; cut,Big &quot;L&quot;",
      ].join("\n"),
    );
    expect(faults).toEqual([]);
    expect([...categories.values()].map(({ title }) => title?.en)).toEqual(["A & B › C < D"]);
    expect(products[0]?.product).toMatchObject({
      title: { en: "R&D set" },
      tags: ["fish&chips", "AT&T"],
      options: [{ name: { en: "Size & cut" }, values: [{ en: 'Big "L"' }] }],
    });
  });

  test("option values that differ in capitals and spaces are one, unless two variants were the same then", async () => {
    const header =
      "Handle,Title,Variant SKU,Variant Price,Option1 Name,Option1 Value,Option2 Name,Option2 Value";
    const { products, faults } = await read(
      [
        header,
        "tee,Tee,A,9,Colour,Red,Size,S",
        "tee,,B,9,,red ,,M",
        "tee,,C,9,,RED,,L",
        "cap,Cap,D,9,Colour,Red,,",
        "cap,,E,9,,red,,",
      ].join("\n"),
    );
    expect(faults).toEqual([]);
    expect(
      products.map(({ product }) => product.options.map(({ values }) => values.map(({ en }) => en))),
    ).toEqual([[["Red"], ["S", "M", "L"]], [["Red", "red"]]]);
    expect(products[0]?.product.variants.map(({ values }) => values)).toEqual([
      ["Red", "S"],
      ["Red", "M"],
      ["Red", "L"],
    ]);
  });

  test("what needs no shipping, and what is no thing to send, is told", async () => {
    const virtual = await woo(
      '"simple, virtual",A,Course,1,,9,T,',
      '"simple, downloadable, virtual",B,Book,1,,9,T,',
      "subscription,C,Box,1,,9,T,",
    );
    expect(virtual.noted).toEqual([
      expect.stringMatching(
        /^2 Type: a needs no shipping there; here it is sold like all else: with an address/,
      ),
      expect.stringMatching(/^3 Type: b needs no shipping/),
      "4 Type: Box is left out: subscription products are not sold here",
    ]);
    const shopify = await read(
      "URL handle,Title,SKU,Price,Requires shipping,Gift card\nbook,Book,B,9,FALSE,FALSE\ncard,Card,C,9,FALSE,TRUE\n",
    );
    expect(shopify.noted).toEqual([
      expect.stringMatching(/^2 Requires shipping: book needs no shipping there/),
      "3 Gift card: card is left out: gift cards are not sold here",
    ]);
  });
});

test("a product of WooCommerce waits for its last variation, and not for the end of the file", async () => {
  const header = "ID,Type,SKU,Name,Regular price,Parent,Attribute 1 name,Attribute 1 value(s)";
  const simple = Array.from({ length: 1000 }, (_, n) => `${n + 10},simple,S-${n},Cup ${n},9,,,`);
  const { products, noted } = await read(
    [
      header,
      "2,variation,T-S,,9,TEE,Size,S",
      "1,variable,TEE,Tee,,,Size,",
      ...simple.slice(0, 500),
      "3,variation,T-M,,9,id:1,Size,M",
      ...simple.slice(500),
      "4,variable,,Empty,,,Size,",
    ].join("\n"),
  );
  const tee = products.findIndex(({ product }) => product.slug === "product-1");
  expect(products[tee]?.product.variants.map(({ sku }) => sku)).toEqual(["T-S", "T-M"]);
  expect(tee).toBeGreaterThanOrEqual(500);
  expect(tee).toBeLessThan(1000);
  expect(noted).toEqual(["1005 Type: Empty is left out: it has no variations"]);
});

test("a file that is wrong on every line is not read to its end", async () => {
  const { issues } = await read(`Title,Price\n${"Mug\n".repeat(100_000)}`);
  expect(issues.length).toBeLessThan(40_000);
  expect(issues.at(-1)?.message).toBe("there are too many problems to go on");
});

test("in Hawker's own format, too, what is too long is cut with a note", async () => {
  const html = `<p>${"word ".repeat(2000)}</p>`;
  const { faults, noted, products } = await read(
    `handle,title_en,category,category_en,description_en,description_format,sku,price,tags\nmug,Mug,t,${"T".repeat(70)},${html},html,M,9.50,${"g".repeat(300)}|x\n`,
  );
  expect(faults).toEqual([]);
  expect(noted).toEqual([
    "2 category_en: is cut to 60 characters",
    "2 description_en: is cut to 4000 characters",
    "2 tags: 1 tag is left out: at most 250 of 255 characters are kept",
  ]);
  expect(products[0]?.product).toMatchObject({ descriptionFormat: "html", tags: ["x"] });
});

test("marks of HTML in names are not shown, and what only looks like one stays", async () => {
  const { products, faults } = await read(
    [
      "ID,Type,SKU,Name,Published,In stock?,Stock,Regular price,Tags",
      '1,simple,A,"<b>Mug</b> No<sup>1</sup><br/>blue <span class=""x"">glaze</span>",1,1,5,12.50,<i>clay</i>',
      "2,simple,B,Bag <5 kg> &lt;b&gt; 3 < 4,1,1,5,12.50,",
    ].join("\n"),
  );
  expect(faults).toEqual([]);
  expect(products.map(({ product }) => product.title.en)).toEqual([
    "Mug No1 blue glaze",
    "Bag <5 kg> <b> 3 < 4",
  ]);
  expect(products[0]?.product.tags).toEqual(["clay"]);
});
