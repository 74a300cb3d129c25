import { pino } from "pino";

/** What the server writes its few log lines with; a pino logger is one. */
export interface ServerLog {
  warn(about: object, message: string): void;
  error(about: object, message: string): void;
}

/**
 * One JSON object a line on standard error, from `level` on. An unexpected error may hold values of documents: a program
 * whose log must not, passes one of its own that masks them.
 */
export const plainLog = (level = "warn"): ServerLog =>
  pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
