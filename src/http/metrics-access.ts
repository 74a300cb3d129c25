import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { isDirectlyLocal } from "./client-address.ts";

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * Lets figures be read by who has the token (`Authorization: Bearer …`). Without a token they are for a shop that is tried
 * out: only where the shop's own address is on this machine, and only for a request that was made on it. Anybody else finds
 * nothing there.
 */
export function metricsAccess(publicUrl: string, token: string | undefined): MiddlewareHandler {
  const { hostname } = new URL(publicUrl);
  const tried = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  const may = (c: Context): boolean => {
    if (token === undefined) return tried && isDirectlyLocal(c);
    const [scheme = "", given = ""] = (c.req.header("authorization") ?? "").split(" ");
    return scheme.toLowerCase() === "bearer" && timingSafeEqual(hashOf(given), hashOf(token));
  };
  return async (c, next) => {
    if (may(c)) return next();
    if (token === undefined) return c.notFound();
    c.header("WWW-Authenticate", "Bearer");
    throw new HTTPException(401, { message: "The figures need a token." });
  };
}
