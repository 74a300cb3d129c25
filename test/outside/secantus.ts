import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { privatePlace, run } from "./place.ts";

const VERSION = "0.7.0b3";
const ENDS_WITHIN_MS = 10_000;

/** A server that speaks MongoDB's protocol and has nothing of ours in it. */
export interface OutsideServer {
  /** Connection string. */
  url: string;
  /** Ends it and deletes what it kept. */
  stop(): Promise<void>;
}

/**
 * Installs SecantusDB (MongoDB's protocol over WiredTiger, from PyPI) once, in a virtual environment of the
 * checkout's own, and starts it on a free port of loopback with an empty store.
 *
 * @throws {CannotInstall} without python3, its venv module or PyPI.
 */
export async function startSecantus(): Promise<OutsideServer> {
  const home = privatePlace(`secantus-${VERSION}`, (folder) => {
    run("python3", "-m", "venv", folder);
    run(
      join(folder, "bin", "pip"),
      "install",
      "--quiet",
      "--disable-pip-version-check",
      `SecantusDB==${VERSION}`,
    );
  });
  const dir = mkdtempSync(join(tmpdir(), "hawker-secantus-"));
  const port = await freePort();
  const log = openSync(join(dir, "log"), "w");
  const child = spawn(
    join(home, "bin", "secantusd-py"),
    ["--port", String(port), "--storage-path", join(dir, "store")],
    { stdio: ["ignore", log, log] },
  );
  closeSync(log);
  const url = `mongodb://127.0.0.1:${port}/hawker?directConnection=true`;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      // One that is stuck does not end when asked.
      const force = setTimeout(() => child.kill("SIGKILL"), ENDS_WITHIN_MS);
      child.kill("SIGTERM");
      await once(child, "exit");
      clearTimeout(force);
    }
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await answers(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Waits, a minute at most, until the server answers or has ended. */
async function answers(url: string, child: ChildProcess): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 60_000 });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`SecantusDB ended with ${code} before it answered`);
  });
  try {
    await Promise.race([client.connect(), ended]);
  } finally {
    ended.catch(() => {});
    await client.close();
  }
}
