import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Database, open, type RootDatabase, type Transaction } from "lmdb";
import { checkFile } from "./file-check.ts";
import { Slice } from "./patience.ts";
import { keepPrivate } from "./private-files.ts";
import { Snapshots } from "./snapshots.ts";
import { isDiskFull, isShortWrite, outOfDiskSpace, StoreUnusable } from "./unusable.ts";

/** A table of byte keys and byte values. */
export type Table = Database<Buffer, Buffer>;

const byteKeys = { encoding: "binary", keyEncoding: "binary" } as const;

const openFile = (path: string): RootDatabase<Buffer, Buffer> =>
  open<Buffer, Buffer>({ path, overlappingSync: false, maxDbs: 8, ...byteKeys });

/** The version of what stands in the tables; it is kept in the catalog. */
const formatVersion = 1;
const formatKey = Buffer.from("v");

/** The store as it was at one moment; `done()` lets go of it. */
export type Snapshot = Transaction;

interface Waiting {
  run: (slice: Slice) => unknown;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
}

/**
 * The files of the store: three tables in one lmdb environment.
 *
 * Writes that arrive in the same turn of the event loop share one transaction and one flush. Transactions are
 * lmdb's synchronous ones, with `overlappingSync` off: such a commit returns after `fdatasync`, so when the promise
 * of {@link write} resolves the write is on disk. (lmdb's asynchronous `transaction` resolves at the commit and
 * has a second promise, `flushed`, for the disk; it also runs the callback in no known order with other writes.)
 */
export class Storage {
  readonly documents: Table;
  readonly entries: Table;
  readonly catalog: Table;
  /** What clients read from at read concern "snapshot". */
  readonly snapshots = new Snapshots(this);
  /** Called when a transaction failed as a whole, so that what is kept in memory is read again. */
  onAbort: () => void = () => {};
  /** Called at the end of each transaction, inside it. */
  beforeCommit: () => void = () => {};
  readonly #dir: string;
  readonly #root: RootDatabase<Buffer, Buffer>;
  #waiting: Waiting[] = [];
  #scheduled = false;
  #closed = false;

  /** @throws {StoreUnusable} when the files are damaged or of another version; the system's own errors. */
  constructor(dir: string) {
    this.#dir = dir;
    keepPrivate(dir);
    const path = join(dir, "store.mdb");
    fillLockFile(path);
    if (!existsSync(path)) makeFile(path);
    checkFile(path);
    this.#root = openFile(path);
    this.documents = this.#root.openDB<Buffer, Buffer>({ name: "documents", ...byteKeys });
    this.entries = this.#root.openDB<Buffer, Buffer>({ name: "entries", ...byteKeys });
    this.catalog = this.#root.openDB<Buffer, Buffer>({ name: "catalog", ...byteKeys });
    keepPrivate(dir); // and what was just made
    this.#checkFormat(path);
  }

  #checkFormat(path: string): void {
    const version = this.catalog.getBinary(formatKey)?.[0];
    if (version === formatVersion) return;
    if (version !== undefined)
      throw new StoreUnusable(
        `${path} was written by a version of Hawker with format ${version}, and this one knows ${formatVersion}. Start that version, and move by a backup.`,
      );
    // A new one, or one from before the version was kept.
    this.#root.transactionSync(() => this.catalog.put(formatKey, Buffer.from([formatVersion])));
  }

  /**
   * Runs `run` inside a write transaction, alone, and resolves with its result once it is on disk.
   *
   * Reads inside see the latest state, so reading, deciding and writing there is one atomic step. `run` must decide
   * everything that can fail before its first write: when it throws, what it has written so far stays. What does many
   * steps ends when the slice, which all writes of a transaction share, is due, and writes the rest in another one.
   */
  write<T>(run: (slice: Slice) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#drain());
  }

  /**
   * Holds the store as it is now for reads that name the snapshot, however much is written meanwhile. Let go of it
   * soon by `done()`: pages it needs are not used again, so the file grows.
   */
  snapshot(): Snapshot {
    return this.#root.useReadTransaction();
  }

  #drain(): void {
    this.#scheduled = false;
    const batch = this.#waiting;
    this.#waiting = [];
    const slice = Slice.ofTransaction();
    const settle: (() => void)[] = [];
    if (this.#closed) {
      for (const { reject } of batch) reject(new Error("the store is closed"));
      return;
    }
    let ran = 0;
    try {
      this.#root.transactionSync(() => {
        do settle.push(attempt(batch[ran++] as Waiting, slice));
        while (ran < batch.length && !slice.due());
        this.beforeCommit();
      });
    } catch (error) {
      this.onAbort();
      const told = isDiskFull(error) || isShortWrite(error) ? outOfDiskSpace(this.#dir, error) : error;
      for (const { reject } of batch) reject(told);
      return;
    }
    // What took longer than a slice leaves the rest to the next turn.
    if (ran < batch.length) {
      this.#waiting = [...batch.slice(ran), ...this.#waiting];
      this.#schedule();
    }
    for (const tell of settle) tell();
  }

  /** Finishes what waits, then closes the files. */
  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#waiting.length > 0) await this.write(() => undefined);
    this.#closed = true;
    this.snapshots.close();
    await this.#root.close();
  }
}

/** Runs what waits and gives the function that tells its outcome, for after the commit. */
function attempt({ run, resolve, reject }: Waiting, slice: Slice): () => void {
  try {
    const value = run(slice);
    return () => resolve(value);
  } catch (error) {
    return () => reject(error);
  }
}

/**
 * Fills lmdb's lock file before lmdb maps it into memory: a hole in it that finds no room on a full disk would kill
 * the process when it is written to (SIGBUS), while here it is an error.
 */
function fillLockFile(path: string): void {
  if (!existsSync(`${path}-lock`)) writeFileSync(`${path}-lock`, Buffer.alloc(16 * 1024));
}

/** Makes an empty store aside and moves it in place, so that a store is never found half made, nor an empty file. */
function makeFile(path: string): void {
  const draft = `${path}.new`;
  for (const file of [draft, `${draft}-lock`]) rmSync(file, { force: true });
  const root = openFile(draft);
  // Closing is synchronous but for a promise that is fulfilled already: there are no writes to wait for.
  void root.close();
  renameSync(draft, path);
  rmSync(`${draft}-lock`, { force: true });
}
