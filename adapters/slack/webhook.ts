import { createHmac, timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Logger } from "pino";
import { z } from "zod";
import { defaultBodyLimit } from "../../src/http/body-limit.ts";
import { describe } from "./errors.ts";

/** How far a request's clock may be off, in seconds, either way (https://docs.slack.dev/authentication/verifying-requests-from-slack). */
const TOLERANCE = 300;

const payloadSchema = z.record(z.string(), z.unknown());

/** Whether a request was signed with the secret, not longer ago than five minutes. Looks at nothing inside the body. */
export function isSigned(
  secret: string,
  body: Uint8Array,
  { timestamp, signature }: { timestamp: string | undefined; signature: string | undefined },
  now: Date,
): boolean {
  if (timestamp === undefined || signature === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > TOLERANCE) return false;
  const expected = createHmac("sha256", secret).update(`v0:${timestamp}:`).update(body).digest();
  const given = Buffer.from(/^v0=([0-9a-f]{64})$/.exec(signature)?.[1] ?? "", "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/**
 * The one address for events, interactions and commands. 200 means that the payload is stored; on 500 Slack sends an
 * event again and tells the person that an interaction failed.
 */
export function webhookRoute(
  secret: string,
  handle: (payload: Record<string, unknown>) => Promise<unknown>,
  log: Logger,
): Hono {
  const app = new Hono();
  app.use(bodyLimit({ maxSize: defaultBodyLimit, onError: (context) => context.text("Too large", 413) }));
  app.post("/", async (context) => {
    const body = new Uint8Array(await context.req.arrayBuffer());
    const timestamp = context.req.header("X-Slack-Request-Timestamp");
    const signature = context.req.header("X-Slack-Signature");
    if (!isSigned(secret, body, { timestamp, signature }, new Date()))
      return context.text("Unauthorized", 401);
    const payload = readPayload(new TextDecoder().decode(body), context.req.header("Content-Type") ?? "");
    if (payload === null) return context.text("Not a payload", 400);
    if (payload.type === "url_verification") return context.json({ challenge: payload.challenge });
    if (payload.ssl_check !== undefined) return context.text("");
    try {
      return acknowledged(context, await handle(payload));
    } catch (error) {
      log.error({ reason: describe(error) }, "A payload from Slack could not be stored");
      return context.text("Not stored", 500);
    }
  });
  return app;
}

const acknowledged = (context: Context, answer: unknown): Response =>
  typeof answer === "object" && answer !== null ? context.json(answer) : context.text("");

/** Events come as JSON, interactions as JSON in a form's field, commands as a form. */
function readPayload(body: string, type: string): Record<string, unknown> | null {
  const fields = type.startsWith("application/json") ? null : Object.fromEntries(new URLSearchParams(body));
  if (fields !== null && fields.payload === undefined) return fields;
  try {
    return payloadSchema.parse(JSON.parse(fields?.payload ?? body));
  } catch {
    return null;
  }
}
