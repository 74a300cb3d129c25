import { decode } from "../bson-reader.ts";
import { readCollation } from "../collation.ts";
import type { Collection } from "../collection.ts";
import { equal } from "../compare.ts";
import { keysOf } from "../document-keys.ts";
import { readValidation } from "../document-validation.ts";
import { CommandError, notImplemented } from "../errors.ts";
import type { Index } from "../index-definition.ts";
import { keyIdentity } from "../index-keys.ts";
import { collectionOf } from "../namespace.ts";
import { samePattern } from "../planner.ts";
import { compileFilter } from "../query/filter.ts";
import { validateCollection } from "../validate.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";
import {
  type Command,
  type CommandContext,
  collectionFor,
  docField,
  flag,
  namespaceOf,
  numberField,
} from "./context.ts";
import { changeTimeseries, isTimeseries, timeseriesOptions } from "./timeseries.ts";
import { isView } from "./view-definition.ts";
import { readView } from "./views.ts";

/** `create`. */
export const create: Command = async (context) => {
  const { command, catalog, storage } = context;
  const namespace = namespaceOf(context);
  const given = docField(command, "collation");
  const collation = given && readCollation(given)?.spec;
  if (command.encryptedFields !== undefined) throw notImplemented("create with encryptedFields");
  const own =
    command.viewOn === undefined
      ? {
          ...cappedOptions(command),
          ...clusteredOptions(command),
          ...timeseriesOptions(command),
          ...readValidation(command),
        }
      : readView(command);
  const options: Doc = { ...own, ...(collation ? { collation } : {}) };
  await storage.write(() => {
    const existing = catalog.find(namespace);
    if (existing && equal(existing.options, options)) return;
    catalog.create(namespace, options);
  });
  return {};
};

/**
 * A clustered collection's option; here every collection finds by `_id` directly, so it only tells the order without
 * a sort (source: MongoDB manual, "Clustered Collections").
 */
function clusteredOptions(command: Doc): Doc {
  const given = docField(command, "clusteredIndex");
  if (!given) return {};
  if (!isDoc(given.key) || Object.keys(given.key).join() !== "_id" || !flag(given.key, "_id"))
    throw new CommandError(
      "InvalidIndexSpecificationOption",
      "The clusteredIndex option only supports the key {_id: 1}",
    );
  if (!flag(given, "unique"))
    throw new CommandError(5979700, "The clusteredIndex option requires unique: true to be specified");
  return { clusteredIndex: { v: 2, key: given.key, name: given.name ?? "_id_", unique: true } };
}

function cappedOptions(command: Doc): Doc {
  const { size, max } = command;
  if (!flag(command, "capped")) {
    for (const name of ["size", "max"])
      if (command[name] !== undefined)
        throw new CommandError(
          "InvalidOptions",
          `the 'capped' field needs to be true when either the 'size' or 'max' fields are present`,
        );
    return {};
  }
  if (size === undefined)
    throw new CommandError("InvalidOptions", "the 'size' field is required when 'capped' is true");
  if (!isNumber(size) || toNumber(size) < 1)
    throw new CommandError(51024, `BSON field 'size' value must be >= 1, actual value '${String(size)}'`);
  return { capped: true, size, ...(max === undefined ? {} : { max }) };
}

/** `drop`. */
export const drop: Command = async (context) => {
  const { catalog, storage, cursors } = context;
  const namespace = namespaceOf(context);
  return storage.write((): Doc => {
    const collection = catalog.find(namespace);
    // Since 7.0 dropping what is not there succeeds.
    if (!collection) return {};
    const nIndexesWas = collection.indexes.length;
    catalog.drop(collection);
    cursors.killIn(namespace);
    return { nIndexesWas, ns: namespace };
  });
};

/** `dropDatabase`. @throws {CommandError} IllegalOperation for the database `admin`. */
export const dropDatabase: Command = async ({ catalog, storage, database, cursors }) => {
  if (database === "admin")
    throw new CommandError("IllegalOperation", "Dropping the 'admin' database is prohibited.");
  await storage.write(() => {
    for (const collection of catalog.list(database)) catalog.drop(collection);
    cursors.killIn(database);
  });
  return { dropped: database };
};

