import { decode } from "../bson-reader.ts";
import { type Collation, withCollation } from "../collation.ts";
import type { Stored } from "../collection.ts";
import { badValue, CommandError, failedToParse } from "../errors.ts";
import { candidates, type Found, matchingInTurns } from "../find.ts";
import { valueAt } from "../path.ts";
import { makePlan, type Plan } from "../planner.ts";
import { compileFilter } from "../query/filter.ts";
import { searching } from "../query/filter-context.ts";
import { asksNear } from "../query/geo.ts";
import type { Match } from "../query/match.ts";
import { compileProjection } from "../query/projection.ts";
import { compileSort, nearOrder } from "../query/sort.ts";
import { asksWords } from "../query/text.ts";
import { Sorter } from "../sorter.ts";
import { type Doc, isNumber, Long, RawDoc, setField, type Timestamp, toNumber } from "../value.ts";
import {
  type Command,
  type CommandContext,
  collationFor,
  collectionFor,
  docField,
  flag,
  namespaceOf,
  numberField,
} from "./context.ts";
import { inOrder } from "./first-match.ts";
import { keyLimits } from "./key-limits.ts";
import { planFor } from "./plan.ts";
import { matchingInSnapshot, snapshotTime } from "./snapshot-find.ts";
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
  const query = readQuery(command);
  const rawLimit = command.limit;
  const single = flag(command, "singleBatch") || (isNumber(rawLimit) && toNumber(rawLimit) < 0);
  const atClusterTime = snapshotTime(context);
  const fast = atClusterTime ? undefined : findById(context, query);
  if (fast) return { cursor: { firstBatch: fast, id: Long.ZERO, ns: namespace } };
  const tailable = flag(command, "tailable");
  if (flag(command, "awaitData") && !tailable)
    throw failedToParse("Cannot set 'awaitData' without also setting 'tailable'");
  if (tailable) {
    checkTail(query, single);
    return { cursor: await tail(context, query, namespace) };
  }
  const source = results(context, query, atClusterTime);
  const cursor = await cursors.start(source, {
    namespace,
    batchSize: numberField(command, "batchSize"),
    singleBatch: single,
    patience: context.patience,
    noTimeout: flag(command, "noCursorTimeout"),
  });
  return { cursor: { ...cursor, ...(atClusterTime ? { atClusterTime } : {}) } };
};

/** The common `{ _id: value }` without anything else: the stored bytes go out as they are. */
function findById(context: CommandContext, query: FindQuery): RawDoc[] | undefined {
  const { filter, projection, skip } = query;
  if (flag(context.command, "returnKey") || flag(context.command, "showRecordId")) return undefined;
  if (projection || skip > 0 || Object.keys(filter).length !== 1 || context.command.hint !== undefined)
    return undefined;
  const collection = collectionFor(context);
  if (!collection || filter._id === undefined) return undefined;
  const plan = makePlan(collection, filter, undefined, undefined, collationFor(context.command, collection));
  if (plan.kind !== "id") return undefined;
  return [...candidates(context.storage, collection, plan)].map(({ bytes }) => new RawDoc(bytes));
}

/** The results of a find in order; the query is compiled and planned at once, so that its errors come first. */
export function results(
  context: CommandContext,
  query: FindQuery,
  atClusterTime?: Timestamp,
): AsyncGenerator<Doc | RawDoc> {
  const { filter, projection } = query;
  const sort = query.sort ?? nearOrder(filter);
  const collection = collectionFor(context);
  const collation = collationFor(context.command, collection);
  const variables = withCollation(variablesOf(docField(context.command, "let")), collation);
  const match = compileFilter(filter, {
    variables,
    patience: context.patience,
    ...searching(collection),
  });
  const project = projection && compileProjection(projection, { filter, variables });
  const searches = asksWords(filter) || asksNear(filter);
  const read = (bytes: Buffer): Doc => {
    const doc = decode(bytes);
    // What the search knows of a document went with the document when only its bytes were kept.
    if (searches) match(doc);
    return doc;
  };
  if (atClusterTime) {
    const { storage, patience } = context;
    const found = matchingInSnapshot(storage, namespaceOf(context), atClusterTime, match, patience);
    const order = sort?.$natural === undefined ? sort : undefined;
    const shown = shaper(context.command, project, undefined, read);
    return part(order ? sortedFound(context, found, order, query, collation) : found, query, shown);
  }
  if (!collection) return nothing();
  const natural = sort?.$natural;
  const hint = natural === undefined ? context.command.hint : { $natural: natural };
  // A clustered collection lies in the order of its key.
  const lies = collection.options.clusteredIndex === undefined ? undefined : { _id: 1 };
  const order = natural === undefined ? (sort ?? lies) : undefined;
  const plan = planFor(context, collection, filter, order, hint, collation);
  const limits = keyLimits(context.command, collection);
  const fits: Match = limits ? (doc) => limits(doc) && match(doc) : match;
  const found = matchingInTurns(context.storage, collection, plan, fits, context.patience);
  const shown = shaper(context.command, project, plan, read);
  const sorted =
    order && !inOrder(plan, order) ? sortedFound(context, found, order, query, collation) : found;
  return part(sorted, query, shown);
}

