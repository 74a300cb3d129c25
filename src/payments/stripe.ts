import { createHash, randomUUID } from "node:crypto";
import Stripe from "stripe";
import {
  BadSignature,
  type CapturedPayment,
  PaymentError,
  type PaymentProvider,
  UnreadableEvent,
} from "../shop/orders/payments/payment.ts";
import { stripeDecimals, toStripe } from "./stripe-amount.ts";
import { paymentError } from "./stripe-errors.ts";
import { disputeState, refundState, refundStatus, sessionState, stripeEvent } from "./stripe-events.ts";
import { stripeLimits } from "./stripe-limits.ts";
import { sessionParameters, stripeExpiry } from "./stripe-session.ts";

export interface StripeOptions {
  readonly secretKey: string;
  /** The signing secret of the webhook endpoint, `whsec_...`. */
  readonly webhookSecret: string;
  /** Where the API is; Stripe's own address unless given. */
  readonly apiRoot?: string;
  /** The shop's public address, without a slash at the end. */
  readonly publicUrl: string;
  /** Milliseconds to wait for an answer. */
  readonly timeout?: number;
  readonly log?: { warn(details: object, message: string): void };
  readonly now?: () => Date;
}

/** A payment with more refunds than so many is none of a shop's; they are read by the hundred. */
const LIST_MAX = 1_000;

/** Seconds a webhook's timestamp may be away from now, in either direction. */
const tolerance = 300;

/**
 * Payment by Stripe Checkout: one hosted page an order.
 *
 * Every POST carries an idempotency key. Stripe answers a key that failed inside with the same failure
 * for a day, so creating a session and refunding go on with a second key then, in a fixed order, each
 * only where that cannot do the thing twice (see `createSession` and `refund`).
 *
 * Webhook endpoint to register: `POST <publicUrl>/webhooks/stripe` with the events of `stripeEventTypes`.
 */
