import { LRUCache } from "lru-cache";

/** An event that must be responded to: its id, and when it came, in milliseconds since 1970. */
export interface Awaiting {
  readonly id: string;
  readonly at: number;
}

/**
 * How a platform is responded to. `State` is what a first response leaves behind there, such as a message or the
 * promise of one; later answers go by it.
 */
export interface Responder<Ticket extends Awaiting, Response, State> {
  /** Makes a response; null if there was a first one before. */
  readonly post: (ticket: Ticket, response: Response) => Promise<State | null>;
  /** Asks what the first response has left behind: another process made it, or the answer to it was lost. */
  readonly look: (ticket: Ticket) => Promise<State>;
  /** Whether a state is what this response leaves behind, and can only be of this response. */
  readonly isOf: (state: State, response: Response) => boolean;
  /** The response that says only that there will be an answer. */
  readonly deferral: (ticket: Ticket) => Response;
  /** Whether a response that failed may have arrived all the same. */
  readonly isUnclear: (error: unknown) => boolean;
  /** Hears of a deferral that failed. */
  readonly failed: (error: unknown) => void;
  /** When an event is deferred if nothing has answered it, in milliseconds after it came. */
  readonly deferAfterMs: number;
  /** How long an event can be answered, in milliseconds. */
  readonly lifeMs: number;
}

/**
 * Makes the first response to each event, once, at the latest a while after it came: for platforms that want one soon
 * and take one only. They tell who comes second, so several processes may try; what is kept here only saves asking.
 */
export class FirstResponses<Ticket extends Awaiting, Response, State extends object> {
  readonly #how: Responder<Ticket, Response, State>;
  readonly #states: LRUCache<string, Promise<State | null>>;
  /** Keys of responses of which it is not known whether they arrived, by event. */
  readonly #unclear: LRUCache<string, string>;
  readonly #waiting = new Map<Ticket, NodeJS.Timeout>();
  readonly #deferring = new Set<Promise<void>>();
  #stopped = false;

  constructor(how: Responder<Ticket, Response, State>) {
    this.#how = how;
    this.#states = new LRUCache({ max: 10_000, ttl: how.lifeMs });
    this.#unclear = new LRUCache({ max: 10_000, ttl: how.lifeMs });
  }

  /** Sees to it that an event, once it is stored, is responded to in time, whether or not an answer is ready. */
  expect(ticket: Ticket): void {
    const left = this.#stopped ? 0 : ticket.at + this.#how.deferAfterMs - Date.now();
    this.#waiting.set(
      ticket,
      setTimeout(() => this.#defer(ticket), Math.max(0, left)),
    );
  }

  /**
   * Makes the first response, unless there has been one, and tells what stands there now. `key` names the response, to
   * know it again when it is made once more.
   *
   * @throws what `post` throws; then nothing is known to have arrived
   */
  async respond(ticket: Ticket, response: Response, key?: string): Promise<{ sent: boolean; state: State }> {
    const known = await this.#states.get(ticket.id);
    if (known) return { sent: false, state: known };
    const responding = this.#post(ticket, response, key);
    const noted = responding.catch(() => null);
    this.#states.set(ticket.id, noted);
    void noted.then((state) => state ?? this.#states.delete(ticket.id));
    const state = await responding;
    if (state !== null) return { sent: true, state };
    const before = await this.#how.look(ticket);
    this.stands(ticket, before);
    const again = key !== undefined && this.#unclear.get(ticket.id) === key;
    return { sent: again && this.#how.isOf(before, response), state: before };
  }

  /** Notes what stands there from now on. */
  stands(ticket: Ticket, state: State): void {
    this.#states.set(ticket.id, Promise.resolve(state));
  }

  /** Responds to whatever still waits: another process may be the one to answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const [ticket, timer] of this.#waiting) {
      clearTimeout(timer);
      this.#defer(ticket);
    }
    await Promise.all(this.#deferring);
  }

  async #post(ticket: Ticket, response: Response, key: string | undefined): Promise<State | null> {
    try {
      return await this.#how.post(ticket, response);
    } catch (error) {
      if (key !== undefined && this.#how.isUnclear(error)) this.#unclear.set(ticket.id, key);
      throw error;
    }
  }

  #defer(ticket: Ticket): void {
    this.#waiting.delete(ticket);
    if (this.#states.has(ticket.id)) return; // answered, or about to be
    const deferring = this.respond(ticket, this.#how.deferral(ticket))
      .then(() => undefined, this.#how.failed)
      .finally(() => this.#deferring.delete(deferring));
    this.#deferring.add(deferring);
  }
}
