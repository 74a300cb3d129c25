import { webApi } from "@slack/bolt";
import { SendError } from "../../src/engine/adapter.ts";
import { fateOfNetwork, fateOfStatus, networkCode } from "../../src/engine/fate.ts";

/** The adapter was given options it cannot work with. */
export class BadSlackOptions extends Error {
  readonly code = "BAD_SLACK_OPTIONS";
}

/** The app is not, or no longer, installed in this workspace. */
export class NotInstalled extends Error {
  readonly code = "SLACK_NOT_INSTALLED";
}

/** Slack refuses the token for good. */
const DEAD_TOKEN = ["invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"];
/** Slack did not begin. */
const NOT_BEGUN = ["ratelimited", "rate_limited", "service_unavailable"];
/** Slack may have done part of it (https://docs.slack.dev/reference/methods/chat.postMessage). */
const HALF_DONE = ["fatal_error", "internal_error", "request_timeout"];

/** The word with which Slack refused a call, such as "channel_not_found"; undefined for trouble of other kinds. */
export const refusal = (error: unknown): string | undefined =>
  error instanceof webApi.WebAPIPlatformError ? error.data.error : undefined;

/** Whether Slack refused a call with one of these words. */
export const isRefused = (error: unknown, words: readonly string[]): boolean =>
  words.includes(refusal(error) ?? "");

export const isDeadToken = (error: unknown): boolean => isRefused(error, DEAD_TOKEN);

/** How long Slack asks us to wait, in milliseconds, if it does. */
export const retryAfterMs = (error: unknown): number | undefined =>
  error instanceof webApi.WebAPIRateLimitedError ? error.retryAfter * 1000 : undefined;

/** One line about an error, safe for a log: no payload, no address, no token. */
export function describe(error: unknown): string {
  if (error instanceof webApi.WebAPIPlatformError) {
    const places = error.data.response_metadata?.messages ?? [];
    return [error.data.error, ...places].join(" ").slice(0, 500);
  }
  if (error instanceof webApi.WebAPIHTTPError) return `HTTP ${error.statusCode}`;
  if (error instanceof webApi.WebAPIRequestError) return `no answer (${networkCode(error.original)})`;
  return error instanceof Error ? `${error.name}: ${error.message}` : "unknown error";
}

/**
 * What became of a message whose call failed; a call is `repeatable` if it does no harm when made again (an edit). A
 * revoked token counts as unsent: the message can go out once there is a new one.
 */
export function toSendError(error: unknown, repeatable: boolean): SendError {
  if (error instanceof SendError) return error;
  const message = describe(error);
  if (error instanceof NotInstalled) return new SendError("refused", message);
  if (error instanceof webApi.WebAPIRequestError)
    return new SendError(fateOfNetwork(error.original, repeatable), message);
  if (error instanceof webApi.WebAPIHTTPError)
    return new SendError(fateOfStatus(error.statusCode, repeatable), message);
  if (isDeadToken(error)) return new SendError("unsent", message, { retryAfterMs: 60_000 });
  if (isRefused(error, HALF_DONE)) return new SendError(repeatable ? "unsent" : "unknown", message);
  if (refusal(error) === undefined || isRefused(error, NOT_BEGUN))
    return new SendError("unsent", message, { retryAfterMs: retryAfterMs(error), cause: error });
  return new SendError("refused", message);
}
