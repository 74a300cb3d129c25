import type { Logger } from "pino";
import { SendError } from "../engine/adapter.ts";
import { DownloadFailed } from "../http/download.ts";
import { fateOfNetwork, fateOfStatus, networkCode } from "./fate.ts";

/** A failed call, as a platform's client tells of it. */
export interface Failure {
  /** One line that is safe for a log: no token, no address that may hold one, nobody's words. */
  readonly line?: string;
  /** The HTTP status of the answer; none where there was no answer. */
  readonly status?: number;
  /** How long the platform asks us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The bot's token is not, or no longer, valid. */
  readonly refusesToken?: boolean;
}

/** How long a message waits while the token is refused, in milliseconds: a new one may be in place by then. */
const REVOKED_MS = 60_000;

/** What a platform's errors mean to the engine. `read` knows its client's errors, and answers {} for all others. */
export class Failures {
  readonly #read: (error: unknown) => Failure;

  constructor(read: (error: unknown) => Failure) {
    this.#read = read;
  }

  /** One line about an error, safe for a log. */
  line(error: unknown): string {
    // Its message never tells an address.
    if (error instanceof DownloadFailed) return error.message;
    const { line } = this.#read(error);
    return line ?? (error instanceof Error ? `${error.name} (${networkCode(error)})` : "unknown error");
  }

  refusesToken = (error: unknown): boolean => this.#read(error).refusesToken === true;

  /** For trouble that passes, as `failed` of `persist`: a line in the log, and the wait asked for. A refused token is thrown on. */
  waitOut(log: Logger, message: string): (error: unknown) => number | undefined {
    return (error) => {
      if (this.refusesToken(error)) throw error;
      log.warn({ reason: this.line(error) }, message);
      return this.#read(error).retryAfterMs;
    };
  }

  /**
   * What became of a message whose call failed; a call is `repeatable` if it does no harm when made again. Where the
   * token is refused it counts as unsent: the message can go out once a new one is in place.
   */
  toSendError(error: unknown, repeatable: boolean): SendError {
    if (error instanceof SendError) return error;
    const { status, refusesToken, retryAfterMs = refusesToken ? REVOKED_MS : undefined } = this.#read(error);
    const fate = status === undefined ? fateOfNetwork(error, repeatable) : fateOfStatus(status, repeatable);
    return new SendError(refusesToken ? "unsent" : fate, this.line(error), { retryAfterMs });
  }
}
