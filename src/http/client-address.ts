import type { HttpBindings } from "@hono/node-server";
import type { Context, MiddlewareHandler } from "hono";
import ipaddr from "ipaddr.js";
import type { Logger } from "../log.ts";

type Ip = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Ip, number];

declare module "hono" {
  interface ContextVariableMap {
    /** Set by `seeClients`; read it with `networkOf`. */
    network: string;
  }
}

/** An address, with IPv4 inside IPv6 (`::ffff:192.0.2.1`) taken for what it is; null if it is none. */
function parsed(text: string): Ip | null {
  const bare = text
    .trim()
    .replace(/^\[([^\]]*)\](:\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1");
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return null;
  return ipaddr.process(bare);
}

/** A network as operators write it: an address, or one with the length of its prefix. @throws {Error} if it is none */
export function readNetwork(text: string): Range {
  if (!text.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(text.replace(/\/.*$/, "")))
    throw new Error(`${text} is no IP address`);
  const [ip, bits] = text.includes("/") ? ipaddr.parseCIDR(text) : ([ipaddr.parse(text), undefined] as const);
  if (ip instanceof ipaddr.IPv6 && ip.isIPv4MappedAddress())
    return [ip.toIPv4Address(), bits === undefined ? 32 : Math.max(0, bits - 96)];
  return [ip, bits ?? (ip.kind() === "ipv4" ? 32 : 128)];
}

/**
 * The network that limits count by: an IPv4 address, or the /64 of an IPv6 address, as one customer of a provider gets a
 * /64 at least (RFC 6177) and could come from a new address with every request. 6to4 (RFC 3056) and NAT64 (RFC 6052)
 * write an IPv4 address as a whole prefix; there it is that address that counts.
 */
export function networkIn(address: string): string {
  const ip = parsed(address);
  if (ip === null) return "unknown";
  if (ip.kind() === "ipv4") return ip.toString();
  const bytes = ip.toByteArray();
  const v4 =
    ip.range() === "6to4" ? bytes.slice(2, 6) : ip.range() === "rfc6052" ? bytes.slice(12) : undefined;
  if (v4 !== undefined) return ipaddr.fromByteArray(v4).toString();
  return `${ipaddr.fromByteArray([...bytes.slice(0, 8), ...Array<number>(8).fill(0)]).toString()}/64`;
}

/**
 * Who is behind a request that came through proxies. `X-Forwarded-For` is read from the right, as each proxy appends whom
 * it heard from: an entry counts only while every proxy after it is trusted. What stands left of that anybody can make up.
 */
export function clientAddress(
  peer: string,
  forwarded: string | undefined,
  trusted: readonly Range[],
): string {
  const isTrusted = (ip: Ip) =>
    trusted.some(([range, bits]) => range.kind() === ip.kind() && ip.match(range, bits));
  let client = parsed(peer);
  if (client === null) return peer;
  const hops = (forwarded ?? "").split(",").filter((hop) => hop.trim() !== "");
  for (let hop = hops.pop(); hop !== undefined && isTrusted(client); hop = hops.pop()) {
    const before = parsed(hop);
    if (before === null) break;
    client = before;
  }
  return client.toString();
}

/**
 * Notes the network of every request, for `networkOf`. `trustedProxies` are addresses or networks in CIDR notation; of
 * nobody else what a request says of where it came from is believed.
 */
export function seeClients(trustedProxies: readonly string[], log: Logger): MiddlewareHandler {
  const trusted = trustedProxies.map(readNetwork);
  let told = false;
  return async (c, next) => {
    const peer = peerOf(c);
    const forwarded = c.req.header("x-forwarded-for");
    if (forwarded !== undefined && trusted.length === 0 && !told) {
      told = true;
      log.warn(
        "Requests come through a proxy (X-Forwarded-For), but TRUSTED_PROXIES names none: all who come through it count as one for the limits. Set it to the proxy's address",
      );
    }
    c.set("network", networkIn(clientAddress(peer, forwarded, trusted)));
    await next();
  };
}

/** The network that a request came from, as limits count; "unknown" for one whose sender has gone already. */
export const networkOf = (c: Context): string => c.get("network") ?? networkIn(peerOf(c));

/** Whether a request was made on this machine, by nobody on behalf of another. */
export const isDirectlyLocal = (c: Context): boolean =>
  parsed(peerOf(c))?.range() === "loopback" &&
  !["forwarded", "x-forwarded-for", "via"].some((name) => c.req.header(name) !== undefined);

function peerOf(c: Context): string {
  const env: Partial<HttpBindings> = c.env ?? {};
  return env.incoming?.socket.remoteAddress ?? "";
}
