import { Hono } from "hono";
import { bodyAtMost, defaultBodyLimit } from "../http/body-limit.ts";
import { BadSignature, type PaymentProvider, UnreadableEvent } from "../shop/orders/payments/payment.ts";

export { type Landing, landingOf, landingRoutes } from "./landing.ts";

/**
 * `POST /webhooks/<provider's name>` for each provider; mount it at "/".
 *
 * The body is handed on as the bytes that came, since the signature is over those; `receive` verifies it
 * before it does anything else, and resolves only when the event is stored. The provider is told by the
 * status: 200 stored (or none of ours, or nothing that can be read), 400 not signed by it, 413 too large, 500 try again later.
 */
export function webhookRoutes(
  providers: readonly PaymentProvider[],
  receive: (provider: PaymentProvider, raw: Buffer, headers: Headers) => Promise<unknown>,
  log?: { warn(details: object, message: string): void; error(details: object, message: string): void },
): Hono {
  const routes = new Hono();
  for (const provider of providers) {
    routes.post(
      `/webhooks/${provider.name}`,
      // Stripe's largest events are a few dozen kilobytes.
      bodyAtMost(defaultBodyLimit, (context) => context.text("Too large", 413)),
      async (context) => {
        const raw = Buffer.from(await context.req.arrayBuffer());
        try {
          await receive(provider, raw, context.req.raw.headers);
        } catch (error) {
          if (error instanceof BadSignature) {
            log?.warn({ provider: provider.name, reason: error.message }, "webhook with a bad signature");
            return context.text("Bad signature", 400);
          }
          if (error instanceof UnreadableEvent) {
            // Sent again it would be the same: taken, and told to whoever can find out why.
            log?.error(
              { provider: provider.name, reason: error.message },
              "a signed webhook could not be read and was left alone",
            );
            return context.text("OK");
          }
          log?.error(
            { provider: provider.name, err: error },
            "webhook not stored; the provider will send it again",
          );
          return context.text("Not stored, send it again", 500);
        }
        return context.text("OK");
      },
    );
  }
  return routes;
}
