import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds to wait after so many failures in a row: half a second, doubled each time, up to thirty seconds. */
export const backoff = (failures: number): number => Math.min(30_000, 500 * 2 ** Math.min(failures, 6));

/** Waits `ms`, or less long if `signal` is aborted; never rejects. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/** Waits until `work` is settled, but no longer than `ms`, and no longer than until `signal` is aborted. */
export async function atMost(ms: number, work: Promise<unknown>, signal?: AbortSignal): Promise<void> {
  const settled = new AbortController();
  const over = signal ? AbortSignal.any([signal, settled.signal]) : settled.signal;
  await Promise.race([work.catch(() => undefined), pause(ms, over)]);
  settled.abort();
}

/**
 * Tries until `work` succeeds, with a growing pause after each failure. Returns undefined if `signal` is aborted first.
 *
 * `failed` hears of every error and of how many came before it. It may answer a pause of its own in milliseconds, as
 * the platform asks for one, and gives up by throwing.
 */
export async function persist<T>(
  work: () => Promise<T>,
  failed: (error: unknown, failures: number) => number | undefined,
  signal?: AbortSignal,
): Promise<T | undefined> {
  for (let failures = 0; !signal?.aborted; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!signal?.aborted) await pause(failed(error, failures) ?? backoff(failures), signal);
    }
  }
  return undefined;
}
