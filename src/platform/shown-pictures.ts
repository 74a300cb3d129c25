import type { Host } from "../engine/adapter.ts";
import type { FileView, View } from "../engine/view.ts";

/** Pixels of the longer side of a picture that a message shows by itself, and of one beside words. */
export const PICTURE_SIDE = 1600;
export const THUMBNAIL_SIDE = 640;

/** A file that goes along with a message. */
export interface AttachedFile {
  readonly name: string;
  readonly data: Buffer;
  readonly contentType: string;
}

/** A picture as a message shows it: attached, or at an https address. */
export type ShownPicture = { readonly alt: string } & (
  | { readonly file: AttachedFile }
  | { readonly file?: undefined; readonly url: string }
);

/**
 * The pictures of a view's cards, by their place, for platforms that take the bytes with the message. Stored ones go
 * along as long as they are no more than `bytesMax` together; what cannot be shown is left out.
 */
export async function shownPictures(
  { cards }: View,
  host: Pick<Host, "media">,
  bytesMax: number,
): Promise<(ShownPicture | undefined)[]> {
  let size = 0;
  const pictures: (ShownPicture | undefined)[] = [];
  for (const [at, { image }] of cards.entries()) {
    const { alt = "", id, url } = image ?? {};
    const side = cards.length === 1 ? PICTURE_SIDE : THUMBNAIL_SIDE;
    const stored = id === undefined ? null : await host.media(id, side);
    size += stored?.bytes.byteLength ?? 0;
    if (stored && size <= bytesMax) {
      const { bytes, contentType } = stored;
      const name = `picture-${at}.${contentType.split("/")[1] ?? "jpeg"}`;
      pictures.push({ alt, file: { name, data: Buffer.from(bytes), contentType } });
    } else pictures.push(url?.startsWith("https://") ? { alt, url } : undefined);
  }
  return pictures;
}

/** What is in a file; null if it is a picture that is gone. */
export async function contentsOf(file: FileView, host: Pick<Host, "media">): Promise<Buffer | null> {
  if (file.media === undefined) return Buffer.from(file.text);
  const picture = await host.media(file.media);
  return picture && Buffer.from(picture.bytes);
}

/** A view's file to download, under a name that any platform takes; none is an empty list. */
export async function documentsOf({ file }: View, host: Pick<Host, "media">): Promise<AttachedFile[]> {
  const data = file && (await contentsOf(file, host));
  if (!file || !data) return [];
  return [{ name: file.name.replace(/[^\w.-]+/g, "_"), data, contentType: file.contentType }];
}
