import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Logger } from "../log.ts";

/** Probes of load balancers name the process by its address; what these tell is no secret. */
const PROBES: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/** The name in a Host header: lower case, without a port; `[::1]` keeps its brackets. */
const nameIn = (host: string): string => host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");

/** Names that only this machine calls itself by: browsers never ask a name server for them (RFC 6761, section 6.3). */
const isLoopback = (name: string): boolean =>
  name === "localhost" ||
  name.endsWith(".localhost") ||
  name === "[::1]" ||
  /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);

/**
 * Refuses requests for a host that the shop is not, with 421. Somebody's page may have its own name lead to this machine
 * (DNS rebinding) and would then be of the same origin as the shop: it could read and do here what it likes. What it can not
 * do is to send another Host than its own name.
 */
export function checkHost(publicUrl: string, allowed: readonly string[], log: Logger): MiddlewareHandler {
  const ours = new Set([new URL(publicUrl).host, ...allowed].map(nameIn));
  let told = false;
  return async (c, next) => {
    const name = nameIn(c.req.header("host") ?? "");
    if (!ours.has(name) && !isLoopback(name) && !PROBES.has(c.req.path)) {
      if (!told)
        log.warn(
          { host: name },
          "A request for another host was refused. Where that is the shop's too, or a proxy in front changes the Host header, name it in ALLOWED_HOSTS",
        );
      told = true;
      throw new HTTPException(421, { message: "This is not the address of this shop." });
    }
    await next();
  };
}
