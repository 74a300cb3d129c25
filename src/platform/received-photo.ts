import type { Host } from "../engine/adapter.ts";
import type { Body } from "../engine/inbound.ts";

/** The largest picture taken from a person, in bytes; what is larger need not be fetched. */
export const PHOTO_MAX = 5 * 1024 * 1024;

/** Whether `Host.keepMedia` threw because the bytes are no picture the shop can use. */
export const isBadMedia = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "BAD_MEDIA";

/**
 * A picture that a person sent, kept, as the engine takes it. Where there are no bytes (gone, too large), or they are
 * no picture the shop can use, it is "other", and the conversation goes on without it.
 */
export async function receivedPhoto(
  host: Pick<Host, "keepMedia">,
  bytes: Uint8Array | null,
  caption?: string,
): Promise<Body> {
  const unusable: Body = { kind: "other", what: "photo" };
  if (bytes === null) return unusable;
  try {
    return { kind: "photo", media: await host.keepMedia(bytes), caption };
  } catch (error) {
    if (isBadMedia(error)) return unusable;
    throw error;
  }
}
