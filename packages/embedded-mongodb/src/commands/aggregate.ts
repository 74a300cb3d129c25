import { runStagesOnDocument } from "../aggregate/document-stages.ts";
import type { Scope } from "../aggregate/expression.ts";
import { geoNearFilter } from "../aggregate/geo-near.ts";
import { compilePipeline, readStages, runPipeline } from "../aggregate/pipeline.ts";
import type { PipelineHost } from "../aggregate/stage.ts";
import { stream } from "../aggregate/stream.ts";
import { decode } from "../bson-reader.ts";
import { encode } from "../bson-writer.ts";
import { collationIn, withCollation } from "../collation.ts";
import type { Collection } from "../collection.ts";
import { equal } from "../compare.ts";
import { checkDocument } from "../document-validation.ts";
import { CommandError, failedToParse, notImplemented } from "../errors.ts";
import { candidates, distinctRecords, type Found, matchingInTurns } from "../find.ts";
import { checkNamespace, databaseOf } from "../namespace.ts";
import { valueAt } from "../path.ts";
import { type IndexScan, isExact, makePlan } from "../planner.ts";
import { compileFilter } from "../query/filter.ts";
import { searching } from "../query/filter-context.ts";
import { nearOrder } from "../query/sort.ts";
import { Sorter } from "../sorter.ts";
import { clone, type Doc, isDoc, isNumber, ObjectId, type Value } from "../value.ts";
import {
  type Command,
  type CommandContext,
  collationFor,
  docField,
  flag,
  namespaceOf,
  numberField,
} from "./context.ts";
import { currentOperations } from "./current-operation.ts";
import { inOrder } from "./first-match.ts";
import { insertOne, prepare } from "./insert.ts";
import { planFor } from "./plan.ts";
import { collectionStats } from "./stats.ts";
import { variablesOf } from "./update.ts";
import { isView, resolveView } from "./view-definition.ts";

/** MongoDB's `aggregate` command. */
export const aggregate: Command = async (context) => {
  const { command, database, cursors } = context;
  const whole = typeof command.aggregate !== "string";
  const namespace = whole ? `${database}.$cmd.aggregate` : namespaceOf(context);
  if (command.explain !== true && !isDoc(command.cursor)) {
    throw failedToParse("The 'cursor' option is required, except for aggregate with the explain argument");
  }
  const collation = collationFor(command, whole ? undefined : context.catalog.find(namespace));
  const variables = withCollation(variablesOf(docField(command, "let")), collation);
  const stages = readStages(command.pipeline as Value);
  const compiled = compilePipeline(command.pipeline as Value, variables);
  const host = pipelineHost(context, namespace);
  const around = { host, variables, patience: context.patience };
  const readsNothing = whole || ["$documents", "$collStats", "$indexStats"].includes(stages[0]?.name ?? "");
  const { parts, used } = readsNothing
    ? { parts: oneEmptyPart(), used: 0 }
    : reading(context, namespace, stages, variables);
  const cursor = await cursors.start(stream(parts, compiled.slice(used), around), {
    namespace,
    batchSize: numberField(docField(command, "cursor") ?? {}, "batchSize"),
    patience: context.patience,
  });
  return { cursor };
};

/** The documents a pipeline starts from, and how many of its stages the search has done already. */
function reading(
  context: CommandContext,
  namespace: string,
  stages: { name: string; operand: Value }[],
  variables: Scope | undefined,
): { parts: AsyncGenerator<Doc[]>; used: number } {
  const collection = context.catalog.find(namespace);
  const { filter, sort, used } = leading(stages, collection);
  const order = stages[0]?.name === "$geoNear" ? nearOrder(filter) : undefined;
  // Only its own stage orders a pipeline by distance.
  const searched = order ? searching(collection) : { words: collection ?? {} };
  const match = compileFilter(filter, { variables, patience: context.patience, ...searched });
  if (!collection) return { parts: oneEmptyPart(), used };
  const plan = planFor(context, collection, filter, sort, context.command.hint, collationIn(variables));
  if (plan.kind === "index" && isExact(plan.scan, filter) && readsNoField(stages[used]))
    return { parts: keysInParts(context, plan.scan), used };
  const found = matchingInTurns(context.storage, collection, plan, match, context.patience);
  if (order) return { parts: inParts(sorted(context, found, order)), used };
  return { parts: inParts(found), used: used + Number(sort !== undefined && inOrder(plan, sort)) };
}

async function* sorted(
  { patience }: CommandContext,
  found: AsyncGenerator<Found>,
  order: Doc,
): AsyncGenerator<Found> {
  const sorter = new Sorter<Found>(order, 0, "$geoNear");
  for await (const each of found) sorter.add(each, each.doc, each.bytes.length);
  yield* sorter.sorted(patience);
}

/** Whether a stage only counts, as the one that drivers make of countDocuments. */
function readsNoField(stage: { name: string; operand: Value } | undefined): boolean {
  if (stage?.name === "$count") return true;
  if (stage?.name !== "$group" || !isDoc(stage.operand)) return false;
  const { _id, ...fields } = stage.operand;
  const counts = Object.values(fields).every(
    (field) => isDoc(field) && (isNumber(field.$sum) || field.$count !== undefined),
  );
  return counts && (_id === null || isNumber(_id));
}

/** An empty document for each key of a scan, without reading what it stands for. */
async function* keysInParts({ storage, patience }: CommandContext, scan: IndexScan): AsyncGenerator<Doc[]> {
  const nothing: Doc = {};
  let part: Doc[] = [];
  for (const _ of distinctRecords(storage, [scan])) {
    part.push(nothing);
    if (part.length === 128) {
      yield part;
      part = [];
      if (patience.due()) await patience.pause();
    }
  }
  yield part;
}

