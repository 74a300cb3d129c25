import { decode } from "./bson-reader.ts";
import { encode } from "./bson-writer.ts";
import { Collection } from "./collection.ts";
import { CommandError } from "./errors.ts";
import { type Index, type IndexMeta, openIndex } from "./index-definition.ts";
import { fillIndex } from "./index-fill.ts";
import { declaredKind } from "./index-kinds.ts";
import { after } from "./key-encoding.ts";
import type { Storage } from "./storage.ts";
import { clearPrefix, prefixOf } from "./table-keys.ts";
import { Binary, type Doc, isDoc, isNumber, toNumber, type Value } from "./value.ts";

const collectionPrefix = Buffer.from("c:");
const sizesPrefix = Buffer.from("s:");
const garbagePrefix = Buffer.from("g:");
const counterKey = Buffer.from("n");
/** Removing so many takes a few milliseconds. */
const sweepSize = 500;
/** Removing so many more in a transaction that is made anyway costs less than another one. */
const atOnce = 20;

/**
 * The collections and indexes that exist, kept in memory and in the catalog table.
 *
 * Methods that change something must run inside `Storage.write`.
 */
export class Catalog {
  #storage: Storage;
  #collections = new Map<string, Collection>();
  #uuids = new Map<number, Buffer>();
  #next = 1;
  #sweeping = false;
  #resized = new Set<Collection>();
  /** Numbers of the indexes that are being built. */
  #building = new Set<number>();
  #changes = new Map<string, Promise<undefined>>();

  constructor(storage: Storage) {
    this.#storage = storage;
    storage.onAbort = () => this.#load();
    storage.beforeCommit = () => this.#saveSizes();
    this.#load();
    if (this.#hasGarbage()) this.sweep();
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
    for (const { id } of indexes) {
      this.#building.add(id);
      this.#discard(id, false);
    }
    collection.building = [...collection.building, ...indexes];
    return indexes;
  }

  /** Makes indexes that hold every document known to searches. */
  finishIndexes(collection: Collection, indexes: readonly Index[]): void {
    for (const { id } of indexes) {
      this.#building.delete(id);
      this.#storage.catalog.remove(garbageKey(id));
    }
    collection.building = collection.building.filter((index) => !indexes.includes(index));
    collection.indexes = [...collection.indexes, ...indexes];
    this.save(collection);
  }

  /** Gives up building indexes; their entries are swept later. */
  abandonIndexes(collection: Collection, indexes: readonly Index[]): void {
    for (const { id } of indexes) this.#building.delete(id);
    collection.building = collection.building.filter((index) => !indexes.includes(index));
    this.sweep();
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
    this.#remove(index.id, false);
    this.save(collection);
  }

  /** Removes a collection; if it has many documents or entries, they are swept later. */
  drop(collection: Collection): void {
    this.#collections.delete(collection.namespace);
    this.#storage.catalog.remove(Buffer.from(`c:${collection.namespace}`));
    this.#storage.catalog.remove(sizesKey(collection.id));
    this.#remove(collection.id, true);
    for (const index of collection.indexes) this.#remove(index.id, false);
  }

  /** Removes what has this number, or the beginning of it and leaves the rest to the sweep. */
  #remove(id: number, documents: boolean): void {
    const table = documents ? this.#storage.documents : this.#storage.entries;
    if (clearPrefix(table, prefixOf(id), atOnce) < atOnce) return;
    this.#discard(id, documents);
    this.sweep();
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

  #discard(id: number, documents: boolean): void {
    this.#storage.catalog.put(garbageKey(id), Buffer.from([documents ? 1 : 0]));
  }

