import { decode } from "./bson-reader.ts";
import { keysOf } from "./document-keys.ts";
import { CommandError } from "./errors.ts";
import type { Index } from "./index-definition.ts";
import { keyIdentity } from "./index-keys.ts";
import { after, emptyArrayMark, type Keyed } from "./key-encoding.ts";
import { shellText } from "./shell-text.ts";
import type { Storage } from "./storage.ts";
import { documentKey, noValue } from "./table-keys.ts";
import { type Doc, setField, type Value } from "./value.ts";

/**
 * Whether another document of the collection than `record` has this key, whose values are `values`, in a unique index.
 */
export function isTaken(
  storage: Storage,
  collection: number,
  index: Index,
  key: Buffer,
  values: readonly Keyed[],
  record: number | undefined,
): boolean {
  const start = Buffer.concat([index.prefix, key]);
  for (const found of storage.entries.getKeys({ start, end: after(start) })) {
    if (found.length !== start.length + 8) continue;
    const other = Number(found.readBigUInt64BE(found.length - 8));
    if (other !== record && (!index.collation || holds(storage, collection, index, other, values)))
      return true;
  }
  return false;
}

/** Whether a document has these values in an index, compared by the index's collation. */
function holds(
  storage: Storage,
  collection: number,
  index: Index,
  record: number,
  values: readonly Keyed[],
): boolean {
  const bytes = storage.documents.getBinary(documentKey(collection, record));
  const made = bytes && keysOf(index, decode(bytes));
  const identify = keyIdentity(index.collation);
  const wanted = identify(noValue, values);
  return made?.values.some((held) => identify(noValue, held) === wanted) === true;
}

/** The error that refuses a document whose key another has; the values are those of the index's paths, in order. */
export function duplicateKey(namespace: string, index: Index, values: readonly Keyed[]): CommandError {
  const keyValue: Doc = {};
  for (const [position, path] of index.paths.entries()) {
    const value = values[position];
    setField(keyValue, path, value === undefined || value === emptyArrayMark ? null : (value as Value));
  }
  return new CommandError(
    "DuplicateKey",
    `E11000 duplicate key error collection: ${namespace} index: ${index.name} dup key: ${shellText(keyValue)}`,
    { keyPattern: index.spec.key as Doc, keyValue },
  );
}
