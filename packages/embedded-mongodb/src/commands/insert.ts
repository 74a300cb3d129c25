import { encode } from "../bson-writer.ts";
import { trimCapped } from "../capped.ts";
import { checkDocument } from "../document-validation.ts";
import { badValue, CommandError } from "../errors.ts";
import {
  BSONRegExp,
  type Doc,
  getField,
  isDoc,
  ObjectId,
  setField,
  Timestamp,
  type Value,
} from "../value.ts";
import { type Command, type CommandContext, docsField, flag, namespaceOf } from "./context.ts";
import { runStatements } from "./statements.ts";
import { checkMeasurement } from "./timeseries.ts";
import { checkBatchSize, documentBytesMax, writeErrors } from "./write-result.ts";

/** MongoDB's `insert` command. */
export const insert: Command = async (context) => {
  const namespace = namespaceOf(context);
  const documents = docsField(context.command, "documents");
  checkBatchSize(documents.length);
  const { done, failures } = await runStatements(context, documents, {
    atOnce: (doc) => ({ result: insertOne(context, namespace, doc) }),
    inTurns: (doc) => context.storage.write(() => insertOne(context, namespace, doc)),
  });
  return { n: done.length, ...writeErrors(failures) };
};

/** Inserts one document; for use inside a write. */
export function insertOne(
  context: Pick<CommandContext, "catalog" | "command">,
  namespace: string,
  given: Doc,
): Doc {
  const doc = prepare(given);
  const bytes = encode(doc);
  checkSize(bytes);
  const collection = context.catalog.ensure(namespace);
  if (!flag(context.command, "bypassDocumentValidation")) checkDocument(collection, doc);
  checkMeasurement(collection, doc);
  collection.insert(doc, bytes);
  if (collection.options.capped === true) trimCapped(collection);
  return doc;
}

function checkSize(bytes: Buffer): void {
  if (bytes.length > documentBytesMax)
    throw badValue(
      `object to insert too large. size in bytes: ${bytes.length}, max size: ${documentBytesMax}`,
    );
}

/** Puts `_id` first, making one if need be, and fills empty timestamps in. @throws {CommandError} for a bad `_id`. */
export function prepare(given: Doc): Doc {
  const id: Value = getField(given, "_id") ?? (Object.hasOwn(given, "_id") ? null : new ObjectId());
  checkId(id);
  let doc = given;
  if (Object.keys(given)[0] !== "_id") {
    doc = { _id: id };
    for (const key of Object.keys(given)) if (key !== "_id") setField(doc, key, given[key] as Value);
  }
  for (const key of Object.keys(doc)) {
    const value = doc[key];
    if (value instanceof Timestamp && value.isZero() && key !== "_id") {
      doc[key] = new Timestamp({ t: Math.floor(Date.now() / 1000), i: 1 });
    }
  }
  return doc;
}

/** @throws {CommandError} for an `_id` of a type that MongoDB refuses. */
export function checkId(id: Value): void {
  if (Array.isArray(id)) throw new CommandError(53, "The '_id' value cannot be of type array");
  if (id instanceof BSONRegExp) throw new CommandError(53, "The '_id' value cannot be of type regex");
  if (isDoc(id)) {
    for (const key of Object.keys(id)) {
      if (key.startsWith("$") && key !== "$ref" && key !== "$id" && key !== "$db") {
        throw new CommandError(
          "DollarPrefixedFieldName",
          `_id fields may not contain '$'-prefixed fields: ${key} is not valid for storage.`,
        );
      }
    }
  }
}
