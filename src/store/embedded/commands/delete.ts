import { decode } from "../bson-codec.ts";
import { matchingInTurns } from "../find.ts";
import { makePlan } from "../planner.ts";
import { compileFilter } from "../query/filter.ts";
import type { Doc } from "../value.ts";
import {
  type Command,
  type CommandContext,
  checkCollation,
  docField,
  docsField,
  namespaceOf,
  numberField,
} from "./context.ts";
import { findOne, variablesOf } from "./update.ts";
import { writeError } from "./write-result.ts";

/** MongoDB's `delete` command. */
export const deleteCommand: Command = async (context) => {
  const namespace = namespaceOf(context);
  const ordered = context.command.ordered !== false;
  const writeErrors: Doc[] = [];
  let n = 0;
  for (const [index, statement] of docsField(context.command, "deletes").entries()) {
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
  checkCollation(statement);
  const filter = docField(statement, "q") ?? {};
  const match = compileFilter(filter, { variables: variablesOf(docField(context.command, "let")) });
  const hint = statement.hint;
  if (numberField(statement, "limit") === 1) {
    return context.storage.write(() => {
      const collection = context.catalog.find(namespace);
      const found = collection && findOne(context, collection, { filter, match, hint });
      if (!collection || !found) return 0;
      collection.remove(found.record, found.doc, found.bytes);
      return 1;
    });
  }
  const collection = context.catalog.find(namespace);
  if (!collection) return 0;
  const records: number[] = [];
  const plan = makePlan(collection, filter, undefined, hint);
  for await (const { record } of matchingInTurns(context.storage, collection, plan, match))
    records.push(record);
  let removed = 0;
  for (let from = 0; from < records.length; from += 500) {
    removed += await context.storage.write(() => {
      let count = 0;
      for (const record of records.slice(from, from + 500)) {
        const bytes = collection.get(record);
        const doc = bytes && decode(bytes);
        if (!doc || !match(doc)) continue;
        collection.remove(record, doc, bytes);
        count++;
      }
      return count;
    });
  }
  return removed;
}
