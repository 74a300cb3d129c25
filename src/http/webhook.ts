import { timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import { bodyAtMost, defaultBodyLimit } from "./body-limit.ts";

/** How a platform posts its events to us. */
export interface Webhook<T> {
  /** Whether the platform has signed the body, byte by byte; nothing in it has been read then. */
  readonly isSigned: (headers: Headers, body: Buffer) => boolean;
  /** The event in a body; null if it is none, which is answered with 400. */
  readonly read: (body: string, headers: Headers) => T | null;
  /** Returns what the platform is told once the event is stored; rejects if it could not be. */
  readonly receive: (event: T) => Promise<Response>;
  /** Hears why an event could not be stored. The platform is told 500, so that it sends the event again. */
  readonly failed: (error: unknown, event: T) => void;
}

/** One address that a platform posts to, at "/": up to 256 KB, refused with 401 if it is not the platform's. */
export function webhookRoute<T>({ isSigned, read, receive, failed }: Webhook<T>): Hono {
  const app = new Hono();
  app.use(bodyAtMost(defaultBodyLimit, (context) => context.text("Too large", 413)));
  app.post("/", async (context) => {
    const { headers } = context.req.raw;
    const body = Buffer.from(await context.req.arrayBuffer());
    if (!isSigned(headers, body)) return context.text("Unauthorized", 401);
    const event = read(body.toString(), headers);
    if (event === null) return context.text("Not an event", 400);
    try {
      return await receive(event);
    } catch (error) {
      failed(error, event);
      return context.text("Not stored", 500);
    }
  });
  return app;
}

/** Whether a header has the secret that both sides know, compared in constant time. */
export function isSecret(given: string | undefined, secret: string): boolean {
  const [one, other] = [Buffer.from(given ?? ""), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** How far the clock of a signed request may be off, in seconds, either way. */
const TOLERANCE = 300;

/**
 * Whether a request was signed within five minutes of now, so that one that was overheard cannot be made again.
 * `timestamp` counts seconds since 1970, as the platform wrote it.
 */
export const isFresh = (timestamp: string | null, now = Date.now()): boolean =>
  /^\d{1,12}$/.test(timestamp ?? "") && Math.abs(now / 1000 - Number(timestamp)) <= TOLERANCE;
