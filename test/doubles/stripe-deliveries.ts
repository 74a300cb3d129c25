/**
 * How one attempt to deliver an event goes. "lost" never arrives; after "answer lost" the shop has it and Stripe does
 * not know. Of both there is another attempt.
 */
export interface Road {
  /** On the way for so long, in milliseconds. */
  readonly delay: number;
  readonly end: "arrives" | "arrives twice" | "answer lost" | "lost";
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Attempts go on for three days, with growing pauses. https://docs.stripe.com/webhooks#automatic-retries */
const GIVE_UP_MS = 72 * HOUR;
const PAUSES = [5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 12 * HOUR];

interface Waiting<Event> {
  readonly event: Event;
  readonly attempt: number;
  readonly first: number;
  readonly due: number;
}

/** Events on their way to the shop's webhook, each tried until it is acknowledged or three days old. */
export class Deliveries<Event> {
  #waiting: Waiting<Event>[] = [];
  readonly #now: () => Date;
  readonly #road: (event: Event, attempt: number) => Road;
  readonly #send: (event: Event) => Promise<number>;

  /** `send` answers the shop's status, 0 where there is none. */
  constructor(
    now: () => Date,
    road: (event: Event, attempt: number) => Road,
    send: (event: Event) => Promise<number>,
  ) {
    this.#now = now;
    this.#road = road;
    this.#send = send;
  }

  /** An event has happened. */
  add(event: Event): void {
    const at = this.#now().getTime();
    this.#plan(event, 1, at, at);
  }

  /** Sends what is due by now, in the order of arrival. */
  async deliverDue(): Promise<void> {
    for (;;) {
      const now = this.#now().getTime();
      const [next] = this.#waiting.filter(({ due }) => due <= now).sort((one, other) => one.due - other.due);
      if (next === undefined) return;
      this.#waiting = this.#waiting.filter((one) => one !== next);
      await this.#try(next);
    }
  }

  /** How many are still to come, or to be tried again. */
  get underWay(): number {
    return this.#waiting.length;
  }

  /** What is on its way never comes. */
  lose(): void {
    this.#waiting = [];
  }

  #plan(event: Event, attempt: number, first: number, at: number): void {
    this.#waiting.push({ event, attempt, first, due: at + this.#road(event, attempt).delay });
  }

  async #try({ event, attempt, first }: Waiting<Event>): Promise<void> {
    const { end } = this.#road(event, attempt);
    const status = end === "lost" ? 0 : await this.#send(event);
    if (end === "arrives twice") await this.#send(event);
    if (end !== "answer lost" && status >= 200 && status < 300) return;
    const again = this.#now().getTime() + (PAUSES[attempt - 1] ?? 12 * HOUR);
    if (again - first <= GIVE_UP_MS) this.#plan(event, attempt + 1, first, again);
  }
}
