import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Catalog } from "./catalog.ts";
import { FailPoints } from "./commands/fail-point.ts";
import { serve } from "./connection.ts";
import { Cursors } from "./cursors.ts";
import { listenOnPort, listenOnSocket } from "./endpoint.ts";
import { lockDirectory } from "./lock.ts";
import { plainLog, type ServerLog } from "./log.ts";
import { Sessions } from "./sessions.ts";
import { Storage } from "./storage.ts";
import { sweepExpired } from "./ttl.ts";
import { explained } from "./unusable.ts";

/** How to start the server. */
export interface EmbeddedOptions {
  /** The directory of the files; made if need be, and kept to its owner. One process at a time may have it open. */
  dir: string;
  /**
   * TCP port; 0 takes a free one. Without it the server listens on a Unix socket that only its own user can open, except
   * on Windows, where the driver knows none.
   */
  port?: number;
  /** Address to listen on: 127.0.0.1 unless said otherwise, as the server knows no passwords. */
  host?: string;
  /** Milliseconds between sweeps of TTL indexes; 60 000 as in MongoDB. */
  ttlIntervalMs?: number;
  /** Where the few lines go that it logs; standard error unless said otherwise. */
  log?: ServerLog;
  /** Lets clients arm fail points, as MongoDB's parameter `enableTestCommands` does; for test suites only. */
  enableTestCommands?: boolean;
  memory?: never;
}

/** A running server. */
export interface EmbeddedServer {
  /** Connection string, `mongodb://%2F…%2Fmongodb.sock/hawker?directConnection=true` or with `HOST:PORT`. */
  url: string;
  /** Deletes what TTL indexes say is over at `now` without waiting for the next sweep; gives the number. */
  sweepExpired(now?: Date): Promise<number>;
  /** Closes connections, finishes writes, closes the files and frees the directory. */
  stop(): Promise<void>;
}

/**
 * Starts a single-node server that speaks MongoDB's wire protocol and keeps its data in `dir`. A write is on disk
 * before it is acknowledged.
 *
 * @throws {DirectoryInUse} when another process has the directory open.
 * @throws {StoreUnusable} when the directory cannot be written to, or the files in it are damaged or of another version.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { dir, log = plainLog() } = options;
  const unlock = explained(dir, () => lockDirectory(dir));
  let storage: Storage | undefined;
  try {
    storage = explained(dir, () => new Storage(dir));
    return await listen(options, storage, log, unlock);
  } catch (error) {
    await storage?.close();
    unlock();
    throw error;
  }
}

async function listen(
  options: EmbeddedOptions,
  storage: Storage,
  log: ServerLog,
  unlock: () => void,
): Promise<EmbeddedServer> {
  const catalog = new Catalog(storage);
  const cursors = new Cursors();
  const sessions = new Sessions();
  const sockets = new Set<Socket>();
  const sweep = (now?: Date): Promise<number> => sweepExpired(storage, catalog, now);
  const host = options.host ?? "127.0.0.1";
  const parameters = { notablescan: false };
  const state = {
    storage,
    catalog,
    cursors,
    sessions,
    parameters,
    failPoints: options.enableTestCommands ? new FailPoints() : undefined,
    startedAt: new Date(),
    address: "",
    sweepExpired: sweep,
  };
  let connections = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(socket, state, ++connections, log);
  });
  const endpoint =
    options.port === undefined && process.platform !== "win32"
      ? await listenOnSocket(server, options.dir)
      : await listenOnPort(server, host, options.port ?? 0);
  state.address = endpoint.address;
  const timer = setInterval(() => {
    cursors.sweep();
    sessions.sweep();
    sweep().catch((error: unknown) =>
      log.error({ err: error }, "store: the sweep of expired documents failed"),
    );
  }, options.ttlIntervalMs ?? 60_000);
  timer.unref();
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
    endpoint.clear();
    await storage.close();
    unlock();
  };
  return {
    url: endpoint.url,
    sweepExpired: sweep,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
