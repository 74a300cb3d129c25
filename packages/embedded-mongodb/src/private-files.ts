import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { explained } from "./unusable.ts";

/**
 * Makes the folder, and keeps it and the files directly in it to their owner (modes 0700 and 0600), also where they were
 * there with other modes.
 *
 * @throws {StoreUnusable} where this user may not change the modes: it is then not theirs to keep a shop in
 */
export function keepPrivate(dir: string): void {
  explained(dir, () => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
    for (const entry of readdirSync(dir, { withFileTypes: true }))
      if (entry.isFile()) chmodSync(join(dir, entry.name), 0o600);
  });
}
