import { join } from "node:path";
import { privatePlace, run } from "./place.ts";

const VERSION = "2.12.0";

/**
 * Installs MongoDB's shell from npm once, beside the project's packages: it is large, and only its test needs it.
 *
 * @returns the path of its program.
 * @throws {CannotInstall} without the npm registry.
 */
export function installMongosh(): string {
  const home = privatePlace(`mongosh-${VERSION}`, (folder) => {
    // Its optional parts are compiled at install and serve Kerberos and encryption.
    const quiet = ["--no-audit", "--no-fund", "--omit=optional", "--ignore-scripts"];
    run("npm", "install", "--prefix", folder, ...quiet, `mongosh@${VERSION}`);
  });
  return join(home, "node_modules", ".bin", "mongosh");
}
