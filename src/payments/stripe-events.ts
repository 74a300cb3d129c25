import type Stripe from "stripe";
import { z } from "zod";
import {
  type DisputeState,
  type ProviderEvent,
  type RefundState,
  type SessionState,
  UnreadableEvent,
} from "../shop/orders/payments/payment.ts";
import { reported } from "./stripe-amount.ts";

/** The events that an endpoint must send: what `stripeEvent` reads. docs/operating.md names them. */
export const stripeEventTypes = [
  "checkout.session.completed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.async_payment_failed",
  "checkout.session.expired",
  "charge.refunded",
  "refund.created",
  "refund.updated",
  "refund.failed",
  "charge.dispute.created",
  "charge.dispute.closed",
] as const;

const id = z.string().min(1).max(255);
/** An id, or the whole object where it was asked for. */
const ref = z.union([id, z.object({ id })]).nullish();
const idOf = (of: z.infer<typeof ref>): string | undefined => (typeof of === "string" ? of : of?.id);
const metadata = z.record(z.string(), z.string()).nullish();
const money = { amount: z.number().int().nonnegative(), currency: z.string().min(1) };

const envelope = z.object({
  id,
  type: z.string(),
  created: z.number().int(),
  livemode: z.boolean().default(true),
  data: z.object({ object: z.record(z.string(), z.unknown()) }),
});

/** What is read of a session, in an event or when asked for one. */
const session = z.object({
  id,
  mode: z.string().nullish(),
  metadata,
  client_reference_id: z.string().nullish(),
  status: z.string().nullish(),
  payment_status: z.string(),
  amount_total: z.number().int().nullish(),
  currency: z.string().nullish(),
  livemode: z.boolean(),
  payment_method_types: z.array(z.string()).nullish(),
  payment_intent: z
    .union([
      id,
      z.object({
        id,
        status: z.string().nullish(),
        latest_charge: z
          .union([
            id,
            z.object({
              id,
              amount_refunded: z.number().int().nullish(),
              payment_method_details: z.object({ type: z.string() }).nullish(),
            }),
          ])
          .nullish(),
      }),
    ])
    .nullish(),
});
type ReadSession = z.infer<typeof session>;

const charge = z.object({
  payment_intent: ref,
  metadata,
  amount_refunded: z.number().int().nonnegative(),
  currency: z.string().min(1),
});
const refund = z.object({ id, payment_intent: ref, metadata, status: z.string().nullish(), ...money });
const dispute = z.object({
  id,
  payment_intent: ref,
  status: z.string(),
  reason: z.string().nullish(),
  ...money,
});

const parse = <T>(schema: z.ZodType<T>, value: unknown, what: string): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // Which fields, not what stands in them: that may be a person's.
  throw new UnreadableEvent(`${what}: ${parsed.error.issues.map(({ path }) => path.join(".")).join(", ")}`);
};

/**
 * An event about a payment of this shop, or null for every other. An account may sell elsewhere too.
 *
 * @throws {UnreadableEvent} for one of ours that is not as Stripe documents it
 */
export function stripeEvent(raw: unknown): ProviderEvent | null {
  const { id, type, created, livemode, data } = parse(envelope, raw, "an event");
  const at = new Date(created * 1000);
  const { object } = data;
  switch (type) {
    case "checkout.session.completed":
    case "checkout.session.async_payment_succeeded":
    case "checkout.session.async_payment_failed":
    case "checkout.session.expired": {
      if (!isOurs(object)) return null;
      const read = parse(session, object, type);
      const state = stateOf(read, type === "checkout.session.async_payment_failed");
      return { id, at, session: { ...state, live: state.live && livemode } };
    }
    case "charge.refunded": {
      const reference = idOf(ref.safeParse(object.payment_intent).data);
      if (reference === undefined) return null;
      const { amount_refunded, currency, metadata } = parse(charge, object, type);
      const total = reported(amount_refunded, currency);
      return { id, at, change: { what: "refunded", total, ...about(reference, metadata, livemode) } };
    }
    case "refund.created":
    case "refund.updated":
    case "refund.failed":
    case "charge.refund.updated": {
      const reference = idOf(ref.safeParse(object.payment_intent).data);
      if (reference === undefined) return null;
      const read = parse(refund, object, type);
      return { id, at, change: { ...refundOf(read), ...about(reference, read.metadata, livemode) } };
    }
    case "charge.dispute.created":
    case "charge.dispute.updated":
    case "charge.dispute.closed":
    case "charge.dispute.funds_withdrawn":
    case "charge.dispute.funds_reinstated": {
      const reference = idOf(ref.safeParse(object.payment_intent).data);
      if (reference === undefined) return null;
      const state = disputeOf(parse(dispute, object, type));
      return { id, at, change: { ...state, ...about(reference, null, livemode) } };
    }
    default:
      return null;
  }
}

