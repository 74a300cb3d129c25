import type { Update } from "grammy/types";
import { Hono } from "hono";
import type { Logger } from "pino";
import { z } from "zod";
import { bodyAtMost, defaultBodyLimit } from "../../src/http/body-limit.ts";
import { isSecret } from "../../src/http/webhook.ts";
import { describe } from "./errors.ts";

const envelope = z.looseObject({ update_id: z.int() });
/** Whoever knows the secret is Telegram, so beyond the id its word is taken for the shape. */
const isUpdate = (body: unknown): body is Update => envelope.safeParse(body).success;

/**
 * The address Telegram posts updates to. The secret is compared, in constant time, before anything of the
 * body is read. 200 means that the update is stored; on 500 Telegram sends it again.
 */
export function webhookRoutes(secret: string, receive: (update: Update) => Promise<void>, log: Logger): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    if (isSecret(context.req.header("X-Telegram-Bot-Api-Secret-Token"), secret)) return next();
    return context.text("Unauthorized", 401);
  });
  app.use(bodyAtMost(defaultBodyLimit, (context) => context.text("Too large", 413)));
  app.post("/", async (context) => {
    const body: unknown = await context.req.json().catch(() => null);
    if (!isUpdate(body)) return context.text("Not an update", 400);
    try {
      await receive(body);
      return context.text("OK");
    } catch (error) {
      log.error({ update: body.update_id, reason: describe(error) }, "An update could not be stored");
      return context.text("Not stored", 500);
    }
  });
  return app;
}
