import { CommandError } from "../errors.ts";
import type { Storage } from "../storage.ts";
import type { Doc } from "../value.ts";

/** The largest document, in bytes (source: MongoDB manual, "MongoDB Limits and Thresholds"). */
export const documentBytesMax = 16 * 1024 * 1024;

/** The most statements a write command holds (source: the same). */
export const batchSizeMax = 100_000;

/** @throws {CommandError} InvalidLength (16) for a batch of none or of too many. */
export function checkBatchSize(size: number): void {
  if (size > 0 && size <= batchSizeMax) return;
  throw new CommandError(
    "InvalidLength",
    `Write batch sizes must be between 1 and ${batchSizeMax}. Got ${size} operations.`,
  );
}

/** A write error of a bulk command. */
export function writeError(index: number, error: unknown): Doc {
  if (!(error instanceof CommandError)) throw error;
  return { index, code: error.code, ...(error.extra ?? {}), errmsg: error.message };
}

/**
 * Runs the steps of a bulk write, as many in one transaction as a slice of time allows, until the first error when ordered. Each step is atomic;
 * a step's error becomes an entry in `writeErrors`.
 */
export async function runOrdered<S, R>(
  steps: readonly S[],
  ordered: boolean,
  storage: Storage,
  run: (step: S, index: number) => R,
): Promise<{ done: R[]; writeErrors: Doc[] }> {
  const done: R[] = [];
  const writeErrors: Doc[] = [];
  let index = 0;
  const step = (): void => {
    try {
      done.push(run(steps[index] as S, index));
    } catch (error) {
      writeErrors.push(writeError(index, error));
      if (ordered) index = steps.length;
    }
    index++;
  };
  while (index < steps.length) {
    await storage.write((slice) => {
      do step();
      while (index < steps.length && !slice.due());
    });
  }
  return { done, writeErrors };
}
