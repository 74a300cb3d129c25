import type { APIAttachment } from "discord.js";
import type { Logger } from "pino";
import type { Host } from "../../src/engine/adapter.ts";
import type { Inbound } from "../../src/engine/inbound.ts";
import { PHOTO_MAX, receivedPhoto } from "../../src/engine/received-photo.ts";
import { download } from "../../src/http/download.ts";
import { describe } from "./errors.ts";
import { isPicture, type Reading } from "./inbound.ts";

/** Where Discord keeps what people send (https://docs.discord.com/developers/reference#image-formatting). */
const HOSTS = ["cdn.discordapp.com", "media.discordapp.net"];
/** How long a picture may take, in milliseconds; for one in a window Discord waits 3 s, with all else there is to do. */
const PATIENCE = { message: 10_000, window: 1500 };

/** Fetches what people sent along. Only addresses of Discord's are asked, and of the API, where it is another. */
export class Files {
  readonly #apiHost: string;
  readonly #log: Logger;

  constructor(apiRoot: string, log: Logger) {
    this.#apiHost = new URL(apiRoot).host;
    this.#log = log;
  }

  /** The event with its pictures kept. One that cannot be had is "other" in a message, and left out of a form. */
  async kept(host: Pick<Host, "keepMedia">, { inbound, photo, uploads = {} }: Reading): Promise<Inbound> {
    const { body } = inbound;
    if (photo) {
      const bytes = await this.#fetched(photo.file, PATIENCE.message);
      return { ...inbound, body: await receivedPhoto(host, bytes, photo.caption) };
    }
    if (body.kind !== "form") return inbound;
    const pictures = await Promise.all(
      Object.entries(uploads).map(async ([field, file]) => {
        const picture = await receivedPhoto(host, await this.#fetched(file, PATIENCE.window));
        return picture.kind === "photo" ? { [field]: picture.media } : {};
      }),
    );
    return { ...inbound, body: { ...body, values: Object.assign({}, body.values, ...pictures) } };
  }

  async #fetched(file: APIAttachment, timeoutMs: number): Promise<Uint8Array | null> {
    const { protocol, host, hostname } = new URL(file.url);
    const known = host === this.#apiHost || (protocol === "https:" && HOSTS.includes(hostname));
    if (!known || !isPicture(file)) return null;
    return await download(file.url, { maxBytes: PHOTO_MAX, timeoutMs }).catch((error: unknown) => {
      this.#log.warn({ reason: describe(error) }, "A picture could not be fetched");
      return null;
    });
  }
}
