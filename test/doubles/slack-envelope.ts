import type { Json } from "./slack-rules.ts";

/** Something Slack tells the app: what kind, and the payload, which is the same over sockets and over HTTP. */
export interface Envelope {
  readonly kind: "events_api" | "slash_commands" | "interactive";
  readonly payload: Json;
  /** What it is called in `late` and `lost`: the event's id where it has one. */
  readonly id: string;
}

/** How patient Slack is. */
export interface Patience {
  /** Milliseconds the app has to acknowledge. */
  readonly ackMs: number;
  /** Milliseconds before the first retry of an event; each further one waits that much longer. */
  readonly retryMs: number;
}

/** Retries of an event after the first try. https://docs.slack.dev/apis/events-api/#retries */
export const RETRIES = 3;

/** What became of deliveries that were not acknowledged in time. */
export interface Tardiness {
  /** Acknowledged, but too late. */
  readonly late: { id: string; kind: Envelope["kind"] }[];
  /** Never acknowledged; an event also after all of its retries. */
  readonly lost: { id: string; kind: Envelope["kind"] }[];
  /** Told whenever a delivery has come to something. */
  changed(): void;
}

/** A way to the app. Resolves to what it acknowledged with ({} if nothing), or to undefined if it never did in time. */
export interface Route {
  deliver(envelope: Envelope): Promise<Json | undefined>;
}
