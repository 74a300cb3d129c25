import type { Host } from "../engine/adapter.ts";
import { conversationId } from "../engine/address.ts";
import type { Inbound } from "../engine/inbound.ts";
import { persist } from "./backoff.ts";
import { InOrder } from "./in-order.ts";
import { type SentPictures, withPictures } from "./received-files.ts";
import type { Fetched } from "./received-photo.ts";

/** An event as an adapter has read it, with the pictures somebody sent along. */
export interface Arrival<File> extends SentPictures<File> {
  readonly inbound: Inbound;
}

/** What an adapter does about its arrivals. */
export interface Reception<File, A extends Arrival<File>> {
  /** The bytes of a picture, what is wrong with it, or null if it cannot be had in time. */
  readonly fetch: (file: File, arrival: A) => Promise<Fetched>;
  /** Hears that an event is stored, and will be answered: only now may the platform be told so. */
  readonly stored: (arrival: A) => void;
  /** Hears of each time `take` could not store an event yet. */
  readonly failed: (error: unknown, arrival: A) => void;
}

/** Stores what comes in, its pictures first. */
export class Arrivals<File, A extends Arrival<File>> {
  readonly #reception: Reception<File, A>;
  readonly #inOrder = new InOrder();
  readonly #stopping = new AbortController();

  constructor(reception: Reception<File, A>) {
    this.#reception = reception;
  }

  /** Stores an event of a platform that sends it again otherwise; rejects if it could not be stored. */
  async store(host: Pick<Host, "accept" | "admits" | "keepMedia">, arrival: A): Promise<void> {
    const { fetch, stored } = this.#reception;
    const { inbound, photo, uploads = {} } = arrival;
    const sent = photo !== undefined || Object.keys(uploads).length > 0;
    // Nothing is fetched for somebody who has sent too much: it will be dropped.
    const fetched = sent && (host.admits?.(inbound) ?? true);
    const taken = await host.accept(
      fetched ? await withPictures(host, inbound, arrival, (file) => fetch(file, arrival)) : inbound,
    );
    // To promise an answer to what was dropped would leave it promised for ever.
    if (taken !== "dropped") stored(arrival);
  }

  /**
   * Stores an event of a connection that delivers each once: tries again until it is stored, in the order of its
   * conversation, while other conversations go on.
   */
  take(host: Pick<Host, "accept" | "admits" | "keepMedia">, arrival: A): void {
    const failed = (error: unknown) => {
      this.#reception.failed(error, arrival);
      return undefined;
    };
    void this.#inOrder.run(conversationId(arrival.inbound.address), () =>
      persist(() => this.store(host, arrival), failed, this.#stopping.signal),
    );
  }

  /** Tries nothing again from now on; resolves when what is being stored has come to its end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#inOrder.settled();
  }
}
