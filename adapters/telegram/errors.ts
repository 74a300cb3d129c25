import { GrammyError, HttpError } from "grammy";
import type { Logger } from "pino";
import { SendError } from "../../src/engine/adapter.ts";
import { fateOfNetwork, fateOfStatus, networkCode } from "../../src/platform/fate.ts";

/** The adapter was given a token or webhook it cannot work with. */
export class BadTelegramOptions extends Error {
  readonly code = "BAD_TELEGRAM_OPTIONS";
}

/**
 * One line about an error, safe for a log. Only known parts are printed, since the token stands in every
 * request address (which node-fetch puts into its messages) and people's words stand in every payload.
 */
export function describe(error: unknown): string {
  if (error instanceof GrammyError) return `${error.method}: ${error.error_code} ${error.description}`;
  if (error instanceof HttpError) return `${error.message} (${networkCode(error.error)})`;
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

/** For trouble that passes: a line in the log, and the wait Telegram asks for. A refused token is thrown on. */
export const waitOut =
  (log: Logger, message: string) =>
  (error: unknown): number | undefined => {
    if (isUnauthorized(error)) throw error;
    log.warn({ reason: describe(error) }, message);
    return retryAfterMs(error);
  };

/**
 * What became of a message whose call failed; a call is `repeatable` if it does no harm when made again (an edit).
 * A revoked token counts as unsent: the message can go out once the operator has put a new one in place.
 */
export function toSendError(error: unknown, repeatable: boolean): SendError {
  if (error instanceof SendError) return error;
  const message = describe(error);
  if (error instanceof HttpError) return new SendError(fateOfNetwork(error.error, repeatable), message);
  if (!(error instanceof GrammyError)) return new SendError("unsent", message, { cause: error });
  if (isUnauthorized(error)) return new SendError("unsent", message, { retryAfterMs: 60_000 });
  const fate = fateOfStatus(error.error_code, repeatable);
  return new SendError(fate, message, { retryAfterMs: retryAfterMs(error) });
}
