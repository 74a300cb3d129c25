/** Room for so many at a time; who comes later waits in the order of coming. */
export class Slots {
  #free: number;
  readonly #line: (() => void)[] = [];
  #first = 0;

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves when there is room, which the caller then has until it calls `give`. */
  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.#line.push(resolve));
  }

  /** Leaves the room to the next. */
  give(): void {
    const next = this.#line[this.#first];
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#first += 1;
    // Taken off in one go now and then: shifting a long line by one each time would cost its length.
    if (this.#first === this.#line.length || this.#first > 1_000) {
      this.#line.splice(0, this.#first);
      this.#first = 0;
    }
    next();
  }
}
