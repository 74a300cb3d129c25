import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { keepPrivate, startEmbedded } from "@hawker/embedded-mongodb";
import mongoose from "mongoose";
import type { Config } from "./config.ts";
import { seedDemo } from "./demo/index.ts";
import type { Logger } from "./log.ts";
import { recoverImports } from "./shop/catalog/import/journal.ts";
import { adoptPictures } from "./shop/reviews/adopt-pictures.ts";
import { refuseHalfRestored } from "./store/backup/marker.ts";
import { connect, disconnect, ensureIndexes } from "./store/connect.ts";
import { useSecret } from "./store/secret-box.ts";

/**
 * Opens the store that the configuration names, or the embedded one, and brings what stands in it up to this version: its
 * indexes, an import that was cut short, pictures of earlier versions, the demo shop. Returns how to close it.
 *
 * @throws {StoreUnusable} and what the driver throws where there is no store to be had
 */
export async function openStore(config: Config, log: Logger): Promise<() => Promise<void>> {
  keepPrivate(config.dataDir);
  const embedded =
    config.mongodbUrl === undefined
      ? await startEmbedded({ dir: join(config.dataDir, "store"), log })
      : undefined;
  const urlFile = join(config.dataDir, "store.url"); // where the command line tools find the running store
  if (embedded) await writeFile(urlFile, embedded.url, { mode: 0o600 });
  useSecret(config.secret);
  await connect(config.mongodbUrl ?? embedded?.url ?? "");
  if (mongoose.connection.db) await refuseHalfRestored(mongoose.connection.db);
  await ensureIndexes();
  await recoverImports();
  await adoptPictures();
  await seedDemo();

  return async () => {
    await disconnect();
    await embedded?.stop();
    if (embedded) await rm(urlFile, { force: true });
  };
}
