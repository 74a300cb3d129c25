import { readStages } from "../aggregate/pipeline.ts";
import { CommandError, failedToParse } from "../errors.ts";
import { matchingInTurns } from "../find.ts";
import { makePlan, type Plan } from "../planner.ts";
import { compileFilter } from "../query/filter.ts";
import { type Doc, isDoc, type Value } from "../value.ts";
import { leading } from "./aggregate.ts";
import { checkFields } from "./command-fields.ts";
import { type Command, type CommandContext, docField, namespaceOf } from "./context.ts";

const verbosities = new Set(["queryPlanner", "executionStats", "allPlansExecution"]);
const explainable = new Set([
  "find",
  "aggregate",
  "count",
  "distinct",
  "update",
  "delete",
  "findAndModify",
  "findandmodify",
]);

/** `explain`: the plan, and with `executionStats` what it cost. */
export const explain: Command = async (context) => {
  const inner = docField(context.command, "explain");
  if (!inner) throw new CommandError("TypeMismatch", "explain needs a command");
  const [name = ""] = Object.keys(inner);
  if (!explainable.has(name))
    throw new CommandError("CommandNotFound", `Explain failed due to unknown command: ${name}`);
  checkFields(name, inner);
  const { verbosity = "allPlansExecution" } = context.command;
  if (typeof verbosity !== "string" || !verbosities.has(verbosity))
    throw failedToParse(
      "verbosity string must be one of {'queryPlanner', 'executionStats', 'allPlansExecution'}",
    );
  return explainCommand({ ...context, command: inner }, verbosity);
};

/** Explains the context's command. */
export async function explainCommand(context: CommandContext, verbosity: string): Promise<Doc> {
  const { command, catalog, storage } = context;
  const namespace = namespaceOf(context);
  const { filter, sort, hint } = searchOf(command);
  const match = compileFilter(filter);
  const collection = catalog.find(namespace);
  const plan: Plan | undefined = collection && makePlan(collection, filter, sort, hint);
  const stage = stageOf(plan, sort);
  const reply: Doc = {
    explainVersion: "1",
    queryPlanner: {
      namespace,
      indexFilterSet: false,
      parsedQuery: filter,
      winningPlan: stage,
      rejectedPlans: [],
    },
  };
  if (verbosity !== "queryPlanner") {
    let found = 0;
    const started = performance.now();
    if (collection && plan)
      for await (const _ of matchingInTurns(storage, collection, plan, match, context.patience)) found++;
    reply.executionStats = {
      executionSuccess: true,
      nReturned: found,
      executionTimeMillis: Math.round(performance.now() - started),
      totalKeysExamined: plan?.kind === "collection" ? 0 : found,
      totalDocsExamined: plan?.kind === "collection" ? (collection?.count ?? 0) : found,
      executionStages: stage,
      ...(verbosity === "allPlansExecution" ? { allPlansExecution: [] } : {}),
    };
  }
  return {
    ...reply,
    command,
    serverInfo: {
      host: "localhost",
      port: Number(context.address.split(":").at(-1)),
      version: "7.0.0",
      gitVersion: "embedded",
    },
  };
}

function searchOf(command: Doc): { filter: Doc; sort: Doc | undefined; hint: Value | undefined } {
  const [first] = [command.updates, command.deletes].flatMap((list) => (Array.isArray(list) ? list : []));
  if (isDoc(first)) return { filter: docField(first, "q") ?? {}, sort: undefined, hint: first.hint };
  if (Array.isArray(command.pipeline)) {
    return { ...leading(readStages(command.pipeline)), hint: command.hint };
  }
  const sort = docField(command, "sort");
  return {
    filter: docField(command, "filter") ?? docField(command, "query") ?? {},
    sort: sort && Object.keys(sort).length > 0 ? sort : undefined,
    hint: command.hint,
  };
}

function stageOf(plan: Plan | undefined, sort: Doc | undefined): Doc {
  if (!plan) return { stage: "EOF" };
  let stage: Doc;
  if (plan.kind === "collection")
    stage = { stage: "COLLSCAN", direction: plan.reverse ? "backward" : "forward" };
  else if (plan.kind === "id") stage = { stage: "IDHACK" };
  else if (plan.kind === "union") {
    stage = { stage: "FETCH", inputStage: { stage: "OR", inputStages: plan.scans.map(scanStage) } };
  } else stage = { stage: "FETCH", inputStage: scanStage(plan.scan) };
  const sorted = plan.kind === "index" && plan.sorted;
  return sort && !sorted ? { stage: "SORT", sortPattern: sort, inputStage: stage } : stage;
}

function scanStage({
  index,
  ranges,
  reverse,
}: {
  index: { name: string; spec: Doc; multikey: boolean; unique: boolean; sparse: boolean; partial?: Doc };
  ranges: unknown[];
  reverse: boolean;
}): Doc {
  return {
    stage: "IXSCAN",
    keyPattern: index.spec.key as Value,
    indexName: index.name,
    isMultiKey: index.multikey,
    isUnique: index.unique,
    isSparse: index.sparse,
    isPartial: index.partial !== undefined,
    direction: reverse ? "backward" : "forward",
    seeks: ranges.length,
  };
}
