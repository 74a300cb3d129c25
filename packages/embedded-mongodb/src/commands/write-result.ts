import { CommandError } from "../errors.ts";
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

/** A statement of a bulk write that failed. */
export interface Failure {
  readonly index: number;
  readonly error: CommandError;
}

/** The field of a reply that tells which statements failed; nothing where none has. */
export function writeErrors(failures: readonly Failure[]): Doc {
  if (failures.length === 0) return {};
  return {
    writeErrors: failures.map(({ index, error }) => ({
      index,
      code: error.code,
      ...(error.extra ?? {}),
      errmsg: error.message,
    })),
  };
}
