import { model, mongo, Schema, trusted } from "mongoose";
import { driverCollection } from "../../../store/driver-collection.ts";
import { isDuplicateKey, ShopError } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import { takeBackStocks } from "../../inventory/stock-counts.ts";
import { catalogChanged } from "../catalog-version.ts";
import { CategoryModel } from "../category.ts";
import { type Product, ProductModel } from "../product.ts";

/**
 * How an import is all or nothing without transactions, which not every store has: what stands in the store is copied
 * before it is changed, and put back when the import fails. If the process dies, the copies are still there, and the
 * next import or start of the shop puts them back.
 */
interface Run {
  /** The shop: one import at a time. */
  _id: string;
  run: string;
  /** "done" once all is written: from then on the copies are only cleared away. */
  state: "writing" | "done";
  /** The run is taken for dead after this. */
  until: Date;
}

/** One copy. `before` is null where there was nothing. */
export interface Undo {
  kind: "product" | "category" | "stock";
  /** Id of the product or category; SKU. */
  target: string;
  before: Record<string, unknown> | null;
}

/** Copies are kept many to a document, since an import may make a hundred thousand. */
interface StoredUndos {
  _id: string;
  run: string;
  undos: Undo[];
}

const required = { type: String, required: true } as const;
const RunModel = model<Run>(
  "ImportRun",
  new Schema<Run>(
    { _id: required, run: required, state: required, until: { type: Date, required: true } },
    { strict: "throw", versionKey: false, id: false },
  ),
);
const undoSchema = new Schema<StoredUndos>(
  { _id: required, run: required, undos: [Schema.Types.Mixed] },
  { strict: "throw", versionKey: false, id: false, minimize: false },
);
undoSchema.index({ run: 1 });
const UndoModel = model<StoredUndos>("ImportUndo", undoSchema);

/** Another import of this shop is under way. */
export class ImportRunning extends ShopError {
  constructor(shop: string) {
    super("IMPORT_RUNNING", `another import of ${shop} is under way; wait for it to end`);
  }
}

/** This import was taken for dead and undone by another process. */
export class ImportLost extends ShopError {
  constructor(shop: string) {
    super("IMPORT_LOST", `the import of ${shop} stood still too long and was undone`);
  }
}

const LEASE_MS = 60_000;
const COPIES = 100;
/** A product of two thousand variants may have a few MB, a document of the store 16 MB. */
const COPIED_BYTES = 8_000_000;

/** Copies as they fit into documents. */
function parted(undos: readonly Undo[]): Undo[][] {
  const parts: Undo[][] = [];
  let size = 0;
  for (const undo of undos) {
    const bytes = undo.before === null ? 0 : mongo.BSON.calculateObjectSize(undo.before);
    const part = parts.at(-1);
    if (part === undefined || part.length === COPIES || size + bytes > COPIED_BYTES) {
      parts.push([undo]);
      size = bytes;
    } else {
      part.push(undo);
      size += bytes;
    }
  }
  return parts;
}

type Clock = () => Date;
const lease = (clock: Clock): Date => new Date(clock().getTime() + LEASE_MS);

/** One import that is under way. */
export interface Journal {
  /** Copies what is about to be changed, and says that the import is alive. @throws {ImportLost} */
  remember(undos: readonly Undo[]): Promise<void>;
  /** All is written: it stays. */
  finish(): Promise<void>;
  /** Puts back what was there before. */
  rollback(): Promise<void>;
}

/** Begins an import, after undoing one that died. @throws {ImportRunning} */
export async function beginImport(shop: string, clock: Clock): Promise<Journal> {
  await recover(shop, clock);
  const run = newId("i");
  try {
    await RunModel.create({ _id: shop, run, state: "writing", until: lease(clock) });
  } catch (error) {
    if (isDuplicateKey(error)) throw new ImportRunning(shop);
    throw error;
  }
  const renew = async () => {
    const mine = await RunModel.updateOne(
      { _id: shop, run, state: "writing" },
      { $set: { until: lease(clock) } },
    );
    if (mine.matchedCount === 0) throw new ImportLost(shop);
  };
  return {
    async remember(undos) {
      const documents: StoredUndos[] = [];
      for (const some of parted(undos)) documents.push({ _id: newId(`${run}/`), run, undos: some });
      if (documents.length > 0) await driverCollection(UndoModel).insertMany(documents);
      await renew();
    },
    async finish() {
      const mine = await RunModel.updateOne(
        { _id: shop, run, state: "writing" },
        { $set: { state: "done" } },
      );
      if (mine.matchedCount === 0) throw new ImportLost(shop);
      await clear(shop, run);
    },
    rollback: async () => undo(shop, run),
  };
}

/** Undoes the imports of all shops whose process died. Call it when the shop starts. */
export async function recoverImports(clock: Clock = () => new Date()): Promise<void> {
  const runs = await RunModel.find({ _id: trusted({ $gt: "" }) }).lean<Run[]>();
  for (const { _id } of runs) await recover(_id, clock);
}

async function recover(shop: string, clock: Clock): Promise<void> {
  const left = await RunModel.findById(shop).lean<Run>();
  if (left === null) return;
  if (left.state === "done") await clear(shop, left.run);
  else if (left.until < clock()) await undo(shop, left.run);
}

async function clear(shop: string, run: string): Promise<void> {
  await catalogChanged(shop);
  await UndoModel.deleteMany({ run });
  await RunModel.deleteOne({ _id: shop, run });
}

// Safe to repeat: a rollback that is cut short is done again as a whole.
async function undo(shop: string, run: string): Promise<void> {
  for await (const { undos } of UndoModel.find({ run }).lean<StoredUndos[]>().cursor({ batchSize: 10 })) {
    const of = (kind: Undo["kind"]) => undos.filter((one) => one.kind === kind);
    await undoProducts(shop, of("product"));
    await undoCategories(shop, of("category"));
    await takeBackStocks(
      shop,
      of("stock").map(({ target, before }) => ({
        sku: target,
        adjustments: Number(before?.adjustments ?? 0),
        untracked: before?.tracking === "untracked",
      })),
    );
  }
  // Products that are gone again are told by nothing but a look at all of them.
  await catalogChanged(shop, { wholly: true });
  await clear(shop, run);
}

async function undoProducts(shop: string, undos: readonly Undo[]): Promise<void> {
  const added = undos.filter(({ before }) => before === null).map(({ target }) => target);
  if (added.length > 0) await ProductModel.deleteMany({ _id: trusted({ $in: added }), shop });
  const changed = undos.flatMap(({ target, before }): mongo.AnyBulkWriteOperation<Product>[] => {
    if (before === null) return [];
    // As of now, so that search indexes see that it has changed again.
    const update = { $set: { repriceAt: null, ...before, updatedAt: new Date() }, $inc: { revision: 1 } };
    const unset =
      before.descriptionFormat === undefined ? { $unset: { descriptionFormat: true } as const } : {};
    return [{ updateOne: { filter: { _id: target, shop }, update: { ...update, ...unset } } }];
  });
  if (changed.length > 0) await driverCollection(ProductModel).bulkWrite(changed, { ordered: false });
}

async function undoCategories(shop: string, undos: readonly Undo[]): Promise<void> {
  for (const { target, before } of undos)
    if (before === null) await CategoryModel.deleteOne({ _id: target, shop });
    else await CategoryModel.updateOne({ _id: target, shop }, { $set: { ...before } });
}
