import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Logger } from "../log.ts";
import type { Metrics } from "./metrics.ts";

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * Times every request and logs it at debug. Both tell the route's pattern and never the path, which may hold an id
 * or a token; a path without a route counts as "unmatched", so that strangers cannot make labels up.
 */
export const observeRequests =
  (log: Logger, metrics: Metrics | undefined): MiddlewareHandler =>
  async (c, next) => {
    const start = performance.now();
    await next();
    const pattern = routePath(c, -1);
    const route = pattern === "/*" || pattern === "*" ? "unmatched" : pattern;
    const status = c.res.status;
    const ms = performance.now() - start;
    const method = methods.has(c.req.method) ? c.req.method : "OTHER";
    metrics?.httpSeconds.observe({ method, route, status: String(status) }, ms / 1000);
    log.debug({ method, route, status, ms: Math.round(ms), requestId: c.get("requestId") }, "request");
  };
