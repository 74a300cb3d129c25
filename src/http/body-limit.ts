import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";

/** Largest request body in bytes by path prefix; the longest prefix that matches counts. */
export type BodyLimits = Readonly<Record<string, number>>;

/** What a body may have where no prefix says otherwise: webhooks and forms are far below it. */
export const defaultBodyLimit = 256 * 1024;

/**
 * Lets a request through whose body has at most `maxSize` bytes; others get the answer of `refuse`, before any handler
 * reads them.
 *
 * A length that is told is taken, since Node reads no more than that. Only where none is told are the bytes counted:
 * for that the body is made a stream of, which costs more than the rest of a small request.
 */
export function bodyAtMost(
  maxSize: number,
  refuse: (context: Context) => Response | Promise<Response>,
): MiddlewareHandler {
  const counted = bodyLimit({ maxSize, onError: refuse });
  return async (context, next) => {
    const length = context.req.header("Content-Length");
    if (length === undefined || context.req.header("Transfer-Encoding") !== undefined)
      return counted(context, next);
    if (Number(length) > maxSize) return refuse(context);
    return next();
  };
}

/** Refuses a larger body with 413, by the path it is sent to. */
export function limitBody(limits: BodyLimits): MiddlewareHandler {
  const guard = (maxSize: number) =>
    bodyAtMost(maxSize, (context) => {
      // The rest of the body is not read, so nothing else can come over this connection.
      context.header("Connection", "close");
      throw new HTTPException(413, { message: `The request is larger than ${maxSize / 1024} KB.` });
    });
  const byPrefix = Object.entries(limits)
    .sort(([a], [b]) => b.length - a.length)
    .map(([prefix, maxSize]) => ({ prefix, guard: guard(maxSize) }));
  const otherwise = guard(defaultBodyLimit);
  return (c, next) =>
    (byPrefix.find(({ prefix }) => c.req.path.startsWith(prefix))?.guard ?? otherwise)(c, next);
}
