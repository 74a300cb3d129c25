import { InputFile } from "grammy";
import type { Message } from "grammy/types";
import { LRUCache } from "lru-cache";
import type { Host } from "../../src/engine/adapter.ts";
import type { Media } from "../../src/engine/view.ts";
import { isRefusal } from "./errors.ts";

/** Refusals that concern the picture, so that the words can still be sent without it. */
const PICTURE_TROUBLE = /photo|image|file|url content|web ?page|media/i;

/**
 * Shows stored pictures, uploading each once: Telegram names an upload by a `file_id` that later messages
 * of the same bot reuse. The names of the 5,000 pictures last used are remembered.
 */
export class Pictures {
  readonly #host: Pick<Host, "media">;
  readonly #fileIds = new LRUCache<string, string>({ max: 5000 });
  readonly #uploads = new Map<string, Promise<unknown>>();

  constructor(host: Pick<Host, "media">) {
    this.#host = host;
  }

  /**
   * Calls `show` with the picture as Telegram takes it and answers the result, or null if the picture is
   * missing or Telegram cannot use it. Other errors pass.
   */
  async with<T extends Message | true>(
    media: Media,
    show: (source: string | InputFile) => Promise<T>,
  ): Promise<T | null> {
    try {
      if (media.id === undefined) return media.url === undefined ? null : await show(media.url);
      return await this.#stored(media.id, show);
    } catch (error) {
      if (isRefusal(error, /not modified|to edit|can't be edited/) || !isRefusal(error, PICTURE_TROUBLE))
        throw error;
      return null;
    }
  }

  async #stored<T extends Message | true>(
    id: string,
    show: (source: string | InputFile) => Promise<T>,
  ): Promise<T | null> {
    await this.#uploads.get(id);
    const known = this.#fileIds.get(id);
    if (known !== undefined) {
      try {
        return await show(known);
      } catch (error) {
        if (!isRefusal(error, /file identifier|file_id/i)) throw error;
        this.#fileIds.delete(id);
      }
    }
    const picture = await this.#host.media(id);
    if (picture === null) return null;
    const upload = show(new InputFile(picture.bytes, `${id}.${picture.contentType.split("/")[1] ?? "jpg"}`));
    const settled = upload.then(
      (sent) => {
        const fileId = sent === true ? undefined : sent.photo?.at(-1)?.file_id;
        if (fileId !== undefined) this.#fileIds.set(id, fileId);
      },
      () => undefined,
    );
    this.#uploads.set(id, settled);
    try {
      return await upload;
    } finally {
      await settled;
      if (this.#uploads.get(id) === settled) this.#uploads.delete(id);
    }
  }
}
