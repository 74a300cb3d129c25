import { limitAfter, readStages } from "../aggregate/pipeline.ts";
import { type Collation, withCollation } from "../collation.ts";
import type { Collection } from "../collection.ts";
import { CommandError, failedToParse } from "../errors.ts";
import { matchingInTurns } from "../find.ts";
import type { Plan } from "../planner.ts";
import { compileFilter } from "../query/filter.ts";
import { searching } from "../query/filter-context.ts";
import { type Doc, isDoc } from "../value.ts";
import { leading } from "./aggregate.ts";
import { checkFields } from "./command-fields.ts";
import {
  type Command,
  type CommandContext,
  collationFor,
  docField,
  flag,
  namespaceOf,
  numberField,
} from "./context.ts";
import { countKeys } from "./count-distinct.ts";
import { countsKeys, type Explained, type Run, stagesOf } from "./explain-stages.ts";
import { inOrder } from "./first-match.ts";
import { planFor } from "./plan.ts";

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
  const { command, catalog } = context;
  const namespace = namespaceOf(context);
  const collection = catalog.find(namespace);
  const search = searchOf(command, collection);
  const { filter, sort, hint } = search;
  const [first] = [command.updates, command.deletes].flatMap((list) => (Array.isArray(list) ? list : []));
  const collation = collationFor(isDoc(first) ? first : command, collection);
  const plan = collection && planFor(context, collection, filter, sort, hint, collation);
  const reply: Doc = {
    explainVersion: "1",
    queryPlanner: {
      namespace,
      indexFilterSet: false,
      parsedQuery: filter,
      winningPlan: stagesOf(collection, plan, search),
      rejectedPlans: [],
    },
  };
  if (verbosity !== "queryPlanner") {
    const started = performance.now();
    const run = await counted(context, collection, plan, search, collation);
    const writes = ["count", "update", "delete", "findAndModify", "findandmodify"].includes(search.name);
    reply.executionStats = {
      executionSuccess: true,
      nReturned: writes ? 0 : run.returned,
      executionTimeMillis: Math.round(performance.now() - started),
      totalKeysExamined: run.keys,
      totalDocsExamined: run.docs,
      executionStages: stagesOf(collection, plan, search, run),
      ...(verbosity === "allPlansExecution" ? { allPlansExecution: [] } : {}),
    };
  }
  return {
    ...pipelineOf(command, reply),
    command,
    serverInfo: {
      host: "localhost",
      port: Number(/:(\d+)$/.exec(context.address)?.[1] ?? 27017), // 27017 for a socket, as its file is named in MongoDB
      version: "7.0.0",
      gitVersion: "embedded",
    },
  };
}

/** Stages that MongoDB 7.0 may hand to its query engine, so that `explain` shows one plan and no list of stages. */
const planned = new Set(
  "$match $sort $limit $skip $project $unset $set $addFields $group $lookup $count $geoNear".split(" "),
);

/**
 * A pipeline that the query engine can not do alone: its search as `$cursor`, and the stages that follow (source:
 * MongoDB manual, "Explain Results", "$cursor").
 */
function pipelineOf(command: Doc, reply: Doc): Doc {
  if (!Array.isArray(command.pipeline)) return reply;
  const stages = readStages(command.pipeline);
  if (stages.every(({ name }) => planned.has(name))) return reply;
  const { explainVersion, ...search } = reply;
  const { sort, used } = leading(stages, undefined);
  const rest = command.pipeline.slice(used + Number(sort !== undefined));
  return { explainVersion: explainVersion ?? "1", stages: [{ $cursor: search }, ...rest] };
}

/** Runs a plan as its command would, as far as it reads, and counts what that took. */
async function counted(
  context: CommandContext,
  collection: Collection | undefined,
  plan: Plan | undefined,
  { name, filter, sort, skip, limit }: Explained,
  collation: Collation | undefined,
): Promise<Run> {
  const run: Run = { keys: 0, docs: 0, returned: 0 };
  if (!collection || !plan) return run;
  if (countsKeys(name, plan, filter)) {
    run.returned = await countKeys(context, plan.scan, run);
    return run;
  }
  const most = limit > 0 ? skip + limit : Number.POSITIVE_INFINITY;
  const reads = sort && !inOrder(plan, sort) ? Number.POSITIVE_INFINITY : most;
  let found = 0;
  const match = compileFilter(filter, {
    variables: withCollation(undefined, collation),
    ...searching(collection),
  });
  for await (const _ of matchingInTurns(context.storage, collection, plan, match, context.patience, run))
    if (++found >= reads) break;
  run.returned = Math.max(0, Math.min(found, most) - skip);
  return run;
}

function searchOf(command: Doc, collection: Collection | undefined): Explained {
  const name = Object.keys(command)[0] ?? "";
  const [first] = [command.updates, command.deletes].flatMap((list) => (Array.isArray(list) ? list : []));
  if (isDoc(first)) {
    const one = name === "update" ? !flag(first, "multi") : numberField(first, "limit") === 1;
    return { name, filter: docField(first, "q") ?? {}, hint: first.hint, skip: 0, limit: Number(one) };
  }
  if (Array.isArray(command.pipeline)) {
    const stages = readStages(command.pipeline);
    const { filter, sort, used } = leading(stages, collection);
    const limit = limitAfter(stages.slice(used + Number(sort !== undefined)));
    return { name, filter, sort, hint: command.hint, skip: 0, limit };
  }
  const sort = docField(command, "sort");
  const natural = sort?.$natural;
  const projection = docField(command, "projection");
  const one = name.toLowerCase() === "findandmodify";
  return {
    name,
    filter: docField(command, "filter") ?? docField(command, "query") ?? {},
    sort: sort && natural === undefined && Object.keys(sort).length > 0 ? sort : undefined,
    projection: projection && Object.keys(projection).length > 0 ? projection : undefined,
    hint: natural === undefined ? command.hint : { $natural: natural },
    skip: numberField(command, "skip") ?? 0,
    limit: one ? 1 : Math.abs(numberField(command, "limit", true) ?? 0),
  };
}
