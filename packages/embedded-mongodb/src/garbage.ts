import { after } from "./key-encoding.ts";
import type { Storage } from "./storage.ts";
import { clearPrefix, prefixOf } from "./table-keys.ts";

const garbagePrefix = Buffer.from("g:");
/** Removing so many takes a few milliseconds. */
const sweepSize = 500;
/** Removing so many more in a transaction that is made anyway costs less than another one. */
const atOnce = 20;

/**
 * The documents and entries that dropped collections and indexes left. They are removed a part at a time, each in a
 * transaction of its own; until nothing is left their numbers stand in the catalog table, so that the next start goes on.
 */
export class Garbage {
  #storage: Storage;
  #sweeping = false;
  /** Numbers of the indexes that are being built. */
  #building = new Set<number>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Sweeps what the process before this one left. */
  goOn(): void {
    if (this.#any()) this.#sweep();
  }

  /** Removes what has this number, or the beginning of it and leaves the rest to be swept. Inside a write only. */
  remove(id: number, documents: boolean): void {
    const table = documents ? this.#storage.documents : this.#storage.entries;
    if (clearPrefix(table, prefixOf(id), atOnce) < atOnce) return;
    this.#discard(id, documents);
    this.#sweep();
  }

  /** Lets an index's entries be garbage if the process dies before it has said {@link keep}. Inside a write only. */
  expect(id: number): void {
    this.#building.add(id);
    this.#discard(id, false);
  }

  /** Takes an index's entries out of the garbage: it is whole. Inside a write only. */
  keep(id: number): void {
    this.#building.delete(id);
    this.#storage.catalog.remove(garbageKey(id));
  }

  /** Lets an index's entries be swept: it will not be whole. */
  giveUp(id: number): void {
    this.#building.delete(id);
    this.#sweep();
  }

  #discard(id: number, documents: boolean): void {
    this.#storage.catalog.put(garbageKey(id), Buffer.from([documents ? 1 : 0]));
  }

  #any(): boolean {
    for (const _ of this.#storage.catalog.getKeys({
      start: garbagePrefix,
      end: after(garbagePrefix),
      limit: 1,
    }))
      return true;
    return false;
  }

  #sweep(): void {
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

function garbageKey(id: number): Buffer {
  return Buffer.concat([garbagePrefix, prefixOf(id)]);
}
