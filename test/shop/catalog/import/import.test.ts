import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import mongoose from "mongoose";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { saveCategory } from "../../../../src/shop/catalog/category.ts";
import { exportCatalog, writeExport } from "../../../../src/shop/catalog/files/export.ts";
import { applyImport, planImport } from "../../../../src/shop/catalog/import/index.ts";
import { beginImport, recoverImports } from "../../../../src/shop/catalog/import/journal.ts";
import { keepMedia } from "../../../../src/shop/catalog/media.ts";
import { type ProductInput, ProductModel } from "../../../../src/shop/catalog/product.ts";
import { productSchema } from "../../../../src/shop/catalog/product-schema.ts";
import { saveProduct } from "../../../../src/shop/catalog/save-product.ts";
import { lineSchema, textSchema } from "../../../../src/shop/core/text-schemas.ts";
import { SOLD_OUT } from "../../../../src/shop/inventory/availability.ts";
import { setStock, stockOf } from "../../../../src/shop/inventory/stock.ts";
import { holdAll } from "../../../../src/shop/orders/order-stock.ts";
import { aProduct, aShop, withStore } from "../with-store.ts";
import { seen } from "./seen.ts";

withStore();

let folder: string;
let picture: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawker-import-"));
  picture = await sharp({ create: { width: 2, height: 2, channels: 3, background: "red" } })
    .jpeg()
    .toBuffer();
  await writeFile(join(folder, "red.jpg"), picture);
  await writeFile(join(folder, "notes.jpg"), "no picture");
});
afterAll(async () => rm(folder, { recursive: true }));

const HEADER = "handle,title_en,category,category_en,sku,price,stock,images\n";
const csv = (...rows: string[]) => Buffer.from(HEADER + rows.join("\n"));
const plan = (shop: string, bytes: Buffer) => planImport(shop, bytes, folder);
const imported = async (shop: string, bytes: Buffer) => applyImport(await plan(shop, bytes));

