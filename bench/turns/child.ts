import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type Bundle, bundle } from "../../test/setup/bundle.ts";
import type { Answered, Asked, Question, Sample } from "./questions.ts";

/** A bot in a process of its own. */
export class Child {
  readonly #process: ChildProcess;
  readonly #program: Bundle;
  readonly #open = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  #next = 1;

  private constructor(child: ChildProcess, program: Bundle) {
    this.#process = child;
    this.#program = program;
    child.on("message", (message: Answered) => {
      const open = this.#open.get(message.id);
      this.#open.delete(message.id);
      if (message.error === undefined) open?.resolve(message.answer);
      else open?.reject(new Error(message.error));
    });
    child.on("exit", (code) => {
      for (const { reject } of this.#open.values()) reject(new Error(`The bot's process ended (${code}).`));
    });
  }

  /**
   * Starts a program of this repository and waits until it answers. It is compiled and run with the options of `npm start`,
   * as a service is; `BENCH_NODE` adds others for node, such as `--cpu-prof`.
   */
  static async start(script: string, env: Record<string, string>): Promise<Child> {
    const options = (process.env.BENCH_NODE ?? "").split(" ").filter(Boolean);
    const program = await bundle(script, { packages: "external" });
    const child = spawn(process.execPath, ["--expose-gc", ...startOptions(), ...options, program.file], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const started = new Child(child, program);
    await started.sample(false);
    return started;
  }

  /** Asks something; rejects with what went wrong there. */
  ask(question: Question): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.#process.send({ id, question } satisfies Asked);
    });
  }

  async sample(collect = true): Promise<Sample> {
    return (await this.ask({ ask: "sample", collect })) as Sample;
  }

  /** Ends the process in its own way. */
  async stop(): Promise<void> {
    const exited = once(this.#process, "exit");
    await this.ask({ ask: "stop" });
    this.#process.disconnect();
    await exited;
    await this.#program.remove();
  }
}

/** What `npm start` tells node, but for the loader of TypeScript. */
function startOptions(): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const [, options] = /^node (.*) --import tsx /.exec(String(scripts.start)) ?? [];
  if (options === undefined) throw new Error("npm start does not start node");
  return options.split(" ");
}
