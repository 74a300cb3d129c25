import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { Host } from "../../src/engine/adapter.ts";
import { PHOTO_MAX } from "../../src/engine/received-photo.ts";
import type { FileView, Media, View } from "../../src/engine/view.ts";
import { download } from "../../src/http/download.ts";
import type { Picture, Pictures } from "./blocks.ts";
import { describe } from "./errors.ts";
import type { Workspace } from "./installations.ts";
import { isSlacks } from "./web-client.ts";

/** How long fetching a person's photo may take, in milliseconds: its event must be acknowledged within 3 s. */
const FETCH_TIMEOUT = 2_000;

/**
 * The bytes of a file that a person sent, or null if they cannot be had in time. The token goes to Slack's own
 * addresses only.
 */
export async function fetchFile(
  { client, token }: Workspace,
  file: { readonly id: string; readonly url_private?: string },
  apiRoot: string,
): Promise<Uint8Array | null> {
  try {
    const url = file.url_private ?? (await client.files.info({ file: file.id })).file?.url_private ?? "";
    if (!isSlacks(url, apiRoot)) return null;
    const headers = { Authorization: `Bearer ${token}` };
    return await download(url, { maxBytes: PHOTO_MAX, timeoutMs: FETCH_TIMEOUT, headers });
  } catch {
    return null;
  }
}

/** Puts a document into a channel. */
export async function uploadDocument({ client }: Workspace, channel: string, file: FileView): Promise<void> {
  await client.filesUploadV2({ channel_id: channel, filename: file.name, file: Buffer.from(file.text) });
}

/** Finds places from which Slack shows pictures, uploading what is kept in the store once per workspace. */
export class PictureUploads {
  readonly #ids = new LRUCache<string, Promise<string | undefined>>({ max: 5000 });
  readonly #host: Pick<Host, "media">;
  readonly #log: Logger;
  constructor(host: Pick<Host, "media">, log: Logger) {
    this.#host = host;
    this.#log = log;
  }

  /** The pictures of a view. One that is missing or cannot be uploaded is left out: the words matter more. */
  async of(workspace: Workspace, view: View): Promise<Pictures> {
    const media = view.cards.flatMap(({ image }) => (image ? [image] : []));
    const found = await Promise.all(
      media.map(async (each) => [each, await this.#place(workspace, each)] as const),
    );
    return new Map(found.flatMap(([each, picture]) => (picture ? [[each, picture] as const] : [])));
  }

  async #place(workspace: Workspace, { id, url }: Media): Promise<Picture | undefined> {
    if (id === undefined) return url?.startsWith("https://") ? { image_url: url } : undefined;
    const key = `${workspace.team}/${id}`;
    const known = this.#ids.get(key) ?? this.#upload(workspace, id);
    this.#ids.set(key, known);
    const file = await known;
    if (file === undefined) this.#ids.delete(key);
    return file === undefined ? undefined : { slack_file: { id: file } };
  }

  async #upload({ client }: Workspace, id: string): Promise<string | undefined> {
    try {
      const picture = await this.#host.media(id);
      if (picture === null) return undefined;
      const filename = `${id}.${picture.contentType.split("/")[1]}`;
      const { files } = await client.filesUploadV2({ filename, file: Buffer.from(picture.bytes) });
      return files[0]?.files?.[0]?.id;
    } catch (error) {
      this.#log.warn({ reason: describe(error) }, "A picture could not be uploaded to Slack");
      return undefined;
    }
  }
}
