import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Database, open, type RootDatabase, type Transaction } from "lmdb";
import { Patience } from "./patience.ts";

/** A table of byte keys and byte values. */
export type Table = Database<Buffer, Buffer>;

/** The store as it was at one moment; `done()` lets go of it. */
export type Snapshot = Transaction;

interface Waiting {
  run: () => unknown;
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
  /** Called when a transaction failed as a whole, so that what is kept in memory is read again. */
  onAbort: () => void = () => {};
  #root: RootDatabase<Buffer, Buffer>;
  #waiting: Waiting[] = [];
  #scheduled = false;
  #closed = false;

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    const options = { encoding: "binary", keyEncoding: "binary" } as const;
    this.#root = open<Buffer, Buffer>({
      path: join(dir, "store.mdb"),
      overlappingSync: false,
      maxDbs: 8,
      ...options,
    });
    this.documents = this.#root.openDB<Buffer, Buffer>({ name: "documents", ...options });
    this.entries = this.#root.openDB<Buffer, Buffer>({ name: "entries", ...options });
    this.catalog = this.#root.openDB<Buffer, Buffer>({ name: "catalog", ...options });
  }

  /**
   * Runs `run` inside a write transaction, alone, and resolves with its result once it is on disk.
   *
   * Reads inside see the latest state, so reading, deciding and writing there is one atomic step. `run` must decide
   * everything that can fail before its first write: when it throws, what it has written so far stays.
   */
  write<T>(run: () => T): Promise<T> {
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
    const slice = new Patience();
    const settle: (() => void)[] = [];
    if (this.#closed) {
      for (const { reject } of batch) reject(new Error("the store is closed"));
      return;
    }
    let ran = 0;
    try {
      this.#root.transactionSync(() => {
        do settle.push(attempt(batch[ran++] as Waiting));
        while (ran < batch.length && !slice.due());
      });
    } catch (error) {
      this.onAbort();
      for (const { reject } of batch) reject(error);
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
    await this.#root.close();
  }
}

/** Runs what waits and gives the function that tells its outcome, for after the commit. */
function attempt({ run, resolve, reject }: Waiting): () => void {
  try {
    const value = run();
    return () => resolve(value);
  } catch (error) {
    return () => reject(error);
  }
}
