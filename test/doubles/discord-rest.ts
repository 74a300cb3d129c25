import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Body, readBody } from "./discord-body.ts";
import type { Mishaps } from "./discord-mishaps.ts";
import { type Json, RateLimited, Refusal, refusals } from "./discord-refusal.ts";

/** A call to the API, as it was made and answered. */
export interface Call {
  readonly method: string;
  /** Without version and query. */
  readonly path: string;
  readonly body: unknown;
  /** Names of the files sent along. */
  readonly files: readonly string[];
  /** 0 where the connection ended without an answer. */
  readonly status: number;
  /** Discord's code of a refusal. */
  readonly code?: number;
  /** Whether an interaction was answered in the response to its delivery. */
  readonly inResponse?: boolean;
}

export interface RouteCall extends Body {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** What answers a call; a bare value is answered with 200, undefined with 204. */
export interface Route {
  readonly method: string;
  /** With `:name` for what varies. */
  readonly path: string;
  /** Whether the token in the path stands in for the bot's. */
  readonly open?: boolean;
  readonly run: (call: RouteCall) => unknown;
}

/** An answer with a status of its own. */
export class Created {
  readonly body: Json;
  constructor(body: Json) {
    this.body = body;
  }
}

export interface RestHost {
  readonly token: () => string;
  readonly routes: readonly Route[];
  readonly mishaps: Mishaps;
  readonly record: (call: Call) => void;
  /** Bytes and type behind a path of the CDN. */
  readonly file: (path: string) => { readonly bytes: Uint8Array; readonly type: string } | undefined;
  readonly perChannel: number | undefined;
}

/** The HTTP side: reads a call, checks the token, lets go wrong what shall, answers, and records it. */
export class Rest {
  readonly #host: RestHost;
  readonly #open = new Set<ServerResponse>();

  constructor(host: RestHost) {
    this.#host = host;
  }

  close(): void {
    for (const response of this.#open) response.destroy();
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open.add(response);
    response.on("close", () => this.#open.delete(response));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://discord.test");
    const method = request.method ?? "GET";
    if (pathname.startsWith("/attachments/")) return this.#download(pathname, response);
    const path = pathname.replace(/^\/v\d+/, "");
    const mishap = this.#host.mishaps.ofCall(`${method} ${path}`);
    let body: Body = { value: undefined, files: [] };
    let route: Route | undefined;
    const finish = (status: number, answer: unknown, headers: Readonly<Record<string, string>> = {}) => {
      const code = answer instanceof Refusal ? { code: answer.code } : {};
      const { value, files } = body;
      this.#host.record({ method, path, body: value, files: files.map(({ name }) => name), status, ...code });
      const silent = mishap?.kind === "timeout" || mishap?.kind === "reset";
      if (silent) return mishap.kind === "reset" ? void request.socket.destroy() : undefined;
      const sent = answer instanceof Refusal ? answer.body : answer;
      const typed = sent === undefined ? {} : { "content-type": "application/json" };
      response.writeHead(status, { ...typed, ...headers });
      response.end(sent === undefined ? "" : JSON.stringify(sent));
    };
    try {
      if (mishap?.kind === "429") throw new RateLimited(mishap.retryAfter ?? 1, mishap.global);
      if (mishap?.kind === "500-before") throw refusals.serverError();
      const found = this.#route(method, path);
      route = found.route;
      if (!route.open && request.headers.authorization !== `Bot ${this.#host.token()}`)
        throw refusals.unauthorized();
      body = await readBody(Buffer.concat(chunks), request.headers["content-type"] ?? "");
      const result = await route.run({ ...body, params: found.params, query: searchParams });
      if (mishap?.kind === "500-after") throw refusals.serverError();
      if (mishap?.kind === "timeout" || mishap?.kind === "reset") return finish(0, undefined);
      const created = result instanceof Created;
      finish(
        created ? 201 : result === undefined ? 204 : 200,
        created ? result.body : result,
        this.#pace(method, route),
      );
    } catch (error) {
      const refusal =
        error instanceof Refusal ? error : new Refusal(500, 0, `500: Internal Server Error: ${error}`);
      finish(refusal.status, refusal, {
        ...(route && this.#pace(method, route)),
        ...(refusal instanceof RateLimited && limited(refusal)),
      });
    }
  }

  #download(path: string, response: ServerResponse): void {
    const mishap = this.#host.mishaps.ofCall(`GET ${path}`);
    if (mishap?.kind === "timeout") return;
    if (mishap?.kind === "reset") return void response.destroy();
    const file = mishap ? undefined : this.#host.file(path);
    response.writeHead(file ? 200 : mishap ? 500 : 404, { "content-type": file?.type ?? "text/plain" });
    response.end(file?.bytes ?? "");
  }

  #route(method: string, path: string): { route: Route; params: Record<string, string> } {
    let known = false;
    for (const route of this.#host.routes) {
      const params = matched(route.path, path);
      if (params === undefined) continue;
      known = true;
      if (route.method === method) return { route, params };
    }
    throw known ? new Refusal(405, 0, "405: Method Not Allowed") : refusals.notFound();
  }

  /** The headers by which a client keeps to the pace; wide where none was asked for. */
  #pace(method: string, route: Route): Record<string, string> {
    if (route.open) return {};
    const limit = this.#host.perChannel ?? 1000;
    return {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": String(Math.max(1, limit - 1)),
      "x-ratelimit-reset": String((Date.now() + 1000) / 1000),
      "x-ratelimit-reset-after": "1",
      "x-ratelimit-bucket": createHash("md5").update(`${method} ${route.path}`).digest("hex"),
    };
  }
}

function limited(refusal: RateLimited): Record<string, string> {
  return {
    "retry-after": String(refusal.retryAfter),
    "x-ratelimit-scope": refusal.global ? "global" : "user",
    ...(refusal.global && { "x-ratelimit-global": "true" }),
  };
}

function matched(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const value = decodeURIComponent(given[i] ?? "");
    if (part.startsWith(":")) params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}
