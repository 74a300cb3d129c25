import { CommandError, notImplemented } from "../errors.ts";
import { handOn } from "../metadata.ts";
import { asksWords } from "../query/text.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";
import { compileDocumentStage } from "./document-stages.ts";
import type { Scope } from "./expression.ts";
import { each } from "./flow.ts";
import { flowing, type Nested, type PipelineHost, type Stage } from "./stage.ts";
import { stages } from "./stages.ts";
import type { Step } from "./stream.ts";

const askStages = new Set([
  "$collStats",
  "$indexStats",
  "$currentOp",
  "$listSessions",
  "$listLocalSessions",
  "$planCacheStats",
]);
const missing = new Set(["$search", "$searchMeta", "$vectorSearch", "$listSearchIndexes"]);

/** Reads a pipeline's stages. @throws {CommandError} FailedToParse, 40324 for an unknown stage, NotImplemented. */
export function readStages(pipeline: Value): { name: string; operand: Value }[] {
  if (!Array.isArray(pipeline))
    throw new CommandError("TypeMismatch", "'pipeline' option must be specified as an array");
  return pipeline.map((stage) => {
    if (!isDoc(stage))
      throw new CommandError("TypeMismatch", "Each element of the 'pipeline' array must be an object");
    const keys = Object.keys(stage);
    const name = keys[0];
    if (keys.length !== 1 || name === undefined) {
      throw new CommandError(40323, "A pipeline stage specification object must contain exactly one field.");
    }
    return { name, operand: stage[name] as Value };
  });
}

/** Runs a pipeline on documents. */
export async function runPipeline(
  pipeline: Value,
  docs: Doc[],
  host: PipelineHost,
  variables?: Scope,
): Promise<Doc[]> {
  let current = docs;
  for (const { run } of compilePipeline(pipeline, variables)) {
    current = await run(current, host, variables);
  }
  return current;
}

const nested: Nested = { compile: compilePipeline, run: runPipeline };

/** Compiles every stage, so that errors come before anything is read. */
export function compilePipeline(pipeline: Value, variables?: Scope): Step[] {
  const list = readStages(pipeline);
  return list.map(({ name, operand }, at) => {
    if ((name === "$out" || name === "$merge") && at !== list.length - 1) {
      throw new CommandError(40601, `${name} can only be the final stage in the pipeline`);
    }
    if (at > 0) checkLater(name, operand);
    const step: Step = { name, run: compileStage(name, operand, variables) };
    if (name !== "$sort" || !isDoc(operand)) return step;
    return { ...step, sort: operand, limit: limitAfter(list.slice(at + 1)) };
  });
}

/** @throws {CommandError} for a stage that only a search can do, and so only the first one. */
function checkLater(name: string, operand: Value): void {
  if (name === "$geoNear") throw new CommandError(40603, "$geoNear was not the first stage in the pipeline.");
  if (name === "$match" && isDoc(operand) && asksWords(operand))
    throw new CommandError(17313, "$match with $text is only allowed as the first pipeline stage");
}

/** How many documents the stages use, 0 for all: what the `$skip`s and the first `$limit` at their start add up to. */
export function limitAfter(stages: { name: string; operand: Value }[]): number {
  let skip = 0;
  for (const { name, operand } of stages) {
    if (!isNumber(operand)) return 0;
    if (name === "$limit") return skip + toNumber(operand);
    if (name !== "$skip") return 0;
    skip += toNumber(operand);
  }
  return 0;
}

function compileStage(name: string, operand: Value, variables: Scope | undefined): Stage {
  const one = compileDocumentStage(name, operand, variables);
  if (one) return flowing(each((docs) => docs.map((doc) => handOn(doc, one(doc)))));
  const make = Object.hasOwn(stages, name) ? stages[name] : undefined;
  if (make) return make(operand, variables, nested);
  if (name === "$out" || name === "$merge") {
    return async (docs, host) => {
      await host.write(name, operand, docs);
      return [];
    };
  }
  if (askStages.has(name)) return (_, host) => host.ask(name, operand);
  if (name === "$changeStream" || name === "$changeStreamSplitLargeEvent") {
    throw new CommandError(40573, "The $changeStream stage is only supported on replica sets");
  }
  if (missing.has(name)) throw notImplemented(name);
  throw new CommandError(40324, `Unrecognized pipeline stage name: '${name}'`);
}
