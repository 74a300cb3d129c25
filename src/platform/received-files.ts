import type { Host } from "../engine/adapter.ts";
import type { Inbound, PictureProblem } from "../engine/inbound.ts";
import { type Fetched, receivedPhoto } from "./received-photo.ts";

/** The pictures somebody sent along with an event, as the platform names them. */
export interface SentPictures<File> {
  /** A message's own; `body` of the event stands for it until it is fetched. */
  readonly photo?: { readonly file: File; readonly caption?: string };
  /** Those for fields of a form. */
  readonly uploads?: Readonly<Record<string, File>>;
}

/**
 * The event with its pictures kept. One that cannot be had (`fetch` answers null) or kept is "other" in a message, and
 * among those that were refused in a form.
 */
export async function withPictures<File>(
  host: Pick<Host, "keepMedia">,
  inbound: Inbound,
  { photo, uploads = {} }: SentPictures<File>,
  fetch: (file: File) => Promise<Fetched>,
): Promise<Inbound> {
  const { body } = inbound;
  if (photo)
    return { ...inbound, body: await receivedPhoto(host, inbound, await fetch(photo.file), photo.caption) };
  if (body.kind !== "form") return inbound;
  const values = new Map(Object.entries(body.values));
  const refused = new Map<string, PictureProblem>();
  await Promise.all(
    Object.entries(uploads).map(async ([field, file]) => {
      const picture = await receivedPhoto(host, inbound, await fetch(file));
      if (picture.kind === "photo") values.set(field, picture.media);
      else refused.set(field, picture.problem ?? "unusable");
    }),
  );
  const kept = { ...body, values: Object.fromEntries(values) };
  return {
    ...inbound,
    body: refused.size > 0 ? { ...kept, refused: Object.fromEntries(refused) } : kept,
  };
}
