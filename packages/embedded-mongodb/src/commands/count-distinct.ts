import { canonical, compareBy, withCollation } from "../collation.ts";
import type { Collection } from "../collection.ts";
import { typeMismatch } from "../errors.ts";
import { type Cost, distinctRecords, matchingInTurns } from "../find.ts";
import { encodeValue } from "../key-encoding.ts";
import { valuesAt } from "../path.ts";
import type { IndexScan } from "../planner.ts";
import { compileFilter } from "../query/filter.ts";
import { searching } from "../query/filter-context.ts";
import type { Doc, Value } from "../value.ts";
import {
  type Command,
  type CommandContext,
  collationFor,
  collectionFor,
  docField,
  numberField,
} from "./context.ts";
import { countsKeys } from "./explain-stages.ts";
import { planFor } from "./plan.ts";

/** `count`. */
export const count: Command = async (context) => {
  const { command, storage, patience } = context;
  const collection = collectionFor(context);
  const collation = collationFor(command, collection);
  const filter = docField(command, "query") ?? {};
  const match = compileFilter(filter, {
    variables: withCollation(undefined, collation),
    patience,
    ...searching(collection),
  });
  const skip = numberField(command, "skip") ?? 0;
  const limit = Math.abs(numberField(command, "limit", true) ?? 0);
  let n = 0;
  if (collection) {
    if (Object.keys(filter).length === 0) n = collection.count;
    else {
      const plan = planFor(context, collection, filter, undefined, command.hint, collation);
      if (countsKeys("count", plan, filter)) n = await countKeys(context, plan.scan);
      else for await (const _ of matchingInTurns(storage, collection, plan, match, patience)) n++;
    }
  }
  n = Math.max(0, n - skip);
  return { n: limit > 0 ? Math.min(n, limit) : n };
};

/** Counts the keys of a scan without reading documents. @throws {CommandError} MaxTimeMSExpired. */
export async function countKeys(
  { storage, patience }: Pick<CommandContext, "storage" | "patience">,
  scan: IndexScan,
  cost?: Cost,
): Promise<number> {
  let n = 0;
  for (const _ of distinctRecords(storage, [scan], cost)) {
    n++;
    if (patience.due()) await patience.pause();
  }
  return n;
}

/** `distinct`. */
export const distinct: Command = async (context) => {
  const { command, storage, patience } = context;
  if (typeof command.key !== "string")
    throw typeMismatch("BSON field 'distinct.key' is missing but a required field");
  const collection = collectionFor(context);
  const collation = collationFor(command, collection);
  const filter = docField(command, "query") ?? {};
  const match = compileFilter(filter, {
    variables: withCollation(undefined, collation),
    patience,
    ...searching(collection),
  });
  const same = canonical(collation);
  const found = new Map<string, Value>();
  if (collection) {
    const plan = planFor(context, collection, filter, undefined, command.hint, collation);
    for await (const { doc } of matchingInTurns(storage, collection, plan, match, patience)) {
      for (const value of valuesAt(doc, command.key)) {
        if (value === undefined) continue;
        const key = encodeValue(same(value)).toString("latin1");
        if (!found.has(key)) found.set(key, value);
      }
    }
  }
  const values = [...found.values()];
  return { values: inKeyOrder(collection, command.key, filter) ? values.sort(compareBy(collation)) : values };
};

/** MongoDB takes the values from an index of the field when there is no filter, else in the order they are met. */
function inKeyOrder(collection: Collection | undefined, key: string, filter: Doc): boolean {
  if (!collection || Object.keys(filter).length > 0) return false;
  return collection.indexes.some(
    ({ paths, hidden, declared, partial, sparse }) =>
      paths[0] === key && !hidden && !declared && !partial && !sparse,
  );
}
