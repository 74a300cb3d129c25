import { type Logger as BoltLogger, LogLevel, type webApi } from "@slack/bolt";
import type { Logger } from "pino";
import { redactText } from "../../src/redact.ts";

/**
 * Bolt's log lines in ours. What it says in detail holds people's words, so only trouble passes, masked and as
 * "debug": what matters of it the adapter says itself, once.
 */
export function boltLogger(log: Logger): BoltLogger {
  const silent = () => undefined;
  const tell = (...said: unknown[]) => {
    const words = said.filter((each) => typeof each === "string" || each instanceof Error);
    log.debug(redactText(words.map(String).join(" ")).slice(0, 500));
  };
  return {
    debug: silent,
    info: silent,
    warn: tell,
    error: tell,
    setLevel: silent,
    getLevel: () => LogLevel.WARN,
    setName: silent,
  };
}

/** How long a call may take, in milliseconds. */
const CALL_TIMEOUT = 15_000;

/** How clients of the Web API work here: never trying again by themselves, since the engine does that. */
export const clientOptions = (apiRoot: string, log: Logger): webApi.WebClientOptions => ({
  slackApiUrl: apiRoot,
  logger: boltLogger(log),
  retryConfig: { retries: 0 },
  rejectRateLimitedCalls: true,
  timeout: CALL_TIMEOUT,
  allowAbsoluteUrls: false,
});

/** Whether an address that Slack gave (a file, an answer) is Slack's own, or of the server that stands in for it. */
export function isSlacks(url: string, apiRoot: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, host } = new URL(url);
  if (host === new URL(apiRoot).host) return true;
  return protocol === "https:" && (hostname === "slack.com" || hostname.endsWith(".slack.com"));
}
