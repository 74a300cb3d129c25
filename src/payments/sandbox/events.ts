import { z } from "zod";
import type { Queue } from "../../jobs/queue.ts";
import { type ProviderEvent, UnreadableEvent } from "../../shop/orders/payments/payment.ts";
import { type SandboxSession, Session } from "./session.ts";
import { type Signer, signatureHeader } from "./signature.ts";

/** The sandbox's jobs: an event to deliver, the end of a session's time. */
export const sandboxJobs = { event: "sandbox.event", endOfTime: "sandbox.expire" } as const;
const job = sandboxJobs.event;

const money = z.object({ amount: z.int(), currency: z.string() });
const named = { id: z.string(), at: z.iso.datetime().transform((text) => new Date(text)) };
const about = { reference: z.string(), order: z.string(), live: z.boolean() };
const eventSchema = z.union([
  z.object({
    ...named,
    session: z.object({
      id: z.string(),
      order: z.string(),
      status: z.enum(["open", "complete", "expired"]),
      payment: z.enum(["unpaid", "pending", "paid", "failed"]),
      amount: money,
      live: z.boolean(),
      method: z.string().optional(),
      reference: z.string().optional(),
      refunded: z.int().optional(),
    }),
  }),
  z.object({
    ...named,
    change: z.discriminatedUnion("what", [
      z.object({ what: z.literal("refunded"), total: money, ...about }),
      z.object({
        what: z.literal("refund"),
        refund: z.string(),
        status: z.enum(["succeeded", "pending", "failed"]),
        amount: money,
        ...about,
      }),
      z.object({
        what: z.literal("dispute"),
        dispute: z.string(),
        status: z.enum(["open", "won", "lost"]),
        amount: money,
        reason: z.string().optional(),
        ...about,
      }),
    ]),
  }),
]);

/** Reads an event's body, whose signature was verified before. @throws {UnreadableEvent} */
export function parseEvent(raw: Buffer): ProviderEvent {
  try {
    return eventSchema.parse(JSON.parse(raw.toString("utf8")));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    throw new UnreadableEvent("an event of the sandbox is none of its own", { cause: error });
  }
}

/**
 * Hands a session's waiting events to the queue. A crash between writing an event and this leaves it in
 * the outbox; whoever touches the session next (a page, a read, the end of its time) hands it over.
 */
export async function flush(session: SandboxSession, queue: Queue): Promise<void> {
  for (const event of session.outbox) {
    const { id, session: state, change } = event;
    const about = state === undefined ? { change } : { session: state };
    const body = { id, at: event.at.toISOString(), ...about };
    await queue.add(job, id, { body: JSON.stringify(body) });
    await Session.updateOne({ _id: session._id }, { $pull: { outbox: { id } } });
  }
}

/**
 * Delivers events as any payment provider does: a signed POST to the shop's webhook, repeated by the queue
 * until it is answered with 2xx. Signed when sent, since a signature is good for five minutes only.
 */
export function deliverEvents(queue: Queue, signer: Signer, publicUrl: () => string, now: () => Date): void {
  queue.work(job, async (data) => {
    const { body } = z.object({ body: z.string() }).parse(data);
    const answer = await fetch(`${publicUrl()}/webhooks/sandbox`, {
      method: "POST",
      headers: { "content-type": "application/json", [signatureHeader]: signer.sign(body, now()) },
      body,
      signal: AbortSignal.timeout(15_000),
      redirect: "error",
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`The shop answered the sandbox's event with ${answer.status}.`);
  });
}
