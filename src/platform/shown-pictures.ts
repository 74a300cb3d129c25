import type { Host } from "../engine/adapter.ts";
import type { View } from "../engine/view.ts";

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
    const stored = id === undefined ? null : await host.media(id);
    size += stored?.bytes.byteLength ?? 0;
    if (stored && size <= bytesMax) {
      const { bytes, contentType } = stored;
      const name = `picture-${at}.${contentType.split("/")[1] ?? "jpeg"}`;
      pictures.push({ alt, file: { name, data: Buffer.from(bytes), contentType } });
    } else pictures.push(url?.startsWith("https://") ? { alt, url } : undefined);
  }
  return pictures;
}

/** A view's document to download, under a name that any platform takes; none is an empty list. */
export const documentsOf = ({ file }: View): AttachedFile[] =>
  file === undefined
    ? []
    : [
        {
          name: file.name.replace(/[^\w.-]+/g, "_"),
          data: Buffer.from(file.text),
          contentType: file.contentType,
        },
      ];
