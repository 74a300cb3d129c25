import type { APIAttachment } from "discord.js";
import type { Logger } from "pino";
import { download } from "../../src/http/download.ts";
import { failures } from "./errors.ts";
import { isPicture } from "./inbound.ts";

/** Where Discord keeps what people send (https://docs.discord.com/developers/reference#image-formatting). */
const HOSTS = ["https://cdn.discordapp.com", "https://media.discordapp.net"];

/**
 * Fetches pictures that people sent: null for one that is none, or cannot be had in time. Only addresses of Discord's
 * are asked, and of the API, where it is another.
 */
export const pictureFetcher =
  (apiRoot: string, log: Logger) =>
  async (file: APIAttachment, timeoutMs: number): Promise<Uint8Array | null> => {
    const known = [...HOSTS, new URL(apiRoot).origin].includes(new URL(file.url).origin);
    if (!known || !isPicture(file)) return null;
    return await download(file.url, { maxBytes: file.size, timeoutMs }).catch((error: unknown) => {
      log.warn({ reason: failures.line(error) }, "A picture could not be fetched");
      return null;
    });
  };
