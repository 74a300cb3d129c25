import { createHash } from "node:crypto";
import { trimCapped } from "../capped.ts";
import type { Collection } from "../collection.ts";
import { badValue, CommandError } from "../errors.ts";
import { collectionOf } from "../namespace.ts";
import { type Doc, isNumber, toNumber, type Value } from "../value.ts";
import { type Command, type CommandContext, collectionFor, flag, namespaceOf } from "./context.ts";
import { isView } from "./view-definition.ts";

/** `killOp`: MongoDB answers so for any number; no command here runs long enough apart from its time limit. */
export const killOp: Command = ({ command }) => {
  if (!isNumber(command.op)) throw new CommandError("TypeMismatch", "Expected field 'op' to be a number");
  return { info: "attempting to kill op" };
};

/** `fsync`: an acknowledged write is on disk already. @throws {CommandError} CommandNotSupported for `lock`. */
export const fsync: Command = ({ command }) => {
  if (flag(command, "lock"))
    throw new CommandError("CommandNotSupported", "fsync with lock is not supported by the embedded store");
  return { numFiles: 1 };
};

/** `fsyncUnlock`. @throws {CommandError} IllegalOperation, as nothing is ever locked. */
export const fsyncUnlock: Command = () => {
  throw new CommandError("IllegalOperation", "fsyncUnlock called when not locked");
};

/** `usersInfo`: there are no users, as there are no passwords. */
export const usersInfo: Command = () => ({ users: [] });
/** `rolesInfo`. */
export const rolesInfo: Command = () => ({ roles: [] });
/** `dropAllUsersFromDatabase`. */
export const dropAllUsers: Command = () => ({ n: 0 });
/** `dropUser` and `updateUser`. @throws {CommandError} UserNotFound. */
export const noSuchUser: Command = ({ command, database }) => {
  const [name] = Object.values(command);
  throw new CommandError("UserNotFound", `Could not find user "${String(name)}" for db "${database}"`);
};
/** `saslStart`. @throws {CommandError} AuthenticationFailed, as no user exists. */
export const saslStart: Command = () => {
  throw new CommandError("AuthenticationFailed", "Authentication failed.");
};

/** `dbHash`: an MD5 of each collection's documents in their stored order, and one of all of them. */
export const dbHash: Command = async ({ catalog, database, command, patience }) => {
  const wanted = Array.isArray(command.collections) ? command.collections : [];
  const started = performance.now();
  const chosen = catalog
    .list(database)
    .filter((collection) => !isView(collection))
    .filter(({ namespace }) => wanted.length === 0 || wanted.includes(collectionOf(namespace)))
    .sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
  const all = createHash("md5");
  const collections: Doc = {};
  const uuids: Doc = {};
  const capped: Value[] = [];
  for (const collection of chosen) {
    const name = collectionOf(collection.namespace);
    const hash = await hashOf(collection, patience);
    collections[name] = hash;
    uuids[name] = catalog.uuid(collection);
    if (collection.options.capped === true) capped.push(name);
    all.update(hash);
  }
  const timeMillis = Math.round(performance.now() - started);
  return { collections, capped, uuids, md5: all.digest("hex"), timeMillis };
};

async function hashOf(collection: Collection, patience: CommandContext["patience"]): Promise<string> {
  const hash = createHash("md5");
  let last: number | undefined;
  for (let more = true; more; ) {
    more = false;
    for (const { record, bytes } of collection.scan(last, false, 1000)) {
      hash.update(bytes);
      last = record;
      more = true;
    }
    if (patience.due()) await patience.pause();
  }
  return hash.digest("hex");
}

/** `convertToCapped`: keeps the newest documents that fit, and of the indexes only that on `_id`. */
export const convertToCapped: Command = async (context) => {
  const { command, catalog, storage } = context;
  const { size } = command;
  if (!isNumber(size) || toNumber(size) < 1)
    throw badValue("Capped collection size must be greater than zero");
  await storage.write(() => {
    const collection = existing(context);
    if (isView(collection))
      throw new CommandError("CommandNotSupportedOnView", `cannot convert the view ${collection.namespace}`);
    for (const index of collection.indexes) if (!index.isId) catalog.dropIndex(collection, index);
    collection.options = { ...collection.options, capped: true, size };
    trimCapped(collection);
    catalog.save(collection);
  });
  return {};
};

/**
 * `reIndex`: an index's entries are written together with its documents, so there is nothing to make anew; `validate`
 * shows that they agree.
 */
export const reIndex: Command = (context) => {
  const { indexes } = existing(context);
  return {
    nIndexesWas: indexes.length,
    nIndexes: indexes.length,
    indexes: indexes.map(({ spec }) => spec),
  };
};

/** `dataSize` of a collection, in bytes. */
export const dataSize: Command = ({ command, catalog }) => {
  const collection = catalog.find(String(command.dataSize));
  return { estimate: false, size: collection?.size ?? 0, numObjects: collection?.count ?? 0, millis: 0 };
};

/** `compact`: the store gives room back by itself. */
export const compact: Command = (context) => {
  existing(context);
  return { bytesFreed: 0 };
};

function existing(context: CommandContext): Collection {
  const collection = collectionFor(context);
  if (!collection)
    throw new CommandError("NamespaceNotFound", `collection ${namespaceOf(context)} does not exist`);
  return collection;
}
