import { LRUCache } from "lru-cache";
import type { Host } from "../engine/adapter.ts";
import type { Media, View } from "../engine/view.ts";
import { PICTURE_SIDE } from "./shown-pictures.ts";

/** Puts a stored picture where the platform finds it, and returns what it is called there. */
export type UploadPicture = (name: string, bytes: Buffer) => Promise<string | undefined>;

/** Where a picture is: at an address, or by the name the platform gave to the upload. */
export type PicturePlace = { readonly url: string } | { readonly name: string };

/** Where the pictures of views are on a platform that takes uploads apart from messages; each is uploaded once. */
export class UploadedPictures {
  readonly #names = new LRUCache<string, Promise<string | undefined>>({ max: 5000 });
  readonly #host: Pick<Host, "media">;
  readonly #failed: (error: unknown) => void;

  /** `failed` hears of each upload that failed. */
  constructor(host: Pick<Host, "media">, failed: (error: unknown) => void) {
    this.#host = host;
    this.#failed = failed;
  }

  /**
   * The pictures of a view: at an https address, or by the name `upload` gave, which counts within one `connection`.
   * One that is missing or cannot be uploaded is left out, since the words matter more, and tried again next time.
   */
  async of(view: View, connection: string, upload: UploadPicture): Promise<Map<Media, PicturePlace>> {
    const found = await Promise.all(
      view.cards.map(async ({ image }): Promise<[Media, PicturePlace][]> => {
        if (image?.id === undefined)
          return image?.url?.startsWith("https://") ? [[image, { url: image.url }]] : [];
        const name = await this.#name(image.id, `${connection}/${image.id}`, upload);
        return name === undefined ? [] : [[image, { name }]];
      }),
    );
    return new Map(found.flat());
  }

  async #name(id: string, key: string, upload: UploadPicture): Promise<string | undefined> {
    const naming = this.#names.get(key) ?? this.#upload(id, upload);
    this.#names.set(key, naming);
    const name = await naming;
    if (name === undefined) this.#names.delete(key);
    return name;
  }

  async #upload(id: string, upload: UploadPicture): Promise<string | undefined> {
    try {
      const picture = await this.#host.media(id, PICTURE_SIDE);
      if (picture === null) return undefined;
      return await upload(`${id}.${picture.contentType.split("/")[1]}`, Buffer.from(picture.bytes));
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }
}