  #hasGarbage(): boolean {
    for (const _ of this.#storage.catalog.getKeys({
      start: garbagePrefix,
      end: after(garbagePrefix),
      limit: 1,
    }))
      return true;
    return false;
  }

  /** Removes what dropped collections and indexes left, a part at a time. */
  sweep(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    const step = (): void => {
      this.#storage
        .write(() => this.#sweepPart())
        .then(
          (more) => {
            if (more) setImmediate(step);
            else this.#sweeping = false;
          },
          () => {
            // The store is closing: what is left is swept when it is opened again.
            this.#sweeping = false;
          },
        );
    };
    setImmediate(step);
  }

  /** Removes up to `sweepSize` keys and says whether there may be more. */
  #sweepPart(): boolean {
    let left = sweepSize;
    const done: Buffer[] = [];
    for (const { key, value } of this.#storage.catalog.getRange({
      start: garbagePrefix,
      end: after(garbagePrefix),
    })) {
      if (this.#building.has(key.readUInt32BE(garbagePrefix.length))) continue;
      const table = value[0] === 1 ? this.#storage.documents : this.#storage.entries;
      const removed = clearPrefix(table, Buffer.from(key.subarray(2)), left);
      if (removed < left) done.push(Buffer.from(key));
      // What is empty costs a look as well.
      left -= Math.max(removed, 1);
      if (left <= 0) break;
    }
    for (const key of done) this.#storage.catalog.remove(key);
    return left <= 0;
  }
}

function sizesKey(id: number): Buffer {
  return Buffer.concat([sizesPrefix, prefixOf(id)]);
}

function garbageKey(id: number): Buffer {
  return Buffer.concat([garbagePrefix, prefixOf(id)]);
}

/** The database of a namespace. */
export function databaseOf(namespace: string): string {
  const dot = namespace.indexOf(".");
  return dot < 0 ? namespace : namespace.slice(0, dot);
}

/** The collection of a namespace. */
export function collectionOf(namespace: string): string {
  return namespace.slice(namespace.indexOf(".") + 1);
}

function idIndex(id: number): Index {
  return openIndex({
    id,
    name: "_id_",
    paths: ["_id"],
    directions: [1],
    spec: { v: 2, key: { _id: 1 }, name: "_id_" },
    unique: true,
    sparse: false,
    hidden: false,
    multikey: false,
    cut: false,
    declared: false,
  });
}

/** @throws {CommandError} InvalidNamespace (source: MongoDB manual, "Naming Restrictions"). */
export function checkNamespace(namespace: string): void {
  const name = collectionOf(namespace);
  const bad =
    name === "" ||
    name.includes("$") ||
    name.includes("\0") ||
    name.startsWith(".") ||
    Buffer.byteLength(namespace) > 255;
  if (bad) throw new CommandError("InvalidNamespace", `Invalid collection name: ${name}`);
}

function writeIndex(index: Index): Doc {
  return {
    id: index.id,
    name: index.name,
    spec: index.spec,
    multikey: index.multikey,
    cut: index.cut,
  };
}

function readIndex(meta: Doc): IndexMeta {
  return {
    ...describeIndex(meta.spec as Doc),
    id: meta.id as number,
    multikey: meta.multikey === true,
    cut: meta.cut === true,
  };
}

/** Reads an index specification as createIndexes and the catalog have it. */
export function describeIndex(spec: Doc): Omit<IndexMeta, "id"> {
  const key = spec.key as Doc;
  const truthy = (value: Value | undefined): boolean =>
    value === true || (isNumber(value) && toNumber(value) !== 0);
  return {
    name: spec.name as string,
    paths: Object.keys(key),
    directions: Object.values(key).map((direction) =>
      isNumber(direction) && toNumber(direction) < 0 ? -1 : 1,
    ),
    spec,
    // "prepareUnique" lets no further duplicate in, before the index becomes unique.
    unique: truthy(spec.unique) || truthy(spec.prepareUnique) || spec.name === "_id_",
    sparse: truthy(spec.sparse),
    hidden: truthy(spec.hidden),
    partial: isDoc(spec.partialFilterExpression) ? spec.partialFilterExpression : undefined,
    expireAfterSeconds: isNumber(spec.expireAfterSeconds) ? toNumber(spec.expireAfterSeconds) : undefined,
    multikey: false,
    cut: false,
    declared: declaredKind(key) !== undefined,
  };
}
