import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";
import { SendError } from "../../src/engine/adapter.ts";
import { fateOfNetwork, fateOfStatus, networkCode } from "../../src/engine/fate.ts";

/** The adapter was given options it cannot work with. */
export class BadDiscordOptions extends Error {
  readonly code = "BAD_DISCORD_OPTIONS";
}

/** Discord's error codes that mean something to the shop (https://docs.discord.com/developers/topics/opcodes-and-status-codes). */
export const CODE = {
  unknownChannel: 10003,
  unknownMessage: 10008,
  unknownWebhook: 10015,
  unknownInteraction: 10062,
  alreadyAcknowledged: 40060,
  missingAccess: 50001,
  foreignMessage: 50005,
  missingPermissions: 50013,
  badToken: 50027,
  archivedThread: 50083,
} as const;

/** How long a message waits while the token is refused: a new one may be in place by then. */
const REVOKED_MS = 60_000;

/** Whether Discord refused with one of these codes. */
export const isRefusal = (error: unknown, ...codes: number[]): boolean =>
  error instanceof DiscordAPIError && codes.includes(Number(error.code));

/** True if the bot's token is not, or no longer, valid. Both as the REST client and as the gateway client say it. */
export const isUnauthorized = (error: unknown): boolean =>
  (error instanceof DiscordAPIError && error.status === 401 && !isRefusal(error, CODE.badToken)) ||
  (error instanceof Error &&
    ("code" in error ? error.code === "TokenInvalid" : error.message === "Authentication failed"));

/** How long Discord asks us to wait, in milliseconds, if it does. */
export const retryAfterMs = (error: unknown): number | undefined =>
  error instanceof RateLimitError ? Math.max(1, Math.ceil(error.retryAfter)) : undefined;

/** One line about an error, safe for a log: no address, in which interaction tokens stand, and nobody's words. */
export function describe(error: unknown): string {
  if (error instanceof RateLimitError) return `429 on ${error.method} ${error.route}`;
  if (error instanceof DiscordAPIError)
    return `${error.status} (${error.code}) ${error.message.split("\n", 1)[0]}`;
  if (error instanceof HTTPError) return `HTTP ${error.status}`;
  return error instanceof Error ? `${error.name} (${networkCode(error)})` : "unknown error";
}

/** What became of a message whose call failed. A call that is `repeatable` does no harm when it is made again. */
export function toSendError(error: unknown, repeatable: boolean): SendError {
  if (error instanceof SendError) return error;
  const message = describe(error);
  const wait = retryAfterMs(error);
  if (wait !== undefined) return new SendError("unsent", message, { retryAfterMs: wait });
  if (isUnauthorized(error)) return new SendError("unsent", message, { retryAfterMs: REVOKED_MS });
  if (error instanceof DiscordAPIError || error instanceof HTTPError)
    return new SendError(fateOfStatus(error.status, repeatable), message);
  return new SendError(fateOfNetwork(error, repeatable), message);
}
