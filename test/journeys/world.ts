import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { readConfig } from "../../src/config.ts";
import { type Hawker, startHawker } from "../../src/hawker.ts";
import { createLogger } from "../../src/log.ts";
import { freshDatabase } from "../setup/database.ts";

/** A whole Hawker on a database of its own, with everything real but the platforms' servers. */
export interface World {
  readonly url: string;
  readonly databaseUrl: string;
  readonly dataDir: string;
  readonly hawker: Hawker;
  /** The lines of the log so far. */
  log(): readonly string[];
  /** Waits until something is so, looking again with every line of the log and every 50 ms. */
  until(so: () => boolean): Promise<void>;
  /** Stops the shop and starts it again on the same store, with variables changed. */
  restart(env: Record<string, string>): Promise<void>;
  close(): Promise<void>;
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("The probe has no port.");
  return address.port;
}

/** Starts the shop as an operator would, by environment variables. `connection` adds options to the store's address. */
export async function openWorld(env: Record<string, string> = {}, connection = ""): Promise<World> {
  const database = await freshDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "hawker-world-"));
  const port = await freePort();
  const variables = {
    PORT: String(port),
    HOST: "127.0.0.1",
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    DATA_DIR: dataDir,
    MONGODB_URL: connection
      ? `${database.url}${database.url.includes("?") ? "&" : "?"}${connection}`
      : database.url,
    HAWKER_SECRET: randomBytes(32).toString("hex"),
    LOG_LEVEL: "error",
    ...env,
  };
  const config = readConfig(variables);
  const lines: string[] = [];
  const logger = createLogger(config.logLevel, { write: (line) => void lines.push(line) });
  let hawker = await startHawker(config, logger);
  return {
    url: config.publicUrl,
    databaseUrl: database.url,
    dataDir,
    get hawker() {
      return hawker;
    },
    log: () => lines,
    until: (so) => vi.waitUntil(so, { timeout: 60_000, interval: 50 }).then(() => undefined),
    async restart(changed) {
      await hawker.stop();
      hawker = await startHawker(readConfig({ ...variables, ...changed }), logger);
    },
    async close() {
      await hawker.stop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
