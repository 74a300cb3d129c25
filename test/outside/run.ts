/**
 * Runs the tests that speak to the store against a server that is not ours, and MongoDB's own shell against the one
 * that is.
 *
 *   npm run test:outside
 *
 * The server is the one `MONGODB_URL` names, else SecantusDB, which is installed from PyPI into a virtual environment
 * below node_modules/.cache. Where that can not be had, it says so and what was tried, and the run counts as good.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { CannotInstall } from "./place.ts";
import { type OutsideServer, startSecantus } from "./secantus.ts";

/** The tests whose outcome hangs on the store; what is above them is the same for every store. */
const ON_THE_STORE = ["test/store", "test/engine", "test/jobs", "test/shop", "test/doubles/store-gate"];

async function vitest(given: string[], store?: string): Promise<boolean> {
  const env = { ...process.env };
  delete env.MONGODB_URL;
  if (store) env.MONGODB_URL = store;
  const child = spawn("node_modules/.bin/vitest", ["run", ...given], { stdio: "inherit", env });
  const [code] = await once(child, "exit");
  return code === 0;
}

/** Does the part, or says in one sentence why it can not be done here. */
async function where<Part>(name: string, start: () => Promise<Part>): Promise<Part | undefined> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof CannotInstall)) throw error;
    console.log(`${name}: not run, because it could not be installed (${error.message}).`);
    return undefined;
  }
}

const outside: OutsideServer | undefined = process.env.MONGODB_URL
  ? { url: process.env.MONGODB_URL, stop: async () => {} }
  : await where("Tests on SecantusDB", startSecantus);
let good = true;
if (outside) {
  try {
    good = await vitest(ON_THE_STORE, outside.url);
  } finally {
    await outside.stop();
  }
}
const shell = await where("Tests by mongosh", async () => (await import("./mongosh.ts")).installMongosh());
if (shell) good = (await vitest(["--config", "test/outside/vitest.config.ts"])) && good;
process.exitCode = good ? 0 : 1;
