import { LRUCache } from "lru-cache";
import pLimit from "p-limit";
import { asShown, DecoderBusy, Undecodable } from "./decoder.ts";

/** A picture as it is kept or shown. `passing`: somebody may take it back, so it is not remembered for long. */
export interface Picture {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly passing?: boolean;
}

/** Bytes of pictures that a process remembers in the sizes they are shown in. */
const REMEMBERED_BYTES = 48 * 1024 * 1024;
/** How long a picture that somebody may take back is remembered, in milliseconds. */
const PASSING_MS = 60_000;
/** Pictures in memory as they were kept (up to 5 MB each), and those that wait to be read. */
const READ_AT_A_TIME = 4;
const WAITING_MAX = 200;
const LARGEST = 1600;
/** The sizes pictures are made in: one between two is rounded up, so that nobody can have thousands made. */
export const SIDES = [160, 320, 640, 960, LARGEST] as const;

/** The size that is made for somebody who shows a picture at most `side` pixels large. */
export const sideFor = (side: number): number =>
  SIDES.find((one) => one >= side) ?? SIDES[SIDES.length - 1] ?? side;

/**
 * Stored pictures in the sizes they are shown in. Each size is made once and remembered; however many ask for it at a time,
 * the store is read once and the picture decoded once.
 */
export class SizedPictures {
  readonly #read: (id: string) => Promise<Picture | null>;
  readonly #made = new LRUCache<string, Picture>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: ({ bytes }) => Math.max(1, bytes.byteLength),
  });
  readonly #making = new Map<string, Promise<Picture | null>>();
  readonly #reading = pLimit(READ_AT_A_TIME);

  /** `read` gets a picture from where it is kept, as it was kept; null if there is none. */
  constructor(read: (id: string) => Promise<Picture | null>) {
    this.#read = read;
  }

  /**
   * The picture at most `side` pixels large, made smaller where it is larger; as it was kept without `side`. Null if there
   * is none, or none that can be decoded.
   *
   * @throws {DecoderBusy}
   */
  readonly of = async (id: string, side?: number): Promise<Picture | null> => {
    const size = side === undefined ? undefined : sideFor(side);
    const key = size === undefined ? id : `${id}/${size}`;
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    const known = this.#making.get(key);
    if (known !== undefined) return await known;
    if (this.#reading.pendingCount >= WAITING_MAX) throw new DecoderBusy("Too many pictures are being read");
    const making = this.#reading(() => this.#make(key, id, size)).finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    return await making;
  };

  async #make(key: string, id: string, size: number | undefined): Promise<Picture | null> {
    const kept = await this.#read(id);
    // What is asked for as it was kept is uploaded once by a messenger, or only looked for.
    if (kept === null || size === undefined) return kept;
    const shown = await smaller(kept, size);
    if (shown !== null) this.#made.set(key, shown, kept.passing ? { ttl: PASSING_MS } : {});
    return shown;
  }
}

async function smaller(kept: Picture, size: number): Promise<Picture | null> {
  // Made for this size already: encoding it once more would only blur it.
  if (kept.passing && size === LARGEST) return kept;
  try {
    return { ...kept, ...(await asShown(kept.bytes, size)) };
  } catch (error) {
    if (error instanceof Undecodable) return null;
    throw error;
  }
}
