import { banner } from "./banner.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { type Hawker, startHawker } from "./hawker.ts";
import { createLogger } from "./log.ts";

/** Errors whose message alone tells an operator what to do. */
const plainCodes = new Set(["CONFIG", "CANNOT_LISTEN", "STORE_IN_USE", "STORE_UNUSABLE", "HALF_RESTORED"]);

const explained = (error: unknown): string =>
  error instanceof Error && "code" in error && plainCodes.has(String(error.code))
    ? error.message
    : String(error instanceof Error ? error.stack : error);

const readOrExit = (): Config => {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
};

const config = readOrExit();
const log = createLogger(config.logLevel);
/** How long what is under way may take at the end: less than the 30 s that operators are asked to give, in milliseconds. */
const GRACE_MS = 25_000;
/** Ctrl-C under npm comes twice at the same time; somebody who means it twice is slower, in milliseconds. */
const SAME_SIGNAL_MS = 500;

let stoppingSince: number | undefined;
const starting: Promise<Hawker> = startHawker(config, log);

const stop = async (signal: string) => {
  if (stoppingSince !== undefined) {
    if (performance.now() - stoppingSince < SAME_SIGNAL_MS) return;
    log.warn({ signal }, "Stopping at once: what is not finished stays in the store for the next process");
    process.exit(1);
  }
  stoppingSince = performance.now();
  log.info({ signal }, "Stopping: finishing what is under way");
  setTimeout(() => {
    log.error(
      `Not finished after ${GRACE_MS / 1000} s (does the store answer?): what is left stays in the store for the next process`,
    );
    process.exit(1);
  }, GRACE_MS).unref();
  const hawker = await starting;
  await hawker.stop();
  process.exit(0);
};
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    stop(signal).catch((error) => {
      console.error(explained(error));
      process.exit(1);
    });
  });
}

try {
  const hawker = await starting;
  console.log(banner(config, process.env, hawker.url));
} catch (error) {
  console.error(`Hawker could not start. ${explained(error)}`);
  process.exit(1);
}
