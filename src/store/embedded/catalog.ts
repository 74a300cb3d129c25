import { decode, encode } from "./bson-codec.ts";
import { Collection, clearPrefix, type Index, type IndexMeta, openIndex, prefixOf } from "./collection.ts";
import { CommandError } from "./errors.ts";
import { after } from "./key-encoding.ts";
import type { Storage } from "./storage.ts";
import { Binary, type Doc, isDoc, isNumber, toNumber, type Value } from "./value.ts";

const collectionPrefix = Buffer.from("c:");
const garbagePrefix = Buffer.from("g:");
const counterKey = Buffer.from("n");
const sweepSize = 2000;

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

  constructor(storage: Storage) {
    this.#storage = storage;
    storage.onAbort = () => this.#load();
    this.#load();
    if (this.#hasGarbage()) this.sweep();
  }

  #load(): void {
    this.#collections.clear();
    const counter = this.#storage.catalog.getBinary(counterKey);
    this.#next = counter ? counter.readUInt32BE(0) : 1;
    for (const { key, value } of this.#storage.catalog.getRange({
      start: collectionPrefix,
      end: after(collectionPrefix),
    })) {
      const namespace = key.toString().slice(2);
      const meta = decode(Buffer.from(value));
      const indexes = (meta.indexes as Doc[]).map((index) => openIndex(readIndex(index)));
      const id = meta.id as number;
      this.#uuids.set(id, Buffer.from((meta.uuid as Binary).buffer));
      this.#open(new Collection(this.#storage, id, namespace, meta.options as Doc, indexes));
    }
  }

  #open(collection: Collection): Collection {
    collection.onIndexChange = () => this.save(collection);
    this.#collections.set(collection.namespace, collection);
    return collection;
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
    const index = openIndex({
      id: this.#number(),
      name: "_id_",
      paths: ["_id"],
      directions: [1],
      spec: { v: 2, key: { _id: 1 }, name: "_id_" },
      unique: true,
      sparse: false,
      hidden: false,
      multikey: false,
      cut: false,
    });
    const collection = this.#open(new Collection(this.#storage, id, namespace, options, [index]));
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
    collection.build(index);
    collection.indexes = [...collection.indexes, index];
    this.save(collection);
    return index;
  }

  /** Removes an index; its entries are swept later. */
  dropIndex(collection: Collection, index: Index): void {
    collection.indexes = collection.indexes.filter((other) => other !== index);
    this.#discard(index.id, false);
    this.save(collection);
    this.sweep();
  }

  /** Removes a collection; its documents and entries are swept later. */
  drop(collection: Collection): void {
    this.#collections.delete(collection.namespace);
    this.#storage.catalog.remove(Buffer.from(`c:${collection.namespace}`));
    this.#discard(collection.id, true);
    for (const index of collection.indexes) this.#discard(index.id, false);
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
    const key = Buffer.concat([garbagePrefix, prefixOf(id)]);
    this.#storage.catalog.put(key, Buffer.from([documents ? 1 : 0]));
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

  #sweepPart(): boolean {
    for (const { key, value } of this.#storage.catalog.getRange({
      start: garbagePrefix,
      end: after(garbagePrefix),
      limit: 1,
    })) {
      const table = value[0] === 1 ? this.#storage.documents : this.#storage.entries;
      if (clearPrefix(table, Buffer.from(key.subarray(2)), sweepSize) < sweepSize)
        this.#storage.catalog.remove(key);
      return true;
    }
    return false;
  }
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
  };
}
