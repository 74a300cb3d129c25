/**
 * Vitest global setup: one MongoDB-compatible server for the whole run.
 *
 * Uses MONGODB_URL when it is set, else starts the embedded server in a temporary directory. Workers read the address from
 * `TEST_MONGODB_URL`, which they inherit because they are started after this.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../../src/index.ts";
import { allowJavaScript } from "../../src/javascript.ts";

export default async function setup(): Promise<() => Promise<void>> {
  const outside = process.env.MONGODB_URL;
  if (outside) {
    process.env.TEST_MONGODB_URL = outside;
    return async () => {};
  }
  await allowJavaScript();
  const dir = await mkdtemp(join(tmpdir(), "embedded-mongodb-"));
  const server = await startEmbedded({ dir, port: 0 });
  process.env.TEST_MONGODB_URL = server.url;
  return async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };
}
