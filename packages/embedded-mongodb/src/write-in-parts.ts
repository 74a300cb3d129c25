import type { Patience } from "./patience.ts";
import type { Storage } from "./storage.ts";

/**
 * Runs `step` for each item inside write transactions that take about a slice of time each, so that others get their
 * turn in between. One step is atomic, all together are not; a step must check again what was found before.
 *
 * @throws {CommandError} MaxTimeMSExpired, and what a step throws; what was written until then stays.
 */
export async function writeInParts<T>(
  { storage, patience }: { storage: Storage; patience: Patience },
  items: readonly T[],
  step: (item: T) => void,
): Promise<void> {
  let at = 0;
  while (at < items.length) {
    patience.check();
    await storage.write((slice) => {
      do step(items[at++] as T);
      while (at < items.length && !slice.due());
    });
  }
}
