import { type Context, Hono } from "hono";
import type { StoredPicture } from "../../src/engine/adapter.ts";
import { BoundedBodies } from "../../src/http/bounded-bodies.ts";
import { FOREVER } from "../../src/http/page-bundle.ts";
import type { FarPictures } from "./pictures.ts";

/** Gets a picture at most `side` pixels large; null if there is none. */
export type ReadPicture = (id: string, side: number) => Promise<StoredPicture | null>;

/** What the picture routes work with. */
export interface PictureParts {
  readonly far: FarPictures;
  readonly bodies?: BoundedBodies;
  /** A stored picture at most `side` pixels large. */
  readonly stored: ReadPicture;
  /** The picture at an address elsewhere. */
  readonly fetched: ReadPicture;
  /** The network address of a request, as its share is counted. */
  readonly networkOf: (c: Context) => string;
}

/** The largest side of a picture that a page may ask for, and gets if it does not say, in pixels. */
const SIDE_MAX = 1600;
/** What a person sent is shown to others, but may be taken back: browsers ask again after five minutes. */
const PASSING = "private, max-age=300";
/** What stands elsewhere may change there. */
const A_DAY = "public, max-age=86400";

/**
 * Pictures in the sizes the page shows them (`?size=`, pixels of the longer side). An id stands for the same picture for
 * good, so a browser that has it is told so without looking; one that a person sent is looked for again, as they may have
 * taken it back.
 */
export function pictureRoutes({
  far,
  networkOf,
  bodies = new BoundedBodies(),
  ...parts
}: PictureParts): Hono {
  const routes = new Hono();

  async function answer(
    c: Context,
    key: string,
    cache: string,
    read: (size: number) => Promise<StoredPicture | null>,
  ): Promise<Response> {
    const size = sizeOf(c);
    const tag = `${key}-${size}`;
    if (hasTag(c, `"${tag}"`)) return unchanged(c, `"${tag}"`, cache);
    const picture = await read(size);
    if (picture === null) return c.notFound();
    const etag = picture.passing ? `"passing-${tag}"` : `"${tag}"`;
    const control = picture.passing ? PASSING : cache;
    if (hasTag(c, etag)) return unchanged(c, etag, control);
    const { bytes, contentType } = picture;
    return await bodies.send(c, networkOf(c), bytes, {
      "Content-Type": contentType,
      "Cache-Control": control,
      ETag: etag,
    });
  }

  routes.get("/media/:id{[\\w-]{1,64}}", (c) => {
    const id = c.req.param("id");
    return answer(c, id, FOREVER, (size) => parts.stored(id, size));
  });

  routes.get("/media/far/:tag{[\\w-]{22}}/:url{[\\w-]{1,4000}}", (c) => {
    const { tag, url } = c.req.param();
    const behind = far.behind(tag, url);
    if (behind === undefined) return c.notFound();
    return answer(c, tag, A_DAY, (size) => parts.fetched(behind, size));
  });

  return routes;
}

function sizeOf(c: Context): number {
  const size = Number(c.req.query("size") ?? SIDE_MAX);
  return Number.isInteger(size) && size > 0 ? Math.min(size, SIDE_MAX) : SIDE_MAX;
}

const hasTag = (c: Context, etag: string): boolean =>
  (c.req.header("if-none-match") ?? "").split(",").some((one) => one.trim().replace(/^W\//, "") === etag);

const unchanged = (c: Context, etag: string, cache: string): Response =>
  c.body(null, 304, { ETag: etag, "Cache-Control": cache });
