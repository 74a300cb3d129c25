import { LRUCache } from "lru-cache";

/** So many at once, and so many a second after that. */
export interface Share {
  readonly burst: number;
  readonly perSecond: number;
}

/** Persons that are remembered; the one who did nothing for the longest makes room, with a full share. */
const PERSONS_MAX = 50_000;
/** Who was told that it is too much is told again after so long, in milliseconds. */
const TOLD_AGAIN_MS = 60_000;

interface Bucket {
  left: number;
  at: number;
  toldAt: number;
}

/**
 * How much one person may ask for, counted by this process: a token bucket for each. It costs no round trip to the store, so
 * that who sends a thousand messages at once costs the others nothing.
 */
export class FairShare {
  readonly #share: Share;
  readonly #now: () => Date;
  readonly #buckets = new LRUCache<string, Bucket>({ max: PERSONS_MAX });

  constructor(share: Share, now: () => Date) {
    this.#share = share;
    this.#now = now;
  }

  /** Takes one of a person's share; false if there is none left. */
  take(person: string): boolean {
    const bucket = this.#of(person);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }

  /** Whether a person is to be told that it is too much: true once, and again a minute later. */
  tell(person: string): boolean {
    const bucket = this.#of(person);
    const now = this.#now().getTime();
    if (now - bucket.toldAt < TOLD_AGAIN_MS) return false;
    bucket.toldAt = now;
    return true;
  }

  #of(person: string): Bucket {
    const now = this.#now().getTime();
    const { burst, perSecond } = this.#share;
    const bucket = this.#buckets.get(person) ?? { left: burst, at: now, toldAt: Number.NEGATIVE_INFINITY };
    const grown = (Math.max(0, now - bucket.at) / 1000) * perSecond;
    bucket.left = Math.min(burst, bucket.left + grown);
    bucket.at = now;
    this.#buckets.set(person, bucket);
    return bucket;
  }
}
