import { collectionOf } from "../catalog.ts";
import { CommandError, notImplemented } from "../errors.ts";
import { samePattern } from "../planner.ts";
import { compileFilter } from "../query/filter.ts";
import { validateCollection } from "../validate.ts";
import { type Doc, isDoc, isNumber, toNumber, type Value } from "../value.ts";
import {
  type Command,
  type CommandContext,
  checkCollation,
  collectionFor,
  docField,
  flag,
  namespaceOf,
  numberField,
} from "./context.ts";

/** `create`. */
export const create: Command = async (context) => {
  const { command, catalog, storage } = context;
  const namespace = namespaceOf(context);
  checkCollation(command);
  for (const name of ["viewOn", "timeseries", "clusteredIndex", "encryptedFields"]) {
    if (command[name] !== undefined) throw notImplemented(`create with ${name}`);
  }
  if (isDoc(command.validator) && Object.keys(command.validator).length > 0)
    throw notImplemented("create with validator");
  const options: Doc = {};
  if (flag(command, "capped")) {
    if (command.size === undefined)
      throw new CommandError("InvalidOptions", "the 'size' field is required when 'capped' is true");
    options.capped = true;
    options.size = command.size;
    if (command.max !== undefined) options.max = command.max;
  }
  await storage.write(() => {
    const existing = catalog.find(namespace);
    if (existing && JSON.stringify(existing.options) === JSON.stringify(options)) return;
    catalog.create(namespace, options);
  });
  return {};
};

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

/** `dropDatabase`. */
export const dropDatabase: Command = async ({ catalog, storage, database, cursors }) => {
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

/** `collMod`: an index's expiry and visibility. */
export const collMod: Command = async (context) => {
  const { command, catalog, storage } = context;
  const namespace = namespaceOf(context);
  for (const name of ["viewOn", "pipeline", "timeseries"])
    if (command[name] !== undefined) throw notImplemented(`collMod with ${name}`);
  if (isDoc(command.validator) && Object.keys(command.validator).length > 0)
    throw notImplemented("collMod with validator");
  const change = docField(command, "index");
  return storage.write(() => {
    const collection = catalog.find(namespace);
    if (!collection) throw new CommandError("NamespaceNotFound", `ns does not exist`);
    if (!change) return {};
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
    .map<Doc>((collection) => ({
      name: collectionOf(collection.namespace),
      type: "collection",
      options: collection.options,
      info: { readOnly: false, uuid: catalog.uuid(collection) },
      idIndex: { v: 2, key: { _id: 1 }, name: "_id_" },
    }))
    .filter(match)
    .map<Doc>((doc) => (nameOnly ? { name: doc.name as Value, type: "collection" } : doc));
  const batchSize = numberField(docField(command, "cursor") ?? {}, "batchSize") ?? docs.length;
  return {
    cursor: await cursors.start(listed(docs), { namespace: `${database}.$cmd.listCollections`, batchSize }),
  };
};

/** `listDatabases`. */
export const listDatabases: Command = ({ command, catalog }): Doc => {
  const match = compileFilter(docField(command, "filter") ?? {});
  const databases = catalog
    .databases()
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
