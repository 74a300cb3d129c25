import { decode } from "./bson-reader.ts";
import type { Catalog } from "./catalog.ts";
import type { Collection } from "./collection.ts";
import { matchingInTurns } from "./find.ts";
import { valuesAt } from "./path.ts";
import { Patience } from "./patience.ts";
import { makePlan } from "./planner.ts";
import { compileFilter } from "./query/filter.ts";
import type { Storage } from "./storage.ts";
import { type Doc, isDoc, isNumber, toNumber } from "./value.ts";
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
    for (const { path, seconds, partial } of expiries(collection)) {
      const limit = new Date(now.getTime() - seconds * 1000);
      const filter: Doc = { [path]: { $lte: limit } };
      const match = compileFilter(partial ? { $and: [filter, partial] } : filter);
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

/** A field by which documents expire: that of a TTL index, a time series' time, a clustered collection's `_id`. */
interface Expiry {
  path: string;
  seconds: number;
  partial?: Doc | undefined;
}

function* expiries({ indexes, options }: Collection): Generator<Expiry> {
  for (const { paths, expireAfterSeconds: seconds, isId, partial } of indexes)
    if (seconds !== undefined && !isId) yield { path: paths[0] as string, seconds, partial };
  const { expireAfterSeconds, timeseries } = options;
  if (!isNumber(expireAfterSeconds)) return;
  const path = isDoc(timeseries) ? String(timeseries.timeField) : "_id";
  yield { path, seconds: toNumber(expireAfterSeconds) };
}
