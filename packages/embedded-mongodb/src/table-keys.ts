import { after } from "./key-encoding.ts";
import type { Table } from "./storage.ts";

// The keys of the documents are the collection's number and the record's. Those of the index entries are the index's
// number, the encoded key (see key-encoding.ts) and the record's number; only an `_id`'s entry has it as its value.

/** Makes the byte prefix for a number. */
export function prefixOf(id: number): Buffer {
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(id);
  return prefix;
}

/** The eight bytes of a record number. */
export function recordBytes(record: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(record));
  return bytes;
}

/** The key of a document: its collection's number and its own. */
export function documentKey(collection: number, record: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeUInt32BE(collection);
  key.writeUInt32BE(Math.floor(record / 2 ** 32), 4);
  key.writeUInt32BE(record % 2 ** 32, 8);
  return key;
}

/** What is kept under a key that says all. */
export const noValue = Buffer.alloc(0);

/** Removes up to `limit` keys that begin with `prefix`, and says how many went. Inside a write only. */
export function clearPrefix(table: Table, prefix: Buffer, limit: number): number {
  const keys = [...table.getKeys({ start: prefix, end: after(prefix), limit })];
  for (const key of keys) table.remove(key);
  return keys.length;
}
