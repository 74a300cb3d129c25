import { readCollation } from "../collation.ts";
import type { Collection } from "../collection.ts";
import { equal } from "../compare.ts";
import { CommandError, notImplemented } from "../errors.ts";
import { buildIndexes } from "../index-build.ts";
import { describeIndex } from "../index-definition.ts";
import { declaredKind, isWildcard } from "../index-kinds.ts";
import { samePattern } from "../planner.ts";
import { compileFilter } from "../query/filter.ts";
import { shellText } from "../shell-text.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";
import {
  type Command,
  collectionFor,
  docField,
  docsField,
  flag,
  namespaceOf,
  numberField,
} from "./context.ts";
import { completeKind, kindOptions } from "./index-kind-options.ts";

const known = new Set([
  "v",
  "key",
  "name",
  "ns",
  "unique",
  "sparse",
  "background",
  "partialFilterExpression",
  "expireAfterSeconds",
  "hidden",
  "collation",
  "dropDups",
  ...kindOptions,
]);
const unsupported = new Set(["storageEngine", "prepareUnique"]);

/** `createIndexes`. */
export const createIndexes: Command = async (context) => {
  const { catalog, command } = context;
  const namespace = namespaceOf(context);
  const specs = docsField(command, "indexes").map(readSpec);
  if (specs.length === 0) throw new CommandError("BadValue", "Must specify at least one index to create");
  return catalog.inTurn(namespace, async () => {
    let reply: Doc = {};
    await buildIndexes(context, () => {
      const createdCollectionAutomatically = catalog.find(namespace) === undefined;
      const collection = catalog.ensure(namespace);
      const numIndexesBefore = collection.indexes.length;
      const complete = specs.map((spec) => withDefaultCollation(collection, spec));
      const fresh = complete.filter((spec) => isNew(collection, spec));
      reply = {
        createdCollectionAutomatically,
        numIndexesBefore,
        numIndexesAfter: numIndexesBefore + fresh.length,
        ...(fresh.length === 0 ? { note: "all indexes already exist" } : {}),
      };
      return { collection, metas: fresh.map(describeIndex) };
    });
    return reply;
  });
};