describe("a dry run", () => {
  test("says what would be done by line, and writes nothing", async () => {
    const { _id: shop } = await aShop();
    await imported(
      shop,
      csv("mug,Mug,table,Table,MUG,9,3,", "cup,Cup,table,,CUP,9,,", "pot,Pot,table,,POT,9,,"),
    );
    const before = await seen(shop);
    const { entries, issues, categories, pictures } = await plan(
      shop,
      csv("mug,Big mug,table,Table,MUG,10,5,red.jpg", "cup,Cup,table,,CUP,9,0,", "jug,Jug,new,New,JUG,9,,"),
    );
    expect(issues).toEqual([]);
    expect(entries.map(({ line, action, changes }) => [line, action, changes])).toEqual([
      [2, "changed", ["title", "variants", "images", "stock MUG 3 -> 5"]],
      [3, "same", []],
      [4, "new", []],
    ]);
    expect(categories.map(({ slug, isNew }) => [slug, isNew])).toEqual([["new", true]]);
    expect([...pictures.values()]).toEqual([join(folder, "red.jpg")]);
    expect(await seen(shop)).toEqual(before);
  });

  test.each([
    ["a SKU of another product", "cup,Cup,table,Table,MUG,9,,", /sku: MUG belongs to mug/],
    [
      "a new category without a title",
      "cup,Cup,shelf,,CUP,9,,",
      /category_en: is needed, since category shelf is new/,
    ],
    [
      "a picture that is not there",
      "cup,Cup,table,Table,CUP,9,,none.jpg",
      /images: none.jpg cannot be read \(ENOENT\)/,
    ],
    [
      "a picture that is none",
      "cup,Cup,table,Table,CUP,9,,notes.jpg",
      /images: notes.jpg: .* JPEG, PNG or WebP/,
    ],
    ["a picture elsewhere", "cup,Cup,table,Table,CUP,9,,../../etc/hostname", /images: .*(outside|ENOENT)/],
    ["an absolute picture", "cup,Cup,table,Table,CUP,9,,/etc/hostname", /images: .*(outside|ENOENT)/],
    ["a folder as a picture", "cup,Cup,table,Table,CUP,9,,.", /images: . cannot be read \(EISDIR\)/],
    ["a linked picture elsewhere", "cup,Cup,table,Table,CUP,9,,link.jpg", /images: link.jpg is outside/],
  ])("tells %s by its line, and the import is refused", async (_, row, fault) => {
    const { _id: shop } = await aShop();
    await symlink("/etc/hostname", join(folder, "link.jpg")).catch(() => {});
    await imported(shop, csv("mug,Mug,table,Table,MUG,9,3,"));
    const before = await seen(shop);
    const found = await plan(shop, csv("jug,Jug,table,Table,JUG,9,,", row));
    expect(found.issues.map(({ line, column, message }) => `${line} ${column}: ${message}`)).toEqual([
      expect.stringMatching(new RegExp(`^3 ${fault.source}`)),
    ]);
    await expect(applyImport(found)).rejects.toMatchObject({ code: "IMPORT_REFUSED" });
    expect(await seen(shop)).toEqual(before);
  });

  test("needs a shop", async () => {
    await expect(plan("nowhere", csv("mug,Mug,table,Table,MUG,9,3,"))).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});

describe("an import", () => {
  test("adds and replaces products, sets counts, and leaves the rest alone", async () => {
    const { _id: shop } = await aShop();
    await imported(shop, csv("mug,Mug,table,Table,MUG,9,3,red.jpg", "old,Old,table,,OLD,1,7,"));
    await ProductModel.updateOne({ shop, slug: "mug" }, { $set: { rating: { average: 4, count: 1 } } });
    await holdAll(shop, "order", [{ sku: "MUG", quantity: 2 }], new Date(Date.UTC(2030, 0)));
    await imported(shop, csv("mug,Big mug,table,Desk,MUG,12,4,red.jpg", "jug,Jug,table,Desk,JUG,5,2,"));
    const { products, categories, stock, order } = await seen(shop);
    expect(categories).toEqual([{ slug: "table", title: { en: "Desk" }, position: 0 }]);
    expect(
      products.map(({ slug, title, minPrice, rating }) => [slug, title.en, minPrice, rating.count]),
    ).toEqual([
      ["jug", "Jug", 500, 0],
      ["mug", "Big mug", 1200, 1],
      ["old", "Old", 100, 0],
    ]);
    expect(stock).toEqual([
      ["JUG", 2],
      ["MUG", 4],
      ["OLD", 7],
    ]);
    expect(order[0]).toBe("jug");
  });

  test("tells its progress to the end", async () => {
    const { _id: shop } = await aShop();
    const steps: string[] = [];
    await applyImport(
      await plan(shop, csv("mug,Mug,table,Table,MUG,9,3,red.jpg", "cup,Cup,table,,CUP,9,,")),
      {
        onProgress: (done, total) => steps.push(`${done}/${total}`),
      },
    );
    expect(steps).toEqual(["1/4", "2/4", "3/4", "4/4"]);
  });

  test("that is repeated changes nothing", async () => {
    const { _id: shop } = await aShop();
    const file = csv("mug,Mug,table,Table,MUG,9,3,red.jpg");
    await imported(shop, file);
    const revisions = await ProductModel.find({ shop }, { revision: 1 }).lean();
    const again = await plan(shop, file);
    expect(again.entries.map(({ action }) => action)).toEqual(["same"]);
    await applyImport(again);
    expect(await ProductModel.find({ shop }, { revision: 1 }).lean()).toEqual(revisions);
  });

  test("that fails half way leaves nothing behind, even what was sold meanwhile", async () => {
    const { _id: shop } = await aShop();
    await imported(shop, csv("mug,Mug,table,Table,MUG,9,3,", "cup,Cup,table,,CUP,9,5,"));
    const before = await seen(shop);
    const late = await plan(
      shop,
      csv(
        "mug,Big mug,table,Desk,MUG,10,10,red.jpg",
        "jug,Jug,new,New,JUG,9,4,",
        "cup,Big cup,table,Desk,CUP,9,6,",
        "pot,Pot,table,Desk,POT,1,1,",
      ),
    );
    expect(late.issues).toEqual([]);
    // Someone else takes a SKU of the file's last product while the import is under way.
    let taken: Promise<unknown> = Promise.resolve();
    const failing = applyImport(late, {
      batch: 1,
      onProgress: (done) => {
        if (done === 3)
          taken = Promise.all([
            saveProduct(aProduct(shop, "thief", { variants: [{ sku: "POT", values: [], price: 1 }] })),
            holdAll(shop, "o1", [{ sku: "CUP", quantity: 2 }], new Date(Date.UTC(2030, 0))),
          ]);
      },
    });
    await expect(failing).rejects.toMatchObject({ code: "PRODUCT_CLASH" });
    await taken;
    const after = await seen(shop);
    expect(after.products.filter(({ slug }) => slug !== "thief")).toEqual(before.products);
    expect(after.categories).toEqual(before.categories);
    expect(new Map(after.stock)).toEqual(
      new Map([
        ["CUP", 3],
        ["MUG", 3],
        ["POT", 0],
      ]),
    );
    expect(await stockOf(shop, ["JUG"])).toEqual(new Map([["JUG", SOLD_OUT]]));
    // And the next import is not in its way.
    await imported(shop, csv("jug,Jug,table,Table,JUG,9,4,"));
  });

  test("of a product that was changed since it was checked is refused", async () => {
    const { _id: shop } = await aShop();
    await imported(shop, csv("mug,Mug,table,Table,MUG,9,3,"));
    const old = await plan(shop, csv("mug,Big mug,table,,MUG,9,3,"));
    await imported(shop, csv("mug,Small mug,table,,MUG,8,3,"));
    await expect(applyImport(old)).rejects.toMatchObject({ code: "IMPORT_OUTDATED" });
    expect((await seen(shop)).products[0]?.title.en).toBe("Small mug");
  });

  test("waits for another of the same shop to end", async () => {
    const { _id: shop } = await aShop();
    const other = await beginImport(shop, () => new Date());
    const mine = await plan(shop, csv("mug,Mug,table,Table,MUG,9,3,"));
    await expect(applyImport(mine)).rejects.toMatchObject({ code: "IMPORT_RUNNING" });
    expect((await seen(shop)).products).toEqual([]);
    await other.finish();
    await applyImport(mine);
    expect((await seen(shop)).products).toHaveLength(1);
  });

  test.each([1, 2, 3, 4, 5])("that is killed after step %i is undone by the next start", async (steps) => {
    const { _id: shop } = await aShop();
    await imported(shop, csv("mug,Mug,table,Table,MUG,9,3,", "cup,Cup,table,,CUP,9,5,"));
    const before = await seen(shop);
    const file = join(folder, `dying-${steps}.csv`);
    await writeFile(
      file,
      csv(
        "mug,Big mug,table,Desk,MUG,10,10,red.jpg",
        "jug,Jug,new,New,JUG,9,4,",
        "cup,Big cup,table,Desk,CUP,9,6,",
      ),
    );
    const { host, port, name } = mongoose.connection;
    const script = join(import.meta.dirname, "dying-import.ts");
    const dying = promisify(execFile)(process.execPath, [
      "--import",
      "tsx",
      script,
      `mongodb://${host}:${port}/${name}`,
      shop,
      file,
      `${steps}`,
    ]);
    await expect(dying).rejects.toMatchObject({ signal: "SIGKILL" });
    // Not before it is sure that it is dead.
    await recoverImports(() => new Date());
    await recoverImports(() => new Date(Date.now() + 120_000));
    expect(await seen(shop)).toEqual(before);
    await imported(shop, await readFile(file));
    expect((await seen(shop)).products).toHaveLength(3);
  });
});

describe("pictures at addresses", () => {
  const at = (name: string) => `https://pictures.example/${name}`;
  const file = csv(
    `mug,Mug,table,Table,MUG,9,3,${at("red.jpg")}|${at("gone.jpg")}`,
    `cup,Cup,table,,CUP,9,3,${at("red.jpg")}`,
  );

  test("are fetched once and kept; one that cannot be had is left out and told", async () => {
    const { _id: shop } = await aShop();
    const asked: string[] = [];
    const fetchPicture = async (url: string) => {
      asked.push(url);
      if (url === at("red.jpg")) return picture;
      throw Object.assign(new Error("the server answers 404"), { code: "NO_PICTURE" });
    };
    const missed = await applyImport(await plan(shop, file), { fetchPicture });
    expect(missed).toEqual([
      { line: 2, message: `picture ${at("gone.jpg")} is left out: the server answers 404` },
    ]);
    expect(asked.sort()).toEqual([at("gone.jpg"), at("red.jpg")]);
    const { products } = await seen(shop);
    const kept = [{ url: undefined, alt: { en: "Mug" }, picture: picture.toString("hex") }];
    expect(products.find(({ slug }) => slug === "mug")?.images).toEqual(kept);
    // The next import asks again only for what it could not have.
    asked.length = 0;
    await applyImport(await plan(shop, file), { fetchPicture });
    expect(asked).toEqual([at("gone.jpg")]);
  });

  test("that are no pictures are left out, and the shown picture of a variant stays the right one", async () => {
    const { _id: shop } = await aShop();
    const bytes = Buffer.from(
      `handle,title_en,category,category_en,sku,price,images,variant_image\nmug,Mug,table,Table,MUG,9,${at("text.jpg")}|${at("red.jpg")},2\n`,
    );
    const fetchPicture = async (url: string) =>
      url === at("red.jpg") ? picture : Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>");
    const missed = await applyImport(await plan(shop, bytes), { fetchPicture });
    expect(missed.map(({ message }) => message)).toEqual([expect.stringContaining("JPEG, PNG or WebP")]);
    const [product] = await ProductModel.find({ shop }).lean();
    expect(product?.images).toHaveLength(1);
    expect(product?.variants[0]?.image).toBe(0);
  });

  test("stay addresses unless they are fetched", async () => {
    const { _id: shop } = await aShop();
    expect(await applyImport(await plan(shop, file))).toEqual([]);
    const { products } = await seen(shop);
    expect(products.flatMap(({ images }) => images.map(({ url }) => url)).sort()).toEqual(
      [at("gone.jpg"), at("red.jpg"), at("red.jpg")].sort(),
    );
  });
});

const specials = fc.constantFrom(
  "=1",
  "+",
  "-x",
  "@",
  "'=",
  "'a",
  "|",
  "\\",
  "\\|",
  '"',
  '""',
  ",",
  ";",
  "\t",
  "马克杯",
  "👩‍👩‍👧",
  "é",
  " ",
  "a\\",
);
const scrap = fc.oneof(fc.string({ unit: "grapheme", maxLength: 8 }), specials);
const words = fc.array(scrap, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));
const line = words.map((text) => lineSchema(40).safeParse(text).data ?? "x");
const text = fc.array(words, { maxLength: 4 }).map((lines) => textSchema(4000).parse(lines.join("\n")));
const both = fc.record({ en: line, zh: line }, { requiredKeys: ["en"] });
const unique = fc.uniqueArray(both, { minLength: 1, maxLength: 3, selector: ({ en }) => en });

// In the future, so that what is worked out of it is the same whenever the test runs.
const moment = fc.date({ min: new Date("2046-01-01"), max: new Date("2090-01-01"), noInvalidDate: true });
const anySale = fc
  .uniqueArray(moment, { minLength: 2, maxLength: 2, selector: (at) => at.getTime() })
  .map((moments) => moments.toSorted((a, b) => a.getTime() - b.getTime()))
  .chain(([from = new Date(0), until = new Date(0)]) =>
    fc.constantFrom<{ from?: Date; until?: Date }>({ from }, { until }, { from, until }),
  );

const anyProduct = fc
  .record({
    title: both,
    description: fc.record({ en: text, zh: text }, { requiredKeys: ["en"] }),
    tags: fc.array(line, { maxLength: 3 }),
    options: fc.array(fc.record({ name: both, values: unique }), { maxLength: 3 }),
    images: fc.array(
      fc.record({
        url: fc.constantFrom(undefined, "https://example.com/a|b.jpg", "https://example.com/ü?q='x'"),
        alt: both,
      }),
      { maxLength: 3 },
    ),
    status: fc.constantFrom("active", "draft", "archived"),
    category: fc.constantFrom("one", "two", "three"),
    picks: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 4 }),
    price: fc.integer({ min: 0, max: 99_999_000 }),
    compareAt: fc.option(fc.integer({ min: 1, max: 900 }), { nil: undefined }),
    sale: fc.option(anySale, { nil: undefined }),
    grams: fc.option(fc.nat(1_000_000), { nil: undefined }),
    picture: fc.option(fc.nat(), { nil: undefined }),
    stock: fc.nat(1000),
  })
  .map(({ picks, price, compareAt, sale, grams, picture: shown, stock, ...product }) => {
    const chosen = new Map(
      picks.map((pick) => {
        const values = product.options.map(
          (option, index) => option.values[(pick[index] ?? 0) % option.values.length]?.en ?? "",
        );
        return [JSON.stringify(values), values];
      }),
    );
    return {
      ...product,
      stock,
      variants: [...chosen.values()].map((values, index) => ({
        sku: `SKU-${index}`,
        values,
        price: price + index,
        ...(compareAt === undefined ? {} : { compareAt: price + index + compareAt }),
        ...(sale === undefined || price + index === 0
          ? {}
          : { sale: { price: (price + index) >> 1, ...sale } }),
        ...(grams === undefined ? {} : { grams }),
        ...(shown === undefined || product.images.length === 0
          ? {}
          : { image: shown % product.images.length }),
      })),
    };
  });

