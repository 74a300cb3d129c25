import { decode } from "./bson-reader.ts";
import type { Collection } from "./collection.ts";
import { keysOf } from "./document-keys.ts";
import type { Index } from "./index-definition.ts";
import { after, encodeValue, shorten } from "./key-encoding.ts";
import { Patience } from "./patience.ts";
import type { Snapshot, Storage } from "./storage.ts";
import { recordBytes } from "./table-keys.ts";
import { type Doc, Long, setField, type Value } from "./value.ts";

/** A key of an index and the record it stands for. */
interface Entry {
  key: Buffer;
  record: number;
}

/** What was found in one index. */
interface IndexState {
  index: Index;
  /** Keys it has. */
  found: number;
  missing: Entry[];
  extra: Entry[];
  errors: string[];
}

/** Entries told at most, of each kind. */
const listedMax = 100;

/**
 * Compares every document of a collection with every entry of its indexes, as they are now: each document decodes
 * and has an `_id`, each key a document should have is there, no other key is, and no unique key is there twice.
 * Others may write meanwhile.
 *
 * The fields of the answer are MongoDB's (source: MongoDB manual, "validate").
 */
export async function validateCollection(storage: Storage, collection: Collection): Promise<Doc> {
  const snapshot = storage.snapshot();
  const patience = new Patience();
  const states = collection.indexes.map<IndexState>((index) => ({
    index,
    found: 0,
    missing: [],
    extra: [],
    errors: [],
  }));
  try {
    const documents = { count: 0, corrupt: [] as number[] };
    for await (const stored of records(collection, snapshot, patience)) {
      documents.count++;
      const doc = readable(stored.bytes);
      if (!doc) documents.corrupt.push(stored.record);
      else for (const state of states) checkKeys(storage, snapshot, state, doc, stored.record);
    }
    for (const state of states) await checkEntries(storage, collection, snapshot, state, patience);
    return answer(documents.count, documents.corrupt, states);
  } finally {
    snapshot.done();
  }
}

async function* records(collection: Collection, snapshot: Snapshot, patience: Patience) {
  for (const stored of collection.scan(undefined, false, undefined, snapshot)) {
    yield stored;
    if (patience.due()) await patience.pause();
  }
}

/** The document, unless its bytes are none, or it has no `_id`. */
function readable(bytes: Buffer): Doc | undefined {
  try {
    const doc = decode(bytes);
    return bytes.readInt32LE(0) === bytes.length && Object.hasOwn(doc, "_id") ? doc : undefined;
  } catch {
    return undefined;
  }
}

/** The keys of a document as they lie in the store, without the index's number and the record's. */
function keysIn(index: Index, doc: Doc): readonly Buffer[] {
  if (index.isId) return [shorten(encodeValue(doc._id as Value)).key];
  return keysOf(index, doc)?.keys ?? [];
}

/** The bytes under which an entry lies; an `_id` is its own key, other indexes may hold a key for many records. */
const place = (index: Index, { key, record }: Entry): Buffer =>
  Buffer.concat(index.isId ? [index.prefix, key] : [index.prefix, key, recordBytes(record)]);

function checkKeys(storage: Storage, snapshot: Snapshot, state: IndexState, doc: Doc, record: number): void {
  const { index } = state;
  const keys = keysIn(index, doc);
  for (const key of keys) {
    const value = storage.entries.get(place(index, { key, record }), { transaction: snapshot });
    if (!value || (index.isId && Number(value.readBigUInt64BE(0)) !== record))
      state.missing.push({ key, record });
  }
  if (keys.length > 1 && !index.multikey && state.errors.length < listedMax)
    state.errors.push(
      `Index ${index.name} is not multikey but has more than one key in document with RecordId(${record})`,
    );
}

async function checkEntries(
  storage: Storage,
  collection: Collection,
  snapshot: Snapshot,
  state: IndexState,
  patience: Patience,
): Promise<void> {
  const { index } = state;
  let last: Buffer | undefined;
  const range = { start: index.prefix, end: after(index.prefix), transaction: snapshot };
  for (const { key: bytes, value } of storage.entries.getRange(range)) {
    state.found++;
    const end = index.isId ? bytes.length : bytes.length - 8;
    const key = Buffer.from(bytes.subarray(4, end));
    const record = Number(index.isId ? value.readBigUInt64BE(0) : bytes.readBigUInt64BE(end));
    if (index.unique && last?.equals(key))
      state.errors.push(`Unique index '${index.name}' has a duplicate key, RecordId(${record})`);
    last = key;
    const stored = collection.get(record, snapshot);
    const doc = stored && readable(stored);
    // What cannot be read is counted as a corrupt record, not as an extra entry.
    const belongs = doc ? keysIn(index, doc).some((other) => other.equals(key)) : stored !== undefined;
    if (!belongs) state.extra.push({ key, record });
    if (patience.due()) await patience.pause();
  }
}

function answer(count: number, corrupt: readonly number[], states: readonly IndexState[]): Doc {
  const keysPerIndex: Doc = {};
  const indexDetails: Doc = {};
  const errors: string[] = [];
  if (corrupt.length > 0) errors.push(`Detected ${corrupt.length} corrupt records.`);
  for (const { index, found, missing, extra, errors: own } of states) {
    setField(keysPerIndex, index.name, found);
    const wrong = [
      ...own,
      ...(missing.length > 0 ? [`Detected ${missing.length} missing index entries in ${index.name}.`] : []),
      ...(extra.length > 0 ? [`Detected ${extra.length} extra index entries in ${index.name}.`] : []),
    ];
    setField(indexDetails, index.name, {
      valid: wrong.length === 0,
      ...(wrong.length > 0 ? { errors: wrong } : {}),
    });
    errors.push(...wrong);
  }
  const listed = (which: "missing" | "extra"): Doc[] =>
    states
      .flatMap((state) =>
        state[which].map<Doc>(({ record }) => ({
          indexName: state.index.name,
          recordId: Long.fromNumber(record),
        })),
      )
      .slice(0, listedMax);
  return {
    nInvalidDocuments: corrupt.length,
    nNonCompliantDocuments: 0,
    nrecords: count,
    nIndexes: states.length,
    keysPerIndex,
    indexDetails,
    valid: errors.length === 0,
    repaired: false,
    warnings: [],
    errors,
    extraIndexEntries: listed("extra"),
    missingIndexEntries: listed("missing"),
    corruptRecords: corrupt.slice(0, listedMax).map((record) => Long.fromNumber(record)),
  };
}
