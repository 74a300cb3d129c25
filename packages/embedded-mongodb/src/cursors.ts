import { encode } from "./bson-writer.ts";
import { badValue, CommandError } from "./errors.ts";
import type { Patience } from "./patience.ts";
import { type Doc, Long, RawDoc } from "./value.ts";

/** What a cursor gives: documents, encoded already or not. */
export type Source = AsyncIterator<Doc | RawDoc>;

interface Open {
  id: bigint;
  namespace: string;
  source: Source;
  /** A document that was read but did not fit the last reply. */
  held: RawDoc | undefined;
  opened: number;
  lastUsed: number;
  /** A reply is being read just now. */
  busy: boolean;
  /** Documents and replies it has given. */
  given: number;
  batches: number;
  patience: Patience | undefined;
  keep: boolean;
  /** Waits for more documents at the end (a tailable cursor on a capped collection). */
  tail: ((waitMs: number) => Promise<void>) | undefined;
  awaits: boolean;
}

/** How a cursor lives. */
export interface CursorOptions {
  namespace: string;
  /** Documents in the first reply; the rest follows by getMore. */
  batchSize?: number;
  /** Ends after the first reply. */
  singleBatch?: boolean;
  noTimeout?: boolean;
  /** Its time limit counts while a batch is read, not in between. */
  patience?: Patience;
  tail?: (waitMs: number) => Promise<void>;
  /** A getMore may say how long it waits at the end. */
  awaits?: boolean;
}

/** A reply holds at most 16 MB of documents. */
const replyBytesMax = 16 * 1024 * 1024;
/** Where the client does not say how many it wants, a reply is kept small: it is written in one go. */
const replyBytes = 1024 * 1024;
/** And of no more documents than can be encoded in about a millisecond. */
const replyDocs = 10_000;
/** The number of documents in a first reply that does not say (source: MongoDB manual, "Cursors"). */
const firstBatch = 101;
/** How long a getMore waits that does not say, in milliseconds (source: the same). */
const awaitMs = 1000;
/** Idle cursors go after ten minutes, as on a MongoDB server. */
const idleMs = 10 * 60 * 1000;

/** The server's open cursors. */
export class Cursors {
  #open = new Map<bigint, Open>();
  #next = BigInt(Math.floor(Math.random() * 2 ** 40)) * 1024n + 1n;

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Reads the first batch and keeps the cursor when there is more; gives the reply's `cursor` field. */
  async start(source: Source, options: CursorOptions): Promise<Doc> {
    const cursor: Open = {
      id: this.#next++,
      namespace: options.namespace,
      source,
      held: undefined,
      opened: Date.now(),
      lastUsed: Date.now(),
      busy: false,
      given: 0,
      batches: 1,
      patience: options.patience,
      keep: options.noTimeout === true,
      tail: options.tail,
      awaits: options.awaits === true,
    };
    const { batch, done } = await this.#read(cursor, options.batchSize ?? firstBatch, replyBytesMax);
    cursor.given = batch.length;
    const ended = (done && !options.tail) || options.singleBatch === true;
    options.patience?.rest();
    if (!ended) this.#open.set(cursor.id, cursor);
    else if (!done) await source.return?.();
    return {
      firstBatch: batch,
      id: Long.fromBigInt(ended ? 0n : cursor.id),
      ns: options.namespace,
    };
  }

