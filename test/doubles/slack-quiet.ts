import { LogLevel } from "@slack/web-api";

/** A logger for Slack's clients that says nothing: tests provoke what they would complain of. */
export const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  setName: () => undefined,
  getLevel: () => LogLevel.ERROR,
};
