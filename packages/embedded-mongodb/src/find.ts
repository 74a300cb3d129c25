import { decode } from "./bson-reader.ts";
import type { Collection, Stored } from "./collection.ts";
import { after } from "./key-encoding.ts";
import type { Patience } from "./patience.ts";
import type { IndexScan, Plan } from "./planner.ts";
import type { Match } from "./query/match.ts";
import type { Storage } from "./storage.ts";
import type { Doc } from "./value.ts";

/** A document that was found. */
export interface Found extends Stored {
  doc: Doc;
}

/** What a search looked at, counted as `explain` tells it. */
export interface Cost {
  keys: number;
  docs: number;
}

/** The first part read from a table is small, as many searches end early; further ones are of this size. */
const partSize = 256;

/** Walks the candidates of a plan in its order, without checking them. */
export function* candidates(
  storage: Storage,
  collection: Collection,
  plan: Plan,
  cost: Cost = { keys: 0, docs: 0 },
): Generator<Stored> {
  switch (plan.kind) {
    case "collection":
      yield* chunked(collection, plan.reverse, cost);
      return;
    case "id": {
      const record = collection.recordOf(plan.id);
      const bytes = record === undefined ? undefined : collection.get(record);
      if (record === undefined || !bytes) return;
      cost.keys++;
      cost.docs++;
      yield { record, bytes };
      return;
    }
    case "index":
      yield* scanned(storage, collection, [plan.scan], cost);
      return;
    case "union":
      yield* scanned(storage, collection, plan.scans, cost);
  }
}

/** Reads a part at a time, so that no iterator stays open while documents change. */
function* chunked(collection: Collection, reverse: boolean, cost: Cost): Generator<Stored> {
  let from: number | undefined;
  let size = 16;
  for (;;) {
    const part = [...collection.scan(from, reverse, size)];
    for (const stored of part) {
      cost.docs++;
      yield stored;
    }
    if (part.length < size) return;
    from = part.at(-1)?.record;
    size = partSize;
  }
}

function* scanned(
  storage: Storage,
  collection: Collection,
  scans: IndexScan[],
  cost: Cost,
): Generator<Stored> {
  for (const record of distinctRecords(storage, scans, cost)) {
    const bytes = collection.get(record);
    if (!bytes) continue;
    cost.docs++;
    yield { record, bytes };
  }
}

/** The record numbers that index scans give, each once, without reading the documents. */
export function* distinctRecords(
  storage: Storage,
  scans: readonly IndexScan[],
  cost: Cost = { keys: 0, docs: 0 },
): Generator<number> {
  const several = scans.length > 1 || scans.some((scan) => scan.index.multikey);
  const seen = new Set<number>();
  for (const scan of scans) {
    scan.index.uses++;
    for (const record of records(storage, scan, cost)) {
      if (several) {
        if (seen.has(record)) continue;
        seen.add(record);
      }
      yield record;
    }
  }
}

function* records(storage: Storage, { index, ranges, reverse }: IndexScan, cost: Cost): Generator<number> {
  for (const range of ranges) {
    let low = Buffer.concat([index.prefix, range.low]);
    let high = range.high ? Buffer.concat([index.prefix, range.high]) : (after(index.prefix) as Buffer);
    let size = 16;
    for (;;) {
      const bounds = reverse
        ? { start: high, end: low, reverse, limit: size, exclusiveStart: true, inclusiveEnd: true }
        : { start: low, end: high, limit: size };
      const part = [...storage.entries.getRange(bounds)];
      for (const { key, value } of part) {
        if (Buffer.compare(key, low) < 0 || Buffer.compare(key, high) >= 0) continue;
        cost.keys++;
        yield index.isId ? Number(value.readBigUInt64BE(0)) : Number(key.readBigUInt64BE(key.length - 8));
      }
      const last = part.at(-1);
      if (part.length < size || !last) break;
      if (reverse) high = last.key;
      else low = Buffer.concat([last.key, zero]);
      size = partSize;
    }
  }
}

const zero = Buffer.from([0]);

/**
 * The documents that match; other work gets its turn now and then while many are read, so a document may have changed
 * again by the time it is used.
 *
 * @throws {CommandError} MaxTimeMSExpired.
 */
export async function* matchingInTurns(
  storage: Storage,
  collection: Collection,
  plan: Plan,
  match: Match,
  patience: Patience,
  cost?: Cost,
): AsyncGenerator<Found> {
  for (const { record, bytes } of candidates(storage, collection, plan, cost)) {
    const doc = decode(bytes);
    if (match(doc)) yield { record, bytes, doc };
    if (patience.due()) await patience.pause();
  }
}
