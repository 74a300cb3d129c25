import { vi } from "vitest";
import { JobModel, StoreQueue } from "../../src/jobs/store-queue.ts";
import { sandboxProvider } from "../../src/payments/sandbox/index.ts";
import { Session } from "../../src/payments/sandbox/session.ts";
import { landingRoutes } from "../../src/payments/webhook.ts";
import { connect, disconnect, ensureIndexes } from "../../src/store/connect.ts";
import { freshDatabase } from "../setup/database.ts";
import { openShopFront } from "./shop-front.ts";

/** The sandbox at work in a shop of its own: store, queue, webhook and the page a shopper comes back to. */
export async function openSandbox(now: () => Date) {
  const database = await freshDatabase();
  await connect(database.url);
  await ensureIndexes();
  const shop = await openShopFront();
  const failures: unknown[] = [];
  const queue = new StoreQueue({ now, pollMs: 20, onError: (error) => failures.push(error) });
  const provider = sandboxProvider({ publicUrl: () => shop.url, secret: "s".repeat(32), queue, now });
  shop.receiveFrom(provider);
  shop.app.route("/", provider.routes);
  shop.app.route(
    "/",
    landingRoutes(async (order, id) => {
      if (id === undefined) return null;
      const { payment, status } = await provider.readSession(id);
      const outcome = payment === "unpaid" ? (status === "expired" ? "closed" : "open") : payment;
      return { outcome, number: order };
    }),
  );
  await queue.start();
  return {
    provider,
    shop,
    queue,
    failures,
    /** Resolves when the shop has taken every event. */
    async delivered(): Promise<void> {
      await vi.waitFor(
        async () => {
          const waiting = await JobModel.countDocuments({ name: "sandbox.event", doneAt: null });
          const unsent = (await Session.find().lean()).flatMap(({ outbox }) => outbox).length;
          if (waiting + unsent > 0)
            throw new Error(`${waiting} events are on their way, ${unsent} not sent`, { cause: failures });
        },
        { timeout: 60_000, interval: 10 },
      );
    },
    async close(): Promise<void> {
      await queue.stop();
      await shop.close();
      await disconnect();
      await database.drop();
    },
  };
}
