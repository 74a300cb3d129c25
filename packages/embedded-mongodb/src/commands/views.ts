import { compilePipeline, readStages } from "../aggregate/pipeline.ts";
import { decode } from "../bson-reader.ts";
import { canonical, compareBy } from "../collation.ts";
import type { Collection } from "../collection.ts";
import { badValue, CommandError } from "../errors.ts";
import { encodeValue } from "../key-encoding.ts";
import { valuesAt } from "../path.ts";
import { type Doc, isDoc, isNumber, Long, RawDoc, toNumber, type Value } from "../value.ts";
import { aggregate } from "./aggregate.ts";
import { type Command, type CommandContext, collationFor, docField, flag, numberField } from "./context.ts";
import { isView, resolveView } from "./view-definition.ts";

/** The commands that work on a view as on a collection; all others but `drop` and `collMod` refuse it. */
const reading: Readonly<Record<string, (context: CommandContext, pipeline: Value[]) => Promise<Doc>>> = {
  find: findInView,
  aggregate: (context, pipeline) =>
    run(context, [...pipeline, ...listOf(context.command.pipeline)], context.command),
  count: countInView,
  distinct: distinctInView,
};
const needsCollection = new Set([
  "insert",
  "update",
  "delete",
  "findAndModify",
  "findandmodify",
  "createIndexes",
  "listIndexes",
  "dropIndexes",
  "deleteIndexes",
  "collStats",
  "collstats",
  "validate",
]);

/**
 * Reads the options of a view from `create` or `collMod`; its pipeline is compiled to see that it can be run.
 *
 * @throws {CommandError} OptionNotSupportedOnView (167) for a pipeline that writes, and what compiling throws.
 */
export function readView(command: Doc): Doc {
  const { viewOn } = command;
  if (typeof viewOn !== "string" || viewOn === "") throw badValue("'viewOn' cannot be empty");
  const pipeline = command.pipeline ?? [];
  for (const { name } of readStages(pipeline)) {
    if (name === "$out" || name === "$merge")
      throw new CommandError(
        "OptionNotSupportedOnView",
        `The aggregation stage ${name} in a view is not allowed`,
      );
  }
  compilePipeline(pipeline);
  return { viewOn, pipeline };
}

/**
 * How a command runs when its collection is a view; `undefined` when it is none, or the command takes both alike.
 *
 * @throws {CommandError} CommandNotSupportedOnView (166).
 */
export function onView(name: string, context: CommandContext): Command | undefined {
  const given = context.command[name];
  const namespace = `${context.database}.${String(given)}`;
  const view = typeof given === "string" ? context.catalog.find(namespace) : undefined;
  if (!view || !isView(view)) return undefined;
  if (needsCollection.has(name))
    throw new CommandError("CommandNotSupportedOnView", `Namespace ${namespace} is a view, not a collection`);
  const read = Object.hasOwn(reading, name) ? reading[name] : undefined;
  if (!read) return undefined;
  return (given) => {
    const { source, pipeline } = resolveView(given.catalog, view);
    // A view has a collation of its own, whatever its source's is (source: MongoDB manual, "Views", Collation).
    const collation = view.options.collation ?? { locale: "simple" };
    checkViewCollation(given, view);
    return read({ ...given, command: { ...given.command, [name]: source, collation } }, pipeline);
  };
}

/** @throws {CommandError} OptionNotSupportedOnView (167) for a collation that is not the view's own. */
function checkViewCollation({ command }: CommandContext, view: Collection): void {
  const { collation } = command;
  if (!isDoc(collation) || Object.keys(collation).length === 0) return;
  if (collationFor(command, undefined) !== collationFor({}, view))
    throw new CommandError("OptionNotSupportedOnView", "Cannot override a view's default collation");
}

const listOf = (value: Value | undefined): Value[] => (Array.isArray(value) ? value : []);

/** Runs a pipeline on the source with what a command shares with `aggregate`. */
async function run(context: CommandContext, pipeline: Value[], command: Doc): Promise<Doc> {
  const source = context.command[Object.keys(context.command)[0] as string] as Value;
  const { collation, hint, let: variables } = command;
  return aggregate({
    ...context,
    command: {
      aggregate: source,
      pipeline,
      cursor: command.cursor ?? {},
      ...(collation === undefined ? {} : { collation }),
      ...(hint === undefined ? {} : { hint }),
      ...(variables === undefined ? {} : { let: variables }),
    },
  });
}

function findInView(context: CommandContext, pipeline: Value[]): Promise<Doc> {
  const { command } = context;
  const sort = docField(command, "sort");
  const projection = docField(command, "projection");
  const skip = numberField(command, "skip") ?? 0;
  const limit = Math.abs(numberField(command, "limit", true) ?? 0);
  const batch = numberField(command, "batchSize");
  const stages: Value[] = [{ $match: docField(command, "filter") ?? {} }];
  if (sort && Object.keys(sort).length > 0 && sort.$natural === undefined) stages.push({ $sort: sort });
  if (skip > 0) stages.push({ $skip: skip });
  // One batch is all there is, so nothing may be left for a second one.
  const most =
    flag(command, "singleBatch") && batch !== undefined && (limit === 0 || batch < limit) ? batch : limit;
  if (most > 0) stages.push({ $limit: most });
  if (projection && Object.keys(projection).length > 0) stages.push({ $project: projection });
  const size: Doc = batch === undefined || flag(command, "singleBatch") ? {} : { batchSize: batch };
  return run(context, [...pipeline, ...stages], { ...command, cursor: size });
}

async function countInView(context: CommandContext, pipeline: Value[]): Promise<Doc> {
  const { command } = context;
  const skip = numberField(command, "skip") ?? 0;
  const limit = Math.abs(numberField(command, "limit", true) ?? 0);
  const stages: Value[] = [{ $match: docField(command, "query") ?? {} }];
  if (skip > 0) stages.push({ $skip: skip });
  if (limit > 0) stages.push({ $limit: limit });
  const [result] = await all(context, [...pipeline, ...stages, { $count: "n" }]);
  return { n: isNumber(result?.n) ? toNumber(result.n) : 0 };
}

async function distinctInView(context: CommandContext, pipeline: Value[]): Promise<Doc> {
  const key = String(context.command.key);
  const collation = collationFor(context.command, undefined);
  const same = canonical(collation);
  const found = new Map<string, Value>();
  for (const doc of await all(context, [...pipeline, { $match: docField(context.command, "query") ?? {} }])) {
    for (const value of valuesAt(doc, key)) {
      if (value !== undefined) found.set(encodeValue(same(value)).toString("latin1"), value);
    }
  }
  return { values: [...found.values()].sort(compareBy(collation)) };
}

/** Every document of a pipeline's result. */
async function all(context: CommandContext, pipeline: Value[]): Promise<Doc[]> {
  const { cursor } = await run(context, pipeline, { ...context.command, cursor: { batchSize: 1000 } });
  if (!isDoc(cursor)) return [];
  const docs = listOf(cursor.firstBatch);
  const namespace = String(cursor.ns);
  let id = cursor.id;
  while (id instanceof Long && !id.isZero()) {
    const next: Doc = await context.cursors.more(id.toBigInt(), namespace, 1000);
    for (const doc of listOf(next.nextBatch)) docs.push(doc);
    id = next.id;
  }
  return docs.map((doc) => (doc instanceof RawDoc ? decode(doc.bytes) : doc)).filter(isDoc);
}