function refundOf({ id: made, amount, currency, status, metadata }: z.infer<typeof refund>): RefundState {
  return {
    what: "refund",
    refund: made,
    status: refundStatus(status ?? null),
    amount: reported(amount, currency),
    ours: metadata?.hawker_key !== undefined,
  };
}

function disputeOf({ id: opened, amount, currency, status, reason }: z.infer<typeof dispute>): DisputeState {
  return {
    what: "dispute",
    dispute: opened,
    status: disputeStatus(status),
    amount: reported(amount, currency),
    ...(reason ? { reason } : {}),
  };
}

/** A refund as Stripe lists it. @throws {UnreadableEvent} */
export const refundState = (read: Stripe.Refund): RefundState => refundOf(parse(refund, read, "a refund"));

/** A dispute as Stripe lists it. @throws {UnreadableEvent} */
export const disputeState = (read: Stripe.Dispute): DisputeState =>
  disputeOf(parse(dispute, read, "a dispute"));

const about = (reference: string, metadata: z.infer<typeof charge>["metadata"], live: boolean) => ({
  reference,
  live,
  ...(metadata?.order ? { order: metadata.order } : {}),
});

function isOurs({ metadata, mode }: Record<string, unknown>): boolean {
  const order = typeof metadata === "object" && metadata !== null && "order" in metadata && metadata.order;
  return typeof order === "string" && order !== "" && mode === "payment";
}

/**
 * A session as Stripe knows it, in the shop's terms. Read it with `payment_intent.latest_charge` expanded, else a
 * transfer that failed looks like one that is still on its way, unless `failed` says so.
 *
 * @throws {UnreadableEvent}
 */
export const sessionState = (read: Stripe.Checkout.Session): SessionState =>
  stateOf(parse(session, read, "a session"));

function stateOf(read: ReadSession, failed = false): SessionState {
  const method = methodOf(read);
  const reference = idOf(read.payment_intent);
  const refunded = chargeOf(read)?.amount_refunded ?? undefined;
  const currency = read.currency ?? "usd";
  return {
    id: read.id,
    order: read.metadata?.order ?? read.client_reference_id ?? "",
    status: read.status === "complete" || read.status === "expired" ? read.status : "open",
    payment: paymentOf(read, failed),
    amount: reported(read.amount_total ?? 0, currency),
    live: read.livemode,
    ...(method === undefined ? {} : { method }),
    ...(reference === undefined ? {} : { reference }),
    ...(refunded === undefined ? {} : { refunded: reported(refunded, currency).amount }),
  };
}

function paymentOf(read: ReadSession, failed: boolean): SessionState["payment"] {
  if (read.payment_status === "paid" || read.payment_status === "no_payment_required") return "paid";
  if (read.status !== "complete") return "unpaid";
  const intent = typeof read.payment_intent === "object" ? read.payment_intent?.status : undefined;
  return failed || intent === "requires_payment_method" || intent === "canceled" ? "failed" : "pending";
}

function chargeOf({ payment_intent }: ReadSession) {
  const intent = typeof payment_intent === "object" ? payment_intent : null;
  return typeof intent?.latest_charge === "object" ? intent.latest_charge : null;
}

function methodOf(read: ReadSession): string | undefined {
  const types = read.payment_method_types ?? [];
  return chargeOf(read)?.payment_method_details?.type ?? (types.length === 1 ? types[0] : undefined);
}

/** How a refund stands. */
export function refundStatus(status: string | null): "succeeded" | "pending" | "failed" {
  if (status === "succeeded") return "succeeded";
  return status === "failed" || status === "canceled" ? "failed" : "pending";
}

/** A warning is an inquiry that has not become a dispute; one that is closed so came to nothing. */
function disputeStatus(status: string): "open" | "won" | "lost" {
  if (status === "lost") return "lost";
  return ["won", "warning_closed", "prevented"].includes(status) ? "won" : "open";
}