  /**
   * Reads the next batch; at a tailable cursor's end it waits `waitMs` for more.
   *
   * @throws {CommandError} CursorNotFound; Unauthorized when the cursor is another collection's; BadValue when a time
   * to wait is given and the cursor does not wait.
   */
  async more(id: bigint, namespace: string, batchSize: number, waitMs?: number): Promise<Doc> {
    const cursor = this.#open.get(id);
    if (!cursor) throw new CommandError("CursorNotFound", `cursor id ${id} not found`);
    if (cursor.namespace !== namespace) {
      throw new CommandError(
        "Unauthorized",
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      );
    }
    if (waitMs !== undefined && !cursor.awaits)
      throw badValue("cannot set maxTimeMS on getMore command for a non-awaitData cursor");
    cursor.lastUsed = Date.now();
    cursor.patience?.wake();
    cursor.busy = true;
    const { batch, done } = await this.#readOn(cursor, batchSize, waitMs ?? awaitMs)
      .catch((error: unknown) => {
        // What went wrong once is not tried again.
        this.kill(id);
        throw error;
      })
      .finally(() => {
        cursor.busy = false;
      });
    cursor.given += batch.length;
    cursor.batches++;
    if (done) this.#open.delete(id);
    cursor.patience?.rest();
    return { nextBatch: batch, id: Long.fromBigInt(done || !this.#open.has(id) ? 0n : id), ns: namespace };
  }

  /** The cursors that nobody reads from just now (source: MongoDB manual, "$currentOp", "idleCursors"). */
  idle(): Doc[] {
    return [...this.#open.values()]
      .filter(({ busy }) => !busy)
      .map(({ id, namespace, opened, lastUsed, given, batches, keep, tail, awaits }) => ({
        type: "idleCursor",
        ns: namespace,
        cursor: {
          cursorId: Long.fromBigInt(id),
          createdDate: new Date(opened),
          lastAccessDate: new Date(lastUsed),
          nDocsReturned: Long.fromNumber(given),
          nBatchesReturned: Long.fromNumber(batches),
          noCursorTimeout: keep,
          tailable: tail !== undefined,
          awaitData: awaits,
        },
      }));
  }

  /** Whether the command that opened a cursor had a time limit. */
  isLimited(id: bigint): boolean {
    return this.#open.get(id)?.patience?.limited === true;
  }

  /** Closes a cursor; `false` when there is none. */
  kill(id: bigint): boolean {
    const cursor = this.#open.get(id);
    if (!cursor) return false;
    this.#open.delete(id);
    void cursor.source.return?.();
    return true;
  }

  /** Closes the cursors that nobody has used for ten minutes. */
  sweep(now = Date.now()): void {
    for (const cursor of this.#open.values()) {
      if (!cursor.keep && now - cursor.lastUsed > idleMs) this.kill(cursor.id);
    }
  }

  /** Closes all cursors of a namespace, or of everything below it. */
  killIn(namespace: string): void {
    for (const cursor of this.#open.values()) {
      if (cursor.namespace === namespace || cursor.namespace.startsWith(`${namespace}.`))
        this.kill(cursor.id);
    }
  }

  async #readOn(
    cursor: Open,
    batchSize: number,
    waitMs: number,
  ): Promise<{ batch: RawDoc[]; done: boolean }> {
    const read = await this.#read(cursor, batchSize);
    if (!cursor.tail) return read;
    if (read.batch.length > 0) return { batch: read.batch, done: false };
    await cursor.tail(waitMs);
    return { batch: (await this.#read(cursor, batchSize)).batch, done: false };
  }

  async #read(
    cursor: Open,
    size: number,
    most = Number.isFinite(size) ? replyBytesMax : replyBytes,
  ): Promise<{ batch: RawDoc[]; done: boolean }> {
    const batch: RawDoc[] = [];
    let bytes = 0;
    const count = Math.min(size, most === replyBytes ? replyDocs : size);
    while (batch.length < count) {
      let doc = cursor.held;
      cursor.held = undefined;
      if (!doc) {
        const next = await cursor.source.next();
        if (next.done) return { batch, done: true };
        doc = next.value instanceof RawDoc ? next.value : new RawDoc(encode(next.value));
      }
      if (batch.length > 0 && bytes + doc.bytes.length > most) {
        cursor.held = doc;
        return { batch, done: false };
      }
      bytes += doc.bytes.length;
      batch.push(doc);
    }
    return { batch, done: false };
  }
}
