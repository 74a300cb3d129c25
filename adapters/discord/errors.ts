import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";
import { Failures } from "../../src/platform/failures.ts";

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

/** Whether Discord refused with one of these codes. */
export const isRefusal = (error: unknown, ...codes: number[]): boolean =>
  error instanceof DiscordAPIError && codes.includes(Number(error.code));

/** Returns null if Discord refuses with one of these codes. */
export const unlessRefused = <T>(call: Promise<T>, ...codes: number[]): Promise<T | null> =>
  call.catch((error: unknown) => {
    if (isRefusal(error, ...codes)) return null;
    throw error;
  });

/** The errors of discord.js. Their addresses are told to nobody, since interaction tokens stand in them. */
export const failures = new Failures((error) => {
  if (error instanceof RateLimitError)
    return {
      line: `429 on ${error.method} ${error.route}`,
      status: 429,
      retryAfterMs: Math.max(1, Math.ceil(error.retryAfter)),
    };
  if (error instanceof HTTPError) return { line: `HTTP ${error.status}`, status: error.status };
  if (error instanceof DiscordAPIError) {
    const { status, code, message } = error;
    // An interaction's token is another's than the bot's.
    const refusesToken = status === 401 && code !== CODE.badToken;
    return { line: `${status} (${code}) ${message.split("\n", 1)[0]}`, status, refusesToken };
  }
  // As the gateway's client tells of it.
  const said = error instanceof Error ? ("code" in error ? error.code : error.message) : undefined;
  return { refusesToken: said === "TokenInvalid" || said === "Authentication failed" };
});
