import { CommandError } from "../errors.ts";
import type { Doc } from "../value.ts";
import * as administration from "./administration.ts";
import { aggregate } from "./aggregate.ts";
import { checkApiVersion } from "./api-version.ts";
import {
  collMod,
  create,
  drop,
  dropDatabase,
  listCollections,
  listDatabases,
  renameCollection,
  validate,
} from "./collections.ts";
import { checkFields } from "./command-fields.ts";
import { checkConcerns } from "./concerns.ts";
import { type Command, type CommandContext, numberField } from "./context.ts";
import { count, distinct } from "./count-distinct.ts";
import { currentOp } from "./current-operation.ts";
import { deleteCommand } from "./delete.ts";
import { explain, explainCommand } from "./explain.ts";
import type { Fault } from "./fail-point.ts";
import { find } from "./find.ts";
import { findAndModify } from "./find-and-modify.ts";
import { applicationOf, hello } from "./hello.ts";
import { createIndexes, dropIndexes, listIndexes } from "./indexes.ts";
import { insert } from "./insert.ts";
import * as server from "./server-info.ts";
import * as sessions from "./session-commands.ts";
import { collStats, dbStats } from "./stats.ts";
import { update } from "./update.ts";
import { onView } from "./views.ts";

const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    hello,
    isMaster: hello,
    ismaster: hello,
    ping: server.nothing,
    buildInfo: server.buildInfo,
    buildinfo: server.buildInfo,
    getParameter: server.getParameter,
    hostInfo: server.hostInfo,
    connectionStatus: server.connectionStatus,
    serverStatus: server.serverStatus,
    killCursors: server.killCursors,
    getMore: server.getMore,
    getLog: server.getLog,
    getCmdLineOpts: server.getCmdLineOpts,
    whatsmyuri: server.whatsmyuri,
    configureFailPoint: server.configureFailPoint,
    endSessions: sessions.endSessions,
    refreshSessions: sessions.refreshSessions,
    killSessions: server.nothing,
    killAllSessions: server.nothing,
    killAllSessionsByPattern: server.nothing,
    startSession: sessions.startSession,
    logout: server.nothing,
    setParameter: server.setParameter,
    profile: server.profile,
    atlasVersion: server.standaloneOnly,
    replSetGetStatus: server.standaloneOnly,
    replSetGetConfig: server.standaloneOnly,
    commitTransaction: server.standaloneOnly,
    abortTransaction: server.standaloneOnly,
    mapReduce: server.standaloneOnly,
    saslStart: administration.saslStart,
    createUser: server.standaloneOnly,
    createRole: server.standaloneOnly,
    top: server.standaloneOnly,
    updateUser: administration.noSuchUser,
    dropUser: administration.noSuchUser,
    dropAllUsersFromDatabase: administration.dropAllUsers,
    usersInfo: administration.usersInfo,
    rolesInfo: administration.rolesInfo,
    killOp: administration.killOp,
    fsync: administration.fsync,
    fsyncUnlock: administration.fsyncUnlock,
    dbHash: administration.dbHash,
    dbhash: administration.dbHash,
    convertToCapped: administration.convertToCapped,
    reIndex: administration.reIndex,
    dataSize: administration.dataSize,
    compact: administration.compact,
    planCacheClear: server.nothing,
    currentOp,
    listCommands,
    bulkWrite: server.standaloneOnly,
    createSearchIndexes: server.standaloneOnly,
    insert,
    find,
    update,
    delete: deleteCommand,
    findAndModify,
    findandmodify: findAndModify,
    aggregate,
    count,
    distinct,
    create,
    drop,
    dropDatabase,
    renameCollection,
    collMod,
    listCollections,
    listDatabases,
    validate,
    createIndexes,
    listIndexes,
    dropIndexes,
    deleteIndexes: dropIndexes,
    collStats,
    collstats: collStats,
    dbStats,
    dbstats: dbStats,
    explain,
  } satisfies Record<string, Command>),
);

/** `listCommands`: the names alone. */
function listCommands(): Doc {
  return { commands: Object.fromEntries([...commands.keys()].map((name) => [name, { help: "" }])) };
}

/**
 * Runs a command and gives its reply, also for an error: `ok: 0` with code, codeName and errmsg. An error that is
 * no `CommandError` is told to `onFault` and answered as InternalError. `undefined` means that the connection is to be
 * closed without a reply, as a fail point wants it.
 */
export async function runCommand(
  context: CommandContext,
  onFault: (error: unknown) => void,
): Promise<Doc | undefined> {
  try {
    const { client, command, failPoints } = context;
    const name = Object.keys(command)[0] ?? "";
    // Known before a fail point is asked for the hello that tells it.
    if (commands.get(name) === hello) client.application ??= applicationOf(command);
    const fault = failPoints?.faultFor(name, context);
    if (fault?.blockMs) await new Promise((resolve) => setTimeout(resolve, fault.blockMs));
    if (fault?.close) return undefined;
    if (fault?.error) throw fault.error;
    const reply = { ...(await commandFor(name, context)(context)), ok: 1 };
    return fault?.writeConcernError ? withConcernError(reply, fault) : reply;
  } catch (error) {
    return replyFor(error, onFault);
  }
}

/** Finds how a command runs, and checks what all commands have in common. */
function commandFor(name: string, context: CommandContext): Command {
  const { command } = context;
  const run = commands.get(name);
  checkDatabase(context.database);
  checkApiVersion(name, command);
  if (!run) throw new CommandError("CommandNotFound", `no such command: '${name}'`);
  if (command.startTransaction === true || command.autocommit === false) {
    throw new CommandError(
      "IllegalOperation",
      "Transaction numbers are only allowed on a replica set member or mongos",
    );
  }
  checkFields(name, command);
  checkConcerns(command);
  numberField(command, "maxTimeMS");
  context.sessions.use(command.lsid);
  if (name === "aggregate" && command.explain === true)
    return (given) => explainCommand(given, "queryPlanner");
  return onView(name, context) ?? run;
}

/** @throws {CommandError} InvalidNamespace (source: MongoDB manual, "Naming Restrictions"; `$external` is one). */
function checkDatabase(name: string): void {
  if (name === "" || /[/\\. "\0]/.test(name) || Buffer.byteLength(name) > 63)
    throw new CommandError("InvalidNamespace", `Invalid database name: '${name}'`);
}

function withConcernError(reply: Doc, fault: Fault): Doc {
  return {
    ...reply,
    writeConcernError: fault.writeConcernError ?? null,
    ...(fault.errorLabels === undefined ? {} : { errorLabels: fault.errorLabels }),
  };
}

function replyFor(error: unknown, onFault: (error: unknown) => void): Doc {
  if (error instanceof CommandError) {
    const { message, code, codeName, extra } = error;
    return { ok: 0, errmsg: message, code, codeName, ...(extra ?? {}) };
  }
  onFault(error);
  const errmsg = error instanceof Error ? error.message : String(error);
  return { ok: 0, errmsg, code: 1, codeName: "InternalError" };
}
