import type { Logger } from "pino";
import type { View } from "../../src/engine/view.ts";
import { DownloadFailed, download } from "../../src/http/download.ts";
import { PHOTO_MAX } from "../../src/platform/received-photo.ts";
import type { UploadedPictures } from "../../src/platform/uploaded-pictures.ts";
import type { Pictures } from "./blocks.ts";
import { describe } from "./errors.ts";
import type { Workspace } from "./installations.ts";
import { isSlacks } from "./web-client.ts";

/** How long fetching a person's photo may take, in milliseconds: its event must be acknowledged within 3 s. */
const FETCH_TIMEOUT = 2_000;

/**
 * The bytes of a file that a person sent, or null if they cannot be had in time, and the log has why. The token goes to
 * Slack's own addresses only.
 */
export async function fetchFile(
  { client, token }: Workspace,
  file: { readonly id: string; readonly url_private?: string },
  { apiRoot, log }: { readonly apiRoot: string; readonly log: Logger },
): Promise<Uint8Array | null> {
  try {
    const url = file.url_private ?? (await client.files.info({ file: file.id })).file?.url_private ?? "";
    if (!isSlacks(url, apiRoot)) throw new DownloadFailed("the file is not on Slack");
    const headers = { Authorization: `Bearer ${token}` };
    return await download(url, { maxBytes: PHOTO_MAX, timeoutMs: FETCH_TIMEOUT, headers });
  } catch (error) {
    log.warn({ reason: describe(error) }, "A picture could not be fetched");
    return null;
  }
}

/** The pictures of a view as Slack finds them: at an address, or uploaded to the workspace. */
export async function picturesOf(
  pictures: UploadedPictures,
  { team, client }: Workspace,
  view: View,
): Promise<Pictures> {
  const places = await pictures.of(view, team, async (filename, file) => {
    const { files } = await client.filesUploadV2({ filename, file });
    return files[0]?.files?.[0]?.id;
  });
  return new Map(
    [...places].map(([media, place]) => [
      media,
      "url" in place ? { image_url: place.url } : { slack_file: { id: place.name } },
    ]),
  );
}
