import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../journeys/world.ts";

const started: ChildProcess[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), "hawker-start-"));
  folders.push(made);
  return made;
};

const [node, ...startArguments] = String(
  JSON.parse(readFileSync("package.json", "utf8")).scripts.start,
).split(" ");

/** Starts Hawker as `npm start` does, with nothing but these variables. */
function start(env: Record<string, string>) {
  const child = spawn(node ?? "", startArguments, {
    env: { PATH: process.env.PATH ?? "", HOME: tmpdir(), LOG_LEVEL: "warn", ...env },
  });
  started.push(child);
  let output = "";
  const listen = (bytes: Buffer) => {
    output += bytes;
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  const ended = once(child, "exit").then(([code]) => Number(code));
  return { child, ended, output: () => output };
}

test("with nothing set, Hawker opens a demo shop, says what runs, keeps its secret to itself and ends on SIGTERM with 0", async () => {
  const dataDir = await folder();
  await chmod(dataDir, 0o755); // as it stands after an umask of 022
  const port = await freePort();
  const hawker = start({ DATA_DIR: dataDir, PORT: String(port) });
  await expect
    .poll(hawker.output, { timeout: 30_000 })
    .toContain(`Hawker is open at http://localhost:${port}`);
  expect(hawker.output()).toMatch(/Store\s+embedded/);
  expect(hawker.output()).toContain("TELEGRAM_BOT_TOKEN");
  expect((await fetch(`http://localhost:${port}/healthz`)).status).toBe(200);
  expect((await fetch(`http://localhost:${port}/readyz`)).status).toBe(200);
  expect(await (await fetch(`http://localhost:${port}/metrics`)).text()).toContain("hawker_turns_total");
  // Nobody whom a proxy lets through reads them.
  const through = { headers: { "X-Forwarded-For": "203.0.113.9" } };
  expect((await fetch(`http://localhost:${port}/metrics`, through)).status).toBe(404);
  expect((await stat(join(dataDir, "secret"))).mode & 0o777).toBe(0o600);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  expect((await stat(join(dataDir, "store"))).mode & 0o777).toBe(0o700);
  // A socket in that folder, not a port that every local user could open.
  expect(readFileSync(join(dataDir, "store.url"), "utf8")).toMatch(/^mongodb:\/\/%2F[^:]*mongodb\.sock\//);

  const second = start({ DATA_DIR: dataDir, PORT: String(await freePort()) });
  expect(await second.ended).toBe(1);
  expect(second.output()).toMatch(/another process|in use/i);
  expect(second.output()).not.toMatch(/\n\s+at /);

  hawker.child.kill("SIGTERM");
  expect(await hawker.ended).toBe(0);
});

test("a shop with a public address and no Stripe warns in its log that it gives its goods away", async () => {
  const port = await freePort();
  const hawker = start({
    DATA_DIR: await folder(),
    PORT: String(port),
    PUBLIC_URL: "https://shop.example",
    HAWKER_SECRET: "a secret of this test, long enough for it",
  });
  await expect.poll(hawker.output, { timeout: 30_000 }).toMatch(/"level":"warn".*gives its goods away/);
});

test("a wrong variable stops the start with a sentence that names it", async () => {
  const hawker = start({ DATA_DIR: await folder(), PORT: "eighty" });
  expect(await hawker.ended).toBe(1);
  expect(hawker.output()).toMatch(/PORT should be/);
});

test("a service is started with the same options for Node as npm start has", () => {
  const options = startArguments.slice(0, startArguments.indexOf("--import"));
  expect(options).not.toEqual([]);
  expect(readFileSync("Dockerfile", "utf8")).toContain(
    `CMD ${JSON.stringify(["node", ...options, "dist/src/main.js"]).replaceAll(",", ", ")}`,
  );
  expect(readFileSync("docs/operating.md", "utf8")).toContain(
    `\nnode ${options.join(" ")} dist/src/main.js\n`,
  );
});
