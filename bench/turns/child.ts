import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** What a bot's process tells of itself. */
export interface Sample {
  /** User and system time so far, in milliseconds. */
  readonly cpuMs: number;
  /** After a garbage collection, in megabytes. */
  readonly rssMb: number;
  readonly heapMb: number;
  /** Event loop lag since the last sample, in milliseconds. */
  readonly lagP99: number;
  readonly lagMax: number;
  /** Commands to the store so far, by name and collection. */
  readonly commands: Readonly<Record<string, number>>;
}

/** What may be asked of a bot's process. */
export type Question =
  | { readonly ask: "sample"; readonly collect: boolean }
  | { readonly ask: "customers"; readonly people: number }
  | { readonly ask: "stock"; readonly sku?: string; readonly available: number }
  | {
      readonly ask: "grow";
      readonly products: number;
      readonly customers: number;
      readonly conversations: number;
    }
  | { readonly ask: "flash"; readonly units: number }
  | { readonly ask: "stock of"; readonly sku: string }
  | { readonly ask: "hold"; readonly sku: string; readonly orders: number; readonly atATime: number }
  | { readonly ask: "stop" };

interface Asked {
  readonly id: number;
  readonly question: Question;
}
interface Answered {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** A bot in a process of its own. */
export class Child {
  readonly #process: ChildProcess;
  readonly #open = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  #next = 1;

  private constructor(child: ChildProcess) {
    this.#process = child;
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

  /** Starts a script and waits until it answers. `BENCH_NODE` adds options for node, such as `--cpu-prof`. */
  static async start(script: string, env: Record<string, string>): Promise<Child> {
    const options = (process.env.BENCH_NODE ?? "").split(" ").filter(Boolean);
    const child = spawn(process.execPath, ["--expose-gc", ...options, "--import", "tsx", script], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const started = new Child(child);
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
  }
}

/** The child's end: answers questions until "stop", after which the process must find its own end. */
export function answerQuestions(answer: (question: Question) => unknown): void {
  process.on("disconnect", () => process.exit()); // who asks has ended; after "stop" there is nothing left to lose
  process.on("message", async ({ id, question }: Asked) => {
    const reply = (answered: Omit<Answered, "id">) => process.send?.({ id, ...answered });
    try {
      reply({ answer: (await answer(question)) ?? null });
    } catch (error) {
      reply({ error: error instanceof Error ? String(error.stack) : String(error) });
    }
  });
}
