import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** Form fields as Stripe reads them: `line_items[0][quantity]=2` becomes nested objects. */
export interface Params {
  [name: string]: string | Params;
}

/** An answer of Stripe's that is no success. Refusals made before anything was done are not kept under the key. */
export class StripeRefusal extends Error {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly kept: boolean;
  constructor(
    status: number,
    type: string,
    message: string,
    extra: { code?: string; param?: string; kept?: boolean } = {},
  ) {
    super(message);
    const { kept = false, ...rest } = extra;
    this.status = status;
    this.kept = kept;
    this.body = { error: { type, message, ...rest } };
  }
}

/**
 * What can go wrong with a request. "error before": 500 and nothing done; "error after": done, and 500 all the same;
 * "silence": done, no answer ever; "cut": done, the connection breaks; "cut before": it breaks and nothing is done;
 * "busy": 429 and nothing done.
 */
export type Fault = "error before" | "error after" | "silence" | "cut" | "cut before" | "busy";
/** What goes wrong with a request, asked for each that no `goesWrong` is about. */
export type Weather = (method: string, path: string) => Fault | undefined;

/** Keys can be removed "after they're at least 24 hours old". */
const KEYS_KEPT_MS = 24 * 60 * 60_000;
const KEY_MAX = 255;

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly key?: string;
  readonly params: Params;
  readonly status?: number;
  readonly replayed?: boolean;
}

export type Handler = (method: string, path: string, params: Params) => object;

interface Kept {
  readonly fingerprint: string;
  readonly at: number;
  status: number;
  body: object;
  done: boolean;
}

/**
 * The transport of the double: authentication, parameters, idempotency keys and faults as Stripe has them.
 * @see https://docs.stripe.com/api/idempotent_requests
 */
export async function serveStripe(
  secretKey: string,
  handle: Handler,
  options: { now: () => Date; weather?: Weather },
) {
  const requests: Seen[] = [];
  const faults: { fault: Fault; method: string; path: RegExp; left: number }[] = [];
  const keys = new Map<string, Kept>();
  let count = 0;

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(JSON.stringify({ error: { type: "api_error", message: String(error) } }));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://stripe");
    const method = request.method ?? "GET";
    const body = Buffer.concat(chunks).toString("utf8");
    const params = nested(method === "POST" ? new URLSearchParams(body) : searchParams);
    const key = method === "POST" ? request.headers["idempotency-key"]?.toString() : undefined;
    const id = `req_${++count}`;

    const send = (status: number, content: object, replayed = false) => {
      requests.push({ method, path: pathname, key, params, status, ...(replayed && { replayed }) });
      response.writeHead(status, {
        "content-type": "application/json",
        "request-id": id,
        ...(key !== undefined && { "idempotency-key": key }),
        ...(replayed && { "idempotent-replayed": "true" }),
        // Its own failures are kept under the key, so the SDK is told that asking again is of no use.
        ...(status >= 500 && { "stripe-should-retry": "false" }),
        ...(status === 429 && { "retry-after": "1" }),
      });
      response.end(JSON.stringify(content));
    };

    if (request.headers.authorization !== `Bearer ${secretKey}`) {
      const masked = `${request.headers.authorization?.slice(7, 15) ?? ""}****`;
      return send(401, {
        error: { type: "invalid_request_error", message: `Invalid API Key provided: ${masked}` },
      });
    }
    const fault = takeFault(method, pathname) ?? options.weather?.(method, pathname);
    if (fault === "cut before") {
      request.socket.destroy();
      return;
    }
    if (fault === "busy")
      return send(429, {
        error: { type: "rate_limit_error", code: "rate_limit", message: "Too many requests." },
      });

    const fingerprint = JSON.stringify([method, pathname, params]);
    if (key !== undefined) {
      if (key.length > KEY_MAX)
        return send(400, { error: { type: "idempotency_error", message: "Keys are up to 255 characters." } });
      forgetOldKeys();
      const kept = keys.get(key);
      if (kept && kept.fingerprint !== fingerprint)
        return send(400, {
          error: {
            type: "idempotency_error",
            message:
              "Keys for idempotent requests can only be used with the same parameters they were first used with.",
          },
        });
      if (kept && !kept.done)
        return send(409, {
          error: { type: "idempotency_error", code: "idempotency_key_in_use", message: "In progress." },
        });
      if (kept && fault === "cut") {
        request.socket.destroy();
        return;
      }
      if (kept && fault === "silence") return;
      if (kept) return send(kept.status, kept.body, true);
    }

    const kept: Kept = { fingerprint, at: options.now().getTime(), status: 500, body: {}, done: false };
    if (key !== undefined) keys.set(key, kept);
    const failure = { error: { type: "api_error", message: "An unknown error occurred." } };
    let forget = false;
    try {
      await pause(1);
      if (fault === "error before")
        throw new StripeRefusal(500, "api_error", "An unknown error occurred.", { kept: true });
      kept.body = handle(method, pathname, params);
      kept.status = 200;
      if (fault === "error after") Object.assign(kept, { status: 500, body: failure });
    } catch (error) {
      if (!(error instanceof StripeRefusal)) throw error;
      Object.assign(kept, { status: error.status, body: error.body });
      forget = !error.kept;
    } finally {
      kept.done = true;
      if (forget && key !== undefined) keys.delete(key);
    }
    if (fault === "cut") {
      request.socket.destroy();
      return;
    }
    if (fault !== "silence") send(kept.status, kept.body);
  }

  function forgetOldKeys(): void {
    const oldest = options.now().getTime() - KEYS_KEPT_MS;
    for (const [key, { at, done }] of keys) if (done && at <= oldest) keys.delete(key);
  }

  function takeFault(method: string, path: string): Fault | undefined {
    const hit = faults.find((one) => one.left > 0 && one.method === method && one.path.test(path));
    if (hit) hit.left -= 1;
    return hit?.fault;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    /** The next `times` requests of this kind go wrong. */
    goesWrong(fault: Fault, method: "GET" | "POST", path: RegExp, times = 1): void {
      faults.push({ fault, method, path, left: times });
    },
    /** As after a day: Stripe forgets its keys. */
    forgetsKeys(): void {
      keys.clear();
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

function nested(fields: URLSearchParams): Params {
  const root: Params = {};
  for (const [name, value] of fields) {
    const path = name.replaceAll("]", "").split("[");
    const last = path.pop() ?? "";
    let place = root;
    for (const part of path) {
      const known = place[part];
      const inner = typeof known === "object" ? known : {};
      place[part] = inner;
      place = inner;
    }
    place[last] = value;
  }
  return root;
}
