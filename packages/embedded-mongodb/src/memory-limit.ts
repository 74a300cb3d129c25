import { CommandError } from "./errors.ts";
import { Binary, isDoc, type Value } from "./value.ts";

/** What one blocking stage may hold, in bytes (source: MongoDB manual, "MongoDB Limits and Thresholds"). */
export const stageBytesMax = 100 * 1024 * 1024;

/**
 * Counts what a stage holds. This server does not spill to disk, so `allowDiskUse` does not lift the limit.
 */
export class MemoryLimit {
  readonly #stage: string;
  #bytes = 0;

  /** `stage` is named in the error: `sort` for a find's, `$group` and the like for a pipeline's. */
  constructor(stage: string) {
    this.#stage = stage;
  }

  /** @throws {CommandError} QueryExceededMemoryLimitNoDiskUseAllowed (292) when it is too much. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= stageBytesMax) return;
    throw new CommandError(
      "QueryExceededMemoryLimitNoDiskUseAllowed",
      this.#stage === "sort"
        ? `Executor error during find command :: caused by :: Sort exceeded memory limit of ${stageBytesMax} bytes, but did not opt in to external sorting.`
        : `Exceeded memory limit for ${this.#stage}, but didn't allow external sort. Pass allowDiskUse:true to opt in.`,
    );
  }

  /** Whether so much is held that what can be let go should be. */
  get tight(): boolean {
    return this.#bytes > stageBytesMax / 2;
  }

  /** Says that this many bytes are not held any more. */
  drop(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** About how many bytes a value takes. */
export function roughSize(value: Value | undefined): number {
  if (typeof value === "string") return value.length + 8;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + roughSize(item), 16);
  if (value instanceof Binary) return value.position + 16;
  if (!isDoc(value)) return 16;
  let size = 16;
  for (const key of Object.keys(value)) size += key.length + roughSize(value[key]);
  return size;
}
