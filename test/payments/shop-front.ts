import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { webhookRoutes } from "../../src/payments/webhook.ts";
import type { PaymentProvider, ProviderEvent } from "../../src/shop/orders/payments/payment.ts";

/** The shop as a provider sees it: an address with a webhook that verifies and keeps what comes. */
export async function openShopFront() {
  const app = new Hono();
  const events: ProviderEvent[] = [];
  const deliveries: { raw: Buffer; headers: Headers }[] = [];
  const server = createServer(getRequestListener((request) => app.fetch(request)));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    app,
    events,
    deliveries,
    /** Serves the provider's webhook; events are kept by their id, as the shop does. */
    receiveFrom(provider: PaymentProvider): void {
      const receive = async (from: PaymentProvider, raw: Buffer, headers: Headers) => {
        const event = await from.verifyEvent(raw, headers);
        if (event === null) return;
        deliveries.push({ raw, headers });
        if (!events.some((known) => known.id === event.id)) events.push(event);
      };
      app.route("/", webhookRoutes([provider], receive));
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}
