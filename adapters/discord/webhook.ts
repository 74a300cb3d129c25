import { createPublicKey, verify } from "node:crypto";
import { type APIInteraction, InteractionResponseType, InteractionType } from "discord.js";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Logger } from "pino";
import { z } from "zod";
import { BadDiscordOptions, describe } from "./errors.ts";

/** A signature is good for as long, in seconds, so that an overheard request cannot be made again later. */
const TOLERANCE = 5 * 60;
/** What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410, section 4). */
const ED25519_DER = Buffer.from("302a300506032b6570032100", "hex");

const envelope = z.looseObject({ id: z.string(), type: z.int(), token: z.string() });

/**
 * The address Discord posts interactions to. The signature is checked over the raw body before it is parsed. 202 means
 * that the interaction is stored; the answer goes the way it goes with the gateway.
 *
 * @throws {BadDiscordOptions} if the key is none
 */
export function webhookRoutes(
  publicKey: string,
  receive: (interaction: APIInteraction) => Promise<void>,
  log: Logger,
): Hono {
  if (!/^[0-9a-f]{64}$/i.test(publicKey))
    throw new BadDiscordOptions("A Discord application's public key has 64 hexadecimal digits");
  const spki = Buffer.concat([ED25519_DER, Buffer.from(publicKey, "hex")]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  const app = new Hono();
  app.use(bodyLimit({ maxSize: 256 * 1024, onError: (context) => context.text("Too large", 413) }));
  app.post("/", async (context) => {
    const timestamp = context.req.header("X-Signature-Timestamp") ?? "";
    const signature = Buffer.from(context.req.header("X-Signature-Ed25519") ?? "", "hex");
    const raw = Buffer.from(await context.req.arrayBuffer());
    const fresh = /^\d+$/.test(timestamp) && Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE;
    if (!fresh || !verify(null, Buffer.concat([Buffer.from(timestamp), raw]), key, signature))
      return context.text("Unauthorized", 401);
    const body = parsed(raw.toString());
    if (!isInteraction(body)) return context.text("Not an interaction", 400);
    if (body.type === InteractionType.Ping) return context.json({ type: InteractionResponseType.Pong });
    try {
      await receive(body);
      return context.body(null, 202);
    } catch (error) {
      log.error({ interaction: body.id, reason: describe(error) }, "An interaction could not be stored");
      return context.text("Not stored", 500);
    }
  });
  return app;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whoever has the key is Discord, so beyond its envelope its word is taken for the shape. */
const isInteraction = (body: unknown): body is APIInteraction => envelope.safeParse(body).success;
