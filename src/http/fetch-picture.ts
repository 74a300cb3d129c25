import { lookup } from "node:dns/promises";
import { request } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** A picture can not be had. The message says why, for the person who gave the address. */
export class NoPicture extends Error {
  readonly code = "NO_PICTURE";
}

/** What a picture may cost, and how its server is reached. */
export interface FetchPictureOptions {
  /** The most bytes. */
  readonly maxBytes: number;
  /** How long it may take in all. */
  readonly timeoutMs: number;
  /** Finds the addresses of a name; DNS unless given. */
  readonly resolve?: (name: string) => Promise<readonly { address: string; family: number }[]>;
  /** Whether an address (v4 or v6) may be connected to; `isPublic` unless given. */
  readonly allows?: (address: string) => boolean;
  /** Certificates to trust beside the usual ones, in PEM. */
  readonly ca?: string;
}

/** Networks that are not the public internet. https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6- */
const notPublic = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16], // link-local, and where clouds tell a machine its secrets
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3], // multicast, reserved, broadcast
] as const)
  notPublic.addSubnet(network, bits, "ipv4");
// Of IPv6 only 2000::/3 is given out; these parts of it are not, or hold an IPv4 address that could be any.
const givenOut = new BlockList();
givenOut.addSubnet("2000::", 3, "ipv6");
for (const [network, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  notPublic.addSubnet(network, bits, "ipv6");

/** Whether an address is one of the public internet. */
export function isPublic(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !notPublic.check(address, "ipv4");
  return version === 6 && givenOut.check(address, "ipv6") && !notPublic.check(address, "ipv6");
}

const TYPES = /^image\/(jpeg|png|webp)\b/i;

/**
 * The bytes of a picture at an address that a person gave: over https on port 443 or one that is named, from the public
 * internet only, without redirects, JPEG, PNG or WebP as the server says (look at the bytes as well), within its limits.
 *
 * A name is resolved once and the connection made to just the addresses that were checked, so that it can not be turned to
 * another in between (DNS rebinding).
 *
 * @throws {NoPicture}
 */
export function fetchPicture(address: string, options: FetchPictureOptions): Promise<Uint8Array> {
  const { maxBytes, timeoutMs, allows = isPublic, ca } = options;
  if (!URL.canParse(address)) return Promise.reject(new NoPicture("it is no address"));
  const url = new URL(address);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (url.protocol !== "https:") return Promise.reject(new NoPicture("it is no https address"));
  if (url.username !== "" || url.password !== "") return Promise.reject(new NoPicture("it names a user"));
  // For an address instead of a name, nothing is looked up.
  if (isIP(host) !== 0 && !allows(host)) return Promise.reject(new NoPicture(PRIVATE));
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const refuse = (why: string) => reject(new NoPicture(why));
    const asked = request(
      url,
      {
        signal,
        agent: false,
        lookup: checkedLookup(options),
        headers: { accept: "image/jpeg, image/png, image/webp", "user-agent": "Hawker" },
        ...(ca === undefined ? {} : { ca }),
      },
      (response) => {
        const { statusCode = 0, headers } = response;
        const fault =
          statusCode >= 300 && statusCode < 400
            ? "the server sends elsewhere"
            : statusCode !== 200
              ? `the server answers ${statusCode}`
              : !TYPES.test(headers["content-type"] ?? "")
                ? "it is no JPEG, PNG or WebP"
                : Number(headers["content-length"]) > maxBytes
                  ? TOO_LARGE
                  : undefined;
        if (fault !== undefined) {
          response.destroy();
          refuse(fault);
          return;
        }
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size <= maxBytes) return;
          response.destroy();
          refuse(TOO_LARGE);
        });
        response.on("end", () => resolve(Buffer.concat(chunks)));
        response.on("close", () => refuse(signal.aborted ? TOO_SLOW : "the server broke off"));
        response.on("error", () => refuse(signal.aborted ? TOO_SLOW : "the server broke off"));
      },
    );
    asked.on("error", (error) => {
      if (error instanceof NoPicture) reject(error);
      else refuse(signal.aborted ? TOO_SLOW : `the server can not be reached${codeOf(error)}`);
    });
    asked.end();
  });
}

const PRIVATE = "its server is not on the public internet";
const TOO_LARGE = "it is too large";
const TOO_SLOW = "it takes too long";

const codeOf = (error: Error): string => ("code" in error ? ` (${String(error.code)})` : "");

const everyAddress = (name: string) => lookup(name, { all: true });

/** Resolves a name and lets through only what may be connected to: one address that may not refuses them all. */
const checkedLookup =
  ({ resolve = everyAddress, allows = isPublic }: FetchPictureOptions): LookupFunction =>
  (name, { all }, callback) => {
    const answer = (addresses: readonly { address: string; family: number }[]) => {
      const [first] = addresses;
      if (first === undefined || addresses.some(({ address }) => !allows(address)))
        callback(new NoPicture(PRIVATE), "");
      else if (all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    };
    resolve(name).then(answer, (error: Error) => callback(error, ""));
  };
