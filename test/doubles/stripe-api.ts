import { randomBytes } from "node:crypto";
import { type Params, StripeRefusal } from "./stripe-http.ts";

/** The part of Stripe's Checkout Session that the shop can see. */
export interface DoubleSession {
  readonly id: string;
  readonly object: "checkout.session";
  readonly mode: "payment";
  readonly livemode: boolean;
  readonly created: number;
  readonly expires_at: number;
  readonly amount_total: number;
  readonly currency: string;
  readonly client_reference_id: string | null;
  readonly metadata: Params;
  readonly success_url: string;
  readonly cancel_url: string | null;
  readonly payment_method_types: string[];
  readonly customer_email: string | null;
  readonly locale: string | null;
  status: "open" | "complete" | "expired";
  payment_status: "unpaid" | "paid";
  payment_intent: string | null;
  url: string | null;
}
/** A payment that was promised or made. */
export interface DoubleIntent {
  readonly id: string;
  readonly object: "payment_intent";
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Params;
  status: "succeeded" | "processing" | "requires_payment_method";
  latest_charge: DoubleCharge | null;
}
/** What was taken of the payer. Its metadata is the intent's, as it was when the charge was made. */
export interface DoubleCharge {
  readonly id: string;
  readonly object: "charge";
  readonly payment_intent: string;
  readonly amount: number;
  amount_refunded: number;
  refunded: boolean;
  disputed: boolean;
  readonly currency: string;
  readonly metadata: Params;
  readonly livemode: boolean;
  readonly payment_method_details: { readonly type: string };
}
/** The payer's bank asks for its money back. */
export interface DoubleDispute {
  readonly id: string;
  readonly object: "dispute";
  readonly charge: string;
  readonly payment_intent: string;
  readonly amount: number;
  readonly currency: string;
  readonly reason: string;
  readonly metadata: Params;
  readonly livemode: boolean;
  status: "needs_response" | "under_review" | "won" | "lost";
}
/** Money on its way back, or back. */
export interface DoubleRefund {
  readonly id: string;
  readonly object: "refund";
  readonly charge: string;
  readonly payment_intent: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Params;
  readonly created: number;
  status: "succeeded" | "pending" | "requires_action" | "failed" | "canceled";
}

export const newId = (prefix: string): string => `${prefix}_${randomBytes(12).toString("hex")}`;

/** Parameters of a session that API version 2026-10-28.endive takes and a shop may send. */
const known = new Set(
  `adaptive_pricing allowed_payment_method_types cancel_url client_reference_id customer_email expires_at line_items
   locale metadata mode payment_intent_data payment_method_options submit_type success_url`.split(/\s+/),
);
/** The least of the currencies that the tests charge, and the most of all, in Stripe's own units. */
const LEAST: Readonly<Record<string, number>> = { eur: 50, usd: 50, gbp: 30, jpy: 50, huf: 17_500 };
const mostOf = (currency: string): number =>
  ({ idr: 999_999_999_999, inr: 999_999_999 })[currency] ?? 99_999_999;

const refuse = (message: string, param: string, code?: string) =>
  new StripeRefusal(400, "invalid_request_error", message, { param, ...(code && { code }) });

/** Refunds that came to nothing: the money can be refunded again. */
const cameToNothing = new Set<DoubleRefund["status"]>(["failed", "canceled"]);

const list = (value: string | Params | undefined): Params[] =>
  typeof value === "object" ? Object.values(value).filter((one) => typeof one === "object") : [];
