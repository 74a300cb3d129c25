import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";

/** What bodies may take together. */
export interface BodyLimits {
  /** Bytes of all bodies on their way. */
  readonly bytes: number;
  /** Bytes of those that go to one network address. */
  readonly bytesEach: number;
  /** Bodies that wait for their turn, and how long one does, in milliseconds. */
  readonly waiting: number;
  readonly waitMs: number;
  /** How long the next 64 KB may take to be read, in milliseconds. Whoever is slower, or stops, is cut off. */
  readonly stallMs: number;
}

/** Enough for a thousand small pictures at a time; somebody who stops reading holds an eighth of it for ten seconds. */
export const PICTURE_BODIES: BodyLimits = {
  bytes: 32 * 1024 * 1024,
  bytesEach: 4 * 1024 * 1024,
  waiting: 200,
  waitMs: 5_000,
  stallMs: 10_000,
};

const CHUNK = 64 * 1024;

interface Wanted {
  readonly key: string;
  readonly size: number;
}
interface Waiting extends Wanted {
  readonly timer: NodeJS.Timeout;
  readonly admit: () => void;
}

/**
 * Sends bodies that are in memory, of which only so many bytes are on their way at a time: without that, readers that stop
 * reading pile up in the sockets of this process. What does not fit waits its turn, and what would wait too long is
 * answered 503.
 */
export class BoundedBodies {
  readonly #limits: BodyLimits;
  readonly #each = new Map<string, number>();
  #waiting: Waiting[] = [];
  #bytes = 0;

  constructor(limits: BodyLimits = PICTURE_BODIES) {
    this.#limits = limits;
  }

  /** Bytes of the bodies on their way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Answers with a body, to a network address that it is counted for. `headers` name its type. */
  async send(
    c: Context,
    key: string,
    bytes: Uint8Array,
    headers: Readonly<Record<string, string>>,
  ): Promise<Response> {
    const sized = { ...headers, "Content-Length": String(bytes.byteLength) };
    if (c.req.method === "HEAD") return c.body(null, 200, sized);
    // One that is larger than all may be together goes when it is alone.
    const wanted = { key, size: Math.min(bytes.byteLength, this.#limits.bytesEach) };
    if (!(await this.#admitted(wanted))) return busy(c);
    const { outgoing }: Partial<HttpBindings> = c.env ?? {};
    if (outgoing?.destroyed) {
      this.#release(wanted);
      return c.body(null, 200, headers);
    }
    return c.body(
      this.#flow(bytes, outgoing, () => this.#release(wanted)),
      200,
      sized,
    );
  }

  /** The bytes a little at a time, as fast as they are read; cuts the connection where they are not. */
  #flow(
    bytes: Uint8Array,
    outgoing: HttpBindings["outgoing"] | undefined,
    release: () => void,
  ): ReadableStream<Uint8Array> {
    let at = 0;
    let stalled: NodeJS.Timeout | undefined;
    let over = false;
    const end = () => {
      clearTimeout(stalled);
      if (!over) release();
      over = true;
    };
    outgoing?.once("close", end);
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          clearTimeout(stalled);
          stalled = setTimeout(() => {
            end();
            // With the connection goes the stream; where it is not known, the stream is all there is to end.
            if (outgoing) outgoing.destroy();
            else controller.error(new Error("The reader was too slow"));
          }, this.#limits.stallMs);
          if (at < bytes.byteLength) {
            controller.enqueue(bytes.subarray(at, at + CHUNK));
            at += CHUNK;
            return;
          }
          controller.close();
          // What is left is in the socket: it is over when that is written, or cut off as well.
          if (outgoing === undefined) end();
        },
        cancel: end,
      },
      { highWaterMark: 0 },
    );
  }

  #fits({ key, size }: Wanted): boolean {
    const own = this.#each.get(key) ?? 0;
    return this.#bytes + size <= this.#limits.bytes && own + size <= this.#limits.bytesEach;
  }

  #take({ key, size }: Wanted): void {
    this.#bytes += size;
    this.#each.set(key, (this.#each.get(key) ?? 0) + size);
  }

  /** Resolves to true when there is room, and to false when there was none in time. */
  async #admitted(wanted: Wanted): Promise<boolean> {
    if (this.#fits(wanted)) {
      this.#take(wanted);
      return true;
    }
    if (this.#waiting.length >= this.#limits.waiting) return false;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
        resolve(false);
      }, this.#limits.waitMs);
      const waiting: Waiting = { ...wanted, timer, admit: () => resolve(true) };
      this.#waiting.push(waiting);
    });
  }

  #release({ key, size }: Wanted): void {
    this.#bytes -= size;
    const own = (this.#each.get(key) ?? 0) - size;
    if (own > 0) this.#each.set(key, own);
    else this.#each.delete(key);
    // In their order, but those of an address that has its share already let others go first.
    this.#waiting = this.#waiting.filter((waiting) => {
      if (!this.#fits(waiting)) return true;
      this.#take(waiting);
      clearTimeout(waiting.timer);
      waiting.admit();
      return false;
    });
  }
}

/** Tells somebody to come back in a moment. */
export function busy(c: Context): Response {
  c.header("Retry-After", "2");
  c.header("Cache-Control", "no-store");
  return c.json({ error: "Too many ask at this moment. Please try again." }, 503);
}
