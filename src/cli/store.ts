import { readFile } from "node:fs/promises";
import { connect as dial } from "node:net";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { connect, disconnect, ensureIndexes } from "../store/connect.ts";
import { startEmbedded } from "../store/embedded/index.ts";

/**
 * Connects a command line tool to the shop's store: MONGODB_URL, else the embedded store of a shop that runs (its
 * address is in `DATA_DIR/store.url`), else the embedded store in `DATA_DIR`, started for as long as the tool works.
 *
 * Answers how to let go of it. Import all models first: their indexes are made here.
 */
export async function openStore({ mongodbUrl, dataDir }: Config): Promise<() => Promise<void>> {
  const running = mongodbUrl ?? (await runningStore(dataDir));
  const own = running === undefined ? await startEmbedded({ dir: join(dataDir, "store") }) : undefined;
  await connect(running ?? own?.url ?? "");
  await ensureIndexes();
  return async () => {
    await disconnect();
    await own?.stop();
  };
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
    const socket = dial({ host: hostname, port: Number(port), timeout: 2000 });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