async function* oneEmptyPart(): AsyncGenerator<Doc[]> {
  yield [];
}

/** Documents handed on together: the first ones few, as a `$limit` may want no more. */
async function* inParts(found: AsyncGenerator<Found>): AsyncGenerator<Doc[]> {
  let size = 1;
  let part: Doc[] = [];
  for await (const { doc } of found) {
    part.push(doc);
    if (part.length < size) continue;
    yield part;
    part = [];
    size = Math.min(2 * size, 128);
  }
  yield part;
}

/**
 * The `$match` and the `$sort` at the pipeline's start, which the planner can serve; `used` counts the `$match`. A
 * `$geoNear` is searched for too, and stays to tell the distances.
 */
export function leading(
  stages: { name: string; operand: Value }[],
  collection: Collection | undefined,
): {
  filter: Doc;
  sort: Doc | undefined;
  used: number;
} {
  const [first] = stages;
  if (first?.name === "$geoNear")
    return {
      filter: collection ? geoNearFilter(first.operand, collection.indexes) : {},
      sort: undefined,
      used: 0,
    };
  const used = first?.name === "$match" && isDoc(first.operand) ? 1 : 0;
  const next = stages[used];
  return {
    filter: used === 1 ? (first?.operand as Doc) : {},
    sort: next?.name === "$sort" && isDoc(next.operand) ? next.operand : undefined,
    used,
  };
}

async function readAll(
  context: CommandContext,
  namespace: string,
  filter: Doc,
  variables: Scope | undefined,
): Promise<Doc[]> {
  const collection = context.catalog.find(namespace);
  const match = compileFilter(filter, { variables, words: collection ?? {} });
  if (!collection) return [];
  const plan = planFor(context, collection, filter, undefined, undefined, collationIn(variables));
  const docs: Doc[] = [];
  for await (const { doc } of matchingInTurns(context.storage, collection, plan, match, context.patience))
    docs.push(doc);
  return docs;
}

/** The documents another collection, or a view, gives to a stage. */
async function readJoined(
  context: CommandContext,
  namespace: string,
  filter: Doc,
  variables: Scope | undefined,
): Promise<Doc[]> {
  const view = context.catalog.find(namespace);
  if (!view || !isView(view)) return readAll(context, namespace, filter, variables);
  const { source, pipeline } = resolveView(context.catalog, view);
  const sourceName = `${databaseOf(namespace)}.${source}`;
  const docs = await readAll(context, sourceName, {}, undefined);
  const shown = await runPipeline(pipeline, docs, pipelineHost(context, sourceName));
  return shown.filter(compileFilter(filter, { variables }));
}

function pipelineHost(context: CommandContext, namespace: string): PipelineHost {
  const { database } = context;
  return {
    database,
    read: (collection, filter, variables) =>
      readJoined(context, `${database}.${collection}`, filter, variables),
    write: (name, operand, docs) =>
      name === "$out" ? out(context, operand, docs) : merge(context, operand, docs),
    ask: async (name, operand) => {
      const collection = context.catalog.find(namespace);
      if (name === "$collStats") {
        if (!collection) throw new CommandError("NamespaceNotFound", `Collection [${namespace}] not found.`);
        const result: Doc = { ns: namespace, localTime: new Date() };
        const wanted = isDoc(operand) ? operand : {};
        if (wanted.count !== undefined) result.count = collection.count;
        const storage = docField(wanted, "storageStats");
        if (storage) result.storageStats = collectionStats(collection, storage);
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
      if (name === "$listLocalSessions" || name === "$listSessions") {
        return context.sessions.list();
      }
      if (name === "$currentOp") return currentOperations(context, isDoc(operand) ? operand : {});
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
    // Under another name first: what is there stays when a document is refused.
    const aside = `${databaseOf(namespace)}.tmp.agg_out.${crypto.randomUUID()}`;
    const fresh = context.catalog.create(aside, old?.options ?? {});
    try {
      for (const index of indexes) if (!index.isId) context.catalog.addIndex(fresh, index);
      for (const doc of ready) {
        if (!flag(context.command, "bypassDocumentValidation")) checkDocument(fresh, doc);
        fresh.insert(doc, encode(doc));
      }
    } catch (error) {
      context.catalog.drop(fresh);
      throw error;
    }
    if (old) context.catalog.drop(old);
    context.catalog.rename(fresh, namespace);
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
        if (matched === "fail") {
          // The unique key that the join needs refuses it, with the error of any insert.
          insertOne(context, namespace, doc);
          return;
        }
        if (matched === "keepExisting") return;
        let next: Doc;
        if (Array.isArray(matched)) {
          const scope = new Map<string, Value | undefined>([["new", doc]]);
          next = runStagesOnDocument(matched.filter(isDoc), clone(old), scope);
        } else next = matched === "replace" ? { ...doc } : { ...old, ...doc };
        if (!equal(next._id, old._id)) next = { ...next, _id: old._id as Value };
        const ready = prepare(next);
        if (!flag(context.command, "bypassDocumentValidation")) checkDocument(collection, ready, old);
        collection.replace(record, old, bytes, ready);
        return;
      }
      if (notMatched === "fail")
        throw new CommandError(13113, "$merge could not find a matching document in the target collection");
      if (notMatched === "insert") insertOne(context, namespace, doc);
    });
  }
}
