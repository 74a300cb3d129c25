import { runStagesOnDocument } from "../aggregate/document-stages.ts";
import type { Scope } from "../aggregate/expression.ts";
import { compilePipeline, readStages } from "../aggregate/pipeline.ts";
import type { PipelineHost } from "../aggregate/stage.ts";
import { decode, encode } from "../bson-codec.ts";
import { checkNamespace } from "../catalog.ts";
import { equal } from "../compare.ts";
import { CommandError, failedToParse, notImplemented } from "../errors.ts";
import { candidates, matchingInTurns } from "../find.ts";
import { valueAt } from "../path.ts";
import { makePlan } from "../planner.ts";
import { compileFilter } from "../query/filter.ts";
import { clone, type Doc, isDoc, ObjectId, type Value } from "../value.ts";
import {
  type Command,
  type CommandContext,
  checkCollation,
  docField,
  namespaceOf,
  numberField,
} from "./context.ts";
import { insertOne, prepare } from "./insert.ts";
import { collectionStats } from "./stats.ts";
import { variablesOf } from "./update.ts";

/** MongoDB's `aggregate` command. */
export const aggregate: Command = async (context) => {
  const { command, database, cursors } = context;
  checkCollation(command);
  const whole = typeof command.aggregate !== "string";
  const namespace = whole ? `${database}.$cmd.aggregate` : namespaceOf(context);
  if (command.explain !== true && !isDoc(command.cursor)) {
    throw failedToParse("The 'cursor' option is required, except for aggregate with the explain argument");
  }
  const variables = variablesOf(docField(command, "let"));
  const stages = readStages(command.pipeline as Value);
  const compiled = compilePipeline(command.pipeline as Value, variables);
  const host = pipelineHost(context, namespace);
  let docs: Doc[] = [];
  const first = stages[0]?.name ?? "";
  let from = 0;
  if (!whole && !["$documents", "$collStats", "$indexStats"].includes(first)) {
    const { filter, sort, used } = leading(stages);
    from = used;
    docs = await readAll(context, namespace, filter, variables, sort, command.hint);
  }
  for (const { run } of compiled.slice(from)) docs = await run(docs, host, variables);
  const cursor = await cursors.start(listed(docs), {
    namespace,
    batchSize: numberField(docField(command, "cursor") ?? {}, "batchSize"),
  });
  return { cursor };
};

async function* listed(docs: Doc[]): AsyncGenerator<Doc> {
  yield* docs;
}

/** The `$match` at the pipeline's start, which the planner can serve. */
export function leading(stages: { name: string; operand: Value }[]): {
  filter: Doc;
  sort: Doc | undefined;
  used: number;
} {
  const [first] = stages;
  if (first?.name === "$match" && isDoc(first.operand))
    return { filter: first.operand, sort: undefined, used: 1 };
  return { filter: {}, sort: undefined, used: 0 };
}

async function readAll(
  context: CommandContext,
  namespace: string,
  filter: Doc,
  variables: Scope | undefined,
  sort?: Doc,
  hint?: Value,
): Promise<Doc[]> {
  const match = compileFilter(filter, { variables });
  const collection = context.catalog.find(namespace);
  if (!collection) return [];
  const plan = makePlan(collection, filter, sort, hint);
  const docs: Doc[] = [];
  for await (const { doc } of matchingInTurns(context.storage, collection, plan, match)) docs.push(doc);
  return docs;
}

function pipelineHost(context: CommandContext, namespace: string): PipelineHost {
  const { database } = context;
  return {
    database,
    read: (collection, filter, variables) => readAll(context, `${database}.${collection}`, filter, variables),
    write: (name, operand, docs) =>
      name === "$out" ? out(context, operand, docs) : merge(context, operand, docs),
    ask: async (name, operand) => {
      const collection = context.catalog.find(namespace);
      if (name === "$collStats") {
        if (!collection) throw new CommandError("NamespaceNotFound", `Collection [${namespace}] not found.`);
        const result: Doc = { ns: namespace, localTime: new Date() };
        const wanted = isDoc(operand) ? operand : {};
        if (wanted.count !== undefined) result.count = collection.count;
        if (wanted.storageStats !== undefined) result.storageStats = collectionStats(collection);
        return [result];
      }
      if (name === "$indexStats") {
        return (collection?.indexes ?? []).map((index) => ({
          name: index.name,
          key: index.spec.key as Value,
          host: context.address,
          accesses: { ops: index.uses, since: context.startedAt },
          spec: index.spec,
        }));
      }
      if (name === "$listLocalSessions" || name === "$listSessions" || name === "$currentOp") return [];
      throw notImplemented(name);
    },
  };
}

