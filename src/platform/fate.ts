import type { SendError } from "../engine/adapter.ts";

type Fate = SendError["fate"];

/** Errors of a connection that was never made: the request surely did not arrive. */
const NEVER_ARRIVED = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
];

/**
 * The system's word for why a request failed ("ECONNRESET"), else the error's name, else "UNKNOWN". `fetch` hides it
 * in the cause. Fit for a log, unlike the message, which may hold the request's address and in it a token.
 */
export function networkCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "UNKNOWN";
  if ("code" in error && typeof error.code === "string") return error.code;
  if (!(error instanceof Error)) return "UNKNOWN";
  return error.cause === undefined ? error.name : networkCode(error.cause);
}

/**
 * What became of a message whose request got no answer. Where a repeat does no harm (an edit, a message with a nonce),
 * not to know whether it arrived counts as unsent.
 */
export const fateOfNetwork = (error: unknown, repeatable = false): Fate =>
  repeatable || NEVER_ARRIVED.includes(networkCode(error)) ? "unsent" : "unknown";

/** What became of a message whose request was answered with this HTTP status, which is none of success. */
export function fateOfStatus(status: number, repeatable = false): Fate {
  if (status === 429) return "unsent";
  if (status < 500) return "refused";
  return repeatable ? "unsent" : "unknown";
}
