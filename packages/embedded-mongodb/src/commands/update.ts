import { evaluate, type Scope } from "../aggregate/expression.ts";
import { decode } from "../bson-reader.ts";
import { encode } from "../bson-writer.ts";
import { withCollation } from "../collation.ts";
import type { Collection } from "../collection.ts";
import { checkDocument } from "../document-validation.ts";
import { CommandError, failedToParse } from "../errors.ts";
import { type Found, matchingInTurns } from "../find.ts";
import { handOn } from "../metadata.ts";
import { compileFilter } from "../query/filter.ts";
import { searching } from "../query/filter-context.ts";
import { compileUpdate, type Update } from "../update/update.ts";
import { upsertBase } from "../upsert.ts";
import { type Doc, getField, ObjectId, setField, type Value } from "../value.ts";
import { writeInParts } from "../write-in-parts.ts";
import { checkStatement } from "./command-fields.ts";
import {
  type Command,
  type CommandContext,
  collationFor,
  docField,
  docsField,
  flag,
  namespaceOf,
} from "./context.ts";
import { actAtOnce, type Search, tooLong, withFirstMatch } from "./first-match.ts";
import { checkId, insertOne } from "./insert.ts";
import { planFor } from "./plan.ts";
import { runStatements } from "./statements.ts";
import { checkBatchSize, documentBytesMax, writeErrors } from "./write-result.ts";

/** One update of a command, compiled. */
export interface UpdateStep extends Search {
  apply: Update;
  replacement: boolean;
  multi: boolean;
  upsert: boolean;
}

/** What an update did. */
export interface UpdateOutcome {
  matched: number;
  modified: number;
  upserted?: Value;
  before?: Doc;
  after?: Doc;
}

/** MongoDB's `update` command. */
export const update: Command = async (context) => {
  const namespace = namespaceOf(context);
  const statements = docsField(context.command, "updates");
  checkBatchSize(statements.length);
  // What is malformed is refused before anything is written.
  for (const statement of statements) checkStatement("updates", statement);
  const { done, failures } = await runStatements(context, statements, {
    atOnce(statement) {
      const step = stepOf(context, namespace, statement);
      return step.multi ? tooLong : actAtOnce(context, namespace, step, changing(context, namespace, step));
    },
    async inTurns(statement) {
      const step = stepOf(context, namespace, statement);
      return step.multi ? updateMany(context, namespace, step) : updateOne(context, namespace, step);
    },
  });
  // MongoDB counts the stages of all pipelines when it has run them, and fails the command by one that it does not know.
  const unknown = failures.find(({ error }) => isUnknownStage(error));
  if (unknown) throw unknown.error;
  const upserted = done.flatMap(({ index, result }): Doc[] =>
    result.upserted === undefined ? [] : [{ index, _id: result.upserted }],
  );
  return {
    n: done.reduce((sum, { result }) => sum + result.matched, upserted.length),
    nModified: done.reduce((sum, { result }) => sum + result.modified, 0),
    ...(upserted.length > 0 ? { upserted } : {}),
    ...writeErrors(failures),
  };
};

/** A pipeline's stage there is not, or more than one in one. */
const isUnknownStage = ({ code }: CommandError): boolean => code === 40324 || code === 40323;

/**
 * Variables from a command's `let` or a statement's `c`: their expressions are evaluated once, without a document.
 *
 * @throws {CommandError} for an expression that cannot be evaluated.
 */
export function variablesOf(given: Doc | undefined): Scope | undefined {
  if (!given) return undefined;
  return new Map(Object.entries(given).map(([name, expression]) => [name, evaluate(expression, undefined)]));
}

