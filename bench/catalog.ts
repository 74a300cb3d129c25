/**
 * What a catalog of 1,000, 10,000 and 100,000 products costs: importing it, starting the shop on it, searching and paging
 * in it. Prints one line a figure and writes bench/catalog.json.
 *
 *   npm run bench:catalog [-- SIZE ...]
 *
 * It runs on the embedded store, or on the server of MONGODB_URL (in databases of its own, which it drops).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import mongoose from "mongoose";
import { z } from "zod";
import { demoShop } from "../src/demo/shop.ts";
import { listProducts } from "../src/shop/catalog/catalog.ts";
import { allCategories } from "../src/shop/catalog/category.ts";
import { ProductModel } from "../src/shop/catalog/product.ts";
import { saveProduct } from "../src/shop/catalog/save-product.ts";
import { CatalogSearch } from "../src/shop/search/search.ts";
import { connect, disconnect } from "../src/store/connect.ts";
import { productAt, writeCatalog } from "./catalog-file.ts";
import { Figures, memory, spread, watchLoop } from "./figures.ts";

const figures = new Figures("catalog");
const shop = demoShop._id;
const tsx = ["--import", "tsx"];

/** Ends a process and waits for it. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** All that a process prints. */
async function printed(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [...tsx, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
  return text;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const importFigures = z.object({
  check: z.number(),
  write: z.number(),
  cpu: z.number(),
  again: z.number(),
  left: z.literal(0),
  rssMb: z.number(),
});

async function measureImport(name: string, url: string, file: string, large: boolean): Promise<void> {
  const found = importFigures.parse(JSON.parse(await printed(["bench/catalog-import.ts", url, file])));
  figures.tell(`${name}: import, check and write`, found.check + found.write, "s", large ? { most: 60 } : {});
  figures.tell(`${name}: import, own processor time`, found.cpu, "s");
  figures.tell(`${name}: the same file again`, found.again, "s");
  figures.tell(`${name}: import, most memory`, found.rssMb, "MB", large ? { most: 500 } : {});
}

const readiness = z.object({ search: z.object({ products: z.number(), complete: z.boolean() }) });

/** Waits for an answer of the shop that fits. */
async function answer<T>(address: string, read: (response: Response) => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const response = await fetch(address).catch(() => undefined);
    const found = response?.ok ? await read(response) : undefined;
    if (found !== undefined) return found;
    await pause(20);
  }
}

/** Starts the shop as `npm start` does, and tells when it answers and when its index is complete. */
async function startShop(name: string, dataDir: string, large: boolean): Promise<ChildProcess> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, [...tsx, "src/main.ts"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      DATA_DIR: dataDir,
      HAWKER_SECRET: "a secret for the benchmark, long enough",
      ...(process.env.MONGODB_URL ? { MONGODB_URL: databaseUrl(dataDir) } : {}),
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const since = () => (performance.now() - began) / 1000;
  await answer(`${url}/readyz`, async () => true);
  figures.tell(`${name}: the shop answers after`, since(), "s", large ? { most: 5 } : {});
  await answer(`${url}/readyz`, async (response) => {
    const { search } = readiness.parse(await response.json());
    return search.complete ? true : undefined;
  });
  figures.tell(`${name}: its search index is complete after`, since(), "s");
  const metrics = await answer(`${url}/metrics`, async (response) => response.text());
  const metric = (of: string) => Number(new RegExp(`^${of} (\\S+)$`, "m").exec(metrics)?.[1] ?? Number.NaN);
  figures.tell(`${name}: memory of the shop`, metric("process_resident_memory_bytes") / 2 ** 20, "MB");
  figures.tell(`${name}: of it heap`, metric("nodejs_heap_size_used_bytes") / 2 ** 20, "MB");
  return child;
}

/** What people type: whole names, single words, beginnings, typing mistakes, Chinese, SKUs, words everything has. */
function query(n: number, size: number): string {
  const { title, thing, look, make } = productAt((n * 7919) % size);
  const slip = (word: string) => `${word.slice(0, 2)}${word.slice(3)}`;
  const kinds = [
    title.en,
    thing[0],
    look[0].slice(0, 3),
    `${look[0]} ${thing[0]}`,
    slip(look[0]),
    `${slip(make[0])} ${thing[0]}`,
    title.zh,
    thing[1],
    `${make[1]}${thing[1]}`,
    `SKU-${(n * 7919) % size}`,
    make[0].slice(0, 2),
    "gift",
  ];
  return kinds[n % kinds.length] ?? thing[0];
}

/**
 * Milliseconds of each of so many runs, one after the other, after a warm-up: by the clock, and of this process's
 * processor time, which tells more where other work keeps the machine busy.
 */
async function timed(runs: number, work: (n: number) => Promise<unknown>) {
  for (let n = 0; n < 50; n += 1) await work(n);
  const wall: number[] = [];
  const cpu: number[] = [];
  for (let n = 0; n < runs; n += 1) {
    const began = performance.now();
    const used = process.cpuUsage();
    await work(n);
    const { user, system } = process.cpuUsage(used);
    wall.push(performance.now() - began);
    cpu.push((user + system) / 1000);
  }
  return { wall: spread(wall), cpu: spread(cpu) };
}

async function measureSearch(name: string, size: number, large: boolean): Promise<void> {
  const before = memory();
  const search = new CatalogSearch();
  const stop = watchLoop();
  await search.refresh(shop);
  const lag = stop();
  figures.tell(`${name}: index, longest stop of the event loop`, lag.max, "ms", large ? { most: 50 } : {});
  figures.tell(`${name}: index, memory`, memory().rss - before.rss, "MB");
  const found = await timed(600, (n) => search.search(shop, query(n, size), { size: 6 }));
  figures.tell(`${name}: search p50`, found.wall.p50, "ms");
  figures.tell(`${name}: search p99`, found.wall.p99, "ms", large ? { most: 50 } : {});
  figures.tell(`${name}: search p50, own processor time`, found.cpu.p50, "ms");
  figures.tell(`${name}: search p99, own processor time`, found.cpu.p99, "ms");

  const [product] = await ProductModel.find({ shop, slug: productAt(1).handle }).lean();
  if (product === undefined) throw new Error("there is no first product");
  const { rating: _, minPrice: __, revision: ___, createdAt: ____, updatedAt: _____, ...input } = product;
  const changed = await timed(30, async (n) => {
    await saveProduct({ ...input, title: { en: `Changed ${n}` } });
    await search.refresh(shop);
  });
  figures.tell(`${name}: a changed product can be found, p99`, changed.wall.p99, "ms");
  await search.stop();
}

async function measurePages(name: string, large: boolean): Promise<void> {
  const shelves = await allCategories(shop);
  const counts = await Promise.all(
    shelves.map(({ _id }) => ProductModel.countDocuments({ shop, status: "active", category: _id })),
  );
  const total = Math.max(...counts);
  const category = shelves[counts.indexOf(total)]?._id ?? "";
  const times: number[] = [];
  for (const sort of ["new", "price", "rating"] as const) {
    let after: string | undefined;
    const pages = Math.min(Math.ceil(total / 6), 300);
    for (let page = 1; page <= pages; page += 1) {
      const began = performance.now();
      const found = await listProducts(shop, {
        category,
        sort,
        page,
        size: 6,
        total,
        ...(after && { after }),
      });
      times.push(performance.now() - began);
      after = found.products.at(-1)?._id;
    }
  }
  const found = spread(times);
  figures.tell(`${name}: products in the fullest category`, total, "");
  figures.tell(`${name}: any page of it, p50`, found.p50, "ms");
  figures.tell(`${name}: any page of it, p99`, found.p99, "ms", large ? { most: 20 } : {});
}

const run = randomBytes(4).toString("hex");

/** A database of this run on the server of MONGODB_URL. */
function databaseUrl(dataDir: string): string {
  const url = new URL(process.env.MONGODB_URL ?? "");
  url.pathname = `/bench_${run}_${dataDir.slice(-6).replace(/\W/g, "_")}`;
  return url.href;
}

async function measure(size: number): Promise<void> {
  const name = size.toLocaleString("en");
  const large = size >= 100_000;
  const dataDir = mkdtempSync(join(tmpdir(), "hawker-catalog-"));
  const file = join(dataDir, "catalog.csv");
  try {
    await writeCatalog(file, size);
    figures.tell(`${name}: size of the file`, statSync(file).size / 2 ** 20, "MB");
    if (process.env.MONGODB_URL) await measureImport(name, databaseUrl(dataDir), file, large);
    else {
      const store = spawn(
        process.execPath,
        [...tsx, "src/cli/embedded-store.ts", "--port", "0", "--dir", join(dataDir, "store")],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      const [line] = await once(store.stdout, "data");
      await measureImport(name, String(line).trim(), file, large);
      await ended(store);
    }
    const hawker = await startShop(name, dataDir, large);
    try {
      const url = process.env.MONGODB_URL
        ? databaseUrl(dataDir)
        : readFileSync(join(dataDir, "store.url"), "utf8").trim();
      await connect(url);
      await measureSearch(name, size, large);
      await measurePages(name, large);
    } finally {
      await ended(hawker);
    }
    if (process.env.MONGODB_URL) await mongoose.connection.dropDatabase();
    await disconnect();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const sizes = process.argv.slice(2).map(Number);
for (const size of sizes.length > 0 ? sizes : [1000, 10_000, 100_000]) await measure(size);
console.log(`Written to ${figures.write()}`);
