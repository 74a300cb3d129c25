import { persist } from "./backoff.ts";
import { InOrder } from "./in-order.ts";
import { conversationId, type Inbound } from "./inbound.ts";

/**
 * Takes events from a connection that delivers each once: what cannot be stored yet is tried again until it is, in the
 * order of its conversation, while other conversations go on.
 */
export class Arrivals {
  readonly #inOrder = new InOrder();
  readonly #stopping = new AbortController();
  readonly #failed: (error: unknown, inbound: Inbound) => void;

  /** `failed` hears of each time an event could not be stored. */
  constructor(failed: (error: unknown, inbound: Inbound) => void) {
    this.#failed = failed;
  }

  /** Has `store` store an event, when those before it are stored. */
  take(inbound: Inbound, store: () => Promise<void>): void {
    const failed = (error: unknown) => {
      this.#failed(error, inbound);
      return undefined;
    };
    void this.#inOrder.run(conversationId(inbound.address), () =>
      persist(store, failed, this.#stopping.signal),
    );
  }

  /** Tries nothing again from now on; resolves when what is being stored has come to its end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#inOrder.settled();
  }
}
