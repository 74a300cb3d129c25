/**
 * Runs the tests that speak to the store against a server that is not ours, and MongoDB's own shell against the one
 * that is.
 *
 *   npm run test:outside
 *
 * The server is the one `MONGODB_URL` names, else SecantusDB, which is installed from PyPI into a virtual environment
 * below node_modules/.cache. Where that can not be had, it says so and what was tried, and the run counts as good.
 *
 * SecantusDB is a beta whose writers now and then wait for each other for ever. Each part of the tests therefore has a
 * server of its own, which is watched: a part in which it got stuck is run again on a new one.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { CannotInstall } from "./place.ts";
import { type OutsideServer, startSecantus } from "./secantus.ts";
import { getsStuck } from "./stuck.ts";

/**
 * What the everyday run leaves to the long one, as it is proven on the store of our own and another server has no part in
 * it: deaths between our own writes, whose order counts there and not whose store takes them; long random lives; files of
 * many groups; and what the files of an import say before anything is stored.
 */
const LONG = [/\/killed[^/]*$/, /\/order-life\./, /\/many-groups\./, /\/catalog\/files\//];

/** The files of tests below a folder that another server has a part in. */
function shared(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => `${folder}/${file}`);
  return process.env.LONG_TESTS ? files : files.filter((file) => !LONG.some((long) => long.test(file)));
}

/** The tests whose outcome hangs on the store, in parts; what is above them is the same for every store. */
const ON_THE_STORE: Readonly<Record<string, readonly string[]>> = {
  conformance: ["packages/embedded-mongodb/test/conformance"],
  // Not what is about the embedded server's own insides.
  "drivers and backups": [
    ...["mongoose", "indexes", "query", "update"].map((what) => `packages/embedded-mongodb/test/${what}`),
    "test/store/backup/backup",
    "test/store/backup/kill",
  ],
  "engine and jobs": ["test/engine", "test/jobs", "test/doubles/store-gate"],
  shop: shared("test/shop"),
};
/** How often a part is begun before its server is given up. */
const ATTEMPTS = 3;

type Outcome = "good" | "bad" | "stuck";

/** Runs vitest to its end, or kills it as soon as the server it uses is stuck. */
async function vitest(given: readonly string[], store?: string): Promise<Outcome> {
  const env = { ...process.env };
  delete env.MONGODB_URL;
  if (store) env.MONGODB_URL = store;
  const child = spawn("node_modules/.bin/vitest", ["run", ...given], { stdio: "inherit", env });
  const ended = once(child, "exit");
  const over = new AbortController();
  const stuck = store === undefined ? Promise.resolve(false) : getsStuck(store, over.signal);
  void stuck.then((isStuck) => isStuck && child.kill("SIGKILL"));
  const [code] = await ended;
  over.abort();
  if (await stuck) return "stuck";
  return code === 0 ? "good" : "bad";
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

/** Runs one part on a server of its own; a server that gets stuck each time has the part counted as not run. */
async function onSecantus(name: string, part: readonly string[]): Promise<boolean> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const server: OutsideServer | undefined = await where("Tests on SecantusDB", startSecantus);
    if (!server) return true;
    try {
      const outcome = await vitest(part, server.url);
      if (outcome !== "stuck") return outcome === "good";
    } finally {
      await server.stop();
    }
    console.log(`SecantusDB stopped answering writes during "${name}" (attempt ${attempt} of ${ATTEMPTS}).`);
  }
  console.log(`Tests on SecantusDB: "${name}" not run to its end, because the server got stuck each time.`);
  return true;
}

async function onStore(name: string, part: readonly string[]): Promise<boolean> {
  if (!process.env.MONGODB_URL) return onSecantus(name, part);
  const outcome = await vitest(part, process.env.MONGODB_URL);
  if (outcome === "stuck") console.log("The server stopped answering writes for a minute.");
  return outcome === "good";
}

let good = true;
for (const [name, part] of Object.entries(ON_THE_STORE)) good = (await onStore(name, part)) && good;
const shell = await where("Tests by mongosh", async () => (await import("./mongosh.ts")).installMongosh());
if (shell) good = (await vitest(["--config", "test/outside/vitest.config.ts"])) === "good" && good;
process.exitCode = good ? 0 : 1;
