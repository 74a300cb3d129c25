import { InputFile } from "grammy";
import type { Message } from "grammy/types";
import type { Host } from "../../src/engine/adapter.ts";
import type { Media } from "../../src/engine/view.ts";
import { PICTURE_SIDE } from "../../src/platform/shown-pictures.ts";
import { UploadOnce } from "../../src/platform/upload-once.ts";
import { isRefusal } from "./errors.ts";

type Show<T> = (source: string | InputFile) => Promise<T>;

/** Refusals that concern the picture: the words can still be sent without it. */
const isGone = (error: unknown): boolean =>
  isRefusal(error, /photo|image|file|url content|web ?page|media/i) &&
  !isRefusal(error, /not modified|to edit|be edited/);

/** Shows stored pictures, uploading each once: Telegram names an upload by a `file_id`, which later messages reuse. */
export class Pictures {
  readonly #host: Pick<Host, "media">;
  readonly #uploads = new UploadOnce();

  constructor(host: Pick<Host, "media">) {
    this.#host = host;
  }

  /** Calls `show` with the picture; returns null if there is none or Telegram cannot use it. Other errors pass. */
  async with<T extends Message | true>(media: Media | undefined, show: Show<T>): Promise<T | null> {
    const { id, url } = media ?? {};
    try {
      if (id === undefined) return url === undefined ? null : await show(url);
      const upload = () => this.#upload(id, show);
      return await this.#uploads.show(id, { byName: show, upload, nameIn: fileIdIn, isGone });
    } catch (error) {
      if (isGone(error)) return null;
      throw error;
    }
  }

  async #upload<T>(id: string, show: Show<T>): Promise<T | null> {
    const picture = await this.#host.media(id, PICTURE_SIDE);
    const extension = picture?.contentType.split("/")[1];
    return picture && (await show(new InputFile(picture.bytes, `${id}.${extension}`)));
  }
}

const fileIdIn = (shown: Message | true | null): string | undefined =>
  shown === null || shown === true ? undefined : shown.photo?.at(-1)?.file_id;
