import { encode } from "./bson-writer.ts";
import { applyChanges, planChanges } from "./index-changes.ts";
import type { Index } from "./index-definition.ts";
import { after, encodeValue, shorten } from "./key-encoding.ts";
import type { Snapshot, Storage } from "./storage.ts";
import { documentKey, prefixOf, recordBytes } from "./table-keys.ts";
import { duplicateKey } from "./unique-check.ts";
import type { Doc, Value } from "./value.ts";

/** A document as it lies in the store: its number gives the order of insertion. */
export interface Stored {
  record: number;
  bytes: Buffer;
}

/**
 * A collection's documents and index entries. Everything that changes them must run inside `Storage.write`; each
 * method decides what can fail before it writes, so a document and its entries always go together.
 */
export class Collection {
  readonly id: number;
  readonly namespace: string;
  options: Doc;
  indexes: Index[];
  /** Indexes that are being filled: every write keeps them up, no search uses them. */
  building: Index[] = [];
  /** Called when an index's flags changed, to store them in the same transaction. */
  onIndexChange: () => void = () => {};
  /** Called when the count or the size changed, to store them at the end of the transaction. */
  onResize: () => void = () => {};
  /** Reads the count and the size as they are stored. */
  storedSizes: () => { count: number; bytes: number } | undefined = () => undefined;
  #storage: Storage;
  #count: number | undefined;
  #next: number | undefined;
  #bytes = 0;

  constructor(storage: Storage, id: number, namespace: string, options: Doc, indexes: Index[]) {
    this.#storage = storage;
    this.id = id;
    this.namespace = namespace;
    this.options = options;
    this.indexes = indexes;
  }

  /**
   * Takes over what is stored after a transaction was not made, and forgets what is kept in memory. Commands that
   * hold the collection go on with it, and an index that is being built stays one.
   */
  reload(options: Doc, indexes: Index[]): void {
    this.options = options;
    this.indexes = indexes;
    this.#count = undefined;
    this.#next = undefined;
  }

  /** How many documents there are. */
  get count(): number {
    if (this.#count === undefined) this.#measure();
    return this.#count ?? 0;
  }

  /** The documents' size in bytes. */
  get size(): number {
    if (this.#count === undefined) this.#measure();
    return this.#bytes;
  }

  /** Reads the sizes that were stored; a store of an earlier version has none, so there they are counted once. */
  #measure(): void {
    const stored = this.storedSizes();
    this.#count = stored?.count ?? 0;
    this.#bytes = stored?.bytes ?? 0;
    if (stored) return;
    for (const { bytes } of this.scan()) {
      this.#count++;
      this.#bytes += bytes.length;
    }
  }

  #resize(documents: number, bytes: number): void {
    if (this.#count === undefined) this.#measure();
    this.#count = (this.#count ?? 0) + documents;
    this.#bytes += bytes;
    this.onResize();
  }

  get #prefix(): Buffer {
    return prefixOf(this.id);
  }

  #nextRecord(): number {
    if (this.#next === undefined) {
      this.#next = 1;
      const range = { start: after(this.#prefix), end: this.#prefix, reverse: true, limit: 1 };
      for (const key of this.#storage.documents.getKeys(range)) {
        if (key.readUInt32BE(0) === this.id) this.#next = Number(key.readBigUInt64BE(4)) + 1;
      }
    }
    return this.#next++;
  }

  /** A document's bytes by its record number, now or in a snapshot. */
  get(record: number, snapshot?: Snapshot): Buffer | undefined {
    const key = documentKey(this.id, record);
    if (snapshot) return this.#storage.documents.get(key, { transaction: snapshot });
    return this.#storage.documents.getBinary(key);
  }

  /** The record number of the document with this `_id`. */
  recordOf(id: Value): number | undefined {
    const key = this.#idKey(id);
    const found = key && this.#storage.entries.getBinary(key);
    return found && Number(found.readBigUInt64BE(0));
  }

  /** The index on `_id`; a time series has none, so that its measurements may share one. */
  get idIndex(): Index | undefined {
    const [first] = this.indexes;
    return first?.isId ? first : undefined;
  }

  #idKey(id: Value): Buffer | undefined {
    const index = this.idIndex;
    return index && Buffer.concat([index.prefix, shorten(encodeValue(id)).key]);
  }

  /** Documents in the order of insertion, after (or, backwards, before) a record; now or in a snapshot. */
  *scan(from?: number, reverse = false, limit?: number, snapshot?: Snapshot): Generator<Stored> {
    const low = reverse || from === undefined ? this.#prefix : documentKey(this.id, from + 1);
    const high = reverse && from !== undefined ? documentKey(this.id, from - 1) : after(this.#prefix);
    const range = reverse ? { start: high, end: low, reverse, limit } : { start: low, end: high, limit };
    for (const { key, value } of this.#storage.documents.getRange({ ...range, transaction: snapshot })) {
      if (key.length !== 12 || key.readUInt32BE(0) !== this.id) continue;
      yield { record: Number(key.readBigUInt64BE(4)), bytes: value };
    }
  }

  /** Adds a document whose `_id` is set, and says its record number. Inside a write only. */
  insert(doc: Doc, bytes: Buffer): number {
    const id = doc._id as Value;
    const idKey = this.#idKey(id);
    if (idKey && this.#storage.entries.doesExist(idKey))
      throw duplicateKey(this.namespace, this.indexes[0] as Index, [id]);
    const changes = planChanges(this.#storage, this, undefined, doc);
    const record = this.#nextRecord();
    this.#resize(1, bytes.length);
    this.#storage.documents.put(documentKey(this.id, record), bytes);
    if (idKey) this.#storage.entries.put(idKey, recordBytes(record));
    applyChanges(this.#storage, this, changes, record);
    return record;
  }

  /** Replaces a document by another with the same `_id`. Inside a write only. */
  replace(record: number, old: Doc, oldBytes: Buffer, doc: Doc, bytes = encode(doc)): void {
    const changes = planChanges(this.#storage, this, old, doc, record);
    this.#resize(0, bytes.length - oldBytes.length);
    this.#storage.documents.put(documentKey(this.id, record), bytes);
    applyChanges(this.#storage, this, changes, record);
  }

  /** Removes a document. Inside a write only. */
  remove(record: number, doc: Doc, bytes: Buffer): void {
    const changes = planChanges(this.#storage, this, doc, undefined);
    this.#resize(-1, -bytes.length);
    this.#storage.documents.remove(documentKey(this.id, record));
    const idKey = this.#idKey(doc._id as Value);
    if (idKey) this.#storage.entries.remove(idKey);
    applyChanges(this.#storage, this, changes, record);
  }
}
