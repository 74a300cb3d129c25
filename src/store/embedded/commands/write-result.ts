import { CommandError } from "../errors.ts";
import type { Storage } from "../storage.ts";
import type { Doc } from "../value.ts";

/** The largest document, in bytes (source: MongoDB manual, "MongoDB Limits and Thresholds"). */
export const documentBytesMax = 16 * 1024 * 1024;

/** A write error of a bulk command. */
export function writeError(index: number, error: unknown): Doc {
  if (!(error instanceof CommandError)) throw error;
  return { index, code: error.code, ...(error.extra ?? {}), errmsg: error.message };
}

/**
 * Runs the steps of a bulk write, many in one transaction, until the first error when ordered. Each step is atomic;
 * a step's error becomes an entry in `writeErrors`.
 */
export async function runOrdered<S, R>(
  steps: readonly S[],
  ordered: boolean,
  chunk: number,
  storage: Storage,
  run: (step: S, index: number) => R,
): Promise<{ done: R[]; writeErrors: Doc[] }> {
  const done: R[] = [];
  const writeErrors: Doc[] = [];
  for (let from = 0; from < steps.length; from += chunk) {
    if (ordered && writeErrors.length > 0) break;
    await storage.write(() => {
      for (let index = from; index < Math.min(steps.length, from + chunk); index++) {
        try {
          done.push(run(steps[index] as S, index));
        } catch (error) {
          writeErrors.push(writeError(index, error));
          if (ordered) break;
        }
      }
    });
  }
  return { done, writeErrors };
}
