import { collationIn } from "../collation.ts";
import { MemoryLimit, roughSize } from "../memory-limit.ts";
import type { Patience } from "../patience.ts";
import { Sorter } from "../sorter.ts";
import type { Doc } from "../value.ts";
import type { Scope } from "./expression.ts";
import type { PipelineHost, Stage } from "./stage.ts";

/** A stage ready to run. */
export interface Step {
  name: string;
  run: Stage;
  /** The order of a `$sort`. */
  sort?: Doc;
  /** How many documents of a `$sort` the stages after it can use; 0 for all. */
  limit?: number;
}

/** What a run of a pipeline needs beside its documents. */
export interface Surroundings {
  host: PipelineHost;
  variables: Scope | undefined;
  patience: Patience;
}

type Parts = AsyncGenerator<Doc[]>;

/**
 * Runs a pipeline's stages on documents that come in parts and gives the results as they are ready. Stages that can
 * handle a part at a time hold no more; the others collect their documents, up to the memory limit of a stage.
 *
 * @throws {CommandError} MaxTimeMSExpired, QueryExceededMemoryLimitNoDiskUseAllowed, and what a stage throws.
 */
export async function* stream(
  source: Parts,
  steps: readonly Step[],
  around: Surroundings,
): AsyncGenerator<Doc> {
  let parts = source;
  for (const step of steps) parts = through(parts, step, around);
  for await (const part of parts) yield* part;
}

function through(parts: Parts, step: Step, around: Surroundings): Parts {
  if (step.sort) return sorted(parts, step.sort, step.limit, around);
  return step.run.flow ? flowed(parts, step.run.flow(), around.patience) : collected(parts, step, around);
}

async function* flowed(
  parts: Parts,
  flow: ReturnType<NonNullable<Stage["flow"]>>,
  patience: Patience,
): Parts {
  if (flow.full?.()) return;
  for await (const part of parts) {
    const ready = flow.take(part);
    if (ready.length > 0) yield ready;
    if (flow.full?.()) return;
    if (patience.due()) await patience.pause();
  }
  const rest = flow.end?.() ?? [];
  if (rest.length > 0) yield rest;
}

async function* sorted(
  parts: Parts,
  sort: Doc,
  limit: number | undefined,
  { patience, variables }: Surroundings,
): Parts {
  const sorter = new Sorter<Doc>(sort, limit, "$sort", collationIn(variables));
  for await (const part of parts) {
    for (const doc of part) sorter.add(doc, doc, roughSize(doc));
    if (patience.due()) await patience.pause();
  }
  for await (const doc of sorter.sorted(patience)) yield [doc];
}

async function* collected(parts: Parts, { name, run }: Step, { host, variables }: Surroundings): Parts {
  const writes = name === "$out" || name === "$merge";
  const memory = new MemoryLimit(name);
  const docs: Doc[] = [];
  for await (const part of parts) {
    for (const doc of part) {
      if (!writes) memory.add(roughSize(doc));
      docs.push(doc);
    }
  }
  yield await run(docs, host, variables);
}
