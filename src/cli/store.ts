import { readFile } from "node:fs/promises";
import { connect as dial } from "node:net";
import { join } from "node:path";
import { startEmbedded } from "@hawker/embedded-mongodb";
import type { Config } from "../config.ts";
import { connect, disconnect, ensureIndexes } from "../store/connect.ts";
import { toolLog } from "./report.ts";

/**
 * Connects a command line tool to the shop's store: MONGODB_URL, else the embedded store of a shop that runs (its
 * address is in `DATA_DIR/store.url`), else the embedded store in `DATA_DIR`, started for as long as the tool works.
 *
 * Returns how to let go of it. Import all models first: their indexes are made here.
 */
export async function openStore(config: Config): Promise<() => Promise<void>> {
  const { url, release } = await reachStore(config);
  await connect(url);
  await ensureIndexes();
  return async () => {
    await disconnect();
    await release();
  };
}

/** Where the shop's store answers. */
export interface ReachedStore {
  url: string;
  /** A shop that runs in `DATA_DIR` serves it. */
  inUse: boolean;
  /** Stops it, if it was started for the tool. */
  release(): Promise<void>;
}

/** Finds the shop's store, or starts the embedded one, without touching what is in it. */
export async function reachStore({ mongodbUrl, dataDir }: Config): Promise<ReachedStore> {
  const running = mongodbUrl ?? (await runningStore(dataDir));
  if (running !== undefined)
    return { url: running, inUse: mongodbUrl === undefined, release: async () => {} };
  const own = await startEmbedded({ dir: join(dataDir, "store"), log: toolLog("warn") });
  return { url: own.url, inUse: false, release: () => own.stop() };
}

async function runningStore(dataDir: string): Promise<string | undefined> {
  let url: string;
  try {
    url = (await readFile(join(dataDir, "store.url"), "utf8")).trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  // A shop that was killed leaves the file behind.
  return (await answers(url)) ? url : undefined;
}

const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = dial(
      port === ""
        ? { path: decodeURIComponent(hostname), timeout: 2000 }
        : { host: hostname, port: Number(port), timeout: 2000 },
    );
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
