import { decode } from "./bson-reader.ts";
import type { Collection } from "./collection.ts";
import { newKeysOf } from "./document-keys.ts";
import type { Index } from "./index-definition.ts";
import { keyIdentity } from "./index-keys.ts";
import type { Keyed } from "./key-encoding.ts";
import type { Slice } from "./patience.ts";
import type { Storage } from "./storage.ts";
import { noValue, recordBytes } from "./table-keys.ts";
import { duplicateKey, isTaken } from "./unique-check.ts";
import type { Doc } from "./value.ts";

/** Fills a new index with what is there. Inside a write only; throws before it writes when a key is double. */
export function fillIndex(storage: Storage, collection: Collection, index: Index): void {
  const entries: { key: Buffer; record: number }[] = [];
  const seen = new Map<string, Keyed[]>();
  const identify = keyIdentity(index.collation);
  for (const { record, bytes } of collection.scan()) {
    const doc = decode(bytes);
    const made = newKeysOf(index, doc);
    if (!made) continue;
    if (made.multikey) index.multikey = true;
    if (made.cut) index.cut = true;
    for (const [position, key] of made.keys.entries()) {
      if (index.unique) {
        const values = made.values[position] as Keyed[];
        const text = identify(key, values);
        if (seen.has(text)) throw duplicateKey(collection.namespace, index, values);
        seen.set(text, values);
      }
      entries.push({ key, record });
    }
  }
  for (const { key, record } of entries) {
    storage.entries.put(Buffer.concat([index.prefix, key, recordBytes(record)]), noValue);
  }
}

/**
 * Adds the documents after a record to indexes that are being built, until the slice is used up, and gives the last
 * record then; `undefined` when all are in. Inside a write only.
 *
 * @throws {CommandError} DuplicateKey, CannotIndexParallelArrays; also for what was written since the build began.
 */
export function fillPart(
  storage: Storage,
  collection: Collection,
  indexes: readonly Index[],
  from: number,
  slice: Slice,
): number | undefined {
  for (let last = from; ; ) {
    const stored = [...collection.scan(last, false, 100)];
    for (const { record, bytes } of stored) {
      const doc = decode(bytes);
      for (const index of indexes) addDocument(storage, collection, index, doc, record);
      last = record;
      if (slice.due()) return last;
    }
    if (stored.length < 100) break;
  }
  for (const { clash } of indexes) if (clash) throw clash;
  return undefined;
}

function addDocument(storage: Storage, collection: Collection, index: Index, doc: Doc, record: number): void {
  const made = newKeysOf(index, doc);
  if (!made) return;
  index.multikey ||= made.multikey;
  index.cut ||= made.cut;
  for (const [position, key] of made.keys.entries()) {
    const values = made.values[position] as Keyed[];
    if (index.unique && isTaken(storage, collection.id, index, key, values, record))
      throw duplicateKey(collection.namespace, index, values);
    storage.entries.put(Buffer.concat([index.prefix, key, recordBytes(record)]), noValue);
  }
}