export function stripeProvider(options: StripeOptions): PaymentProvider {
  const { publicUrl, log } = options;
  const now = options.now ?? (() => new Date());
  if (options.secretKey.trim() === "") throw new Error("Stripe needs a secret key.");
  if (options.webhookSecret.trim() === "") throw new Error("Stripe needs the webhook's signing secret.");
  const root = options.apiRoot === undefined ? undefined : new URL(options.apiRoot);
  const stripe = new Stripe(options.secretKey, {
    maxNetworkRetries: 2,
    timeout: options.timeout ?? 20_000,
    telemetry: false,
    appInfo: { name: "Hawker" },
    ...(root && {
      host: root.hostname,
      port: root.port || (root.protocol === "http:" ? "80" : "443"),
      protocol: root.protocol === "http:" ? ("http" as const) : ("https" as const),
    }),
  });

  const read = (id: string) =>
    stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent.latest_charge"] });

  /** What lists are asked for by; undefined where nothing was ever tried. */
  const intentOf = async ({ session, reference }: CapturedPayment): Promise<string | undefined> =>
    reference ?? sessionState(await read(session)).reference;

  return {
    name: "stripe",

    limits: (currency) => stripeLimits(currency, stripeDecimals(currency.toUpperCase())),

    async createSession(request) {
      // A session whose creation failed has an address that nobody knows, so a second one cannot be paid twice.
      const create = (expiresAt: number | undefined) =>
        withFreshKeys(keyOf(request.idempotencyKey), (idempotencyKey) =>
          stripe.checkout.sessions.create(sessionParameters(request, { publicUrl, expiresAt }), {
            idempotencyKey,
          }),
        );
      const expiresAt = stripeExpiry(request.expiresAt, now());
      return guarded(async () => {
        const session = await create(expiresAt).catch((error: unknown) => {
          // As time passed the expiry came into or went out of Stripe's range: the first call sent the other one.
          if (!(error instanceof Stripe.errors.StripeIdempotencyError)) throw error;
          log?.warn({ order: request.order }, "Stripe knows this session's key with another expiry");
          const other =
            expiresAt === undefined ? Math.ceil(request.expiresAt.getTime() / 1000) + 1800 : undefined;
          return create(other);
        });
        if (session.url === null)
          throw new PaymentError("refused", `Stripe session ${session.id} has no payment page.`);
        return { id: session.id, url: session.url, expiresAt: new Date(session.expires_at * 1000) };
      });
    },

    readSession: (id) => guarded(async () => sessionState(await read(id))),

    expireSession: (id) =>
      guarded(async () => {
        try {
          // Naturally idempotent, so a new key each time: a fixed one would repeat a failure for a day.
          await stripe.checkout.sessions.expire(id, undefined, {
            idempotencyKey: `expire-${id}-${randomUUID()}`,
          });
        } catch (error) {
          // "Only Checkout Sessions with a status in ["open"] can be expired": paid or expired meanwhile.
          if (
            !(error instanceof Stripe.errors.StripeInvalidRequestError) ||
            error.code === "resource_missing"
          )
            throw error;
          const state = sessionState(await read(id));
          if (state.status === "open") throw error;
          return state;
        }
        return sessionState(await read(id));
      }),

    refund: ({ session: id, amount, idempotencyKey }) =>
      guarded(async () => {
        const session = await read(id);
        const paid = sessionState(session);
        const intent =
          typeof session.payment_intent === "string" ? session.payment_intent : session.payment_intent?.id;
        if (paid.payment !== "paid" || !intent)
          throw new PaymentError("refused", `Session ${id} has no payment to refund.`, {
            reason: "not_paid",
          });
        if (
          amount.currency.toUpperCase() !== paid.amount.currency ||
          amount.amount <= 0 ||
          amount.amount > paid.amount.amount
        )
          throw new PaymentError(
            "refused",
            `${amount.amount} ${amount.currency} is not part of what was paid.`,
            {
              reason: "bad_amount",
            },
          );
        // Looked up first: Stripe forgets keys after a day, and after an inner failure the refund may have been made.
        const refund = await withFreshKeys(keyOf(idempotencyKey), async (key) => {
          const made = await stripe.refunds.list({ payment_intent: intent, limit: 100 });
          const known = made.data.find((one) => one.metadata?.hawker_key === idempotencyKey);
          if (known !== undefined) return known;
          const given = made.data
            .filter(({ status }) => refundStatus(status) !== "failed")
            .reduce((sum, one) => sum + one.amount, 0);
          if (given + toStripe(amount) > toStripe(paid.amount))
            throw new PaymentError("refused", `Of session ${id} less is left to refund.`, {
              reason: "exceeds",
            });
          return stripe.refunds
            .create(
              {
                payment_intent: intent,
                amount: toStripe(amount),
                reason: "requested_by_customer",
                metadata: { hawker_key: idempotencyKey, order: paid.order },
              },
              { idempotencyKey: key },
            )
            .catch((error: unknown) => {
              // Somebody refunds at the same time: "greater than unrefunded amount", "already been refunded".
              if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
              if (error.code === "charge_disputed")
                throw new PaymentError("refused", `The payment of session ${id} is disputed.`, {
                  reason: "disputed",
                });
              if (error.code !== "charge_already_refunded" && error.param !== "amount") throw error;
              throw new PaymentError("refused", `Of session ${id} less is left to refund.`, {
                reason: "exceeds",
              });
            });
        });
        if (refund.amount !== toStripe(amount))
          throw new PaymentError("refused", `Refund ${refund.id} was made for another amount.`, {
            reason: "idempotency_key_reused",
          });
        return { id: refund.id, status: refundStatus(refund.status) };
      }),

    readRefunds: (of) =>
      guarded(async () => {
        const payment_intent = await intentOf(of);
        if (payment_intent === undefined) return [];
        const made = stripe.refunds.list({ payment_intent, limit: 100 });
        return (await made.autoPagingToArray({ limit: LIST_MAX })).map(refundState);
      }),

    readDisputes: (of) =>
      guarded(async () => {
        const payment_intent = await intentOf(of);
        if (payment_intent === undefined) return [];
        const opened = stripe.disputes.list({ payment_intent, limit: 100 });
        return (await opened.autoPagingToArray({ limit: LIST_MAX })).map(disputeState);
      }),

    orderOf: (reference) =>
      guarded(async () => {
        try {
          const intent = await stripe.paymentIntents.retrieve(reference);
          if (intent.metadata?.order) return intent.metadata.order;
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
        const sessions = await stripe.checkout.sessions.list({ payment_intent: reference, limit: 10 });
        const session = sessions.data.find(({ payment_intent: of }) => of === reference);
        return session?.metadata?.order;
      }),

    async verifyEvent(raw, headers) {
      return stripeEvent(verified(raw, headers.get("stripe-signature") ?? ""));
    },
  };

  /** What was signed, and nobody has looked at yet. */
  function verified(raw: Buffer, signature: string): unknown {
    const at = now().getTime();
    // The SDK refuses what is too old; a timestamp from the future would never grow old, so it is refused too.
    const signed = Number(/(?:^|,)\s*t=(\d+)/.exec(signature)?.[1]);
    if (signed - at / 1000 > tolerance) throw new BadSignature("Stripe signature is from the future.");
    try {
      return stripe.webhooks.constructEvent(raw, signature, options.webhookSecret, tolerance, undefined, at);
    } catch (error) {
      // Thrown after the signature was found right. The text itself may hold a person's details.
      if (error instanceof SyntaxError) throw new UnreadableEvent("not JSON");
      // Not passed on as cause: it carries the payload, with the shopper's address in it.
      const why = error instanceof Error ? error.message.split("\n")[0] : "";
      throw new BadSignature(`Stripe signature refused: ${why}`);
    }
  }
}

/** At most 255 characters, as Stripe wants. */
const keyOf = (key: string): string =>
  key.length <= 240 ? key : createHash("sha256").update(key).digest("hex");

/** Runs `work` with the key, or with the next one where Stripe repeats a failure of its own under it. */
async function withFreshKeys<T>(key: string, work: (key: string) => Promise<T>): Promise<T> {
  for (const suffix of ["", "-2", "-3"]) {
    try {
      return await work(key + suffix);
    } catch (error) {
      if (!isReplayedFailure(error)) throw error;
    }
  }
  return work(`${key}-4`);
}

const isReplayedFailure = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError &&
  (error.statusCode ?? 0) >= 500 &&
  error.headers?.["idempotent-replayed"] === "true";

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Stripe.errors.StripeError ? paymentError(error) : error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode === 404;
