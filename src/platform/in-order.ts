/** Runs work of one key in the order it came, one at a time; different keys go on in parallel. */
export class InOrder {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` after all that was given for the key before, whether that succeeded or not; answers as `work` does. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const running = before.then(work);
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(key, settled);
    void settled.then(() => this.#last.get(key) === settled && this.#last.delete(key));
    return await running;
  }

  /** Resolves when all work given so far has come to its end. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
