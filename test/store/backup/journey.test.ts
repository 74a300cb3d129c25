import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OrderModel } from "../../../src/shop/orders/order-model.ts";
import { findsMug, person } from "../../journeys/buying.ts";
import { Payer } from "../../journeys/payer.ts";
import { launchChromium, WebShopper } from "../../journeys/web-shopper.ts";
import { freePort, openWorld, type World } from "../../journeys/world.ts";

let browser: Browser;
let folder: string;
let world: World | undefined;
beforeAll(async () => {
  browser = await launchChromium();
  folder = await mkdtemp(join(tmpdir(), "hawker-moving-"));
});
afterAll(async () => {
  await world?.close();
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a tool as a newcomer does: beside the shop or without it, told nothing but where the data is. */
const tool = (name: "backup" | "restore", dataDir: string, ...args: string[]) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const env = { ...process.env, DATA_DIR: dataDir, INIT_CWD: folder, MONGODB_URL: "", HAWKER_SECRET: "" };
    execFile("node_modules/.bin/tsx", [`src/cli/${name}.ts`, ...args], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

test("a shop is backed up while it runs, restored in an empty place, and started there: the order is still there", async () => {
  const [old, fresh] = [join(folder, "old"), join(folder, "fresh")];
  const port = String(await freePort());
  const start = (dataDir: string) =>
    openWorld({
      MONGODB_URL: "",
      HAWKER_SECRET: "",
      DATA_DIR: dataDir,
      PORT: port,
      PUBLIC_URL: `http://127.0.0.1:${port}`,
    });
  world = await start(old);
  const shopper = await WebShopper.comes(browser, world.url);
  await findsMug(shopper);
  await shopper.presses("Add to cart");
  await shopper.presses(/Checkout/);
  await shopper.fills(person);
  await shopper.sees(/How should it travel/);
  await shopper.presses(/days/);
  await new Payer(await shopper.link(/^Pay /)).pays("card");
  await shopper.sees(/paid/i, 10_000);
  const placed = await OrderModel.findOne({ shop: "demo" }).orFail().lean();

  expect(await tool("backup", old)).toMatchObject({ code: 2, err: expect.stringContaining("Name one file") });
  const backup = await tool("backup", old, "shop.backup");
  expect(backup).toMatchObject({ code: 0, err: "" });
  expect(backup.out).toContain("All of them are of one moment.");
  expect(backup.out).toMatch(/ 1 {2}orders\n/);
  expect(await tool("backup", old, "shop.backup")).toMatchObject({
    code: 1,
    err: expect.stringContaining("exists"),
  });
  await world.close();

  // Without the secret it is refused, and what to do is said.
  const locked = await tool("restore", fresh, "shop.backup");
  expect(locked).toMatchObject({ code: 1, err: expect.stringContaining("another HAWKER_SECRET") });
  await copyFile(join(old, "secret"), join(fresh, "secret"));
  const restored = await tool("restore", fresh, "shop.backup");
  expect(restored).toMatchObject({ code: 0, err: "" });
  expect(restored.out).toMatch(/ 1 {2}orders\n/);
  const again = await tool("restore", fresh, "shop.backup");
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining("Nothing was changed") });
  expect(await tool("restore", fresh, "shop.backup", "--yes")).toMatchObject({ code: 0 });
  const bytes = await readFile(join(folder, "shop.backup"));
  await writeFile(join(folder, "cut.backup"), bytes.subarray(0, bytes.length - 40));
  const cut = await tool("restore", fresh, "cut.backup", "--yes");
  expect(cut).toMatchObject({
    code: 1,
    err: expect.stringContaining("it was cut off. Nothing was changed."),
  });

  world = await start(fresh);
  expect(await OrderModel.findOne({ shop: "demo" }).orFail().lean()).toEqual(
    expect.objectContaining({
      _id: placed._id,
      number: placed.number,
      lines: placed.lines,
      total: placed.total,
    }),
  );
  await shopper.page.reload();
  await shopper.says("/orders");
  await shopper.sees(new RegExp(placed.number));
  await shopper.leaves();
});
