import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "grammy";
import type { Update } from "grammy/types";
import type { Logger } from "pino";
import { describe, isUnauthorized, retryAfterMs } from "./errors.ts";

/** The kinds of update the adapter reads. */
export const UPDATES = ["message", "callback_query"] as const;

/** Waits, or less long if stopped. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/**
 * The signal for one call. grammY leaves its listener on the signal it is given, so a long-lived one would gather
 * them; its type is that of an older library, of the same shape.
 */
export const forGrammy = (signal: AbortSignal) => AbortSignal.any([signal]) as Parameters<Api["getMe"]>[0];

/** Growing pauses of half a second to thirty. */
export const backoff = (failures: number): number => Math.min(30_000, 500 * 2 ** Math.min(failures, 6));

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
  const seen = new Set<number>();
  const pending = new Map<number, Promise<void>>();
  const chats = new Map<string, Promise<void>>();
  let offset = 0;

  const receiveAfter = async (before: Promise<void> | undefined, update: Update) => {
    await before;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await receive(update);
        pending.delete(update.update_id);
        return;
      } catch (error) {
        log.error(
          { update: update.update_id, reason: describe(error) },
          "An update could not be stored yet, trying again",
        );
        await pause(backoff(failures), signal);
      }
    }
  };
  const begin = (update: Update) => {
    if (seen.has(update.update_id)) return;
    seen.add(update.update_id);
    const chat = chatOf(update);
    const work = receiveAfter(chats.get(chat), update);
    pending.set(update.update_id, work);
    chats.set(chat, work);
    void work.then(() => chats.get(chat) === work && chats.delete(chat));
  };
  const advance = () => {
    offset = pending.size > 0 ? Math.min(...pending.keys()) : Math.max(offset - 1, ...seen) + 1;
    for (const id of seen) if (id < offset) seen.delete(id);
  };

  for (let failures = 0; !signal.aborted; ) {
    try {
      const wait = pending.size > 0 ? 0 : 30;
      const updates = await api.getUpdates(
        { offset, timeout: wait, allowed_updates: UPDATES },
        forGrammy(signal),
      );
      failures = 0;
      for (const update of updates) begin(update);
    } catch (error) {
      if (signal.aborted) break;
      if (isUnauthorized(error)) throw error;
      log.warn({ reason: describe(error) }, "Telegram could not be asked for updates, trying again");
      await pause(retryAfterMs(error) ?? backoff(failures++), signal);
    }
    if (pending.size > 0) await settledOr(1000, pending.values(), signal);
    advance();
  }
  await Promise.all(pending.values());
  advance();
  // Tells Telegram what was received; if this fails the updates come again and are dropped as duplicates.
  if (offset > 0) {
    const patience = forGrammy(AbortSignal.timeout(3000));
    await api.getUpdates({ offset, limit: 1, timeout: 0 }, patience).catch(() => undefined);
  }
}

/** Waits until all is settled, but not longer than `ms`. */
async function settledOr(ms: number, work: Iterable<Promise<unknown>>, signal: AbortSignal): Promise<void> {
  const settled = new AbortController();
  await Promise.race([Promise.all(work), pause(ms, AbortSignal.any([signal, settled.signal]))]);
  settled.abort();
}

const chatOf = (update: Update): string => {
  const chat = update.message?.chat ?? update.callback_query?.message?.chat;
  return String(chat?.id ?? update.callback_query?.from.id ?? "");
};
