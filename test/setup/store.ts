/**
 * Vitest global setup: one MongoDB for the whole run.
 *
 * Uses MONGODB_URL when it is set; otherwise starts the embedded server in a temporary directory. Workers read
 * the address from `TEST_MONGODB_URL`, which they inherit because they are started after this.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../../src/store/embedded/index.ts";

export default async function setup(): Promise<() => Promise<void>> {
  const outside = process.env.MONGODB_URL;
  if (outside) {
    process.env.TEST_MONGODB_URL = outside;
    return async () => {};
  }
  const dir = await mkdtemp(join(tmpdir(), "hawker-store-"));
  const server = await startEmbedded({ dir });
  process.env.TEST_MONGODB_URL = server.url;
  return async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };
}
