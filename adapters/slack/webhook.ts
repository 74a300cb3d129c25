import { createHmac, timingSafeEqual } from "node:crypto";
import type { Hono } from "hono";
import type { Logger } from "pino";
import { z } from "zod";
import { isFresh, webhookRoute } from "../../src/http/webhook.ts";
import { readJson } from "../../src/platform/read-json.ts";
import { describe } from "./errors.ts";

const payloadSchema = z.record(z.string(), z.unknown());

/** Whether Slack signed a request, within five minutes (https://docs.slack.dev/authentication/verifying-requests-from-slack). */
function isSigned(secret: string, headers: Headers, body: Buffer): boolean {
  const timestamp = headers.get("X-Slack-Request-Timestamp");
  const expected = createHmac("sha256", secret).update(`v0:${timestamp}:`).update(body).digest();
  const signature = /^v0=([0-9a-f]{64})$/.exec(headers.get("X-Slack-Signature") ?? "")?.[1] ?? "";
  const given = Buffer.from(signature, "hex");
  return isFresh(timestamp) && given.length === expected.length && timingSafeEqual(given, expected);
}

/** Events come as JSON, interactions as JSON in a form's field, commands as a form. */
function readPayload(body: string, headers: Headers): Record<string, unknown> | null {
  if (headers.get("Content-Type")?.startsWith("application/json")) return readJson(payloadSchema, body);
  const fields = Object.fromEntries(new URLSearchParams(body));
  return fields.payload === undefined ? fields : readJson(payloadSchema, fields.payload);
}

/**
 * The one address for events, interactions and commands. 200 means that the payload is stored; on 500 Slack sends an
 * event again and tells the person that an interaction failed.
 */
export const slackWebhook = (
  secret: string,
  handle: (payload: Record<string, unknown>) => Promise<unknown>,
  log: Logger,
): Hono =>
  webhookRoute({
    isSigned: (headers, body) => isSigned(secret, headers, body),
    read: readPayload,
    async receive(payload) {
      if (payload.type === "url_verification") return Response.json({ challenge: payload.challenge });
      if (payload.ssl_check !== undefined) return new Response("");
      const answer = await handle(payload);
      return typeof answer === "object" && answer !== null ? Response.json(answer) : new Response("");
    },
    failed: (error) => log.error({ reason: describe(error) }, "A payload from Slack could not be stored"),
  });
