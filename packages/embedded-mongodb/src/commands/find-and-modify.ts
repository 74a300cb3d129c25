import { withCollation } from "../collation.ts";
import { failedToParse } from "../errors.ts";
import { compileFilter } from "../query/filter.ts";
import { searching } from "../query/filter-context.ts";
import { compileProjection } from "../query/projection.ts";
import { compileSort } from "../query/sort.ts";
import { compileUpdate } from "../update/update.ts";
import type { Doc, Value } from "../value.ts";
import { type Command, collationFor, docField, flag, namespaceOf } from "./context.ts";
import { withFirstMatch } from "./first-match.ts";
import { type UpdateStep, updateOne, variablesOf } from "./update.ts";

/** MongoDB's `findAndModify` command. */
export const findAndModify: Command = async (context) => {
  const { command } = context;
  const namespace = namespaceOf(context);
  const collection = context.catalog.find(namespace);
  const collation = collationFor(command, collection);
  const filter = docField(command, "query") ?? {};
  const sort = docField(command, "sort");
  if (sort) compileSort(sort);
  const fields = docField(command, "fields") ?? docField(command, "projection");
  const project =
    fields && Object.keys(fields).length > 0 ? compileProjection(fields, { filter }) : (doc: Doc) => doc;
  const variables = withCollation(variablesOf(docField(command, "let")), collation);
  const match = compileFilter(filter, { variables, patience: context.patience, ...searching(collection) });
  const search = {
    filter,
    match,
    sort: sort && Object.keys(sort).length > 0 ? sort : undefined,
    hint: command.hint,
    collation,
  };
  if (flag(command, "remove")) {
    if (command.update !== undefined) throw failedToParse("Cannot specify both an update and remove=true");
    if (flag(command, "new"))
      throw failedToParse(
        "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
      );
    if (flag(command, "upsert")) throw failedToParse("Cannot specify both upsert=true and remove=true");
    return withFirstMatch(context, namespace, search, (collection, found) => {
      if (!collection || !found) return { lastErrorObject: { n: 0 }, value: null };
      const value = project(found.doc);
      collection.remove(found.record, found.doc, found.bytes);
      return { lastErrorObject: { n: 1 }, value };
    });
  }
  if (command.update === undefined) throw failedToParse("Either an update or remove=true must be specified");
  const { apply, replacement } = compileUpdate(
    command.update as Value,
    filter,
    command.arrayFilters,
    variables,
  );
  const step: UpdateStep = { ...search, apply, replacement, multi: false, upsert: flag(command, "upsert") };
  const outcome = await updateOne(context, namespace, step);
  const shown = flag(command, "new") ? outcome.after : outcome.before;
  const inserted = outcome.upserted !== undefined;
  return {
    lastErrorObject: {
      n: outcome.matched + Number(inserted),
      updatedExisting: outcome.matched > 0,
      ...(inserted ? { upserted: outcome.upserted as Value } : {}),
    },
    value: shown ? project(shown) : null,
  };
};