describe("an export", () => {
  test.each(["EUR", "JPY", "KWD"])(
    "of any catalog in %s imports into an empty shop without loss",
    async (currency) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyProduct, { minLength: 1, maxLength: 5 }), async (catalog) => {
          const { _id: shop } = await aShop(currency);
          const { _id: copy } = await aShop(currency);
          const media = await keepMedia(shop, picture);
          const categories = new Map<string, string>();
          for (const [position, slug] of ["three", "one", "two"].entries())
            categories.set(
              slug,
              (
                await saveCategory({
                  shop,
                  slug,
                  title: { en: `=${slug}`, zh: "一" },
                  position: position * 7,
                })
              )._id,
            );
          for (const [index, { stock, images, ...product }] of catalog.entries()) {
            const input = {
              ...product,
              shop,
              slug: `p-${index}`,
              category: categories.get(product.category) ?? "",
              variants: product.variants.map((variant) => ({ ...variant, sku: `${variant.sku}-${index}` })),
              images: images.map(({ url, alt }) => (url === undefined ? { media, alt } : { url, alt })),
            };
            await saveProduct(
              productSchema.parse(input) satisfies ProductInput,
              new Date(Date.UTC(2026, 0, 1, 0, 0, index)),
            );
            await setStock(shop, `SKU-0-${index}`, stock);
          }
          const used = new Set<string>(catalog.map(({ category }) => category));
          const folder = await mkdtemp(join(tmpdir(), "hawker-export-"));
          try {
            const file = join(folder, "catalog.csv");
            await writeExport(shop, file);
            const found = await planImport(copy, await readFile(file), folder);
            expect(found.issues).toEqual([]);
            await applyImport(found);
            const original = await seen(shop);
            expect(await seen(copy)).toEqual({
              ...original,
              categories: original.categories.filter(({ slug }) => used.has(slug)),
            });
            // Importing it where it came from changes nothing.
            const same = await planImport(shop, await readFile(file), folder);
            expect(same.entries.flatMap(({ changes }) => changes)).toEqual([]);
            expect(same.categories).toEqual([]);
          } finally {
            await rm(folder, { recursive: true });
          }
        }),
        { numRuns: 12 },
      );
    },
    120_000,
  );

  test("writes the pictures to a folder beside the file, once each", async () => {
    const { _id: shop } = await aShop();
    await imported(
      shop,
      csv("mug,Mug,table,Table,MUG,9,3,red.jpg|red.jpg", "cup,Cup,table,,CUP,9,3,red.jpg"),
    );
    const out = join(folder, "out");
    await mkdir(out, { recursive: true });
    await writeFile(join(out, "mine.csv.part"), "left by a run that was killed", { mode: 0o644 });
    expect(await writeExport(shop, join(out, "mine.csv"))).toEqual({ products: 2, pictures: 1, left: 0 });
    for (const name of await readdir(out, { recursive: true })) {
      const { mode } = await stat(join(out, name));
      expect(mode & 0o077, name).toBe(0);
    }
    const [name = ""] = await readdir(join(out, "mine-images"));
    expect(name).toMatch(/^[0-9a-z]{20}\.jpg$/);
    expect((await readFile(join(out, "mine-images", name))).equals(picture)).toBe(true);
    expect((await readdir(out)).sort()).toEqual(["mine-images", "mine.csv"]);
  });

  test("guards what a spreadsheet would run", async () => {
    const { _id: shop } = await aShop();
    await saveProduct(
      aProduct(shop, "mug", {
        title: { en: '=HYPERLINK("https://example.com")' },
        description: { en: "@x\n=1" },
      }),
    );
    const { csv: written } = await exportCatalog(shop, "images");
    expect(written).toContain('"\'=HYPERLINK(""https://example.com"")"');
    expect(written).toContain('"\'@x\n=1"');
  });

  test("of the demo catalog is the demo catalog", async () => {
    const { _id: shop } = await aShop();
    const demo = new URL("../../../../src/demo/", import.meta.url).pathname;
    const found = await planImport(shop, await readFile(join(demo, "catalog.csv")), demo);
    expect(found.issues).toEqual([]);
    await applyImport(found);
    const { _id: copy } = await aShop();
    const out = join(folder, "demo");
    await writeExport(shop, join(out, "catalog.csv"));
    await applyImport(await planImport(copy, await readFile(join(out, "catalog.csv")), out));
    expect(await seen(copy)).toEqual(await seen(shop));
  });
});
