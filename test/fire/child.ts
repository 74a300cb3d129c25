import { type ChildProcess, fork, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import type { Order, Word } from "./child-orders.ts";

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
