import { atMost, persist } from "./backoff.ts";

/** What an adapter keeps up between its start and its stop. */
export interface Kept {
  /** Introduces the bot; called again, after a growing pause, until it succeeds. */
  readonly connect: () => Promise<void>;
  /** Runs afterwards, until `signal` is aborted. */
  readonly work?: (signal: AbortSignal) => Promise<void>;
  /** Hears of each time `connect` failed; as `failed` of `persist`. */
  readonly failed: (error: unknown) => number | undefined;
  /** Hears of the error that ended it all, such as a revoked token. This bot has stopped then; others go on. */
  readonly ended: (error: unknown) => void;
}

/** How long `start` waits for the platform before it goes on in the background, in milliseconds. */
const START_PATIENCE = 5000;

/** Keeps a bot connected without holding up the start of the others. */
export class Upkeep {
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** Aborted when `stop` is called or the work has ended. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Resolves once the bot is introduced, but after five seconds at most. */
  async start({ connect, work, failed, ended }: Kept): Promise<void> {
    const connected = persist(connect, failed, this.signal);
    this.#running = connected
      .then(() => work?.(this.signal))
      .catch((error: unknown) => {
        ended(error);
        this.#stopping.abort();
      });
    await atMost(START_PATIENCE, Promise.race([this.#running, connected]), this.signal);
  }

  /** Resolves when all work has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }
}
