/** A clock that only moves when told. */
export class Clock {
  #at: number;
  /** In the future, so that no server's own clock finds that what is kept for an hour has run out long ago. */
  constructor(at: Date = new Date("2046-03-01T10:00:00Z")) {
    this.#at = at.getTime();
  }
  readonly now = (): Date => new Date(this.#at);
  advance(ms: number): void {
    this.#at += ms;
  }
}
