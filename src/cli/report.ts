import { ConfigError } from "../config.ts";
import type { LogLevel } from "../config-variables.ts";
import { createLogger } from "../log.ts";
import { ShopError } from "../shop/core/errors.ts";

/** A tool was called in a way it does not know. The message says what is wrong. */
export class UsageError extends Error {
  readonly code = "USAGE";
}

/** A logger of a tool, whose standard output is for what it was asked for. */
export const toolLog = (level: LogLevel) =>
  createLogger(level, { write: (line) => void process.stderr.write(line) });

/** Codes of errors whose message alone tells an operator what to do. */
const plainCodes = ["STORE_IN_USE", "STORE_UNUSABLE", "BAD_BACKUP", "CANNOT_BACK_UP"];

/**
 * Says in a sentence what went wrong. With `LOG_LEVEL=debug` the log says it whole, with its cause and where it happened, and
 * as everywhere without secrets or what is a person's.
 */
export function tellError(error: unknown, sentence = error instanceof Error ? error.message : String(error)) {
  console.error(sentence);
  if (process.env.LOG_LEVEL !== "debug") return;
  toolLog("debug").debug({ err: error }, "A command was refused");
}

/** Runs a tool and sets the exit code: 0 done, 1 refused with a sentence, 2 called wrongly. */
export async function runTool(usage: string, tool: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await tool();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const wrongCall = error instanceof UsageError || code.startsWith("ERR_PARSE_ARGS");
    const told =
      error instanceof Error && (wrongCall || error instanceof ShopError || error instanceof ConfigError);
    if (!told && !["ENOENT", "EACCES", "EISDIR", "ENOTDIR", "ENOSPC", "EROFS", ...plainCodes].includes(code))
      throw error;
    tellError(error);
    if (wrongCall) console.error(usage);
    process.exitCode = wrongCall ? 2 : 1;
  }
}
