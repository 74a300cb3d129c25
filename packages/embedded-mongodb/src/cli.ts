import { join } from "node:path";
import { parseArgs } from "node:util";
import { allowJavaScript } from "./javascript.ts";
import { DirectoryInUse } from "./lock.ts";
import { plainLog } from "./log.ts";
import { startEmbedded } from "./server.ts";
import { StoreUnusable } from "./unusable.ts";

const usage = `npm run store -- [--port 27017] [--dir data/store] [--host 127.0.0.1] [--noscripting]
                 [--enable-test-commands]

  Serves the embedded store alone, for mongosh or a script, until it is stopped. Stop the shop first.
  --noscripting    refuse queries that hold functions in JavaScript ($where, $function)
  --enable-test-commands    let clients make the server fail at will (configureFailPoint), as suites of drivers do`;

/**
 * Serves a directory of files by the command line's arguments until the process is told to stop. What keeps it from starting
 * is written to standard error in a sentence, and sets the exit code.
 */
export async function serveAlone(log = plainLog(process.env.LOG_LEVEL)): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", default: false },
      port: { type: "string", default: "27017" },
      dir: { type: "string", default: join(process.env.DATA_DIR ?? "data", "store") },
      host: { type: "string", default: "127.0.0.1" },
      "enable-test-commands": { type: "boolean", default: false },
      noscripting: { type: "boolean", default: false },
    },
  });

  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  try {
    if (!values.noscripting) await allowJavaScript();
    const server = await startEmbedded({
      dir: values.dir,
      port: Number(values.port),
      host: values.host,
      enableTestCommands: values["enable-test-commands"],
      log,
    });
    process.stdout.write(`${server.url}\n`);
    const stop = (): void => {
      void server.stop().then(() => process.exit(0));
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  } catch (error) {
    const known =
      error instanceof DirectoryInUse ||
      error instanceof StoreUnusable ||
      (error as NodeJS.ErrnoException).code === "EADDRINUSE";
    process.stderr.write(
      `${known && error instanceof Error ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
    );
    process.exitCode = 1;
  }
}
