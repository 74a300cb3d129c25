/**
 * Vitest global setup: one MongoDB for the whole run.
 *
 * Uses MONGODB_URL when it is set. Otherwise starts the embedded server twice, each in a temporary directory: one for
 * the tests of the store, and one that refuses to read whole collections (MongoDB's `notablescan`) for all others, so
 * that a query of the shop or the engine that no index serves fails its test. Workers read the addresses from
 * `TEST_MONGODB_URL` and `TEST_MONGODB_URL_INDEXED`, which they inherit because they are started after this.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allowJavaScript, startEmbedded } from "@hawker/embedded-mongodb";
import { MongoClient } from "mongodb";

export default async function setup(): Promise<() => Promise<void>> {
  const outside = process.env.MONGODB_URL;
  if (outside) {
    process.env.TEST_MONGODB_URL = outside;
    process.env.TEST_MONGODB_URL_INDEXED = outside;
    return async () => {};
  }
  await allowJavaScript();
  const dir = await mkdtemp(join(tmpdir(), "hawker-store-"));
  const free = await startEmbedded({ dir: join(dir, "free"), port: 0 });
  const indexed = await startEmbedded({ dir: join(dir, "indexed"), port: 0 });
  await refuseScans(indexed.url);
  process.env.TEST_MONGODB_URL = free.url;
  process.env.TEST_MONGODB_URL_INDEXED = indexed.url;
  return async () => {
    await free.stop();
    await indexed.stop();
    await rm(dir, { recursive: true, force: true });
  };
}

async function refuseScans(url: string): Promise<void> {
  const client = await MongoClient.connect(url);
  try {
    await client.db("admin").command({ setParameter: 1, notablescan: true });
  } finally {
    await client.close();
  }
}
