import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { model, Schema } from "mongoose";
import { applyImport, ImportOutdated, ImportRefused, planImport } from "../shop/catalog/import/index.ts";
import { ImportLost, ImportRunning } from "../shop/catalog/import/journal.ts";
import { isDuplicateKey, NotFound } from "../shop/core/errors.ts";
import { getShop, saveShop } from "../shop/core/shop.ts";
import { demoShop } from "./shop.ts";

export { demoShop } from "./shop.ts";

/** The catalog of the demo shop, in the format of `npm run import`. */
export const demoCatalog = fileURLToPath(new URL("./catalog.csv", import.meta.url));
/** The folder its picture names are relative to. */
export const demoFolder = fileURLToPath(new URL("./", import.meta.url));

/** Says whether the demo shop is complete. It is written before the shop and outlives a crash in between. */
interface Mark {
  _id: string;
  state: "seeding" | "done";
}

const MarkModel = model<Mark>(
  "DemoMark",
  new Schema<Mark>(
    { _id: { type: String, required: true }, state: { type: String, required: true } },
    { strict: "throw", versionKey: false, id: false },
  ),
);

// Longer than an import that died is waited for (its lease is a minute).
const PATIENCE_MS = 90_000;

/**
 * Fills an empty store with the demo shop, once. A shop that was there before is never touched, whatever has become
 * of it.
 *
 * Several processes may call it at once: one writes, the others return when the shop is complete. If the one dies
 * half way, the next call finishes its work.
 *
 * @throws {ImportRefused} when the catalog that came with the code has been damaged
 */
export async function seedDemo(): Promise<"seeded" | "present"> {
  const shop = demoShop._id;
  const patience = performance.now() + PATIENCE_MS;
  for (;;) {
    // Again in each round: another process may have finished meanwhile.
    if ((await markOf(shop)) === "done") return "present";
    try {
      await saveMissingShop();
      const plan = await planImport(shop, await readFile(demoCatalog), demoFolder);
      if (plan.issues.length > 0) throw new ImportRefused(plan.issues);
      await applyImport(plan);
      const mine = await MarkModel.updateOne({ _id: shop, state: "seeding" }, { $set: { state: "done" } });
      return mine.modifiedCount === 1 ? "seeded" : "present";
    } catch (error) {
      if (!isAnotherImport(error) || performance.now() > patience) throw error;
      await pause(100);
    }
  }
}

// The shop is looked for before the mark is made, and only made after it: so a shop without a mark is not ours.
async function markOf(shop: string): Promise<Mark["state"]> {
  const state = (await hasShop(shop)) ? "done" : "seeding";
  try {
    await MarkModel.updateOne({ _id: shop }, { $setOnInsert: { state } }, { upsert: true });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  return (await MarkModel.findById(shop).lean<Mark>())?.state ?? state;
}

async function hasShop(shop: string): Promise<boolean> {
  try {
    await getShop(shop);
    return true;
  } catch (error) {
    if (error instanceof NotFound) return false;
    throw error;
  }
}

async function saveMissingShop(): Promise<void> {
  if (await hasShop(demoShop._id)) return;
  try {
    await saveShop(demoShop);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

const isAnotherImport = (error: unknown): boolean =>
  error instanceof ImportRunning || error instanceof ImportOutdated || error instanceof ImportLost;
