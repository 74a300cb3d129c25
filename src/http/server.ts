import { setMaxListeners } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { requestId } from "hono/request-id";
import type { Logger } from "../log.ts";
import { type BodyLimits, limitBody } from "./body-limit.ts";
import { seeClients } from "./client-address.ts";
import { answerError, answerNotFound } from "./errors.ts";
import { checkHost } from "./host-check.ts";
import type { Metrics } from "./metrics.ts";
import { observeRequests } from "./observe.ts";
import { securityHeaders } from "./security-headers.ts";
import { endStreamsOn } from "./streams.ts";

/** The web server: parts mount their routes on `app` before `listen`. */
export interface Http {
  readonly app: Hono;
  /** Aborted when `close` begins. Event streams are ended by the server itself; long polls may listen to it. */
  readonly closing: AbortSignal;
  /** Returns the port it got, which matters when 0 was asked for. @throws {CannotListen} */
  listen(port: number, host: string): Promise<{ port: number }>;
  /** Stops accepting, ends event streams, lets requests under way finish, and cuts those that take too long. */
  close(): Promise<void>;
}

export interface HttpOptions {
  readonly log: Logger;
  readonly publicUrl: string;
  readonly metrics?: Metrics;
  /** Names beside `publicUrl`'s that the shop is reached by; this machine's own always are. */
  readonly allowedHosts?: readonly string[];
  /** Proxies whose word is taken for where a request came from: addresses, or networks in CIDR notation. */
  readonly trustedProxies?: readonly string[];
  /** Bytes a request body may have, by path prefix, where it may be more or less than 256 KB. */
  readonly bodyLimits?: BodyLimits;
  /** Other times than `PATIENCE`. */
  readonly patience?: Partial<typeof PATIENCE>;
  /** How long `close` waits for requests under way. */
  readonly drainMs?: number;
}

/** The port cannot be had. */
export class CannotListen extends Error {
  readonly code = "CANNOT_LISTEN";
}

/**
 * How long an idle connection is kept, in milliseconds: longer than those who reuse theirs do (60 s in nginx's upstreams and
 * in AWS's load balancers), so that it is they who end it. A request that is sent while this side ends the connection is
 * lost, and Discord does not repeat a press.
 */
const KEEP_ALIVE_MS = 75_000;

/**
 * How long strangers are waited for, in milliseconds: for the headers of a request, for all of it, and for anything to move
 * on a connection, such as an answer that is not read. Event streams move every 15 s. By default Node looks after the first
 * two only every 30 s, and waits for an answer to be read for ever.
 */
export const PATIENCE = { headersMs: 20_000, requestMs: 60_000, stillMs: 60_000, lookMs: 5_000 };

/** Makes the server with what every route shares: request id, limits, headers, metrics and errors. */
export function createHttp({
  log,
  publicUrl,
  metrics,
  allowedHosts = [],
  trustedProxies = [],
  bodyLimits = {},
  patience,
  drainMs = 10_000,
}: HttpOptions): Http {
  const { headersMs, requestMs, stillMs, lookMs } = { ...PATIENCE, ...patience };
  const app = new Hono();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // one an open stream: many are no leak
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: lookMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
  }) as Server;
  server.timeout = stillMs;

  // Browsers open connections ahead of need; Node does not count those as idle, so closing would wait for them.
  const unused = new Set<Socket>();
  server.on("connection", (socket) => {
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });
  server.on("request", ({ socket }) => unused.delete(socket));

  app.use(requestId({ limitLength: 64 }));
  app.use(observeRequests(log, metrics));
  app.use(securityHeaders(publicUrl));
  app.use(checkHost(publicUrl, allowedHosts, log));
  app.use(seeClients(trustedProxies, log));
  app.use(endStreamsOn(closing.signal));
  app.use(limitBody(bodyLimits));
  app.onError(answerError(log));
  app.notFound(answerNotFound);

  return {
    app,
    closing: closing.signal,
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        const refuse = (cause: NodeJS.ErrnoException) => reject(cannotListen(port, host, cause));
        server.once("error", refuse);
        server.listen(port, host, () => {
          server.off("error", refuse);
          server.on("error", (err) => log.error({ err }, "web server"));
          resolve({ port: (server.address() as AddressInfo).port });
        });
      }),
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        metrics?.up.set(0);
        if (!server.listening) return resolve();
        for (const socket of unused) socket.destroy();
        const sweep = setInterval(() => server.closeIdleConnections(), 50);
        const cut = setTimeout(() => server.closeAllConnections(), drainMs);
        server.close(() => {
          clearInterval(sweep);
          clearTimeout(cut);
          resolve();
        });
      }),
  };
}

function cannotListen(port: number, host: string, cause: NodeJS.ErrnoException): CannotListen {
  const why =
    cause.code === "EADDRINUSE"
      ? `port ${port} is taken; set PORT to a free one`
      : cause.code === "EACCES"
        ? `port ${port} is not allowed; set PORT to one above 1023`
        : `HOST ${host} and PORT ${port} cannot be used (${cause.message})`;
  return new CannotListen(`Hawker cannot listen: ${why}.`, { cause });
}
