import { fileTypeFromBuffer } from "file-type";
import { model, Schema } from "mongoose";
import { checkPicture, Undecodable } from "../../pictures/decoder.ts";
import { ShopError } from "../core/errors.ts";
import { contentId } from "../core/ids.ts";

/** A picture of the catalog, kept in the store. It is public. What people send is kept by `keepSentPicture`. */
export interface Media {
  /** Made from shop and contents: the same picture is kept once. */
  _id: string;
  shop: string;
  contentType: string;
  bytes: Buffer;
  /** The name of the file it came from. */
  name?: string;
}

/** The most bytes of a picture. */
export const MEDIA_MAX = 5 * 1024 * 1024;

const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
};

/** The bytes are no picture the shop takes: JPEG, PNG or WebP of up to 5 MB. No SVG, since it can carry script. */
export class BadMedia extends ShopError {
  readonly reason: "too-large" | "not-a-picture";
  constructor(reason: BadMedia["reason"], message: string, options?: ErrorOptions) {
    super("BAD_MEDIA", message, options);
    this.reason = reason;
  }
}

/** The pictures of all shops. Read and written by id only. */
export const MediaModel = model<Media>(
  "Media",
  new Schema<Media>(
    {
      _id: { type: String, required: true },
      shop: { type: String, required: true },
      contentType: { type: String, required: true },
      bytes: { type: Buffer, required: true },
      name: String,
    },
    { strict: "throw", versionKey: false, id: false, collection: "media" },
  ),
);

/** The type of a picture, told by its bytes and never by its name. @throws {BadMedia} */
export async function pictureType(bytes: Uint8Array): Promise<{ contentType: string; extension: string }> {
  if (bytes.byteLength > MEDIA_MAX) throw new BadMedia("too-large", "a picture may have at most 5 MB");
  const contentType = (await fileTypeFromBuffer(bytes))?.mime ?? "";
  const extension = EXTENSIONS[contentType];
  if (extension === undefined) throw new BadMedia("not-a-picture", "a picture must be JPEG, PNG or WebP");
  return { contentType, extension };
}

/** The id a picture has, or would have, in a shop. */
export const mediaId = (shop: string, bytes: Uint8Array): string => contentId(shop, bytes);

/** Resolves if a catalog can show it: a picture by its first bytes that can be decoded to its last. @throws {BadMedia} */
export async function checkMedia(bytes: Uint8Array): Promise<void> {
  await pictureType(bytes);
  await checkPicture(bytes).catch((error: unknown) => {
    if (error instanceof Undecodable) throw new BadMedia(error.reason, error.message, { cause: error });
    throw error;
  });
}

/** Keeps a picture and returns its id; keeping it again changes nothing. @throws {BadMedia} */
export async function keepMedia(shop: string, bytes: Uint8Array, name?: string): Promise<string> {
  await checkMedia(bytes);
  return await keepChecked(shop, bytes, name);
}

/** The same for one that `checkMedia` has seen. @throws {BadMedia} by its first bytes only */
export async function keepChecked(shop: string, bytes: Uint8Array, name?: string): Promise<string> {
  const { contentType } = await pictureType(bytes);
  const _id = mediaId(shop, bytes);
  await MediaModel.updateOne(
    { _id },
    {
      $setOnInsert: { shop, contentType, bytes: Buffer.from(bytes), ...(name === undefined ? {} : { name }) },
    },
    { upsert: true },
  );
  return _id;
}

/** The picture of this id, or null. */
export async function readMedia(
  id: string,
): Promise<{ bytes: Uint8Array; contentType: string; name?: string } | null> {
  const media = await MediaModel.findById(id).lean<{
    contentType: string;
    // What `lean` answers is the driver's own Binary.
    bytes: Buffer | { buffer: Uint8Array };
    name?: string;
  }>();
  if (media === null) return null;
  const { bytes, contentType, name } = media;
  return { bytes: new Uint8Array(Buffer.isBuffer(bytes) ? bytes : bytes.buffer), contentType, name };
}
