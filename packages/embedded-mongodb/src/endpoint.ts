import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Where a server listens. */
export interface Endpoint {
  /** Connection string. */
  readonly url: string;
  /** What the server says of itself: `host:port`, or the path of the socket. */
  readonly address: string;
  /** Takes away what is left of it once the server is closed. */
  clear(): void;
}

/** Bytes of a path that a socket may have: 104 with the final zero on macOS, 108 on Linux (unix(4), unix(7)). */
const SOCKET_PATH_MAX = 103;

const connectionString = (host: string) => `mongodb://${host}/hawker?directConnection=true`;

/** Listens on a TCP port; 0 takes a free one. The server knows no passwords, so every local user can come in. */
export async function listenOnPort(server: Server, host: string, wanted: number): Promise<Endpoint> {
  server.listen(wanted, host);
  await once(server, "listening");
  const bound = server.address();
  const port = bound !== null && typeof bound === "object" ? bound.port : wanted;
  return { url: connectionString(`${host}:${port}`), address: `${host}:${port}`, clear: () => {} };
}

/**
 * Listens on a Unix socket in `dir`, which must be its owner's alone and locked by this process: only that user's
 * processes can come in. Where the path would be too long, the socket lies in a private folder among the temporary files.
 */
export async function listenOnSocket(server: Server, dir: string): Promise<Endpoint> {
  const near = join(resolve(dir), "mongodb.sock");
  const path =
    Buffer.byteLength(near) <= SOCKET_PATH_MAX
      ? near
      : join(mkdtempSync(join(tmpdir(), "hawker-")), "mongodb.sock");
  rmSync(path, { force: true }); // a killed process leaves its socket behind
  server.listen(path);
  await once(server, "listening");
  chmodSync(path, 0o600);
  return {
    url: connectionString(encodeURIComponent(path)),
    address: path,
    clear: () => rmSync(path === near ? path : dirname(path), { recursive: true, force: true }),
  };
}