function readSpec(spec: Doc): Doc {
  const key = spec.key;
  if (!isDoc(key))
    throw new CommandError(
      "FailedToParse",
      "The 'key' field is a required property of an index specification",
    );
  if (Object.keys(key).length === 0)
    throw new CommandError("CannotCreateIndex", "Index keys cannot be empty.");
  const cannot = (why: string): CommandError => new CommandError("CannotCreateIndex", why);
  for (const [path, direction] of Object.entries(key)) {
    if (path === "") throw cannot("Index keys cannot be an empty field.");
    if (typeof direction === "string") {
      if (!["text", "2d", "2dsphere", "hashed"].includes(direction))
        throw cannot(`Unknown index plugin '${direction}'`);
      if (path === "$**" && direction !== "text")
        throw cannot(`Index type '${direction}' does not support '$**'`);
      if (path === "$**") continue;
    } else if (isWildcard(path)) continue;
    if (path.split(".").some((part) => part === ""))
      throw cannot(`Index key contains an illegal field name: field name cannot be empty: ${path}`);
    if (path.split(".").some((part) => part.startsWith("$") && !["$id", "$ref", "$db"].includes(part))) {
      throw cannot("Index key contains an illegal field name: field name starts with '$'.");
    }
    if (typeof direction === "string") continue;
    if (!isNumber(direction))
      throw cannot(
        `Values in v:2 index key pattern cannot be of type ${direction === null ? "null" : typeof direction}. Only numbers > 0, numbers < 0, and strings are allowed.`,
      );
    if (toNumber(direction) === 0) throw cannot("Values in the index key pattern cannot be 0.");
  }
  if (typeof spec.name !== "string" || spec.name === "")
    throw new CommandError(
      "FailedToParse",
      "The 'name' field is a required property of an index specification",
    );
  for (const option of Object.keys(spec)) {
    if (unsupported.has(option)) throw notImplemented(`the index option ${option}`);
    if (!known.has(option))
      throw new CommandError(
        197,
        `The field '${option}' is not valid for an index specification. Specification: ${shellText(spec)}`,
      );
  }
  const { collation } = spec;
  if (collation !== undefined && (!isDoc(collation) || Object.keys(collation).length === 0))
    throw isDoc(collation)
      ? new CommandError("BadValue", "The field 'collation' cannot be an empty object.")
      : new CommandError("TypeMismatch", "The field 'collation' must be an object");
  if (collation) readCollation(collation);
  const partial = spec.partialFilterExpression;
  if (partial !== undefined) {
    if (!isDoc(partial)) throw cannot("'partialFilterExpression' for an index has to be a document");
    if (flag(spec, "sparse")) throw cannot("cannot mix 'partialFilterExpression' and 'sparse' options");
    compileFilter(partial);
    checkPartial(partial);
  }
  const expiry = spec.expireAfterSeconds;
  if (expiry !== undefined) {
    if (!isNumber(expiry)) throw cannot("TTL index 'expireAfterSeconds' option must be numeric");
    const seconds = toNumber(expiry);
    if (!(seconds >= 0 && seconds <= 2147483647))
      throw cannot(
        `TTL index 'expireAfterSeconds' option must be within an acceptable range, try a lower number. ${seconds}`,
      );
    if (Object.keys(key).length > 1)
      throw cannot("TTL indexes are single-field indexes, compound indexes do not support TTL.");
  }
  const {
    v: _v,
    ns: _ns,
    background,
    dropDups: _dropDups,
    collation: given,
    key: _key,
    name,
    ...rest
  } = spec;
  const stored = {
    v: 2,
    key,
    name: name as string,
    ...rest,
    ...(background === undefined ? {} : { background }),
    ...(given === undefined ? {} : { collation: given }),
  };
  return completeKind(stored);
}

/** An index takes its collection's collation unless it has its own; `simple` is not listed. */
function withDefaultCollation({ options }: Collection, { collation, ...spec }: Doc): Doc {
  const given = collation ?? options.collation;
  const full = isDoc(given) ? readCollation(given)?.spec : undefined;
  return full ? { ...spec, collation: full } : spec;
}

const partialOperators = new Set([
  "$eq",
  "$gt",
  "$gte",
  "$lt",
  "$lte",
  "$exists",
  "$type",
  "$in",
  "$and",
  "$or",
]);

function checkPartial(filter: Doc): void {
  for (const [key, condition] of Object.entries(filter)) {
    if (key.startsWith("$") && !partialOperators.has(key)) {
      throw new CommandError("CannotCreateIndex", `Expression not supported in partial index: ${key}`);
    }
    for (const part of Array.isArray(condition) ? condition : [condition]) {
      if (!isDoc(part)) continue;
      if (key.startsWith("$")) checkPartial(part);
      else {
        const bad = Object.keys(part).find((name) => name.startsWith("$") && !partialOperators.has(name));
        if (bad || (part.$exists !== undefined && !flag(part, "$exists")))
          throw new CommandError(
            "CannotCreateIndex",
            `Expression not supported in partial index: ${bad ?? "$exists: false"}`,
          );
      }
    }
  }
}

const compared = [
  "unique",
  "sparse",
  "partialFilterExpression",
  "expireAfterSeconds",
  "hidden",
  ...kindOptions,
] as const;

