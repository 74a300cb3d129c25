/**
 * Room for so many at a time, of which one person gets `each` at most. Who comes later waits, and persons take turns: one who
 * waits with a hundred is as far from the next room as one who waits with one.
 */
export class FairSemaphore {
  #free: number;
  readonly #each: number;
  readonly #held = new Map<string, number>();
  /** Who waits, in the order in which they are next; each with what waits in the order of coming. */
  readonly #lines = new Map<string, (() => void)[]>();

  constructor(count: number, each = count) {
    this.#free = count;
    this.#each = each;
  }

  /** Resolves when there is room for this person, who then has it until `give` is called. */
  async take(person: string): Promise<void> {
    // Where there is room, whoever waits has all they may have: nobody is overtaken.
    if (this.#free > 0 && this.#heldBy(person) < this.#each) return this.#hold(person);
    await new Promise<void>((resolve) => {
      const line = this.#lines.get(person) ?? [];
      line.push(resolve);
      this.#lines.set(person, line);
    });
  }

  /** Leaves the room to the next person who may have it. */
  give(person: string): void {
    this.#free += 1;
    const left = this.#heldBy(person) - 1;
    if (left > 0) this.#held.set(person, left);
    else this.#held.delete(person);
    for (const [next, line] of this.#lines) {
      if (this.#heldBy(next) >= this.#each) continue;
      const first = line.shift();
      this.#lines.delete(next);
      if (line.length > 0) this.#lines.set(next, line);
      this.#hold(next);
      first?.();
      return;
    }
  }

  #hold(person: string): void {
    this.#free -= 1;
    this.#held.set(person, this.#heldBy(person) + 1);
  }

  #heldBy(person: string): number {
    return this.#held.get(person) ?? 0;
  }
}