function target(context: CommandContext, given: Value | undefined): string {
  if (typeof given === "string") return `${context.database}.${given}`;
  if (isDoc(given) && typeof given.db === "string" && typeof given.coll === "string")
    return `${given.db}.${given.coll}`;
  throw new CommandError(16990, "$out and $merge need a collection's name");
}

async function out(context: CommandContext, operand: Value, docs: Doc[]): Promise<void> {
  const namespace = target(context, operand);
  checkNamespace(namespace);
  await context.storage.write(() => {
    const old = context.catalog.find(namespace);
    const ids = new Set<string>();
    const ready = docs.map((doc) => prepare(doc));
    for (const doc of ready) {
      const id = encode({ _id: doc._id as Value }).toString("latin1");
      if (ids.has(id))
        throw new CommandError(
          "DuplicateKey",
          `E11000 duplicate key error collection: ${namespace} index: _id_`,
        );
      ids.add(id);
    }
    const indexes = old?.indexes ?? [];
    if (old) context.catalog.drop(old);
    const fresh = context.catalog.create(namespace, old?.options ?? {});
    for (const doc of ready) fresh.insert(doc, encode(doc));
    for (const index of indexes) if (!index.isId) context.catalog.addIndex(fresh, index);
  });
}

async function merge(context: CommandContext, operand: Value, docs: Doc[]): Promise<void> {
  const spec: Doc = isDoc(operand) ? operand : { into: operand };
  const namespace = target(context, spec.into);
  const on =
    spec.on === undefined ? ["_id"] : Array.isArray(spec.on) ? spec.on.map(String) : [String(spec.on)];
  const existing = context.catalog.find(namespace);
  if (on.join() !== "_id") {
    const unique = existing?.indexes.some(
      (index) => index.unique && [...index.paths].sort().join() === [...on].sort().join(),
    );
    if (!unique) throw new CommandError(51183, "Cannot find index to verify that join fields will be unique");
  }
  const matched = spec.whenMatched ?? "merge";
  const notMatched = spec.whenNotMatched ?? "insert";
  for (const given of docs) {
    await context.storage.write(() => {
      const doc = on.includes("_id") || given._id !== undefined ? given : { _id: new ObjectId(), ...given };
      const filter: Doc = {};
      for (const path of on) {
        const value = valueAt(doc, path.split("."));
        if (value === undefined && path !== "_id")
          throw new CommandError(
            51132,
            "$merge write error: 'on' field cannot be missing, null, undefined or an array",
          );
        if (value !== undefined) filter[path] = { $eq: value };
      }
      const collection = context.catalog.ensure(namespace);
      const match = compileFilter(filter);
      const plan = makePlan(collection, filter);
      for (const { record, bytes } of candidates(context.storage, collection, plan)) {
        const old = decode(bytes);
        if (Object.keys(filter).length === 0 || !match(old)) continue;
        if (matched === "fail")
          throw new CommandError("DuplicateKey", "$merge with whenMatched: fail found an existing document");
        if (matched === "keepExisting") return;
        let next: Doc;
        if (Array.isArray(matched)) {
          const scope = new Map<string, Value | undefined>([["new", doc]]);
          next = runStagesOnDocument(matched.filter(isDoc), clone(old), scope);
        } else next = matched === "replace" ? { ...doc } : { ...old, ...doc };
        if (!equal(next._id, old._id)) next = { ...next, _id: old._id as Value };
        collection.replace(record, old, bytes, prepare(next));
        return;
      }
      if (notMatched === "fail")
        throw new CommandError(13113, "$merge could not find a matching document in the target collection");
      if (notMatched === "insert") insertOne(context, namespace, doc);
    });
  }
}
