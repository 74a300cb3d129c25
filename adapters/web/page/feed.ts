import type { WebMessage } from "../wire.ts";
import { asked, type Part } from "./place.ts";

interface History {
  readonly newest: number;
  readonly earlier: boolean;
  readonly messages: readonly WebMessage[];
}

/** The visitor is not known here any more. */
export class Unknown extends Error {
  readonly code = "UNKNOWN_VISITOR";
}

/** Up to 100 messages before `before`, or the last ones. @throws {Unknown} */
export async function readHistory(before?: number, part?: Part): Promise<History> {
  const given: Record<string, string> = before === undefined ? {} : { before: String(before) };
  const response = await fetch(asked("/chat/history", given, part));
  if (response.status === 401) throw new Unknown();
  if (!response.ok) throw new Error(`history answered ${response.status}`);
  return response.json();
}

/** Follows the conversation from a change on, and comes back by itself whenever the connection is lost. */
export class Feed {
  readonly #onMessage: (message: WebMessage) => void;
  readonly #onState: (connected: boolean) => void;
  readonly #part: Part | undefined;
  #cursor = 0;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(onMessage: (message: WebMessage) => void, onState: (connected: boolean) => void, part?: Part) {
    this.#part = part;
    this.#onMessage = onMessage;
    this.#onState = onState;
    addEventListener("online", () => this.hurry());
  }

  follow(after: number): void {
    this.#cursor = after;
    this.#connect();
  }

  /** Connects now instead of after the pause. */
  hurry(): void {
    if (this.#source?.readyState !== EventSource.OPEN) this.#connect();
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    const source = new EventSource(asked("/chat/events", { after: String(this.#cursor) }, this.#part));
    this.#source = source;
    source.addEventListener("open", () => {
      this.#failures = 0;
      this.#onState(true);
    });
    source.addEventListener("message", (event) => {
      const message: WebMessage = JSON.parse(event.data);
      this.#cursor = message.change;
      this.#onMessage(message);
    });
    // The browser's own retry gives up on an HTTP error, such as a proxy's 502 while the shop restarts.
    source.addEventListener("error", () => {
      source.close();
      this.#failures += 1;
      this.#onState(false);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#connect(), Math.min(10_000, 400 * 2 ** this.#failures));
    });
  }
}
