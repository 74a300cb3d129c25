import { decode } from "../bson-reader.ts";
import type { Collation } from "../collation.ts";
import type { Collection } from "../collection.ts";
import { candidates, type Found, matchingInTurns } from "../find.ts";
import { Slice } from "../patience.ts";
import type { Plan } from "../planner.ts";
import type { Match } from "../query/match.ts";
import { nearOrder } from "../query/sort.ts";
import { Sorter } from "../sorter.ts";
import type { Doc, Value } from "../value.ts";
import type { CommandContext } from "./context.ts";
import { planFor } from "./plan.ts";

/** What one document is looked for by. */
export interface Search {
  filter: Doc;
  match: Match;
  sort?: Doc;
  hint?: Value;
  collation?: Collation;
}

/** The search takes more than a slice: nothing was done. */
export const tooLong = Symbol("the search takes more than a slice");
/** What came of something that is done at once or not at all. */
export type AtOnce<T> = { readonly result: T } | typeof tooLong;
/** Does something with the match, or without one. */
type Act<T> = (collection: Collection | undefined, found: Found | undefined) => T;

/**
 * Finds the first match in the sort's order and does something with it, or with `undefined` when there is none, inside
 * a write that is under way.
 *
 * @throws {CommandError} what `act` throws.
 */
export function actAtOnce<T>(
  context: CommandContext,
  namespace: string,
  asked: Search,
  act: Act<T>,
): AtOnce<T> {
  const collection = context.catalog.find(namespace);
  const found = collection && firstAtOnce(context, collection, inItsOrder(asked));
  return found === tooLong ? tooLong : { result: act(collection, found) };
}

const inItsOrder = (asked: Search): Search => ({ ...asked, sort: asked.sort ?? nearOrder(asked.filter) });

/**
 * Finds the first match in the sort's order and does something with it, or with `undefined` when there is none, as
 * one atomic step.
 *
 * A search that takes no longer than a slice runs inside the write. A longer one runs before it, in turns with others;
 * the match is then checked again inside the write, and when it is none any more the search starts anew. So `act` may
 * change what it is given, but when it is given nothing after a long search, somebody may have written a match behind
 * its back: as on a MongoDB server, only a unique index keeps two upserts from both inserting.
 *
 * @throws {CommandError} MaxTimeMSExpired, and what `act` throws.
 */
export async function withFirstMatch<T>(
  context: CommandContext,
  namespace: string,
  asked: Search,
  act: Act<T>,
): Promise<T> {
  const { storage, catalog } = context;
  const quick = await storage.write(() => actAtOnce(context, namespace, asked, act));
  if (quick !== tooLong) return quick.result;
  const search = inItsOrder(asked);
  for (;;) {
    const collection = catalog.find(namespace);
    const first = collection && (await firstInTurns(context, collection, search));
    const done = await storage.write(() => {
      if (catalog.find(namespace) !== collection) return tooLong;
      if (!collection || !first) return { result: act(collection, undefined) };
      const bytes = collection.get(first.record);
      const doc = bytes && decode(bytes);
      if (!bytes || !doc || !search.match(doc)) return tooLong;
      return { result: act(collection, { record: first.record, bytes, doc }) };
    });
    if (done !== tooLong) return done.result;
    await context.patience.pause();
  }
}

/** Whether a plan gives its documents in a sort's order, or there is none to give. */
export function inOrder(plan: Plan, sort: Doc | undefined): boolean {
  return !sort || plan.kind === "id" || (plan.kind === "index" && plan.sorted);
}

function firstAtOnce(
  context: CommandContext,
  collection: Collection,
  search: Search,
): Found | typeof tooLong | undefined {
  const { filter, match, sort, hint, collation } = search;
  const plan = planFor(context, collection, filter, sort, hint, collation);
  const slice = new Slice(2);
  const sorter = sort && !inOrder(plan, sort) ? new Sorter<Found>(sort, 1, "sort", collation) : undefined;
  for (const { record, bytes } of candidates(context.storage, collection, plan)) {
    if (slice.due()) return tooLong;
    const doc = decode(bytes);
    if (!match(doc)) continue;
    if (!sorter) return { record, bytes, doc };
    sorter.add({ record, bytes, doc }, doc, bytes.length);
  }
  return sorter?.first();
}

async function firstInTurns(
  context: CommandContext,
  collection: Collection,
  { filter, match, sort, hint, collation }: Search,
): Promise<Found | undefined> {
  const plan = planFor(context, collection, filter, sort, hint, collation);
  const sorter = sort && !inOrder(plan, sort) ? new Sorter<Found>(sort, 1, "sort", collation) : undefined;
  for await (const found of matchingInTurns(context.storage, collection, plan, match, context.patience)) {
    if (!sorter) return found;
    sorter.add(found, found.doc, found.bytes.length);
  }
  return sorter?.first();
}
