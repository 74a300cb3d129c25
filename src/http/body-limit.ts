import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";

/** Largest request body in bytes by path prefix; the longest prefix that matches counts. */
export type BodyLimits = Readonly<Record<string, number>>;

/** What a body may have where no prefix says otherwise: webhooks and forms are far below it. */
export const defaultBodyLimit = 256 * 1024;

/** Refuses a larger body with 413, before any handler reads it; counts the bytes where no length is told. */
export function limitBody(limits: BodyLimits): MiddlewareHandler {
  const guard = (maxSize: number) =>
    bodyLimit({
      maxSize,
      onError: (c) => {
        // The rest of the body is not read, so nothing else can come over this connection.
        c.header("Connection", "close");
        throw new HTTPException(413, { message: `The request is larger than ${maxSize / 1024} KB.` });
      },
    });
  const byPrefix = Object.entries(limits)
    .sort(([a], [b]) => b.length - a.length)
    .map(([prefix, maxSize]) => ({ prefix, guard: guard(maxSize) }));
  const otherwise = guard(defaultBodyLimit);
  return (c, next) =>
    (byPrefix.find(({ prefix }) => c.req.path.startsWith(prefix))?.guard ?? otherwise)(c, next);
}
