import type { SSEStreamingApi } from "hono/streaming";
import type { Logger } from "../log.ts";

const POLL_MS = 2000;
const HEARTBEAT_MS = 15_000;
/** How long a page may take to read what is written to it, in milliseconds. One that takes longer is cut off. */
const STALL_MS = 10_000;
/** Streams of one reader of a conversation; the oldest end when there are more. */
const STREAMS_MAX = 8;
/** Streams of one network, over all its visitors; more are refused. */
export const NETWORK_STREAMS_MAX = 64;

/** What streams are read from: logs of messages, each with the number of the change that made it as it is now. */
export interface Source<Message extends { readonly change: number }> {
  /** Number of the newest change; 0 in an empty conversation. */
  newest(conversation: string): Promise<number>;
  /** What changed after `change`, oldest first; perhaps not all of it at once. */
  since(conversation: string, change: number): Promise<readonly Message[]>;
  /** Conversations in which something changed after `since`, by any process. */
  changedAfter(since: Date): Promise<readonly { readonly conversation: string; readonly change: number }[]>;
}

/** One open page: a cursor that is read forward from the store. */
class Follower {
  cursor: number;
  readonly reader: string;
  live = true;
  #woken = false;
  #resume = () => {};
  readonly #abort: () => void;
  constructor(cursor: number, reader: string, abort: () => void) {
    this.cursor = cursor;
    this.reader = reader;
    this.#abort = abort;
  }

  wake(): void {
    this.#woken = true;
    this.#resume();
  }
  end(): void {
    if (!this.live) return;
    this.live = false;
    this.#resume();
    this.#abort();
  }
  /** Waits for a wake, also one that came since the last time; false when it was only time for a heartbeat. */
  async woken(): Promise<boolean> {
    if (!this.#woken && this.live) {
      await new Promise<void>((resolve) => {
        const beat = setTimeout(resolve, HEARTBEAT_MS);
        this.#resume = () => resolve(clearTimeout(beat));
      });
    }
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }
}

/** The open pages of a conversation, and what is being read for them since it was last woken, by cursor. */
interface Open<Message> {
  readonly followers: Set<Follower>;
  readings: Map<number, Promise<readonly Message[]>>;
}

/**
 * The open event streams of this process. What they write comes from the store, in order, so nothing is lost or doubled
 * whoever sent it; waking is a hint: at once by this process, by others through one small query every 2 s for all streams.
 */
export class EventStreams<Message extends { readonly change: number }> {
  readonly #source: Source<Message>;
  readonly #log: Logger;
  readonly #stallMs: number;
  readonly #open = new Map<string, Open<Message>>();
  /** How many streams each network has open. */
  readonly #networks = new Map<string, number>();
  #poll: NodeJS.Timeout | undefined;

  /** `stallMs` instead of ten seconds for a page to read what is written. */
  constructor(source: Source<Message>, log: Logger, stallMs: number = STALL_MS) {
    this.#source = source;
    this.#log = log;
    this.#stallMs = stallMs;
  }

  /** Has the conversation's streams look into the store, unless they have already seen `change`. */
  wake(conversation: string, change = Number.POSITIVE_INFINITY): void {
    const open = this.#open.get(conversation);
    if (!open) return;
    // What is being read now may have been asked before the change was there.
    open.readings = new Map();
    for (const follower of open.followers) if (follower.cursor < change) follower.wake();
  }

  /** Whether a network may open one more stream. */
  hasRoom(network: string): boolean {
    return (this.#networks.get(network) ?? 0) < NETWORK_STREAMS_MAX;
  }

  /**
   * Writes all that changes after `after` until the page goes away or `stop` is called. It counts as its network's from
   * the call on. A page that stops reading is cut off by `cut`, so that what it was sent does not stay in memory; it comes
   * back when it reads again, and gets what it missed. Where many read one conversation, `reader` tells them apart.
   */
  async follow(
    conversation: string,
    after: number,
    out: SSEStreamingApi,
    network = "",
    cut: () => void = () => {},
    reader = "",
  ): Promise<void> {
    // A page that does not read holds up the write it is in; what is aborted waits for nobody.
    const follower = new Follower(after, reader, () => out.abort());
    out.onAbort(() => follower.end());
    this.#networks.set(network, (this.#networks.get(network) ?? 0) + 1);
    this.#join(conversation, follower);
    const read = async (writing: Promise<unknown>): Promise<void> => {
      const stalled = setTimeout(() => {
        follower.end();
        cut();
      }, this.#stallMs);
      await writing.finally(() => clearTimeout(stalled));
    };
    try {
      // A page older than the kept messages holds a number from before they were counted anew.
      if ((await this.#source.newest(conversation)) < after) follower.cursor = 0;
      await read(out.write("retry: 1000\n\n"));
      while (follower.live) {
        const changes = await this.#since(conversation, follower.cursor);
        for (const message of changes) {
          await read(out.writeSSE({ id: String(message.change), data: JSON.stringify(message) }));
          if (!follower.live) break;
          follower.cursor = message.change;
        }
        if (changes.length === 0 && !(await follower.woken())) await read(out.write(": still here\n\n"));
      }
    } catch (error) {
      this.#log.warn({ err: error }, "an event stream ended early; the page will come back");
    } finally {
      this.#leave(conversation, follower);
      const left = (this.#networks.get(network) ?? 1) - 1;
      if (left > 0) this.#networks.set(network, left);
      else this.#networks.delete(network);
    }
  }

  /** Ends all streams; browsers come back to whatever process answers then. */
  stop(): void {
    for (const { followers } of this.#open.values()) for (const follower of followers) follower.end();
  }

  /** What changed, read once for all pages that have seen as much and look at the same time. */
  #since(conversation: string, cursor: number): Promise<readonly Message[]> {
    const readings = this.#open.get(conversation)?.readings;
    const under = readings?.get(cursor);
    if (under) return under;
    const reading = Promise.resolve(this.#source.since(conversation, cursor)).finally(() =>
      readings?.delete(cursor),
    );
    readings?.set(cursor, reading);
    return reading;
  }

  #join(conversation: string, follower: Follower): void {
    const open = this.#open.get(conversation) ?? { followers: new Set(), readings: new Map() };
    open.followers.add(follower);
    this.#open.set(conversation, open);
    // Those that were told to end may still be there: many can come before the first of them is heard of again.
    const live = [...open.followers].filter((one) => one.live && one.reader === follower.reader);
    for (const oldest of live.slice(0, Math.max(0, live.length - STREAMS_MAX))) oldest.end();
    this.#poll ??= setInterval(() => void this.#look(), POLL_MS);
  }

  #leave(conversation: string, follower: Follower): void {
    const open = this.#open.get(conversation);
    open?.followers.delete(follower);
    if (open?.followers.size === 0) this.#open.delete(conversation);
    if (this.#open.size > 0) return;
    clearInterval(this.#poll);
    this.#poll = undefined;
  }

  async #look(): Promise<void> {
    try {
      // Clocks of several processes may differ a little; seeing a change twice costs nothing.
      const changed = await this.#source.changedAfter(new Date(Date.now() - 5 * POLL_MS));
      for (const { conversation, change } of changed) this.wake(conversation, change);
    } catch (error) {
      this.#log.warn({ err: error }, "could not look for new messages to stream");
    }
  }
}
