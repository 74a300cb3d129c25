import type { Host } from "../engine/adapter.ts";
import type { Inbound } from "../engine/inbound.ts";
import { receivedPhoto } from "./received-photo.ts";

/** The pictures somebody sent along with an event, as the platform names them. */
export interface SentPictures<File> {
  /** A message's own; `body` of the event stands for it until it is fetched. */
  readonly photo?: { readonly file: File; readonly caption?: string };
  /** Those for fields of a form. */
  readonly uploads?: Readonly<Record<string, File>>;
}

/**
 * The event with its pictures kept. One that cannot be had (`fetch` answers null) or used is "other" in a message, and
 * left out of a form.
 */
export async function withPictures<File>(
  host: Pick<Host, "keepMedia">,
  inbound: Inbound,
  { photo, uploads = {} }: SentPictures<File>,
  fetch: (file: File) => Promise<Uint8Array | null>,
): Promise<Inbound> {
  const { body } = inbound;
  if (photo) return { ...inbound, body: await receivedPhoto(host, await fetch(photo.file), photo.caption) };
  if (body.kind !== "form") return inbound;
  const pictures = await Promise.all(
    Object.entries(uploads).map(async ([field, file]) => {
      const picture = await receivedPhoto(host, await fetch(file));
      return picture.kind === "photo" ? { [field]: picture.media } : {};
    }),
  );
  return { ...inbound, body: { ...body, values: Object.assign({}, body.values, ...pictures) } };
}
