/** Work was given to an adapter that takes no more. */
export class Stopped extends Error {
  readonly code = "STOPPED";
}

/** Work that must be finished before an adapter stops: what is acknowledged only when it is done. */
export class InFlight {
  readonly #working = new Set<Promise<unknown>>();
  #stopped = false;

  /** Returns as `work` does. @throws {Stopped} after `stop`; then it is not begun */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#stopped) throw new Stopped("The adapter is not running");
    const working = work();
    this.#working.add(working);
    try {
      return await working;
    } finally {
      this.#working.delete(working);
    }
  }

  /** Takes no more, and waits for what is under way, however it ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#working);
  }
}
