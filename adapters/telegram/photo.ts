import { type Api, GrammyError } from "grammy";
import { PHOTO_MAX } from "./inbound.ts";

const TRIES = 3;

/** The server did not hand out a file. */
class DownloadFailed extends Error {
  readonly code = "DOWNLOAD_FAILED";
}

/**
 * The bytes of a file that a person sent, or null if it is gone, larger than 5 MB or not to be had in three
 * tries: the conversation then goes on without it. Reports no error of `fetch`, whose address holds the token.
 */
export async function fetchPhoto(api: Api, fileRoot: string, id: string): Promise<Uint8Array | null> {
  for (let tries = 1; tries <= TRIES; tries++) {
    try {
      const { file_path } = await api.getFile(id);
      return file_path === undefined ? null : await download(`${fileRoot}/${file_path}`);
    } catch (error) {
      if (error instanceof GrammyError && error.error_code === 400) return null;
      await new Promise((resolve) => setTimeout(resolve, 200 * tries));
    }
  }
  return null;
}

async function download(url: string): Promise<Uint8Array | null> {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(10_000) });
  if (response.status === 404) return null;
  if (!response.ok || response.body === null) throw new DownloadFailed(`HTTP ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > PHOTO_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
