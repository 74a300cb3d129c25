import { decode } from "./bson-reader.ts";
import { encode } from "./bson-writer.ts";
import { Collection } from "./collection.ts";
import { CommandError } from "./errors.ts";
import { Garbage } from "./garbage.ts";
import { type Index, type IndexMeta, idIndex, openIndex, readIndex, writeIndex } from "./index-definition.ts";
import { fillIndex } from "./index-fill.ts";
import { after } from "./key-encoding.ts";
import { checkNamespace, databaseOf } from "./namespace.ts";
import type { Storage } from "./storage.ts";
import { prefixOf } from "./table-keys.ts";
import { Binary, type Doc, isDoc } from "./value.ts";

const collectionPrefix = Buffer.from("c:");
const sizesPrefix = Buffer.from("s:");
const counterKey = Buffer.from("n");

/**
 * The collections and indexes that exist, kept in memory and in the catalog table.
 *
 * Methods that change something must run inside `Storage.write`.
 */
export class Catalog {
  #storage: Storage;
  #garbage: Garbage;
  #collections = new Map<string, Collection>();
  #uuids = new Map<number, Buffer>();
  #next = 1;
  #resized = new Set<Collection>();
  #changes = new Map<string, Promise<undefined>>();

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#garbage = new Garbage(storage);
    storage.onAbort = () => this.#load();
    storage.beforeCommit = () => this.#saveSizes();
    this.#load();
    this.#garbage.goOn();
  }

  /** Reads what is stored, at the start and again after a transaction was not made. */
  #load(): void {
    const known = new Map(this.all().map((collection) => [collection.id, collection]));
    this.#collections.clear();
    this.#resized.clear();
    const counter = this.#storage.catalog.getBinary(counterKey);
    // A number that was given out is not given again, even if its transaction was not made: it may still be in use.
    this.#next = Math.max(this.#next, counter ? counter.readUInt32BE(0) : 1);
    for (const { key, value } of this.#storage.catalog.getRange({
      start: collectionPrefix,
      end: after(collectionPrefix),
    })) {
      const namespace = key.toString().slice(2);
      const meta = decode(Buffer.from(value));
      const indexes = (meta.indexes as Doc[]).map((index) => openIndex(readIndex(index)));
      const id = meta.id as number;
      this.#uuids.set(id, Buffer.from((meta.uuid as Binary).buffer));
      const same = known.get(id);
      if (same?.namespace === namespace) {
        same.reload(meta.options as Doc, indexes);
        this.#collections.set(namespace, same);
      } else this.#open(new Collection(this.#storage, id, namespace, meta.options as Doc, indexes));
    }
  }

  #open(collection: Collection): Collection {
    collection.onIndexChange = () => this.save(collection);
    collection.onResize = () => this.#resized.add(collection);
    collection.storedSizes = () => {
      const stored = this.#storage.catalog.getBinary(sizesKey(collection.id));
      return stored && { count: stored.readDoubleLE(0), bytes: stored.readDoubleLE(8) };
    };
    this.#collections.set(collection.namespace, collection);
    return collection;
  }

  /** Stores the sizes of the collections that a transaction changed, in the same transaction. */
  #saveSizes(): void {
    for (const collection of this.#resized) {
      if (this.#collections.get(collection.namespace) !== collection) continue;
      const bytes = Buffer.allocUnsafe(16);
      bytes.writeDoubleLE(collection.count, 0);
      bytes.writeDoubleLE(collection.size, 8);
      this.#storage.catalog.put(sizesKey(collection.id), bytes);
    }
    this.#resized.clear();
  }

  /** The collection, if it exists. */
  find(namespace: string): Collection | undefined {
    return this.#collections.get(namespace);
  }

  /** The collections of a database in the order of their names. */
  list(database: string): Collection[] {
    return [...this.#collections.values()]
      .filter((collection) => databaseOf(collection.namespace) === database)
      .sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
  }

  /** The names of all databases that have a collection. */
  databases(): string[] {
    return [...new Set([...this.#collections.keys()].map(databaseOf))].sort();
  }

  /** Every collection. */
  all(): Collection[] {
    return [...this.#collections.values()];
  }

  /** The collection's UUID, as listCollections tells it. */
  uuid(collection: Collection): Binary {
    return new Binary(this.#uuids.get(collection.id) ?? Buffer.alloc(16), 4);
  }

  #number(): number {
    const number = this.#next++;
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(this.#next);
    this.#storage.catalog.put(counterKey, bytes);
    return number;
  }

  /** The collection, made if need be. */
  ensure(namespace: string): Collection {
    return this.#collections.get(namespace) ?? this.create(namespace, {});
  }

  /** @throws {CommandError} NamespaceExists, InvalidNamespace. */
  create(namespace: string, options: Doc): Collection {
    if (this.#collections.has(namespace)) {
      throw new CommandError("NamespaceExists", `Collection ${namespace} already exists.`);
    }
    checkNamespace(namespace);
    const id = this.#number();
    this.#uuids.set(id, crypto.getRandomValues(Buffer.alloc(16)));
    // Measurements of a time series may share an `_id`, so it has no index on it.
    const indexes = isDoc(options.timeseries) ? [] : [idIndex(this.#number())];
    const collection = this.#open(new Collection(this.#storage, id, namespace, options, indexes));
    this.save(collection);
    return collection;
  }

  /** Writes a collection's options and indexes to the catalog. */
  save(collection: Collection): void {
    const meta: Doc = {
      id: collection.id,
      uuid: this.uuid(collection),
      options: collection.options,
      indexes: collection.indexes.map(writeIndex),
    };
    this.#storage.catalog.put(Buffer.from(`c:${collection.namespace}`), encode(meta));
  }

  /** Adds and fills an index. @throws {CommandError} DuplicateKey, CannotIndexParallelArrays. */
  addIndex(collection: Collection, meta: Omit<IndexMeta, "id">): Index {
    const index = openIndex({ ...meta, id: this.#number() });
    fillIndex(this.#storage, collection, index);
    collection.indexes = [...collection.indexes, index];
    this.save(collection);
    return index;
  }

  /** Begins to build indexes; until they are finished their entries count as garbage of a process that died. */
  beginIndexes(collection: Collection, metas: readonly Omit<IndexMeta, "id">[]): Index[] {
    const indexes = metas.map((meta) => openIndex({ ...meta, id: this.#number() }));
    for (const { id } of indexes) this.#garbage.expect(id);
    collection.building = [...collection.building, ...indexes];
    return indexes;
  }

  /** Makes indexes that hold every document known to searches. */
  finishIndexes(collection: Collection, indexes: readonly Index[]): void {
    for (const { id } of indexes) this.#garbage.keep(id);
    collection.building = collection.building.filter((index) => !indexes.includes(index));
    collection.indexes = [...collection.indexes, ...indexes];
    this.save(collection);
  }

  /** Gives up building indexes; their entries are swept later. */
  abandonIndexes(collection: Collection, indexes: readonly Index[]): void {
    collection.building = collection.building.filter((index) => !indexes.includes(index));
    for (const { id } of indexes) this.#garbage.giveUp(id);
  }

  /** Runs changes to one collection's indexes one after the other, so that each sees what the one before has made. */
  async inTurn<T>(namespace: string, change: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(namespace) ?? Promise.resolve();
    const run = before.then(change);
    const ended = run.then(
      () => undefined,
      () => undefined,
    );
    this.#changes.set(namespace, ended);
    try {
      return await run;
    } finally {
      if (this.#changes.get(namespace) === ended) this.#changes.delete(namespace);
    }
  }

  /** Removes an index; if it has many entries, they are swept later. */
  dropIndex(collection: Collection, index: Index): void {
    collection.indexes = collection.indexes.filter((other) => other !== index);
    this.#garbage.remove(index.id, false);
    this.save(collection);
  }

  /** Removes a collection; if it has many documents or entries, they are swept later. */
  drop(collection: Collection): void {
    this.#collections.delete(collection.namespace);
    this.#storage.catalog.remove(Buffer.from(`c:${collection.namespace}`));
    this.#storage.catalog.remove(sizesKey(collection.id));
    this.#garbage.remove(collection.id, true);
    for (const index of collection.indexes) this.#garbage.remove(index.id, false);
  }

  /** Gives a collection another name. */
  rename(collection: Collection, namespace: string): void {
    checkNamespace(namespace);
    this.#collections.delete(collection.namespace);
    this.#storage.catalog.remove(Buffer.from(`c:${collection.namespace}`));
    const renamed = new Collection(
      this.#storage,
      collection.id,
      namespace,
      collection.options,
      collection.indexes,
    );
    this.#open(renamed);
    this.save(renamed);
  }
}

function sizesKey(id: number): Buffer {
  return Buffer.concat([sizesPrefix, prefixOf(id)]);
}
