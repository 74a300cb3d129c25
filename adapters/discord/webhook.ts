import { type APIInteraction, InteractionResponseType, InteractionType } from "discord.js";
import type { Hono } from "hono";
import type { Logger } from "pino";
import { z } from "zod";
import { ed25519Verifier } from "../../src/http/ed25519.ts";
import { isFresh, webhookRoute } from "../../src/http/webhook.ts";
import { readJson } from "../../src/platform/read-json.ts";
import { BadDiscordOptions, failures } from "./errors.ts";

/** Whoever has the key is Discord, so beyond its envelope its word is taken for the shape. */
const interaction = z.custom<APIInteraction>(
  (body) => z.object({ id: z.string(), type: z.int(), token: z.string() }).safeParse(body).success,
);

/**
 * The address Discord posts interactions to. 202 means that the interaction is stored; the answer goes the way it goes
 * with the gateway.
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
  const isValid = ed25519Verifier(publicKey);
  return webhookRoute({
    isSigned(headers, body) {
      const timestamp = headers.get("X-Signature-Timestamp") ?? "";
      const signature = headers.get("X-Signature-Ed25519") ?? "";
      return isFresh(timestamp) && isValid(Buffer.concat([Buffer.from(timestamp), body]), signature);
    },
    read: (body) => readJson(interaction, body),
    async receive(event) {
      if (event.type === InteractionType.Ping) return Response.json({ type: InteractionResponseType.Pong });
      await receive(event);
      return new Response(null, { status: 202 });
    },
    failed: (error, { id }) =>
      log.error({ interaction: id, reason: failures.line(error) }, "An interaction could not be stored"),
  });
}
