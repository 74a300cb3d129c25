import { webApi } from "@slack/bolt";
import type { Logger } from "pino";
import type { SendError } from "../../src/engine/adapter.ts";
import { Failures } from "../../src/platform/failures.ts";

/** The adapter was given options it cannot work with. */
export class BadSlackOptions extends Error {
  readonly code = "BAD_SLACK_OPTIONS";
}

/** The app is not, or no longer, installed in this workspace. */
export class NotInstalled extends Error {
  readonly code = "SLACK_NOT_INSTALLED";
}

/** The workspace removed the app long ago: nothing that is for it will ever be delivered, unless it is installed there again. */
export class AppRemoved extends Error {
  readonly code = "SLACK_APP_REMOVED";
}

/** Slack refuses the token for good. */
const DEAD_TOKEN = ["invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"];
/** Slack did not begin; it may have done part of it (https://docs.slack.dev/reference/methods/chat.postMessage). */
const NOT_BEGUN = ["ratelimited", "rate_limited", "service_unavailable"];
const HALF_DONE = ["fatal_error", "internal_error", "request_timeout"];

/** Whether Slack refused a call with one of these words, such as "channel_not_found". */
export const isRefused = (error: unknown, words: readonly string[]): boolean =>
  error instanceof webApi.WebAPIPlatformError && words.includes(error.data.error);

/** The errors of Slack's client. Its words stand for statuses: Slack answers refusals with 200. */
const failures = new Failures((error) => {
  if (error instanceof NotInstalled || error instanceof AppRemoved)
    return { line: error.message, status: 404 };
  if (error instanceof webApi.WebAPIHTTPError)
    return { line: `HTTP ${error.statusCode}`, status: error.statusCode };
  if (error instanceof webApi.WebAPIRateLimitedError)
    return { line: "ratelimited", status: 429, retryAfterMs: error.retryAfter * 1000 };
  if (!(error instanceof webApi.WebAPIPlatformError)) return {};
  const places = error.data.response_metadata?.messages ?? [];
  const line = [error.data.error, ...places].join(" ").slice(0, 500);
  const status = isRefused(error, NOT_BEGUN) ? 429 : isRefused(error, HALF_DONE) ? 500 : 400;
  return { line, status, refusesToken: isRefused(error, DEAD_TOKEN) };
});

/** What the network said, where Slack's client only passes it on. */
const cause = (error: unknown): unknown =>
  error instanceof webApi.WebAPIRequestError ? error.original : error;

/** One line about an error, safe for a log: no payload, no address, no token. */
export const describe = (error: unknown): string => failures.line(cause(error));
/** Whether Slack says that a token is not, or no longer, valid. */
export const isDeadToken = failures.refusesToken;

/** How long Slack asks us to wait, in milliseconds, if it does. */
export const retryAfterMs = (error: unknown): number | undefined =>
  error instanceof webApi.WebAPIRateLimitedError ? error.retryAfter * 1000 : undefined;

/** What became of a message whose call failed; see `Failures`. */
export const toSendError = (error: unknown, repeatable: boolean): SendError =>
  failures.toSendError(cause(error), repeatable);

/** For trouble that passes; see `Failures`. */
export const waitOut = (log: Logger, message: string) => failures.waitOut(log, message);