/** @throws {CommandError} IndexOptionsConflict, IndexKeySpecsConflict. */
function isNew(collection: Collection, spec: Doc): boolean {
  const key = spec.key as Doc;
  const words = declaredKind(key) === "text";
  for (const index of collection.indexes) {
    const sameCollation = equal((index.spec.collation ?? null) as Value, spec.collation ?? null);
    const sameKey = samePattern(index.spec.key as Doc, key) && (index.isId || sameCollation);
    const sameName = index.name === spec.name;
    if (index.isId && sameKey) return false;
    const options = (doc: Doc): Value[] =>
      compared.map((name) =>
        typeof doc[name] === "boolean" || name === "unique" || name === "sparse" || name === "hidden"
          ? flag(doc, name)
          : (doc[name] ?? null),
      );
    const sameOptions = equal(options(index.spec), options(spec));
    if (sameKey && sameName && sameOptions) return false;
    if (sameName) {
      const message = `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${shellText(spec)}, existing index: ${shellText(index.spec)}`;
      throw new CommandError("IndexKeySpecsConflict", message);
    }
    if (words && declaredKind(index.spec.key as Doc) === "text")
      throw new CommandError(
        "IndexOptionsConflict",
        `only one text index per collection allowed, found existing text index "${index.name}"`,
      );
    const samePartial = equal(
      (index.spec.partialFilterExpression ?? null) as Value,
      spec.partialFilterExpression ?? null,
    );
    if (sameKey && sameOptions)
      throw new CommandError(
        "IndexOptionsConflict",
        `Index already exists with a different name: ${index.name}`,
      );
    if (
      sameKey &&
      samePartial &&
      flag(index.spec, "unique") === flag(spec, "unique") &&
      flag(index.spec, "sparse") === flag(spec, "sparse")
    ) {
      throw new CommandError(
        "IndexOptionsConflict",
        `An equivalent index already exists with a different name and options. Requested index: ${shellText(spec)}, existing index: ${shellText(index.spec)}`,
      );
    }
  }
  return true;
}

async function* listed(docs: Doc[]): AsyncGenerator<Doc> {
  yield* docs;
}

/** `listIndexes`. */
export const listIndexes: Command = async (context) => {
  const collection = collectionFor(context);
  if (!collection) throw new CommandError("NamespaceNotFound", `ns does not exist: ${namespaceOf(context)}`);
  const { clusteredIndex, collation: ownCollation } = collection.options;
  const docs = collection.indexes.map((index) =>
    index.isId && isDoc(clusteredIndex)
      ? { ...clusteredIndex, clustered: true }
      : index.isId && isDoc(ownCollation)
        ? { ...index.spec, collation: ownCollation }
        : index.spec,
  );
  const batchSize = numberField(docField(context.command, "cursor") ?? {}, "batchSize");
  return {
    cursor: await context.cursors.start(listed(docs), { namespace: namespaceOf(context), batchSize }),
  };
};

/** `dropIndexes`. */
export const dropIndexes: Command = async (context) => {
  const { command, catalog, storage } = context;
  const namespace = namespaceOf(context);
  const wanted = command.index;
  return storage.write((): Doc => {
    const collection = catalog.find(namespace);
    if (!collection) throw new CommandError("NamespaceNotFound", `ns not found ${namespace}`);
    const nIndexesWas = collection.indexes.length;
    if (wanted === "*") {
      for (const index of collection.indexes) if (!index.isId) catalog.dropIndex(collection, index);
      return { nIndexesWas, msg: "non-_id indexes dropped for collection" };
    }
    const list = Array.isArray(wanted) ? wanted : [wanted];
    const indexes = list.map((name) => {
      const index = collection.indexes.find((other) =>
        typeof name === "string"
          ? other.name === name
          : isDoc(name) && samePattern(other.spec.key as Doc, name),
      );
      if (!index)
        throw new CommandError(
          "IndexNotFound",
          isDoc(name)
            ? `can't find index with key: ${shellText(name)}`
            : `index not found with name [${String(name)}]`,
        );
      if (index.isId) throw new CommandError("InvalidOptions", "cannot drop _id index");
      return index;
    });
    for (const index of indexes) catalog.dropIndex(collection, index);
    return { nIndexesWas };
  });
};
