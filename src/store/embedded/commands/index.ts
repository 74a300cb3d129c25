import { CommandError } from "../errors.ts";
import type { Doc } from "../value.ts";
import { aggregate } from "./aggregate.ts";
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
import type { Command, CommandContext } from "./context.ts";
import { count, distinct } from "./count-distinct.ts";
import { deleteCommand } from "./delete.ts";
import { explain, explainCommand } from "./explain.ts";
import { find } from "./find.ts";
import { findAndModify } from "./find-and-modify.ts";
import { createIndexes, dropIndexes, listIndexes } from "./indexes.ts";
import { insert } from "./insert.ts";
import * as server from "./server-info.ts";
import { collStats, dbStats } from "./stats.ts";
import { update } from "./update.ts";

const commands = new Map<string, Command>(
  Object.entries({
    hello: server.hello,
    isMaster: server.hello,
    ismaster: server.hello,
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
    endSessions: server.nothing,
    refreshSessions: server.nothing,
    killSessions: server.nothing,
    killAllSessions: server.nothing,
    killAllSessionsByPattern: server.nothing,
    startSession: server.nothing,
    logout: server.nothing,
    setParameter: server.setParameter,
    profile: server.nothing,
    atlasVersion: server.standaloneOnly,
    replSetGetStatus: server.standaloneOnly,
    replSetGetConfig: server.standaloneOnly,
    commitTransaction: server.standaloneOnly,
    abortTransaction: server.standaloneOnly,
    mapReduce: server.standaloneOnly,
    saslStart: server.standaloneOnly,
    createUser: server.standaloneOnly,
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

/**
 * Runs a command and gives its reply, also for an error: `ok: 0` with code, codeName and errmsg. An error that is
 * no `CommandError` is told to `onFault` and answered as InternalError.
 */
export async function runCommand(context: CommandContext, onFault: (error: unknown) => void): Promise<Doc> {
  try {
    const { command } = context;
    const name = Object.keys(command)[0] ?? "";
    const run = commands.get(name);
    if (!run) throw new CommandError("CommandNotFound", `no such command: '${name}'`);
    if (command.startTransaction === true || command.autocommit === false) {
      throw new CommandError(
        "IllegalOperation",
        "Transaction numbers are only allowed on a replica set member or mongos",
      );
    }
    const reply =
      name === "aggregate" && command.explain === true
        ? await explainCommand(context, "queryPlanner")
        : await run(context);
    return { ...reply, ok: 1 };
  } catch (error) {
    if (error instanceof CommandError) {
      return {
        ok: 0,
        errmsg: error.message,
        code: error.code,
        codeName: error.codeName,
        ...(error.extra ?? {}),
      };
    }
    onFault(error);
    return {
      ok: 0,
      errmsg: error instanceof Error ? error.message : String(error),
      code: 1,
      codeName: "InternalError",
    };
  }
}
