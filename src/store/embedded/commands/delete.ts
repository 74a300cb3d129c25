import { decode } from "../bson-codec.ts";
import { withCollation } from "../collation.ts";
import { matchingInTurns } from "../find.ts";
import { compileFilter, searching } from "../query/filter.ts";
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
import { withFirstMatch } from "./first-match.ts";
import { planFor } from "./plan.ts";
import { variablesOf } from "./update.ts";
import { checkBatchSize, writeError } from "./write-result.ts";

/** MongoDB's `delete` command. */
export const deleteCommand: Command = async (context) => {
  const namespace = namespaceOf(context);
  const ordered = context.command.ordered !== false;
  const writeErrors: Doc[] = [];
  let n = 0;
  const statements = docsField(context.command, "deletes");
  checkBatchSize(statements.length);
  // What is malformed is refused before anything is removed.
  for (const statement of statements) checkStatement("deletes", statement);
  for (const [index, statement] of statements.entries()) {
    try {
      n += await deleteStatement(context, namespace, statement);
    } catch (error) {
      writeErrors.push(writeError(index, error));
      if (ordered) break;
    }
  }
  return { n, ...(writeErrors.length > 0 ? { writeErrors } : {}) };
};

async function deleteStatement(context: CommandContext, namespace: string, statement: Doc): Promise<number> {
  const collection = context.catalog.find(namespace);
  const collation = collationFor(statement, collection);
  const filter = docField(statement, "q") ?? {};
  const variables = withCollation(variablesOf(docField(context.command, "let")), collation);
  const match = compileFilter(filter, { variables, patience: context.patience, ...searching(collection) });
  const hint = statement.hint;
  if (numberField(statement, "limit") === 1) {
    return withFirstMatch(context, namespace, { filter, match, hint, collation }, (collection, found) => {
      if (!collection || !found) return 0;
      collection.remove(found.record, found.doc, found.bytes);
      return 1;
    });
  }
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
    collection.remove(record, doc, bytes);
    removed++;
  });
  return removed;
}
