import { z } from "zod";
import type { Queue } from "../../jobs/queue.ts";
import type { ProviderEvent } from "../../shop/payment.ts";
import { type SandboxSession, Session } from "./session.ts";
import { type Signer, signatureHeader } from "./signature.ts";

const job = "sandbox.event";

const eventSchema = z.object({
  id: z.string(),
  at: z.iso.datetime().transform((text) => new Date(text)),
  session: z.object({
    id: z.string(),
    order: z.string(),
    status: z.enum(["open", "complete", "expired"]),
    payment: z.enum(["unpaid", "pending", "paid", "failed"]),
    amount: z.object({ amount: z.int(), currency: z.string() }),
    live: z.boolean(),
    method: z.string().optional(),
  }),
});

/** Reads an event's body, whose signature was verified before. */
export const parseEvent = (raw: Buffer): ProviderEvent => eventSchema.parse(JSON.parse(raw.toString("utf8")));

/**
 * Hands a session's waiting events to the queue. A crash between writing an event and this leaves it in
 * the outbox; whoever touches the session next (a page, a read, the end of its time) hands it over.
 */
export async function flush(session: SandboxSession, queue: Queue): Promise<void> {
  for (const event of session.outbox) {
    const { id, session: about } = event;
    const { amount, currency } = about.amount;
    const body = { id, at: event.at.toISOString(), session: { ...about, amount: { amount, currency } } };
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
