import { atMost, pause, persist } from "./backoff.ts";

/** What an adapter keeps up between its start and its stop. */
export interface Kept {
  /**
   * Introduces the bot; called again, after a growing pause, until it succeeds. `established` is to be called as soon as
   * messages can be sent, where more is to be done than that; else it counts when this resolves.
   */
  readonly connect: (established: () => void) => Promise<void>;
  /** Runs afterwards, until `signal` is aborted. */
  readonly work?: (signal: AbortSignal) => Promise<void>;
  /** Hears of each time `connect` failed; as `failed` of `persist`. */
  readonly failed: (error: unknown) => number | undefined;
  /** Hears once that the platform refuses this bot, such as by a revoked token. It is left alone then; others go on. */
  readonly refused: (error: unknown) => void;
}

/** How long `start` waits for the platform before it goes on in the background, in milliseconds. */
const START_PATIENCE = 5000;
/**
 * How long a bot that is refused is left alone before it is introduced again, in milliseconds. Platforms refuse good tokens
 * too while they are in trouble; and Discord bans who sends 10,000 refused requests in 10 minutes.
 */
export const RECHECK_MS = 60_000;

/** Keeps a bot connected without holding up the start of the others. */
export class Upkeep {
  readonly #stopping = new AbortController();
  readonly #recheckMs: number;
  #running: Promise<void> = Promise.resolve();
  #round = new AbortController();
  #connected = false;
  #isRefused = false;

  constructor(recheckMs: number = RECHECK_MS) {
    this.#recheckMs = recheckMs;
  }

  /** Aborted when `stop` is called. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Whether the bot was introduced, and has not been refused since: only then can it answer anybody. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Resolves once `connect` is done or refused, but after five seconds at most. */
  async start(kept: Kept): Promise<void> {
    const known = new AbortController();
    this.#running = this.#keep(kept, () => known.abort());
    await atMost(START_PATIENCE, this.#running, AbortSignal.any([known.signal, this.signal]));
  }

  /** Tells that the platform has refused the bot meanwhile, as whoever sends a message may be the first to learn. */
  refuse(error: unknown): void {
    this.#connected = false;
    this.#round.abort(error);
  }

  /** Resolves when all work has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #keep({ connect, work, failed, refused }: Kept, known: () => void): Promise<void> {
    const established = () => {
      this.#connected = !this.#round.signal.aborted;
    };
    while (!this.signal.aborted) {
      const round = new AbortController();
      this.#round = round;
      const over = AbortSignal.any([round.signal, this.signal]);
      try {
        await persist(() => connect(established), failed, over);
        if (!over.aborted) {
          established();
          known();
          this.#isRefused = false;
          await Promise.all([work?.(over), aborted(over)]);
        }
        round.signal.throwIfAborted();
      } catch (error) {
        if (this.signal.aborted) return;
        this.#connected = false;
        round.abort(error); // what is left of the work
        if (!this.#isRefused) refused(error);
        this.#isRefused = true;
        known();
        await pause(this.#recheckMs, this.signal);
      }
    }
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
