import type { Host, PictureSender } from "../engine/adapter.ts";
import type { Body, PictureProblem } from "../engine/inbound.ts";

/** The largest picture taken from a person, in bytes; what is larger need not be fetched. */
export const PHOTO_MAX = 5 * 1024 * 1024;

const codeOf = (error: unknown, property: string): unknown =>
  error instanceof Error && property in error ? Reflect.get(error, property) : undefined;

/**
 * Why `Host.keepMedia` refused a picture, by the code of what it threw; undefined if the picture was not refused but could
 * not be kept now.
 */
export function pictureProblem(error: unknown): PictureProblem | undefined {
  const code = codeOf(error, "code");
  if (code === "BAD_MEDIA") return codeOf(error, "reason") === "too-large" ? "too-large" : "unusable";
  if (code !== "PICTURE_QUOTA") return undefined;
  if (codeOf(error, "of") === "shop") return "full";
  return codeOf(error, "period") === "kept" ? "kept" : "too-many";
}

/** The bytes of a picture, why it need not be fetched, or null if it could not be. */
export type Fetched = Uint8Array | PictureProblem | null;

/**
 * A picture that a person sent, kept, as the engine takes it. Where there are no bytes (gone, too large), or the shop can
 * not keep them, it is "other" with the reason, and the conversation goes on without it.
 */
export async function receivedPhoto(
  host: Pick<Host, "keepMedia">,
  from: PictureSender,
  bytes: Fetched,
  caption?: string,
): Promise<Extract<Body, { kind: "photo" | "other" }>> {
  const without = (problem: PictureProblem): Body & { kind: "other" } => ({
    kind: "other",
    what: "photo",
    ...(problem !== "unusable" && { problem }),
  });
  if (bytes === null) return without("unusable");
  if (typeof bytes === "string") return without(bytes);
  try {
    return { kind: "photo", media: await host.keepMedia(bytes, from), caption };
  } catch (error) {
    const problem = pictureProblem(error);
    if (problem === undefined) throw error;
    return without(problem);
  }
}
