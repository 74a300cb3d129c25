import type { Hono } from "hono";
import { z } from "zod";
import type { Queue } from "../../jobs/queue.ts";
import type { PaymentProvider } from "../../shop/orders/payments/payment.ts";
import { type Afterwards, becomes, giveBack } from "./after.ts";
import { deliverEvents, flush, parseEvent, sandboxJobs } from "./events.ts";
import { sandboxRoutes } from "./routes.ts";
import {
  type ChangeName,
  change,
  getSession,
  type Method,
  openSession,
  type SandboxSession,
  Session,
  stateOf,
} from "./session.ts";
import { createSigner, signatureHeader } from "./signature.ts";

export interface SandboxOptions {
  /** The shop's public address, without a slash at the end; asked for when needed, since a port may be chosen at start. */
  readonly publicUrl: () => string;
  /** Signs events and forms. */
  readonly secret: string;
  readonly queue: Queue;
  readonly now?: () => Date;
}

/**
 * A payment provider of the house, to try the shop without an account anywhere: a hosted page where a
 * person pays by test card, Alipay, WeChat Pay or bank transfer, declines or walks away.
 *
 * It behaves as a foreign one would: sessions end once, events are signed and come by HTTP to
 * `POST <publicUrl>/webhooks/sandbox`, again and again until taken. `routes` is mounted at "/".
 * Registers its jobs with the queue, so make it before `queue.start()`.
 */
export function sandboxProvider(options: SandboxOptions): PaymentProvider & { readonly routes: Hono } {
  const { queue, publicUrl } = options;
  const now = options.now ?? (() => new Date());
  const signer = createSigner(options.secret);

  const move = async (id: string, name: ChangeName, method?: Method): Promise<boolean> => {
    const moved = await change(id, name, now(), method);
    if (moved) await flush(await getSession(id), queue);
    return moved;
  };

  /** Ends a session whose time is over, and hands over events that a crash left behind. */
  const upToDate = async (session: SandboxSession): Promise<SandboxSession> => {
    if (session.status === "open" && session.expiresAt <= now()) {
      await move(session._id, "expired");
      return getSession(session._id);
    }
    await flush(session, queue);
    return session;
  };

  deliverEvents(queue, signer, publicUrl, now);
  queue.work(sandboxJobs.endOfTime, async (data) => {
    const { session } = z.object({ session: z.string() }).parse(data);
    await upToDate(await getSession(session));
  });

  return {
    name: "sandbox",

    async createSession(request) {
      const session = await openSession(request, now());
      await queue.add(
        sandboxJobs.endOfTime,
        `expire_${session._id}`,
        { session: session._id },
        session.expiresAt,
      );
      const language = request.locale.toLowerCase().startsWith("zh") ? "zh" : "en";
      return {
        id: session._id,
        url: `${publicUrl()}/sandbox/pay/${session._id}?lang=${language}`,
        expiresAt: session.expiresAt,
      };
    },

    readSession: async (id) => stateOf(await upToDate(await getSession(id))),

    async expireSession(id) {
      await upToDate(await getSession(id));
      await move(id, "expired");
      return stateOf(await getSession(id));
    },

    async refund({ session, amount, idempotencyKey }) {
      const refund = await giveBack(session, amount, idempotencyKey, now());
      await flush(await getSession(session), queue);
      return refund;
    },

    orderOf: async (reference) => (await Session.findOne({ _id: reference }).lean<SandboxSession>())?.order,

    async verifyEvent(raw, headers) {
      signer.verify(raw, headers.get(signatureHeader), now());
      return parseEvent(raw);
    },

    routes: sandboxRoutes({
      signer,
      publicUrl,
      now,
      move,
      async after(id, what: Afterwards) {
        const done = await becomes(id, what, now());
        await flush(await getSession(id), queue);
        return done;
      },
      async find(id) {
        const session = /^sbx_[\w-]{27}$/.test(id)
          ? await Session.findOne({ _id: id }).lean<SandboxSession>()
          : null;
        return session && upToDate(session);
      },
    }),
  };
}
