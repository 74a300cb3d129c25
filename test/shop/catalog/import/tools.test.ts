import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mongoose from "mongoose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ProductModel } from "../../../../src/shop/catalog/product.ts";
import { aShop, withStore } from "../with-store.ts";

withStore();

const root = new URL("../../../../", import.meta.url).pathname;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawker-tools-"));
});
afterAll(async () => rm(folder, { recursive: true }));

/** Runs a tool as `npm run` does, from another folder. */
function tool(
  name: "import" | "export" | "shop" | "copy",
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const { host, port, name: database } = mongoose.connection;
  const env = {
    PATH: process.env.PATH,
    INIT_CWD: folder,
    DATA_DIR: folder,
    MONGODB_URL: `mongodb://${host}:${port}/${database}`,
    HAWKER_SECRET: "a secret for tests that is long enough",
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", `src/cli/${name}.ts`, ...args],
      { cwd: root, env },
      (error, out, err) => resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}

const HEADER = "handle,title_en,category,category_en,sku,price,stock\n";

test("a catalog goes in and out by the command line", async () => {
  const { _id: shop } = await aShop();
  await writeFile(join(folder, "mine.csv"), `${HEADER}mug,=Mug,table,Table,MUG,9.50,3\n`);
  const dry = await tool("import", "mine.csv", "--shop", shop);
  expect(dry).toMatchObject({ code: 0, err: "" });
  expect(dry.out).toContain("line 2  new      mug");
  expect(dry.out).toContain("1 new, 0 changed, 0 unchanged products");
  expect(dry.out).toContain("Nothing was changed");
  expect(await ProductModel.countDocuments({ shop })).toBe(0);
  const wet = await tool("import", "mine.csv", "--yes", "--shop", shop);
  expect(wet.code).toBe(0);
  expect(wet.out).toContain(`Imported into ${shop}.`);
  expect(await ProductModel.countDocuments({ shop })).toBe(1);
  expect(await tool("export", "theirs.csv", "--shop", shop)).toMatchObject({ code: 0 });
  expect(await readFile(join(folder, "theirs.csv"), "utf8")).toContain("mug,'=Mug,");
  expect((await tool("import", "theirs.csv", "--yes", "--shop", shop)).out).toContain("Nothing to import.");
});

test("a broken file is refused line by line, with exit code 1", async () => {
  const { _id: shop } = await aShop();
  await writeFile(join(folder, "bad.csv"), `${HEADER}mug,Mug,table,Table,MUG,9;50,3\ncup,,table,,CUP,9,x\n`);
  const { code, err } = await tool("import", "bad.csv", "--yes", "--shop", shop);
  expect(code).toBe(1);
  const told = err.split("\n");
  expect(told[0]).toBe('bad.csv:2: price "9;50" is not a price in EUR');
  expect(told.slice(1, 3).sort()).toEqual([
    'bad.csv:3: stock "x" is not a whole number',
    expect.stringMatching(/^bad\.csv:3: title_en /),
  ]);
  expect(told[3]).toBe("3 problems. Nothing was imported.");
  expect(await ProductModel.countDocuments({ shop })).toBe(0);
});

test("a file whose prices may all be read in two ways is imported once its notation is named", async () => {
  const { _id: shop } = await aShop("KWD");
  const rows = [
    "ID,Type,SKU,Name,Published,Regular price",
    "1,simple,A,Abaya,1,1.290",
    "2,simple,B,Bisht,1,12.500",
  ];
  await writeFile(join(folder, "dinar.csv"), `${rows.join("\n")}\n`);
  const refused = await tool("import", "dinar.csv", "--yes", "--shop", shop);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("--decimal comma for 1290 or --decimal point for 1.29");
  expect(await tool("import", "dinar.csv", "--shop", shop, "--decimal", "dot")).toMatchObject({ code: 2 });
  const named = await tool("import", "dinar.csv", "--yes", "--shop", shop, "--decimal", "point");
  expect(named).toMatchObject({ code: 0, err: "" });
  const priced = await ProductModel.find({ shop }).sort({ slug: 1 }).lean();
  expect(priced.map(({ variants }) => variants[0]?.price)).toEqual([1290, 12_500]);
});

test.each(["import", "export", "shop", "copy"] as const)(
  "%s --help says how, with exit code 0",
  async (name) => {
    expect(await tool(name, "--help")).toMatchObject({
      code: 0,
      out: expect.stringContaining(`npm run ${name} -- `),
      err: "",
    });
  },
);

test("a tool that is called wrongly says how, with exit code 2", async () => {
  expect(await tool("import")).toMatchObject({
    code: 2,
    err: expect.stringContaining("npm run import -- FILE.csv"),
  });
  expect(await tool("export", "a.csv", "--all")).toMatchObject({ code: 2 });
  expect(await tool("import", "none.csv")).toMatchObject({
    code: 1,
    err: expect.stringContaining("none.csv"),
  });
  await writeFile(join(folder, "ok.csv"), `${HEADER}mug,Mug,table,Table,MUG,9,3\n`);
  expect(await tool("import", "ok.csv", "--shop", "nowhere")).toMatchObject({
    code: 1,
    err: "no shop nowhere\n",
  });
});
