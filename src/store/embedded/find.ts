import { decode } from "./bson-codec.ts";
import type { Collection, Stored } from "./collection.ts";
import { after } from "./key-encoding.ts";
import type { IndexScan, Plan } from "./planner.ts";
import type { Match } from "./query/filter.ts";
import type { Storage } from "./storage.ts";
import type { Doc } from "./value.ts";

/** A document that was found. */
export interface Found extends Stored {
  doc: Doc;
}

/** How many candidates are read before other work gets its turn. */
const turnSize = 500;

/** Walks the candidates of a plan in its order, without checking them. Must not be kept over a turn. */
export function* candidates(storage: Storage, collection: Collection, plan: Plan): Generator<Stored> {
  switch (plan.kind) {
    case "collection":
      yield* chunked(collection, plan.reverse);
      return;
    case "id": {
      const record = collection.recordOf(plan.id);
      const bytes = record === undefined ? undefined : collection.get(record);
      if (record !== undefined && bytes) yield { record, bytes };
      return;
    }
    case "index":
      yield* scanned(storage, collection, [plan.scan]);
      return;
    case "union":
      yield* scanned(storage, collection, plan.scans);
  }
}

/** Reads a part at a time, so that no iterator stays open while documents change. */
function* chunked(collection: Collection, reverse: boolean): Generator<Stored> {
  let from: number | undefined;
  let size = 16;
  for (;;) {
    const part = [...collection.scan(from, reverse, size)];
    yield* part;
    if (part.length < size) return;
    from = part.at(-1)?.record;
    size = turnSize;
  }
}

function* scanned(storage: Storage, collection: Collection, scans: IndexScan[]): Generator<Stored> {
  const several = scans.length > 1 || scans.some((scan) => scan.index.multikey);
  const seen = new Set<number>();
  for (const scan of scans) {
    scan.index.uses++;
    for (const record of records(storage, scan)) {
      if (several) {
        if (seen.has(record)) continue;
        seen.add(record);
      }
      const bytes = collection.get(record);
      if (bytes) yield { record, bytes };
    }
  }
}

function* records(storage: Storage, { index, ranges, reverse }: IndexScan): Generator<number> {
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
        yield index.isId ? Number(value.readBigUInt64BE(0)) : Number(key.readBigUInt64BE(key.length - 8));
      }
      const last = part.at(-1);
      if (part.length < size || !last) break;
      if (reverse) high = last.key;
      else low = Buffer.concat([last.key, zero]);
      size = turnSize;
    }
  }
}

const zero = Buffer.from([0]);

/** The documents that match, in the plan's order. For use inside a write, where nothing else runs. */
export function* matching(
  storage: Storage,
  collection: Collection,
  plan: Plan,
  match: Match,
): Generator<Found> {
  for (const { record, bytes } of candidates(storage, collection, plan)) {
    const doc = decode(bytes);
    if (match(doc)) yield { record, bytes, doc };
  }
}

/** The documents that match; other work gets its turn now and then while many are read. */
export async function* matchingInTurns(
  storage: Storage,
  collection: Collection,
  plan: Plan,
  match: Match,
): AsyncGenerator<Found> {
  let read = 0;
  for (const { record, bytes } of candidates(storage, collection, plan)) {
    const doc = decode(bytes);
    if (match(doc)) yield { record, bytes, doc };
    if (++read % turnSize === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