/** `renameCollection`. */
export const renameCollection: Command = async ({ catalog, storage, command, cursors }) => {
  const from = command.renameCollection;
  const to = command.to;
  if (typeof from !== "string" || typeof to !== "string")
    throw new CommandError("TypeMismatch", "'renameCollection' and 'to' must be strings");
  await storage.write(() => {
    const collection = catalog.find(from);
    if (from === to) throw new CommandError("IllegalOperation", "Can't rename a collection to itself");
    if (!collection) throw new CommandError("NamespaceNotFound", `Source collection ${from} does not exist`);
    const taken = catalog.find(to);
    if (taken && !flag(command, "dropTarget"))
      throw new CommandError("NamespaceExists", "target namespace exists");
    if (taken) catalog.drop(taken);
    catalog.rename(collection, to);
    cursors.killIn(from);
  });
  return {};
};

/** `collMod`: an index's expiry, visibility and uniqueness, a collection's validator, a view's definition. */
export const collMod: Command = async (context) => {
  const { command, catalog, storage } = context;
  const namespace = namespaceOf(context);
  const change = docField(command, "index");
  return storage.write(() => {
    const collection = catalog.find(namespace);
    if (!collection) throw new CommandError("NamespaceNotFound", `ns does not exist: ${namespace}`);
    changeOptions(collection, command);
    if (!change) {
      catalog.save(collection);
      return {};
    }
    const index = collection.indexes.find((other) =>
      typeof change.name === "string"
        ? other.name === change.name
        : isDoc(change.keyPattern) && samePattern(other.spec.key as Doc, change.keyPattern),
    );
    if (!index)
      throw new CommandError(
        "IndexNotFound",
        `cannot find index ${String(change.name ?? "")} for ns ${namespace}`,
      );
    const reply: Doc = {};
    if (isNumber(change.expireAfterSeconds)) {
      if (index.expireAfterSeconds !== undefined) reply.expireAfterSeconds_old = index.expireAfterSeconds;
      reply.expireAfterSeconds_new = change.expireAfterSeconds;
      index.expireAfterSeconds = toNumber(change.expireAfterSeconds);
      index.spec = { ...index.spec, expireAfterSeconds: change.expireAfterSeconds };
    }
    if (change.prepareUnique !== undefined) {
      reply.prepareUnique_old = flag(index.spec, "prepareUnique");
      const { prepareUnique: _, ...rest } = index.spec;
      index.spec = flag(change, "prepareUnique") ? { ...rest, prepareUnique: true } : rest;
      index.unique = flag(index.spec, "unique") || flag(change, "prepareUnique");
      reply.prepareUnique_new = flag(change, "prepareUnique");
    }
    if (flag(change, "unique")) {
      if (!flag(index.spec, "prepareUnique"))
        throw new CommandError(
          "InvalidOptions",
          "Cannot make index unique with collMod before it has been prepared with 'prepareUnique'",
        );
      checkUnique(collection, index);
      const { prepareUnique: _, ...rest } = index.spec;
      index.spec = { ...rest, unique: true };
      reply.unique_new = true;
    }
    if (change.hidden !== undefined) {
      reply.hidden_old = index.hidden;
      index.hidden = flag(change, "hidden");
      reply.hidden_new = index.hidden;
      index.spec = { ...index.spec, hidden: index.hidden };
    }
    catalog.save(collection);
    return reply;
  });
};

