import { InputFile } from "grammy";
import type { Message } from "grammy/types";
import { LRUCache } from "lru-cache";
import type { Host } from "../../src/engine/adapter.ts";
import type { Media } from "../../src/engine/view.ts";
import { isRefusal } from "./errors.ts";

type Show<T> = (source: string | InputFile) => Promise<T>;

/** Refusals that concern the picture: the words can still be sent without it. */
const PICTURE_TROUBLE = /photo|image|file|url content|web ?page|media/i;
const MESSAGE_TROUBLE = /not modified|to edit|be edited/;

/** Shows stored pictures, uploading each once: Telegram names an upload by a `file_id`, which later messages reuse. */
export class Pictures {
  readonly #host: Pick<Host, "media">;
  readonly #fileIds = new LRUCache<string, Promise<string | undefined>>({ max: 5000 });

  constructor(host: Pick<Host, "media">) {
    this.#host = host;
  }

  /** Calls `show` with the picture; answers null if it is missing or Telegram cannot use it. Other errors pass. */
  async with<T extends Message | true>(media: Media, show: Show<T>): Promise<T | null> {
    const { id, url } = media;
    const named = id === undefined ? url : this.#fileIds.get(id);
    // No pause if there is no name yet: the upload must begin before anyone else looks.
    const known = named && (await named);
    try {
      if (known !== undefined) return await show(known);
      return id === undefined ? null : await this.#upload(id, show);
    } catch (error) {
      if (!isRefusal(error, PICTURE_TROUBLE) || isRefusal(error, MESSAGE_TROUBLE)) throw error;
      if (id === undefined || known === undefined) return null;
      this.#fileIds.delete(id);
      return await this.with(media, show);
    }
  }

  async #upload<T extends Message | true>(id: string, show: Show<T>): Promise<T | null> {
    const sending = this.#host.media(id).then((picture) => {
      const extension = picture?.contentType.split("/")[1];
      return picture && show(new InputFile(picture.bytes, `${id}.${extension}`));
    });
    const named = sending.then(
      (sent) => (sent === null || sent === true ? undefined : sent.photo?.at(-1)?.file_id),
      () => undefined,
    );
    this.#fileIds.set(id, named);
    return await sending;
  }
}