const text = (value: string | Params | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
const tree = (value: string | Params | undefined): Params => (typeof value === "object" ? value : {});

/** Stripe's books: sessions, payment intents and refunds, with the rules that a shop can run into. */
export function createStripeApi(options: {
  now: () => Date;
  methods: string[];
  live: boolean;
  /** What the account may charge; anything unless given. */
  currencies?: readonly string[];
  /** How a refund of a payment by this method begins. */
  refundStatus: (method: string) => DoubleRefund["status"];
}) {
  const sessions = new Map<string, DoubleSession>();
  const intents = new Map<string, DoubleIntent>();
  const refunds: DoubleRefund[] = [];
  const disputes: DoubleDispute[] = [];
  const seconds = () => Math.floor(options.now().getTime() / 1000);

  function handle(method: string, path: string, params: Params): object {
    const [, one, act] = /^\/v1\/checkout\/sessions(?:\/([^/]+))?(?:\/(expire))?$/.exec(path) ?? [];
    if (path === "/v1/checkout/sessions" && method === "POST") return createSession(params);
    if (path === "/v1/checkout/sessions" && method === "GET")
      return page(
        [...sessions.values()].filter(
          ({ payment_intent }) => payment_intent === (params.payment_intent ?? payment_intent),
        ),
        params,
        path,
      );
    if (one !== undefined && act === undefined && method === "GET") return expanded(get(one), params);
    if (one !== undefined && act === "expire" && method === "POST") return expire(get(one));
    if (path === "/v1/refunds" && method === "POST") return createRefund(params);
    if (path === "/v1/refunds" && method === "GET")
      return page(
        refunds.filter(({ payment_intent }) => payment_intent === (params.payment_intent ?? payment_intent)),
        params,
        path,
      );
    if (path === "/v1/disputes" && method === "GET")
      return page(
        disputes.filter(({ payment_intent }) => payment_intent === (params.payment_intent ?? payment_intent)),
        params,
        path,
      );
    const [, kind, id] = /^\/v1\/(payment_intents|refunds)\/([^/]+)$/.exec(path) ?? [];
    const found = kind === "refunds" ? refunds.find((refund) => refund.id === id) : intents.get(id ?? "");
    if (found && method === "GET") return { ...found };
    throw new StripeRefusal(404, "invalid_request_error", `Unrecognized request URL (${method}: ${path}).`);
  }

  function get(id: string): DoubleSession {
    const session = sessions.get(id);
    if (!session)
      throw new StripeRefusal(404, "invalid_request_error", `No such checkout.session: ${id}`, {
        code: "resource_missing",
      });
    if (session.status === "open" && session.expires_at <= seconds()) close(session);
    return session;
  }

  function createSession(params: Params): DoubleSession {
    for (const name of Object.keys(params))
      if (!known.has(name)) throw refuse(`Received unknown parameter: ${name}`, name, "parameter_unknown");
    if (params.mode !== "payment") throw refuse("This double only takes mode payment.", "mode");
    const success = text(params.success_url);
    if (!success || !URL.canParse(success)) throw refuse("Not a valid URL", "success_url", "url_invalid");
    const email = text(params.customer_email);
    if (email !== undefined && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email))
      throw refuse(`Invalid email address: ${email}`, "customer_email", "email_invalid");
    const expiresAt = params.expires_at === undefined ? seconds() + 86_400 : Number(params.expires_at);
    if (!Number.isInteger(expiresAt) || expiresAt < seconds() + 1800)
      throw refuse(
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
        "expires_at",
      );
    if (expiresAt > seconds() + 86_400)
      throw refuse(
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
        "expires_at",
      );
    const items = list(params.line_items).map((item) => {
      const price = tree(item.price_data);
      const unit = Number(price.unit_amount);
      const quantity = Number(item.quantity);
      if (!Number.isInteger(unit) || unit < 0) throw refuse("Invalid integer", "line_items[unit_amount]");
      const name = text(tree(price.product_data).name) ?? "";
      if (name.length > 250 || name.includes("\uFFFD\uFFFD"))
        throw refuse("Invalid string", "line_items[name]");
      if (!Number.isInteger(quantity) || quantity < 1)
        throw refuse("Invalid integer", "line_items[quantity]");
      if (!text(tree(price.product_data).name))
        throw refuse(
          "You passed an empty string for the name.",
          "line_items[name]",
          "parameter_invalid_empty",
        );
      return { amount: unit * quantity, currency: text(price.currency) ?? "" };
    });
    const currency = items[0]?.currency ?? "";
    if (items.length === 0 || items.length > 100) throw refuse("Between 1 and 100 line items.", "line_items");
    if (!/^[a-z]{3}$/.test(currency) || items.some((item) => item.currency !== currency))
      throw refuse("All line items must have the same currency.", "line_items");
    const total = items.reduce((sum, item) => sum + item.amount, 0);
    const [least, most] = [LEAST[currency] ?? 1, mostOf(currency)];
    if (total < least)
      throw refuse(
        `The Checkout Session's total amount must convert to at least ${least} ${currency}.`,
        "line_items",
        "amount_too_small",
      );
    if (total > most)
      throw refuse(
        `The Checkout Session's total amount must be no more than ${most}.`,
        "line_items",
        "amount_too_large",
      );
    if (options.currencies && !options.currencies.includes(currency))
      throw refuse(
        `Invalid currency: ${currency}. Your account cannot charge it.`,
        "line_items[0][currency]",
      );

    const id = newId(options.live ? "cs_live" : "cs_test");
    const session: DoubleSession = {
      id,
      object: "checkout.session",
      mode: "payment",
      livemode: options.live,
      created: seconds(),
      expires_at: expiresAt,
      amount_total: total,
      currency,
      client_reference_id: text(params.client_reference_id) ?? null,
      metadata: tree(params.metadata),
      success_url: success,
      cancel_url: text(params.cancel_url) ?? null,
      payment_method_types: options.methods,
      customer_email: email ?? null,
      locale: text(params.locale) ?? null,
      status: "open",
      payment_status: "unpaid",
      payment_intent: null,
      url: `https://checkout.stripe.com/c/pay/${id}`,
    };
    sessions.set(id, session);
    return { ...session };
  }

  /** Closes a session that nobody paid. */
  let closed: (session: DoubleSession) => void = () => {};
  function close(session: DoubleSession): void {
    session.status = "expired";
    session.url = null;
    closed(session);
  }

  function expire(session: DoubleSession): DoubleSession {
    if (session.status !== "open")
      throw new StripeRefusal(
        400,
        "invalid_request_error",
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`,
        { kept: true },
      );
    close(session);
    return { ...session };
  }

  function createRefund(params: Params): DoubleRefund {
    const intent = intents.get(text(params.payment_intent) ?? "");
    if (!intent)
      throw new StripeRefusal(404, "invalid_request_error", "No such payment_intent", {
        code: "resource_missing",
      });
    if (intent.latest_charge?.disputed)
      throw refuse("This charge has been charged back.", "payment_intent", "charge_disputed");
    if (intent.status !== "succeeded" || !intent.latest_charge)
      throw refuse("This PaymentIntent does not have a successful charge to refund.", "payment_intent");
    const given = refunds
      .filter(({ payment_intent, status }) => payment_intent === intent.id && !cameToNothing.has(status))
      .reduce((sum, refund) => sum + refund.amount, 0);
    const left = intent.amount - given;
    const amount = params.amount === undefined ? left : Number(params.amount);
    const kept = { kept: true };
    if (left === 0)
      throw new StripeRefusal(400, "invalid_request_error", "Charge has already been refunded.", {
        code: "charge_already_refunded",
        ...kept,
      });
    if (!Number.isInteger(amount) || amount < 1 || amount > left)
      throw new StripeRefusal(
        400,
        "invalid_request_error",
        `Refund amount (${amount}) is greater than unrefunded amount on charge (${left}).`,
        { param: "amount", ...kept },
      );
    const refund: DoubleRefund = {
      id: newId("re"),
      object: "refund",
      charge: intent.latest_charge.id,
      payment_intent: intent.id,
      amount,
      currency: intent.currency,
      metadata: tree(params.metadata),
      created: seconds(),
      status: options.refundStatus(intent.latest_charge.payment_method_details.type),
    };
    refunds.push(refund);
    counts(refund);
    refunded(refund);
    return { ...refund };
  }

  /** A charge says what was given back of it: of all its refunds but those that came to nothing. */
  function counts({ payment_intent }: DoubleRefund): void {
    const charge = intents.get(payment_intent)?.latest_charge;
    if (!charge) return;
    charge.amount_refunded = refunds
      .filter((one) => one.payment_intent === payment_intent && !cameToNothing.has(one.status))
      .reduce((sum, { amount }) => sum + amount, 0);
    charge.refunded = charge.amount_refunded === charge.amount;
  }
  let refunded: (refund: DoubleRefund) => void = () => {};

  function expanded(session: DoubleSession, params: Params): object {
    const paths = Object.values(tree(params.expand));
    const intent = session.payment_intent === null ? undefined : intents.get(session.payment_intent);
    if (!intent || !paths.some((path) => String(path).startsWith("payment_intent"))) return { ...session };
    const charge = paths.includes("payment_intent.latest_charge")
      ? intent.latest_charge
      : (intent.latest_charge?.id ?? null);
    return { ...session, payment_intent: { ...intent, latest_charge: charge } };
  }

  /** Newest first, from behind `starting_after`. */
  const page = (kept: readonly { readonly id: string }[], params: Params, url: string) => {
    const limit = Number(params.limit ?? 10);
    if (!Number.isInteger(limit) || limit < 1 || limit > 100)
      throw refuse("This value must be between 1 and 100.", "limit");
    const all = kept.toReversed();
    const from = all.findIndex(({ id }) => id === params.starting_after) + 1;
    const data = all.slice(from, from + limit);
    return { object: "list", url, has_more: all.length > from + limit, data };
  };

  return {
    handle,
    sessions,
    intents,
    refunds,
    disputes,
    get,
    close,
    /** Closes what is open beyond its time. */
    closeOverdue(): void {
      for (const id of sessions.keys()) get(id);
    },
    createRefund,
    counts,
    /** Told of each refund as it is made. */
    onRefunded(handler: (refund: DoubleRefund) => void): void {
      refunded = handler;
    },
    onClosed(handler: (session: DoubleSession) => void): void {
      closed = handler;
    },
    seconds,
  };
}
