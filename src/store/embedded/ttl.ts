import { decode } from "./bson-codec.ts";
import type { Catalog } from "./catalog.ts";
import { matchingInTurns } from "./find.ts";
import { valuesAt } from "./path.ts";
import { Patience } from "./patience.ts";
import { makePlan } from "./planner.ts";
import { compileFilter } from "./query/filter.ts";
import type { Storage } from "./storage.ts";
import type { Doc } from "./value.ts";
import { writeInParts } from "./write-in-parts.ts";

/**
 * Deletes the documents whose TTL index says they are over at `now`, and gives their number.
 *
 * The field must hold a date, or an array whose earliest date counts (source: MongoDB manual, "TTL Indexes").
 */
export async function sweepExpired(storage: Storage, catalog: Catalog, now = new Date()): Promise<number> {
  const patience = new Patience();
  let removed = 0;
  for (const collection of catalog.all()) {
    for (const index of collection.indexes) {
      if (index.expireAfterSeconds === undefined || index.isId) continue;
      const path = index.paths[0] as string;
      const limit = new Date(now.getTime() - index.expireAfterSeconds * 1000);
      const filter: Doc = { [path]: { $lte: limit } };
      const match = compileFilter(index.partial ? { $and: [filter, index.partial] } : filter);
      const over = (doc: Doc): boolean =>
        match(doc) && valuesAt(doc, path).some((value) => value instanceof Date && value <= limit);
      const records: number[] = [];
      for await (const { record } of matchingInTurns(
        storage,
        collection,
        makePlan(collection, filter),
        match,
        patience,
      ))
        records.push(record);
      await writeInParts({ storage, patience }, records, (record) => {
        const bytes = collection.get(record);
        const doc = bytes && decode(bytes);
        // It may have been given more time since.
        if (!doc || !over(doc)) return;
        collection.remove(record, doc, bytes);
        removed++;
      });
    }
  }
  return removed;
}