/** @throws {CommandError} CannotConvertIndexToUnique (359) with the `_id`s of the documents that share a key. */
function checkUnique(collection: Collection, index: Index): void {
  const idsOf = new Map<string, Value[]>();
  const identify = keyIdentity(index.collation);
  for (const { bytes } of collection.scan()) {
    const doc = decode(bytes);
    const { keys = [], values = [] } = keysOf(index, doc) ?? {};
    for (const [at, key] of keys.entries()) {
      const text = identify(key, values[at] ?? []);
      idsOf.set(text, [...(idsOf.get(text) ?? []), doc._id as Value]);
    }
  }
  const violations = [...idsOf.values()].filter((ids) => ids.length > 1).map<Doc>((ids) => ({ ids }));
  if (violations.length === 0) return;
  throw new CommandError(
    "CannotConvertIndexToUnique",
    "Cannot convert the index to unique. Please resolve conflicting documents before running collMod again.",
    { violations },
  );
}

function changeOptions(collection: Collection, command: Doc): void {
  if (isView(collection)) {
    if (command.viewOn !== undefined || command.pipeline !== undefined)
      collection.options = readView(command);
    return;
  }
  if (command.viewOn !== undefined || command.pipeline !== undefined)
    throw new CommandError("InvalidOptions", "'viewOn' and 'pipeline' are only for views");
  collection.options = changeTimeseries(collection.options, command);
  const { validator } = command;
  if (isDoc(validator) && Object.keys(validator).length === 0) {
    const { validator: _, ...rest } = collection.options;
    collection.options = rest;
  } else collection.options = { ...collection.options, ...readValidation(command) };
}

async function* listed(docs: Doc[]): AsyncGenerator<Doc> {
  yield* docs;
}

/** `listCollections`. */
export const listCollections: Command = async (context) => {
  const { command, catalog, cursors, database } = context;
  const match = compileFilter(docField(command, "filter") ?? {});
  const nameOnly = flag(command, "nameOnly");
  const docs = catalog
    .list(database)
    .map((collection): Doc => {
      const name = collectionOf(collection.namespace);
      const { options } = collection;
      if (isView(collection)) return { name, type: "view", options, info: { readOnly: true } };
      if (isTimeseries(collection)) return { name, type: "timeseries", options, info: { readOnly: false } };
      const info = { readOnly: false, uuid: catalog.uuid(collection) };
      if (options.clusteredIndex !== undefined) return { name, type: "collection", options, info };
      return { name, type: "collection", options, info, idIndex: { v: 2, key: { _id: 1 }, name: "_id_" } };
    })
    .filter(match)
    .map<Doc>((doc) => (nameOnly ? { name: doc.name as Value, type: doc.type as Value } : doc));
  const batchSize = numberField(docField(command, "cursor") ?? {}, "batchSize") ?? Number.POSITIVE_INFINITY;
  return {
    cursor: await cursors.start(listed(docs), { namespace: `${database}.$cmd.listCollections`, batchSize }),
  };
};

/** Databases that every server has (source: MongoDB manual, "System Collections", "Local Database"). */
const ownDatabases = ["admin", "config", "local"];

/** `listDatabases`. */
export const listDatabases: Command = ({ command, catalog }): Doc => {
  const match = compileFilter(docField(command, "filter") ?? {});
  const databases = [...new Set([...ownDatabases, ...catalog.databases()])]
    .sort()
    .map<Doc>((name) => {
      const size = catalog.list(name).reduce((sum, collection) => sum + collection.size, 0);
      return { name, sizeOnDisk: size, empty: false };
    })
    .filter(match);
  if (flag(command, "nameOnly")) return { databases: databases.map(({ name }) => ({ name: name as Value })) };
  const totalSize = databases.reduce((sum, { sizeOnDisk }) => sum + Number(sizeOnDisk), 0);
  return { databases, totalSize, totalSizeMb: Math.floor(totalSize / 1048576) };
};

/** `validate`: reads every document and every index entry, and says whether they agree. */
export const validate: Command = async (context: CommandContext) => {
  const collection = collectionFor(context);
  if (!collection)
    throw new CommandError(
      "NamespaceNotFound",
      `Collection '${namespaceOf(context)}' does not exist to validate.`,
    );
  return {
    ns: collection.namespace,
    uuid: context.catalog.uuid(collection),
    ...(await validateCollection(context.storage, collection)),
  };
};
