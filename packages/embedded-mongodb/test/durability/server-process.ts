import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";

/** A program as one file of JavaScript, which starts in a fraction of the time. */
export interface Program {
  file: string;
  remove(): Promise<void>;
}

const packageFolder = join(import.meta.dirname, "../..");
/** Where npm puts the packages of a workspace. */
const packages = join(packageFolder, "../../node_modules");

/** Bundles the server's command line. */
export async function bundleProgram(): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), "embedded-mongodb-program-"));
  const file = join(folder, "program.mjs");
  await symlink(packages, join(folder, "node_modules"));
  await build({
    entryPoints: [join(packageFolder, "src/main.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    outfile: file,
  });
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly child: ChildProcess;
  /** Its address once it listens; `undefined` when it ended before. */
  readonly url: Promise<string | undefined>;
  /** How it ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  /** What it wrote to standard error so far. */
  complaints(): string;
  /** Ends it as `kill -9` does and waits until it is gone. */
  kill(): Promise<void>;
}

const running = new Set<ServerProcess>();

/** Kills what a failed test left running; for `afterEach`. */
export async function killAll(): Promise<void> {
  await Promise.all([...running].map((server) => server.kill()));
}

/** Starts the server on a directory. `wrap` is put before the command, as in `["prlimit", "--fsize=1000000"]`. */
export function startServer(program: Program, dir: string, wrap: readonly string[] = []): ServerProcess {
  const [command = "", ...args] = [...wrap, process.execPath, program.file, "--dir", dir, "--port", "0"];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (chunk) => {
    complaints += String(chunk);
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  const lines = createInterface({ input: child.stdout });
  const url = new Promise<string | undefined>((tell) => {
    lines.once("line", tell);
    lines.once("close", () => tell(undefined));
  });
  const server: ServerProcess = {
    child,
    url,
    ended,
    complaints: () => complaints,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
  running.add(server);
  void ended.then(() => running.delete(server));
  return server;
}
