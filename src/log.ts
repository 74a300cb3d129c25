import { pino } from "pino";
import { build as pretty } from "pino-pretty";
import type { LogLevel } from "./config-variables.ts";
import { redactLine } from "./redact.ts";

/** What parts are given to write log lines with. */
export type Logger = pino.Logger;

/** Takes finished lines; each ends in a newline. */
export interface LogStream {
  write(line: string): void;
}

/**
 * A structured logger: one JSON object a line, or coloured text when standard output is a terminal. Secrets and
 * personal data are masked in every line, whatever part wrote it, just before it leaves the process.
 */
export function createLogger(level: LogLevel, stream: LogStream = standardOutput()): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
      hooks: { streamWrite: redactLine },
    },
    stream,
  );
}

/** Synchronous in both forms, so that the last words before an exit are not lost. */
const standardOutput = (): LogStream =>
  process.stdout.isTTY
    ? pretty({ sync: true, ignore: "pid,hostname", translateTime: "HH:MM:ss" })
    : pino.destination({ dest: 1, sync: true });
