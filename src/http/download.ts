/** A server did not hand out what was asked for. The message never tells the address, which may hold a token. */
export class DownloadFailed extends Error {
  readonly code = "DOWNLOAD_FAILED";
}

/** What a download may cost. */
export interface DownloadOptions {
  readonly maxBytes: number;
  /** How long the whole download may take. */
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The bytes at an address that the caller trusts (a platform's own), or null if there is nothing (404, 410) or it is
 * larger than `maxBytes`. Follows no redirects, and reads no further than the limit.
 *
 * @throws {DownloadFailed} for anything else; a later try may succeed
 */
export async function download(
  url: string,
  { maxBytes, timeoutMs, headers }: DownloadOptions,
): Promise<Uint8Array | null> {
  const request = { headers, redirect: "error", signal: AbortSignal.timeout(timeoutMs) } as const;
  const response = await fetch(url, request).catch(refuse);
  if (response.status === 404 || response.status === 410) return null;
  if (!response.ok || response.body === null) throw new DownloadFailed(`HTTP ${response.status}`);
  if (Number(response.headers.get("content-length")) > maxBytes) {
    await response.body.cancel();
    return null;
  }
  return await readUpTo(maxBytes, response.body).catch(refuse);
}

async function readUpTo(maxBytes: number, body: ReadableStream<Uint8Array>): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What `fetch` throws names the address in its cause; only the kind of trouble is passed on. */
function refuse(error: unknown): never {
  throw new DownloadFailed(error instanceof Error ? error.name : "unknown error");
}
