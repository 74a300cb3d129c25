import type { Api } from "grammy";
import type { Update } from "grammy/types";
import type { Logger } from "pino";
import { atMost, persist } from "../../src/platform/backoff.ts";
import { Intake } from "../../src/platform/intake.ts";
import { describe, waitOut } from "./errors.ts";

/** The kinds of update the adapter reads. */
export const UPDATES = ["message", "callback_query"] as const;

/**
 * The signal for one call. grammY leaves its listener on the signal it is given, so a long-lived one would gather
 * them; its type is that of an older library, of the same shape.
 */
export const forGrammy = (signal: AbortSignal) => AbortSignal.any([signal]) as Parameters<Api["getMe"]>[0];

/**
 * Long polling until `signal` is aborted.
 *
 * Telegram forgets every update below the offset it is asked for, so the offset only moves past an update
 * once `receive` has resolved for it. Updates of one chat are received in order, one failing is tried again
 * before the next; chats go on in parallel and are not held up by one another.
 *
 * @throws {GrammyError} with 401 if the token is revoked; all other trouble is waited out.
 */
export async function poll(
  api: Api,
  receive: (update: Update) => Promise<void>,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const intake = new Intake(signal, (error, update) =>
    log.error({ update, reason: describe(error) }, "An update could not be stored yet, trying again"),
  );
  const ask = () => {
    const timeout = intake.busy ? 0 : 30;
    return api.getUpdates({ offset: intake.next(), timeout, allowed_updates: UPDATES }, forGrammy(signal));
  };
  const failed = waitOut(log, "Telegram could not be asked for updates, trying again");
  while (!signal.aborted) {
    for (const update of (await persist(ask, failed, signal)) ?? [])
      intake.take(update.update_id, chatOf(update), () => receive(update));
    if (intake.busy) await atMost(1000, intake.settled(), signal);
  }
  await intake.settled();
  // Tells Telegram what was received; if this fails the updates come again and are dropped as duplicates.
  const offset = intake.next();
  const patience = forGrammy(AbortSignal.timeout(3000));
  if (offset > 0) await api.getUpdates({ offset, limit: 1, timeout: 0 }, patience).catch(() => undefined);
}

const chatOf = ({ message, callback_query: press }: Update): string =>
  String(message?.chat.id ?? press?.message?.chat.id ?? press?.from.id);
