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
let stopping = false;
const starting: Promise<Hawker> = startHawker(config, log);

const stop = async (signal: string) => {
  if (stopping) return;
  stopping = true;
  log.info({ signal }, "Stopping: finishing what is under way");
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
