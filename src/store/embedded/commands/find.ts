import { badValue } from "../errors.ts";
import { candidates, matchingInTurns } from "../find.ts";
import { makePlan } from "../planner.ts";
import { compileFilter } from "../query/filter.ts";
import { compileProjection } from "../query/projection.ts";
import { compileSort, sortDocs } from "../query/sort.ts";
import { type Doc, isNumber, Long, RawDoc, toNumber } from "../value.ts";
import {
  type Command,
  type CommandContext,
  checkCollation,
  collectionFor,
  docField,
  flag,
  namespaceOf,
  numberField,
} from "./context.ts";
import { variablesOf } from "./update.ts";

/** A find, read from its command. */
export interface FindQuery {
  filter: Doc;
  sort: Doc | undefined;
  projection: Doc | undefined;
  skip: number;
  limit: number;
}

/** Reads and checks a find's fields. */
export function readQuery(command: Doc): FindQuery {
  const filter = docField(command, "filter") ?? {};
  const sort = docField(command, "sort");
  if (sort && sort.$natural === undefined) compileSort(sort);
  const projection = docField(command, "projection");
  const limit = numberField(command, "limit", true) ?? 0;
  return {
    filter,
    sort: sort && Object.keys(sort).length > 0 ? sort : undefined,
    projection: projection && Object.keys(projection).length > 0 ? projection : undefined,
    skip: numberField(command, "skip") ?? 0,
    limit: Math.abs(limit),
  };
}

/** MongoDB's `find` command. */
export const find: Command = async (context) => {
  const { command, cursors } = context;
  const namespace = namespaceOf(context);
  checkCollation(command);
  const query = readQuery(command);
  const rawLimit = command.limit;
  const single = flag(command, "singleBatch") || (isNumber(rawLimit) && toNumber(rawLimit) < 0);
  const fast = findById(context, query);
  if (fast) return { cursor: { firstBatch: fast, id: Long.ZERO, ns: namespace } };
  const tailable = flag(command, "tailable");
  if (tailable) return { cursor: await tail(context, query, namespace) };
  const source = results(context, query);
  const cursor = await cursors.start(source, {
    namespace,
    batchSize: numberField(command, "batchSize"),
    singleBatch: single,
    noTimeout: flag(command, "noCursorTimeout"),
  });
  return { cursor };
};

/** The common `{ _id: value }` without anything else: the stored bytes go out as they are. */
function findById(context: CommandContext, query: FindQuery): RawDoc[] | undefined {
  const { filter, projection, skip } = query;
  if (projection || skip > 0 || Object.keys(filter).length !== 1 || context.command.hint !== undefined)
    return undefined;
  const collection = collectionFor(context);
  if (!collection || filter._id === undefined) return undefined;
  const plan = makePlan(collection, filter);
  if (plan.kind !== "id") return undefined;
  return [...candidates(context.storage, collection, plan)].map(({ bytes }) => new RawDoc(bytes));
}

/** The results of a find in order. */
export async function* results(context: CommandContext, query: FindQuery): AsyncGenerator<Doc | RawDoc> {
  const { filter, sort, projection, skip, limit } = query;
  const variables = variablesOf(docField(context.command, "let"));
  const match = compileFilter(filter, { variables });
  const project = projection && compileProjection(projection, { filter, variables });
  const collection = collectionFor(context);
  if (!collection) return;
  const natural = sort?.$natural;
  const hint = natural === undefined ? context.command.hint : { $natural: natural };
  const order = natural === undefined ? sort : undefined;
  const plan = makePlan(collection, filter, order, hint);
  const found = matchingInTurns(context.storage, collection, plan, match);
  const shown = (doc: Doc, bytes: Buffer): Doc | RawDoc => (project ? project(doc) : new RawDoc(bytes));
  if (order && !(plan.kind === "index" && plan.sorted)) {
    const all = [];
    for await (const item of found) all.push(item);
    const sorted = sortDocs(all, order, ({ doc }) => doc);
    for (const { doc, bytes } of sorted.slice(skip, limit > 0 ? skip + limit : undefined))
      yield shown(doc, bytes);
    return;
  }
  let seen = 0;
  for await (const { doc, bytes } of found) {
    if (++seen <= skip) continue;
    yield shown(doc, bytes);
    if (limit > 0 && seen >= skip + limit) return;
  }
}

/** A tailable cursor: after the last document it waits for the next one. */
async function tail(context: CommandContext, query: FindQuery, namespace: string): Promise<Doc> {
  const collection = collectionFor(context);
  if (collection && collection.options.capped !== true) {
    throw badValue(
      `error processing query: ns=${namespace} tailable cursor requested on non capped collection`,
    );
  }
  if (!collection) {
    return context.cursors.start(results(context, query), { namespace });
  }
  const match = compileFilter(query.filter);
  const project = query.projection && compileProjection(query.projection, { filter: query.filter });
  let last: number | undefined;
  const source: AsyncIterator<Doc | RawDoc> = {
    async next() {
      const { decode } = await import("../bson-codec.ts");
      for (const { record, bytes } of collection.scan(last, false, 10_000)) {
        last = record;
        const doc = decode(bytes);
        if (match(doc)) return { done: false, value: project ? project(doc) : new RawDoc(bytes) };
      }
      return { done: true, value: undefined };
    },
  };
  const awaits = flag(context.command, "awaitData");
  return context.cursors.start(source, {
    namespace,
    batchSize: numberField(context.command, "batchSize"),
    tail: async (waitMs) => {
      const until = Date.now() + (awaits ? waitMs : 0);
      const newest = (): boolean => !collection.scan(last, false, 1).next().done;
      while (Date.now() < until && !newest()) await new Promise((resolve) => setTimeout(resolve, 20));
    },
  });
}
