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
  /** Commands to the store so far, by name and collection; none where they are not counted. */
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

/** A question on its way. */
export interface Asked {
  readonly id: number;
  readonly question: Question;
}
/** Its answer, or what went wrong. */
export interface Answered {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
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
