import type { MiddlewareHandler } from "hono";

/**
 * Ends event streams when `closing` aborts, since a server cannot close while one is open, and asks clients to leave
 * a closing server. Browsers reconnect to whatever process answers next.
 */
export const endStreamsOn =
  (closing: AbortSignal): MiddlewareHandler =>
  async (c, next) => {
    await next();
    if (closing.aborted) c.res.headers.set("Connection", "close");
    // Looked at only for an event stream: of any other answer no stream need be made.
    if (!c.res.headers.get("Content-Type")?.startsWith("text/event-stream") || c.res.body === null) return;
    c.res = new Response(until(c.res.body, closing), c.res);
  };

/** The same bytes, ended early when `closing` aborts; the source is cancelled then, so its producer hears of it. */
function until(source: ReadableStream<Uint8Array>, closing: AbortSignal): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let end = () => {};
  const forget = () => closing.removeEventListener("abort", end);
  return new ReadableStream({
    start(controller) {
      end = () => {
        forget();
        controller.close();
        reader.cancel("closing").catch(() => undefined);
      };
      if (closing.aborted) end();
      else closing.addEventListener("abort", end);
    },
    async pull(controller) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        forget();
        throw error;
      });
      if (closing.aborted) return;
      if (done) end();
      else controller.enqueue(value);
    },
    cancel(reason) {
      forget();
      return reader.cancel(reason);
    },
  });
}
