import { keysOf, newKeysOf } from "./document-keys.ts";
import type { Index } from "./index-definition.ts";
import type { Storage } from "./storage.ts";
import { noValue, recordBytes } from "./table-keys.ts";
import { duplicateKey, isTaken } from "./unique-check.ts";
import type { Doc } from "./value.ts";

/** A collection as far as its index entries go. */
export interface Indexed {
  readonly id: number;
  readonly namespace: string;
  readonly indexes: readonly Index[];
  /** Indexes that are being filled: every write keeps them up, no search uses them. */
  readonly building: readonly Index[];
  /** Called when an index's flags changed, to store them in the same transaction. */
  readonly onIndexChange: () => void;
}

/** What a document's change does to the entries of one index. */
export interface Change {
  index: Index;
  add: Buffer[];
  remove: Buffer[];
  multikey: boolean;
  cut: boolean;
}

/**
 * Works out what a document's insertion (without `old`), change or removal (without `next`) does to the entries, and
 * writes nothing. `record` is the document's number, if it has one yet.
 *
 * @throws {CommandError} DuplicateKey; and as `newKeysOf`.
 */
export function planChanges(
  storage: Storage,
  collection: Indexed,
  old: Doc | undefined,
  next: Doc | undefined,
  record?: number,
): Change[] {
  const changes: Change[] = [];
  const { indexes, building } = collection;
  const every = building.length > 0 ? [...indexes, ...building] : indexes;
  for (const index of every) {
    if (index.isId) continue;
    const before = old && keysOf(index, old);
    const made = next && newKeysOf(index, next);
    const had = new Set(before?.keys.map((key) => key.toString("latin1")));
    const has = new Set(made?.keys.map((key) => key.toString("latin1")));
    const add = made?.keys.filter((key) => !had.has(key.toString("latin1"))) ?? [];
    const remove = before?.keys.filter((key) => !has.has(key.toString("latin1"))) ?? [];
    if (index.unique) {
      // Under a collation different text may have the same key, so a key that stays may stand for a new value.
      for (const key of index.collation ? (made?.keys ?? []) : add) {
        const values = made?.values[made.keys.indexOf(key)] ?? [];
        if (!isTaken(storage, collection.id, index, key, values, record)) continue;
        const duplicate = duplicateKey(collection.namespace, index, values);
        if (!building.includes(index)) throw duplicate;
        index.clash = duplicate;
      }
    }
    if (add.length + remove.length > 0 || (made?.multikey && !index.multikey)) {
      changes.push({ index, add, remove, multikey: made?.multikey === true, cut: made?.cut === true });
    }
  }
  return changes;
}

/** Makes the changes of a document with this record number. Inside a write only. */
export function applyChanges(
  storage: Storage,
  collection: Indexed,
  changes: readonly Change[],
  record: number,
): void {
  const suffix = recordBytes(record);
  for (const { index, add, remove, multikey, cut } of changes) {
    for (const key of remove) storage.entries.remove(Buffer.concat([index.prefix, key, suffix]));
    for (const key of add) storage.entries.put(Buffer.concat([index.prefix, key, suffix]), noValue);
    if ((multikey && !index.multikey) || (cut && !index.cut)) {
      index.multikey ||= multikey;
      index.cut ||= cut;
      collection.onIndexChange();
    }
  }
}
