import { type ChildProcess, fork, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { Order, Word } from "./child-orders.ts";

const root = resolve(import.meta.dirname, "../..");

/** A program in one file, which starts in a fraction of the time that its sources take. */
export interface Bundle {
  readonly file: string;
  remove(): Promise<void>;
}

/**
 * Bundles a program of this repository, named from its root. What is native stays outside, with `packages: "external"`
 * all packages do: the program is then loaded as a compiled one is.
 */
export async function bundle(entry: string, options: { packages?: "external" } = {}): Promise<Bundle> {
  // Inside node_modules, so that the packages left outside are found from there.
  const cache = join(await realpath(join(root, "node_modules")), ".cache");
  await mkdir(cache, { recursive: true });
  const dir = await mkdtemp(join(cache, "hawker-fire-"));
  const ours = new RegExp(`^${root.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")}/(src|adapters|flows)/.*\\.ts$`);
  await build({
    entryPoints: { main: join(root, entry) },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outdir: dir,
    outExtension: { ".js": ".mjs" },
    // The first two are native; the third tells an AbortSignal by the name of its class, which bundling changes.
    external: ["lmdb", "esbuild", "grammy"],
    logLevel: "error",
    ...options,
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    plugins: [
      {
        // Modules that read files beside them must look where their source is.
        name: "own-addresses",
        setup: (bundler) =>
          bundler.onLoad({ filter: ours }, async ({ path }) => ({
            loader: "ts",
            contents: (await readFile(path, "utf8"))
              .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
              .replaceAll("import.meta.filename", JSON.stringify(path)),
          })),
      },
    ],
  });
  return { file: join(dir, "main.mjs"), remove: () => rm(dir, { recursive: true, force: true }) };
}

/** A child process that is loaded and waits for its order, or carries it out. */
export class Child {
  readonly #process: ChildProcess;
  readonly #words: Word[] = [];
  readonly #listeners = new Set<() => void>();
  /** What it wrote to its standard output and error. */
  printed = "";
  ended = false;
  readonly exited: Promise<number | null>;

  /** `env` is its whole environment; this process's own if not given. */
  constructor(file: string, env?: Record<string, string>) {
    const stdio: StdioOptions = ["ignore", "pipe", "pipe", "ipc"];
    this.#process = fork(file, { stdio, execArgv: [], ...(env && { env }) });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (chunk) => {
        this.printed += String(chunk);
      });
    }
    this.#process.on("message", (word: Word) => {
      this.#words.push(word);
      for (const listener of this.#listeners) listener();
    });
    this.exited = once(this.#process, "exit").then(([code]: (number | null)[]) => {
      this.ended = true;
      for (const listener of this.#listeners) listener();
      return code ?? null;
    });
  }

  /** Waits for a word of its own; undefined if it ends without. */
  hears(is: Word["is"]): Promise<Word | undefined> {
    return new Promise((heard) => {
      const look = () => {
        const word = this.#words.find((one) => one.is === is);
        if (word === undefined && !this.ended) return;
        this.#listeners.delete(look);
        heard(word);
      };
      this.#listeners.add(look);
      look();
    });
  }

  told(order: Order): void {
    if (this.#process.connected) this.#process.send(order);
  }

  /** Asks it to end. */
  signal(name: "SIGTERM" | "SIGINT"): void {
    this.#process.kill(name);
  }

  /** Ends it at once, wherever it is, and resolves when it is gone. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.exited;
  }
}

/** Keeps a child loaded ahead of need, so that a restart takes no longer than the shop's own start. */
export class Children {
  readonly #file: string;
  readonly #waiting: Child[] = [];
  readonly #spare: number;

  constructor(file: string, spare = 2) {
    this.#file = file;
    this.#spare = spare;
    this.#fill();
  }

  /** A loaded child, which is the caller's from now on. */
  async take(): Promise<Child> {
    const child = this.#waiting.shift() ?? new Child(this.#file);
    this.#fill();
    if (!(await child.hears("ready"))) throw new Error(`The child did not load:\n${child.printed}`);
    return child;
  }

  async close(): Promise<void> {
    await Promise.all(this.#waiting.splice(0).map((child) => child.kill()));
  }

  #fill(): void {
    while (this.#waiting.length < this.#spare) this.#waiting.push(new Child(this.#file));
  }
}
