import { type Api, GrammyError } from "grammy";
import { PHOTO_MAX } from "./inbound.ts";

/** A file could not be fetched this time. The message holds no address, since the token stands in it. */
export class DownloadFailed extends Error {
  readonly code = "DOWNLOAD_FAILED";
}

/**
 * The bytes of a file that a person sent, or null if it is gone or larger than 5 MB.
 *
 * @throws {DownloadFailed | GrammyError | HttpError} where trying again may help
 */
export async function download(
  api: Api,
  root: string,
  token: string,
  id: string,
): Promise<Uint8Array | null> {
  const path = await api.getFile(id).then(
    (file) => file.file_path,
    (error: unknown) => {
      if (error instanceof GrammyError && error.error_code === 400) return undefined;
      throw error;
    },
  );
  if (path === undefined) return null;
  try {
    const response = await fetch(`${root}/file/bot${token}/${path}`, {
      redirect: "error",
      signal: AbortSignal.timeout(20_000),
    });
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
  } catch (error) {
    if (error instanceof DownloadFailed) throw error;
    throw new DownloadFailed(error instanceof Error ? error.name : "unknown");
  }
}
