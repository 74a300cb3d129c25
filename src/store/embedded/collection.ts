import { decode } from "./bson-reader.ts";
import { encode } from "./bson-writer.ts";
import { CommandError } from "./errors.ts";
import type { Index } from "./index-definition.ts";
import { type IndexKeys, indexKeys, keyIdentity } from "./index-keys.ts";
import { checkDeclared } from "./index-kinds.ts";
import { after, emptyArrayMark, encodeValue, type Keyed, shorten } from "./key-encoding.ts";
import type { Slice } from "./patience.ts";
import { shellText } from "./shell-text.ts";
import type { Snapshot, Storage } from "./storage.ts";
import { documentKey, prefixOf, recordBytes } from "./table-keys.ts";
import { type Doc, setField, type Value } from "./value.ts";
import { wordKeys } from "./word-keys.ts";

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
      throw this.#duplicate(this.indexes[0] as Index, [id]);
    const changes = this.#plan(undefined, doc);
    const record = this.#nextRecord();
    this.#resize(1, bytes.length);
    this.#storage.documents.put(documentKey(this.id, record), bytes);
    if (idKey) this.#storage.entries.put(idKey, recordBytes(record));
    this.#apply(changes, record);
    return record;
  }

  /** Replaces a document by another with the same `_id`. Inside a write only. */
  replace(record: number, old: Doc, oldBytes: Buffer, doc: Doc, bytes = encode(doc)): void {
    const changes = this.#plan(old, doc, record);
    this.#resize(0, bytes.length - oldBytes.length);
    this.#storage.documents.put(documentKey(this.id, record), bytes);
    this.#apply(changes, record);
  }

  /** Removes a document. Inside a write only. */
  remove(record: number, doc: Doc, bytes: Buffer): void {
    const changes = this.#plan(doc, undefined);
    this.#resize(-1, -bytes.length);
    this.#storage.documents.remove(documentKey(this.id, record));
    const idKey = this.#idKey(doc._id as Value);
    if (idKey) this.#storage.entries.remove(idKey);
    this.#apply(changes, record);
  }

  /** Fills a new index with what is there. Inside a write only; throws before it writes when a key is double. */
  build(index: Index): void {
    const entries: { key: Buffer; record: number }[] = [];
    const seen = new Map<string, Keyed[]>();
    const identify = keyIdentity(index.collation);
    for (const { record, bytes } of this.scan()) {
      const doc = decode(bytes);
      const made = this.#newKeys(index, doc);
      if (!made) continue;
      if (made.multikey) index.multikey = true;
      if (made.cut) index.cut = true;
      for (const [position, key] of made.keys.entries()) {
        if (index.unique) {
          const values = made.values[position] as Keyed[];
          const text = identify(key, values);
          if (seen.has(text)) throw this.#duplicate(index, values);
          seen.set(text, values);
        }
        entries.push({ key, record });
      }
    }
    for (const { key, record } of entries) {
      this.#storage.entries.put(Buffer.concat([index.prefix, key, recordBytes(record)]), empty);
    }
  }

  /**
   * Adds the documents after a record to indexes that are being built, until the slice is used up, and gives the last
   * record then; `undefined` when all are in. Inside a write only.
   *
   * @throws {CommandError} DuplicateKey, CannotIndexParallelArrays; also for what was written since the build began.
   */
  buildPart(indexes: readonly Index[], from: number, slice: Slice): number | undefined {
    for (let last = from; ; ) {
      const stored = [...this.scan(last, false, 100)];
      for (const { record, bytes } of stored) {
        const doc = decode(bytes);
        for (const index of indexes) this.#fill(index, doc, record);
        last = record;
        if (slice.due()) return last;
      }
      if (stored.length < 100) break;
    }
    for (const { clash } of indexes) if (clash) throw clash;
    return undefined;
  }

  #fill(index: Index, doc: Doc, record: number): void {
    const made = this.#newKeys(index, doc);
    if (!made) return;
    index.multikey ||= made.multikey;
    index.cut ||= made.cut;
    for (const [position, key] of made.keys.entries()) {
      const values = made.values[position] as Keyed[];
      if (index.unique && this.#taken(index, key, values, record)) throw this.#duplicate(index, values);
      this.#storage.entries.put(Buffer.concat([index.prefix, key, recordBytes(record)]), empty);
    }
  }

  /** The keys a document has in an index, none when the index leaves it out. @throws {CommandError} as `indexKeys`. */
  keysOf(index: Index, doc: Doc): IndexKeys | undefined {
    return this.#keys(index, doc);
  }

  #keys(index: Index, doc: Doc): IndexKeys | undefined {
    if (index.partial && !index.includes(doc)) return undefined;
    if (index.declared) return index.unique ? wordKeys(index.spec, doc) : undefined;
    const made = indexKeys(doc, index.paths, index.directions, index.collation);
    return index.sparse && made.missing ? undefined : made;
  }

  /** The keys of a document that is to be written. @throws {CommandError} as `indexKeys` and `checkDeclared`. */
  #newKeys(index: Index, doc: Doc): IndexKeys | undefined {
    if (index.declared && (!index.partial || index.includes(doc))) checkDeclared(index.spec, doc);
    return this.#keys(index, doc);
  }

  #plan(old: Doc | undefined, next: Doc | undefined, record?: number): Change[] {
    const changes: Change[] = [];
    const every = this.building.length > 0 ? [...this.indexes, ...this.building] : this.indexes;
    for (const index of every) {
      if (index.isId) continue;
      const before = old && this.#keys(index, old);
      const made = next && this.#newKeys(index, next);
      const had = new Set(before?.keys.map((key) => key.toString("latin1")));
      const has = new Set(made?.keys.map((key) => key.toString("latin1")));
      const add = made?.keys.filter((key) => !had.has(key.toString("latin1"))) ?? [];
      const remove = before?.keys.filter((key) => !has.has(key.toString("latin1"))) ?? [];
      if (index.unique) {
        // Under a collation different text may have the same key, so a key that stays may stand for a new value.
        for (const key of index.collation ? (made?.keys ?? []) : add) {
          const values = made?.values[made.keys.indexOf(key)] ?? [];
          if (!this.#taken(index, key, values, record)) continue;
          const duplicate = this.#duplicate(index, values);
          if (!this.building.includes(index)) throw duplicate;
          index.clash = duplicate;
        }
      }
      if (add.length + remove.length > 0 || (made?.multikey && !index.multikey)) {
        changes.push({ index, add, remove, multikey: made?.multikey === true, cut: made?.cut === true });
      }
    }
    return changes;
  }

  #taken(index: Index, key: Buffer, values: readonly Keyed[], record: number | undefined): boolean {
    const start = Buffer.concat([index.prefix, key]);
    for (const found of this.#storage.entries.getKeys({ start, end: after(start) })) {
      if (found.length !== start.length + 8) continue;
      const other = Number(found.readBigUInt64BE(found.length - 8));
      if (other !== record && (!index.collation || this.#holds(index, other, values))) return true;
    }
    return false;
  }

  /** Whether a document has these values in an index, compared by the index's collation. */
  #holds(index: Index, record: number, values: readonly Keyed[]): boolean {
    const bytes = this.get(record);
    const made = bytes && this.#keys(index, decode(bytes));
    const identify = keyIdentity(index.collation);
    const wanted = identify(empty, values);
    return made?.values.some((held) => identify(empty, held) === wanted) === true;
  }

  #apply(changes: Change[], record: number): void {
    const suffix = recordBytes(record);
    for (const { index, add, remove, multikey, cut } of changes) {
      for (const key of remove) this.#storage.entries.remove(Buffer.concat([index.prefix, key, suffix]));
      for (const key of add) this.#storage.entries.put(Buffer.concat([index.prefix, key, suffix]), empty);
      if ((multikey && !index.multikey) || (cut && !index.cut)) {
        index.multikey ||= multikey;
        index.cut ||= cut;
        this.onIndexChange();
      }
    }
  }

  #duplicate(index: Index, values: Keyed[]): CommandError {
    const keyValue: Doc = {};
    for (const [position, path] of index.paths.entries()) {
      const value = values[position];
      setField(keyValue, path, value === undefined || value === emptyArrayMark ? null : (value as Value));
    }
    return new CommandError(
      "DuplicateKey",
      `E11000 duplicate key error collection: ${this.namespace} index: ${index.name} dup key: ${shellText(keyValue)}`,
      { keyPattern: index.spec.key as Doc, keyValue },
    );
  }
}

const empty = Buffer.alloc(0);

interface Change {
  index: Index;
  add: Buffer[];
  remove: Buffer[];
  multikey: boolean;
  cut: boolean;
}
