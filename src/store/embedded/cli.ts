import { join } from "node:path";
import { parseArgs } from "node:util";
import { DirectoryInUse, startEmbedded } from "./index.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "27017" },
    dir: { type: "string", default: join(process.env.DATA_DIR ?? "data", "store") },
    host: { type: "string", default: "127.0.0.1" },
  },
});

try {
  const server = await startEmbedded({ dir: values.dir, port: Number(values.port), host: values.host });
  process.stdout.write(`${server.url}\n`);
  const stop = (): void => {
    void server.stop().then(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
} catch (error) {
  const known = error instanceof DirectoryInUse || (error as NodeJS.ErrnoException).code === "EADDRINUSE";
  process.stderr.write(
    `${known && error instanceof Error ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = 1;
}
