import { CommandError } from "./errors.ts";
import type { Snapshot, Storage } from "./storage.ts";
import { Timestamp } from "./value.ts";

/** How long a snapshot may lie unused, as MongoDB's minSnapshotHistoryWindowInSeconds says by default: five minutes. */
const idleMs = 5 * 60 * 1000;
/** As many as may be held at a time: each keeps one of lmdb's 126 readers. */
const heldMax = 32;

interface Held {
  readonly time: Timestamp;
  readonly snapshot: Snapshot;
  readonly timer: NodeJS.Timeout;
  users: number;
}

/**
 * The snapshots that clients read from, by the cluster time they were given: MongoDB's read concern "snapshot". One is
 * let go when nobody has used it for five minutes.
 */
export class Snapshots {
  readonly #storage: Storage;
  readonly #held = new Map<string, Held>();
  #count = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Holds the store as it is now and gives its time. @throws {CommandError} SnapshotUnavailable when too many are held. */
  open(): Timestamp {
    if (this.#held.size >= heldMax)
      throw unavailable(`${heldMax} snapshots are held already; try again later`);
    const time = new Timestamp({ t: Math.floor(Date.now() / 1000), i: ++this.#count });
    const key = time.toString();
    const timer = setTimeout(() => this.#lapse(key), idleMs).unref();
    this.#held.set(key, { time, snapshot: this.#storage.snapshot(), timer, users: 0 });
    return time;
  }

  /** Begins to read from the snapshot of a time; call `done` at the end. @throws {CommandError} SnapshotUnavailable. */
  use(time: Timestamp): { snapshot: Snapshot; done: () => void } {
    const held = this.#held.get(time.toString());
    if (!held)
      throw unavailable(`Read timestamp ${time} is not available: a snapshot is kept for five minutes`);
    held.users++;
    const done = (): void => {
      held.users--;
      held.timer.refresh();
    };
    return { snapshot: held.snapshot, done };
  }

  #lapse(key: string): void {
    const held = this.#held.get(key);
    if (!held) return;
    if (held.users > 0) {
      held.timer.refresh();
      return;
    }
    this.#held.delete(key);
    held.snapshot.done();
  }

  /** Lets go of all. */
  close(): void {
    for (const { timer, snapshot } of this.#held.values()) {
      clearTimeout(timer);
      snapshot.done();
    }
    this.#held.clear();
  }
}

const unavailable = (why: string): CommandError => new CommandError("SnapshotUnavailable", why);