/**
 * What a find gives of a document: all of it, a projection, or with `returnKey` the fields of the index it was found
 * by; with `showRecordId` also its record number.
 */
function shaper(
  command: Doc,
  project: ((doc: Doc) => Doc) | undefined,
  plan: Plan | undefined,
  readAgain: (bytes: Buffer) => Doc,
): (found: Read) => Doc | RawDoc {
  const paths = flag(command, "returnKey") ? keyPaths(plan) : undefined;
  const withRecord = flag(command, "showRecordId");
  if (!project && !paths && !withRecord) return ({ bytes }) => new RawDoc(bytes);
  return ({ doc, bytes, record }) => {
    const read = doc ?? readAgain(bytes);
    if (paths) return keyOf(read, paths);
    const shown = project ? project(read) : read;
    return withRecord ? { ...shown, $recordId: Long.fromNumber(record) } : shown;
  };
}

function keyPaths(plan: Plan | undefined): readonly string[] {
  if (plan?.kind === "id") return ["_id"];
  return plan?.kind === "index" ? plan.scan.index.paths : [];
}

function keyOf(doc: Doc, paths: readonly string[]): Doc {
  const key: Doc = {};
  for (const path of paths) setField(key, path, valueAt(doc, path.split(".")) ?? null);
  return key;
}

/** A document that is found, and read already or not. */
type Read = Stored & { doc?: Doc };

async function* nothing(): AsyncGenerator<never> {}

async function* part(
  found: AsyncGenerator<Read>,
  { skip, limit }: FindQuery,
  shown: (found: Read) => Doc | RawDoc,
): AsyncGenerator<Doc | RawDoc> {
  let seen = 0;
  for await (const item of found) {
    if (++seen <= skip) continue;
    yield shown(item);
    if (limit > 0 && seen >= skip + limit) return;
  }
}

async function* sortedFound(
  { patience }: CommandContext,
  found: AsyncGenerator<Found>,
  order: Doc,
  { skip, limit }: FindQuery,
  collation: Collation | undefined,
): AsyncGenerator<Read> {
  const sorter = new Sorter<Stored>(order, limit > 0 ? skip + limit : 0, "sort", collation);
  for await (const { record, bytes, doc } of found) sorter.add({ record, bytes }, doc, bytes.length);
  // Only the bytes are kept meanwhile: a read document takes several times their room.
  yield* sorter.sorted(patience);
}

/** @throws {CommandError} BadValue for what makes no sense of a cursor that has no end. */
function checkTail({ sort }: FindQuery, single: boolean): void {
  const natural = sort?.$natural;
  if (sort && !(Object.keys(sort).length === 1 && isNumber(natural) && toNumber(natural) === 1))
    throw badValue("cannot use tailable option with a sort other than {$natural: 1}");
  if (single) throw badValue("cannot use tailable option with the 'singleBatch' option");
}

/** A tailable cursor: after the last document it waits for the next one. */
async function tail(context: CommandContext, query: FindQuery, namespace: string): Promise<Doc> {
  const collection = collectionFor(context);
  if (collection && collection.options.capped !== true) {
    throw badValue(
      `error processing query: ns=${namespace} tailable cursor requested on non capped collection`,
    );
  }
  // MongoDB keeps no tailable cursor on a collection without documents: whoever waits for the first one asks again.
  if (!collection || collection.count === 0) {
    return context.cursors.start(results(context, query), { namespace });
  }
  const variables = withCollation(undefined, collationFor(context.command, collection));
  const match = compileFilter(query.filter, { variables });
  const project = query.projection && compileProjection(query.projection, { filter: query.filter });
  let last: number | undefined;
  let seen = 0;
  const { skip, limit } = query;
  const source: AsyncIterator<Doc | RawDoc> = {
    async next() {
      if (last !== undefined && !collection.get(last))
        throw new CommandError(
          "CappedPositionLost",
          `CollectionScan died due to position in capped collection being deleted. Last seen record id: RecordId(${last})`,
        );
      if (limit > 0 && seen >= skip + limit) return { done: true, value: undefined };
      for (const { record, bytes } of collection.scan(last, false, 10_000)) {
        last = record;
        const doc = decode(bytes);
        if (match(doc) && ++seen > skip)
          return { done: false, value: project ? project(doc) : new RawDoc(bytes) };
      }
      return { done: true, value: undefined };
    },
  };
  const awaits = flag(context.command, "awaitData");
  return context.cursors.start(source, {
    namespace,
    batchSize: numberField(context.command, "batchSize"),
    awaits,
    tail: async (waitMs) => {
      const until = Date.now() + (awaits ? waitMs : 0);
      const newest = (): boolean => !collection.scan(last, false, 1).next().done;
      while (Date.now() < until && !newest()) await new Promise((resolve) => setTimeout(resolve, 20));
    },
  });
}
