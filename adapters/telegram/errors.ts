import { GrammyError, HttpError } from "grammy";
import { SendError } from "../../src/engine/adapter.ts";

/** The adapter was given a token or webhook it cannot work with. */
export class BadTelegramOptions extends Error {
  readonly code = "BAD_TELEGRAM_OPTIONS";
}

/** Errors of a connection that was never made: the request surely did not arrive. */
const NEVER_ARRIVED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

const networkCode = (error: HttpError): string => {
  const inner: unknown = error.error;
  if (typeof inner !== "object" || inner === null) return "UNKNOWN";
  if ("code" in inner && typeof inner.code === "string") return inner.code;
  return inner instanceof Error ? inner.name : "UNKNOWN";
};

/**
 * One line about an error, safe for a log. Only known parts are printed, since the token stands in every
 * request address (which node-fetch puts into its messages) and people's words stand in every payload.
 */
export function describe(error: unknown): string {
  if (error instanceof GrammyError) return `${error.method}: ${error.error_code} ${error.description}`;
  if (error instanceof HttpError) return `${error.message} (${networkCode(error)})`;
  return error instanceof Error ? `${error.name}: ${error.message}` : "unknown error";
}

/** True if Telegram says that the token is not, or no longer, valid (404: not even of the right form). */
export const isUnauthorized = (error: unknown): boolean =>
  error instanceof GrammyError && [401, 404].includes(error.error_code);

/** True for a refusal (400) whose description matches. */
export const isRefusal = (error: unknown, description: RegExp): boolean =>
  error instanceof GrammyError && error.error_code === 400 && description.test(error.description);

/** How long Telegram asks us to wait, in milliseconds, if it does. */
export const retryAfterMs = (error: unknown): number | undefined =>
  error instanceof GrammyError && error.error_code === 429
    ? (error.parameters.retry_after ?? 1) * 1000
    : undefined;

/**
 * What became of a message whose call failed.
 *
 * A call that is `repeatable` (an edit) does no harm when it is made again, so where it is not known
 * whether it arrived it counts as unsent. A revoked token counts as unsent as well: the message can go
 * out once the operator has put a new one in place.
 */
export function toSendError(error: unknown, repeatable: boolean): SendError {
  if (error instanceof SendError) return error;
  const message = describe(error);
  const unclear = repeatable ? "unsent" : "unknown";
  if (error instanceof HttpError)
    return new SendError(NEVER_ARRIVED.has(networkCode(error)) ? "unsent" : unclear, message);
  if (!(error instanceof GrammyError)) return new SendError("unsent", message, { cause: error });
  const wait = retryAfterMs(error);
  if (wait !== undefined) return new SendError("unsent", message, { retryAfterMs: wait });
  if (isUnauthorized(error)) return new SendError("unsent", message, { retryAfterMs: 60_000 });
  return new SendError(error.error_code >= 500 ? unclear : "refused", message);
}
