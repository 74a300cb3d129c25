import { decode } from "../bson-reader.ts";
import { withCollation } from "../collation.ts";
import type { Collection } from "../collection.ts";
import { type Found, matchingInTurns } from "../find.ts";
import { compileFilter } from "../query/filter.ts";
import { searching } from "../query/filter-context.ts";
import type { Doc } from "../value.ts";
import { writeInParts } from "../write-in-parts.ts";
import { checkStatement } from "./command-fields.ts";
import {
  type Command,
  type CommandContext,
  collationFor,
  docField,
  docsField,
  namespaceOf,
  numberField,
} from "./context.ts";
import { actAtOnce, type Search, tooLong, withFirstMatch } from "./first-match.ts";
import { planFor } from "./plan.ts";
import { runStatements } from "./statements.ts";
import { variablesOf } from "./update.ts";
import { checkBatchSize, writeErrors } from "./write-result.ts";

/** MongoDB's `delete` command. */
export const deleteCommand: Command = async (context) => {
  const namespace = namespaceOf(context);
  const statements = docsField(context.command, "deletes");
  checkBatchSize(statements.length);
  // What is malformed is refused before anything is removed.
  for (const statement of statements) checkStatement("deletes", statement);
  const { done, failures } = await runStatements(context, statements, {
    atOnce(statement) {
      if (numberField(statement, "limit") !== 1) return tooLong;
      return actAtOnce(context, namespace, searchOf(context, namespace, statement), removeFound);
    },
    async inTurns(statement) {
      const search = searchOf(context, namespace, statement);
      if (numberField(statement, "limit") === 1)
        return withFirstMatch(context, namespace, search, removeFound);
      return removeAll(context, namespace, search);
    },
  });
  return { n: done.reduce((sum, { result }) => sum + result, 0), ...writeErrors(failures) };
};

function searchOf(context: CommandContext, namespace: string, statement: Doc): Search {
  const collection = context.catalog.find(namespace);
  const collation = collationFor(statement, collection);
  const filter = docField(statement, "q") ?? {};
  const variables = withCollation(variablesOf(docField(context.command, "let")), collation);
  const match = compileFilter(filter, { variables, patience: context.patience, ...searching(collection) });
  return { filter, match, hint: statement.hint, collation };
}

function removeFound(collection: Collection | undefined, found: Found | undefined): number {
  if (!collection || !found) return 0;
  collection.remove(found.record, found.doc, found.bytes);
  return 1;
}

async function removeAll(
  context: CommandContext,
  namespace: string,
  { filter, match, hint, collation }: Search,
): Promise<number> {
  const collection = context.catalog.find(namespace);
  if (!collection) return 0;
  const records: number[] = [];
  const plan = planFor(context, collection, filter, undefined, hint, collation);
  for await (const { record } of matchingInTurns(context.storage, collection, plan, match, context.patience))
    records.push(record);
  let removed = 0;
  await writeInParts(context, records, (record) => {
    const bytes = collection.get(record);
    const doc = bytes && decode(bytes);
    // It may have changed since it was found.
    if (!doc || !match(doc)) return;
    removed += removeFound(collection, { record, doc, bytes });
  });
  return removed;
}
