import { pause } from "../../src/platform/backoff.ts";
import { isRefused } from "./errors.ts";

/** How Slack refuses blocks, a picture in them that it has not taken in yet among the reasons. */
const BAD_BLOCKS = ["invalid_blocks", "invalid_attachments", "cannot_parse_attachment"];
/** When it is tried with pictures, in milliseconds after the try before. */
const TRIES = [0, 1000];

/** Shows something with its pictures, a little later if Slack is still at them, or else without. */
export async function withPictures<T>(
  pictured: boolean,
  show: (pictures: boolean) => Promise<T>,
): Promise<T> {
  for (const wait of pictured ? TRIES : []) {
    try {
      if (wait > 0) await pause(wait);
      return await show(true);
    } catch (error) {
      if (!isRefused(error, BAD_BLOCKS)) throw error;
    }
  }
  return await show(false);
}