function stepOf(context: CommandContext, namespace: string, statement: Doc): UpdateStep {
  const collection = context.catalog.find(namespace);
  const collation = collationFor(statement, collection);
  const filter = docField(statement, "q") ?? {};
  const variables = withCollation(
    variablesOf(docField(statement, "c") ?? docField(context.command, "let")),
    collation,
  );
  const { apply, replacement } = compileUpdate(
    statement.u as Value,
    filter,
    statement.arrayFilters,
    variables,
  );
  const step: UpdateStep = {
    filter,
    match: compileFilter(filter, { variables, patience: context.patience, ...searching(collection) }),
    apply,
    replacement,
    multi: flag(statement, "multi"),
    upsert: flag(statement, "upsert"),
    hint: statement.hint,
    collation,
  };
  if (step.multi && replacement)
    throw failedToParse("multi update is not supported for replacement-style update");
  return step;
}

/** Finds one document and changes it, or inserts one, as one atomic step (see {@link withFirstMatch}). */
export function updateOne(
  context: CommandContext,
  namespace: string,
  step: UpdateStep,
): Promise<UpdateOutcome> {
  return withFirstMatch(context, namespace, step, changing(context, namespace, step));
}

/** Changes what was found, or inserts. */
const changing =
  (context: CommandContext, namespace: string, step: UpdateStep) =>
  (collection: Collection | undefined, found: Found | undefined): UpdateOutcome => {
    if (collection && found) return change(context, collection, found, step.apply);
    return step.upsert ? insertUpsert(context, namespace, step) : { matched: 0, modified: 0 };
  };

function change(
  { command }: CommandContext,
  collection: Collection,
  found: Found,
  apply: Update,
): UpdateOutcome {
  const after = handOn(found.doc, apply(found.doc, { now: new Date(), inserting: false }));
  const bytes = encode(after);
  if (bytes.equals(found.bytes)) return { matched: 1, modified: 0, before: found.doc, after };
  if (bytes.length > documentBytesMax)
    throw new CommandError(17419, `Resulting document after update is larger than ${documentBytesMax}`);
  if (!flag(command, "bypassDocumentValidation")) checkDocument(collection, after, found.doc);
  collection.replace(found.record, found.doc, found.bytes, after, bytes);
  return { matched: 1, modified: 1, before: found.doc, after };
}

async function updateMany(
  context: CommandContext,
  namespace: string,
  step: UpdateStep,
): Promise<UpdateOutcome> {
  const outcome: UpdateOutcome = { matched: 0, modified: 0 };
  const collection = context.catalog.find(namespace);
  if (collection) {
    const records: number[] = [];
    const plan = planFor(context, collection, step.filter, undefined, step.hint, step.collation);
    for await (const { record } of matchingInTurns(
      context.storage,
      collection,
      plan,
      step.match,
      context.patience,
    ))
      records.push(record);
    await writeInParts(context, records, (record) => {
      const bytes = collection.get(record);
      const doc = bytes && decode(bytes);
      // It may have changed since it was found.
      if (!bytes || !doc || !step.match(doc)) return;
      outcome.matched += 1;
      outcome.modified += change(context, collection, { record, bytes, doc }, step.apply).modified;
    });
  }
  if (outcome.matched === 0 && step.upsert) {
    return context.storage.write(() => insertUpsert(context, namespace, step));
  }
  return outcome;
}

function insertUpsert(context: CommandContext, namespace: string, step: UpdateStep): UpdateOutcome {
  const base = step.replacement ? idOnly(upsertBase(step.filter)) : upsertBase(step.filter);
  let after = step.apply(base, { now: new Date(), inserting: true });
  let id = getField(after, "_id");
  if (id === undefined) {
    id = new ObjectId();
    const withId: Doc = { _id: id };
    for (const key of Object.keys(after)) setField(withId, key, after[key] as Value);
    after = withId;
  }
  checkId(id);
  const inserted = insertOne(context, namespace, after);
  return { matched: 0, modified: 0, upserted: id, after: inserted };
}

function idOnly(doc: Doc): Doc {
  const id = getField(doc, "_id");
  return id === undefined ? {} : { _id: id };
}
