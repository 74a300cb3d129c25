import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";

const deflated = promisify(deflateRaw);
const inflated = promisify(inflateRaw);

const PART = 1_000_000;

/** The most text of a batch, so that few large values do not add up to what many small ones may. */
const BATCH = 8_000_000;

/**
 * A long list that is written once and read in order, any number of times. It is kept compressed outside the heap: a
 * hundred thousand products take some 20 MB instead of several hundred. Its values are such as JSON can write; what it can
 * not, such as dates, `revive` puts back.
 */
export class Spool<T> {
  readonly #parts: Buffer[] = [];
  #lines: string[] = [];
  #size = 0;
  #length = 0;
  readonly #revive: (written: T) => T;

  constructor(revive: (written: T) => T = (value) => value) {
    this.#revive = revive;
  }

  /** How many values there are. */
  get length(): number {
    return this.#length;
  }

  /** Puts values at its end. */
  async add(values: readonly T[]): Promise<void> {
    for (const value of values) {
      const text = JSON.stringify(value);
      this.#lines.push(text);
      this.#size += text.length;
    }
    this.#length += values.length;
    if (this.#size >= PART) await this.#close();
  }

  /** The same, once: what was read is let go. */
  async *drain(size: number): AsyncGenerator<T[]> {
    await this.#close();
    const parts = this.#parts.splice(0).reverse();
    this.#length = 0;
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const one = new Spool<T>(this.#revive);
      one.#parts.push(part);
      yield* one.batches(size);
    }
  }

  /** The values in their order, at most `size` at a time. */
  async *batches(size: number): AsyncGenerator<T[]> {
    await this.#close();
    let batch: T[] = [];
    let text = 0;
    for (const part of this.#parts)
      for (const line of (await inflated(part)).toString("utf8").split("\n")) {
        batch.push(this.#revive(JSON.parse(line) as T));
        text += line.length;
        if (batch.length < size && text < BATCH) continue;
        yield batch;
        batch = [];
        text = 0;
      }
    if (batch.length > 0) yield batch;
  }

  async #close(): Promise<void> {
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#size = 0;
    this.#parts.push(await deflated(lines.join("\n"), { level: 1 }));
  }
}
