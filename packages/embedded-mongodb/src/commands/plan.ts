import type { Collation } from "../collation.ts";
import type { Collection } from "../collection.ts";
import { CommandError } from "../errors.ts";
import { declaredServes } from "../index-kinds.ts";
import { makePlan, type Plan } from "../planner.ts";
import { type Doc, isDoc, type Value } from "../value.ts";
import type { CommandContext } from "./context.ts";

/**
 * Picks how to find the documents, and refuses to read a whole collection while `notablescan` is on.
 *
 * As in MongoDB that spares a search without any condition, for which no index would read less, and the databases and
 * collections of the server itself (source: MongoDB manual, "MongoDB Server Parameters", notablescan). A search that a
 * declared index is for is let through too, though it reads the collection here.
 *
 * @throws {CommandError} BadValue for a hint that names no index; NoQueryExecutionPlans (291).
 */
export function planFor(
  { parameters }: Pick<CommandContext, "parameters">,
  collection: Collection,
  filter: Doc,
  sort?: Doc,
  hint?: Value,
  collation?: Collation,
): Plan {
  const plan = makePlan(collection, filter, sort, hint, collation);
  if (plan.kind !== "collection" || !parameters.notablescan) return plan;
  if (Object.keys(filter).length === 0 || isServersOwn(collection.namespace)) return plan;
  if (declaredServes(collection.indexes, filter)) return plan;
  throw new CommandError(
    "NoQueryExecutionPlans",
    `error processing query: ns=${collection.namespace} planner returned error :: caused by :: ${
      isDoc(hint) && hint.$natural !== undefined
        ? "hint $natural is not allowed, because 'notablescan' is enabled"
        : "No indexed plans available, and running with 'notablescan'"
    }`,
  );
}

function isServersOwn(namespace: string): boolean {
  return /^(?:admin|local|config)\./.test(namespace) || /^[^.]*\.system\./.test(namespace);
}
