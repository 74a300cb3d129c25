import type { WebEvent } from "../wire.ts";
import { asked, channel } from "./place.ts";
import { texts } from "./texts.ts";

/** The server will never take this event. */
export class Refused extends Error {
  readonly code = "REFUSED";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An id for a new event (RFC 9562, version 4); `crypto.randomUUID` is missing on plain http. */
export function newEventId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

interface Waiting {
  readonly event: WebEvent;
  accepted(): void;
  refused(error: Refused): void;
}

const STORED = channel === undefined ? "hawker.outbox" : `hawker.outbox.${channel}`;
const LONGEST_WAIT_MS = 15_000;

/**
 * Sends events one after another, in order, each until it is accepted or refused.
 *
 * Every try carries the same id, so an event whose answer got lost still counts once. What is not yet accepted survives
 * a reload, except forms and pictures: those hold what people may not want kept in a browser.
 */
export class Outbox {
  readonly #queue: Waiting[] = [];
  readonly #onState: (reachable: boolean) => void;
  #sending = false;
  #failures = 0;
  #retry = () => {};

  constructor(onState: (reachable: boolean) => void) {
    this.#onState = onState;
    addEventListener("online", () => this.hurry());
  }

  /** What an earlier page left unsent. */
  static left(): WebEvent[] {
    try {
      const events: WebEvent[] = JSON.parse(sessionStorage.getItem(STORED) ?? "[]");
      return Array.isArray(events) ? events : [];
    } catch {
      return [];
    }
  }

  /** Resolves when the server has taken the event. @throws {Refused} */
  send(event: WebEvent): Promise<void> {
    return new Promise((accepted, refused) => {
      this.#queue.push({ event, accepted, refused });
      this.#remember();
      void this.#run();
    });
  }

  /** Tries again now instead of after the pause. */
  hurry(): void {
    this.#retry();
  }

  async #run(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const outcome = await post(first.event);
      if (typeof outcome === "number") {
        this.#failures += 1;
        this.#onState(outcome > 0);
        await this.#pause(outcome || Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.#failures));
        continue;
      }
      this.#failures = 0;
      this.#onState(true);
      this.#queue.shift();
      this.#remember();
      if (outcome === "accepted") first.accepted();
      else first.refused(outcome);
    }
    this.#sending = false;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#retry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #remember(): void {
    const kept = this.#queue
      .map(({ event }) => event)
      .filter(({ kind }) => kind === "text" || kind === "press");
    sessionStorage.setItem(STORED, JSON.stringify(kept));
  }
}

/** One try: accepted, refused for good, or to be repeated after so many ms (0: whenever it seems right). */
async function post(event: WebEvent): Promise<"accepted" | Refused | number> {
  try {
    const response = await fetch(asked("/chat/events"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(20_000),
    });
    if (response.ok) return "accepted";
    if (response.status === 429) return 1000 * (Number(response.headers.get("retry-after")) || 2);
    if (response.status >= 500 || response.status === 408) return 0;
    return new Refused(response.status, texts.notSent);
  } catch {
    return 0; // offline, or the server is away
  }
}
