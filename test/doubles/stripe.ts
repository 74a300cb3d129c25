import Stripe from "stripe";
import {
  createStripeApi,
  type DoubleDispute,
  type DoubleRefund,
  type DoubleSession,
  newId,
} from "./stripe-api.ts";
import { Deliveries, type Road } from "./stripe-deliveries.ts";
import { type Fault, type Seen, serveStripe, type Weather } from "./stripe-http.ts";

export type { DoubleDispute, DoubleRefund, DoubleSession } from "./stripe-api.ts";
export type { Road } from "./stripe-deliveries.ts";
export type { Fault, Weather } from "./stripe-http.ts";

export interface StripeEvent {
  readonly id: string;
  readonly object: "event";
  readonly api_version: string;
  readonly created: number;
  readonly livemode: boolean;
  readonly type: string;
  readonly data: { readonly object: object };
}

/**
 * How events travel: "now" as they happen, "twice" and again, "held" until `deliverHeld`, "never", or "by road": as
 * `road` has it and `deliverDue` finds them due, with attempts over three days.
 */
export type Delivery = "now" | "twice" | "held" | "never" | "by road";

/** Stripe, as far as a shop that uses Checkout can see it, on a port of its own. */
export interface StripeDouble {
  /** Goes where `apiRoot` of the provider is. */
  readonly url: string;
  readonly secretKey: string;
  readonly webhookSecret: string;
  readonly requests: readonly Seen[];
  readonly refunds: readonly DoubleRefund[];
  readonly disputed: readonly DoubleDispute[];
  readonly events: readonly StripeEvent[];
  /** What the shop's webhook answered, in order. */
  readonly answers: readonly { readonly event: string; readonly type: string; readonly status: number }[];
  /** How events travel from now on. */
  delivery: Delivery;
  session(id: string): DoubleSession;
  sessions(): readonly DoubleSession[];

  /** A person pays; with `later` the money is only promised. Answers the address they are sent to. */
  pays(session: string, how?: { method?: string; later?: boolean }): Promise<string>;
  /** Promised money comes. */
  moneyArrives(session: string): Promise<void>;
  moneyFails(session: string): Promise<void>;
  /** Whether money was promised and has neither come nor failed. */
  isOnItsWay(session: string): boolean;
  /** The card is declined; the page stays open for another try. */
  declines(session: string): Promise<void>;
  /** The person leaves by the page's back link and is sent to the answered address. */
  abandons(session: string): Promise<string>;
  /** The session's time is over. */
  expires(session: string): Promise<void>;
  /** A refund that was pending comes to its end. */
  refundEnds(refund: string, status: "succeeded" | "failed"): Promise<void>;
  /** The merchant gives money of a session back in the dashboard: all that is left unless said. Answers the refund. */
  givesBack(session: string, amount?: number): Promise<DoubleRefund>;
  /** The bank sends a refund back that had succeeded. */
  refundFails(refund: string): Promise<void>;
  /** The payer's bank disputes a session's payment. */
  disputes(session: string): Promise<DoubleDispute>;
  /** The bank has decided. */
  decides(dispute: DoubleDispute, status: "won" | "lost"): Promise<void>;
  /** Something else happens in the same account. */
  tells(type: string, object: object): Promise<void>;

  /** The clock has moved: closes what is open beyond its time, and sends the events that are due by road. */
  deliverDue(): Promise<void>;
  /** How many events are on the road. */
  readonly onTheRoad: number;
  /** What is on the road never comes. */
  losesEvents(): void;
  /** Resolves when no delivery is under way. */
  settled(): Promise<void>;
  /** Sends what was held, in the order of `pick` (all, as they happened, unless given). */
  deliverHeld(pick?: (events: readonly StripeEvent[]) => readonly StripeEvent[]): Promise<void>;
  /** Sends one event, signed with another time or secret if wanted. Answers the shop's status. */
  deliver(event: StripeEvent, signed?: { at?: Date; secret?: string }): Promise<number>;
  /** Body and header of a delivery, for tests that send it themselves. */
  signed(event: StripeEvent, how?: { at?: Date; secret?: string }): { body: string; signature: string };

  goesWrong(fault: Fault, method: "GET" | "POST", path: RegExp, times?: number): void;
  forgetsKeys(): void;
  close(): Promise<void>;
}

/** Starts a Stripe whose books are empty. `webhook` is asked for at each delivery, so the shop may start later. */
export async function startStripe(
  options: {
    webhook?: () => string | undefined;
    /** Carries deliveries to the webhook; `fetch` unless given. */
    carry?: (request: Request) => Promise<Response>;
    now?: () => Date;
    methods?: string[];
    live?: boolean;
    /** What the account may charge; anything unless given. */
    currencies?: readonly string[];
    /** What goes wrong with requests; nothing unless given. */
    weather?: Weather;
    /** How each attempt to deliver goes while `delivery` is "by road"; at once unless given. */
    road?: (event: StripeEvent, attempt: number) => Road;
    /** How a refund of a payment by this method begins; WeChat Pay's are pending, others done at once. */
    refundStatus?: (method: string) => DoubleRefund["status"];
  } = {},
): Promise<StripeDouble> {
  const now = options.now ?? (() => new Date());
  const secretKey = `sk_${options.live ? "live" : "test"}_double_0123456789`;
  const webhookSecret = "whsec_double_0123456789";
  const api = createStripeApi({
    now,
    methods: options.methods ?? ["card", "alipay", "wechat_pay"],
    live: options.live ?? false,
    ...(options.currencies && { currencies: options.currencies }),
    refundStatus: options.refundStatus ?? ((method) => (method === "wechat_pay" ? "pending" : "succeeded")),
  });
  const http = await serveStripe(secretKey, api.handle, { now, weather: options.weather });
  const signer = new Stripe(secretKey);
  const events: StripeEvent[] = [];
  const held: StripeEvent[] = [];
  const answers: { event: string; type: string; status: number }[] = [];
  const underWay = new Set<Promise<unknown>>();
  let delivery: Delivery = "now";

  const signed: StripeDouble["signed"] = (event, how = {}) => {
    const body = JSON.stringify(event, null, 2);
    const signature = signer.webhooks.generateTestHeaderString({
      payload: body,
      secret: how.secret ?? webhookSecret,
      timestamp: Math.floor((how.at ?? now()).getTime() / 1000),
    });
    return { body, signature };
  };

  const deliver: StripeDouble["deliver"] = async (event, how) => {
    const to = options.webhook?.();
    if (to === undefined) return 0;
    const { body, signature } = signed(event, how);
    const request = new Request(to, {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8", "stripe-signature": signature },
      body,
    });
    const answer = await (options.carry ?? fetch)(request);
    await answer.body?.cancel();
    answers.push({ event: event.id, type: event.type, status: answer.status });
    return answer.status;
  };

  const byRoad = new Deliveries<StripeEvent>(
    now,
    options.road ?? (() => ({ delay: 0, end: "arrives" })),
    deliver,
  );

  const tells = async (type: string, object: object) => {
    const event: StripeEvent = {
      id: newId("evt"),
      object: "event",
      api_version: "2026-10-28.endive",
      created: api.seconds(),
      livemode: options.live ?? false,
      type,
      data: { object: structuredClone(object) },
    };
    events.push(event);
    if (delivery === "held") held.push(event);
    if (delivery === "by road") byRoad.add(event);
    if (delivery === "now" || delivery === "twice") await deliver(event);
    if (delivery === "twice") await deliver(event);
  };
  api.onClosed((session) => {
    // Told beside the answer, as Stripe does: the shop's own request is still under way.
    const telling = tells("checkout.session.expired", session).finally(() => underWay.delete(telling));
    underWay.add(telling);
  });

  api.onRefunded((refund) => {
    const telling = (async () => {
      await tells("charge.refunded", chargeOf(refund.payment_intent));
      await tells("refund.created", refund);
    })().finally(() => underWay.delete(telling));
    underWay.add(telling);
  });
  const chargeOf = (intent: string) => {
    const charge = api.intents.get(intent)?.latest_charge;
    if (!charge) throw new Error("Nothing was charged.");
    return charge;
  };

  const open = (id: string): DoubleSession => {
    const session = api.get(id);
    if (session.status !== "open") throw new Error(`This page is ${session.status}: nobody can pay here.`);
    return session;
  };
  const intentOf = (session: DoubleSession) => {
    const intent = api.intents.get(session.payment_intent ?? "");
    if (!intent) throw new Error("Nothing was paid.");
    return intent;
  };

  const promised = (id: string): DoubleSession => {
    const session = api.get(id);
    if (intentOf(session).status !== "processing") throw new Error("No money is on its way.");
    return session;
  };

  return {
    url: http.url,
    secretKey,
    webhookSecret,
    requests: http.requests,
    refunds: api.refunds,
    disputed: api.disputes,
    events,
    answers,
    get delivery() {
      return delivery;
    },
    set delivery(how: Delivery) {
      delivery = how;
    },
    session: api.get,
    sessions: () => [...api.sessions.values()],

    async pays(id, { method = "card", later = false } = {}) {
      const session = open(id);
      const intent = newId("pi");
      api.intents.set(intent, {
        id: intent,
        object: "payment_intent",
        amount: session.amount_total,
        currency: session.currency,
        metadata: session.metadata,
        status: later ? "processing" : "succeeded",
        latest_charge: {
          id: newId("ch"),
          object: "charge",
          payment_intent: intent,
          amount: session.amount_total,
          amount_refunded: 0,
          refunded: false,
          disputed: false,
          currency: session.currency,
          metadata: session.metadata,
          livemode: options.live ?? false,
          payment_method_details: { type: method },
        },
      });
      session.payment_intent = intent;
      session.status = "complete";
      session.payment_status = later ? "unpaid" : "paid";
      session.url = null;
      await tells("checkout.session.completed", session);
      if (!later) await tells("charge.succeeded", intentOf(session).latest_charge ?? {});
      return session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id);
    },
    async moneyArrives(id) {
      const session = promised(id);
      intentOf(session).status = "succeeded";
      session.payment_status = "paid";
      await tells("checkout.session.async_payment_succeeded", session);
    },
    async moneyFails(id) {
      const session = promised(id);
      intentOf(session).status = "requires_payment_method";
      await tells("checkout.session.async_payment_failed", session);
    },
    isOnItsWay: (id) => api.intents.get(api.get(id).payment_intent ?? "")?.status === "processing",
    async declines(id) {
      const session = open(id);
      await tells("payment_intent.payment_failed", {
        id: newId("pi"),
        object: "payment_intent",
        metadata: session.metadata,
      });
    },
    async abandons(id) {
      return open(id).cancel_url ?? "";
    },
    async expires(id) {
      api.close(open(id));
      await Promise.all(underWay);
    },
    async refundEnds(id, status) {
      const refund = api.refunds.find((one) => one.id === id);
      if (refund?.status !== "pending" && refund?.status !== "requires_action")
        throw new Error("No such refund is on its way.");
      refund.status = status;
      api.counts(refund);
      await tells("refund.updated", refund);
      await tells("charge.refund.updated", refund);
      if (status === "failed") await tells("refund.failed", refund);
    },
    async givesBack(id, amount) {
      const { id: intent } = intentOf(api.get(id));
      const { id: made } = api.createRefund({
        payment_intent: intent,
        ...(amount !== undefined && { amount: String(amount) }),
      });
      await Promise.all(underWay);
      const refund = api.refunds.find((one) => one.id === made);
      if (!refund) throw new Error("No such refund.");
      return refund;
    },
    async refundFails(id) {
      const refund = api.refunds.find((one) => one.id === id);
      if (refund?.status !== "succeeded") throw new Error("No such refund has succeeded.");
      refund.status = "failed";
      api.counts(refund);
      await tells("refund.updated", refund);
      await tells("charge.refund.updated", refund);
      await tells("refund.failed", refund);
    },
    async disputes(id) {
      const charge = chargeOf(intentOf(api.get(id)).id);
      charge.disputed = true;
      const dispute: DoubleDispute = {
        id: newId("du"),
        object: "dispute",
        charge: charge.id,
        payment_intent: charge.payment_intent,
        // What was refunded before cannot be asked for again.
        amount: charge.amount - charge.amount_refunded,
        currency: charge.currency,
        reason: "fraudulent",
        metadata: {},
        livemode: charge.livemode,
        status: "needs_response",
      };
      api.disputes.push(dispute);
      await tells("charge.dispute.created", dispute);
      await tells("charge.dispute.funds_withdrawn", dispute);
      return dispute;
    },
    async decides(dispute, status) {
      const kept = api.disputes.find(({ id }) => id === dispute.id);
      if (kept === undefined || kept.status === "won" || kept.status === "lost")
        throw new Error("No such dispute is open.");
      kept.status = status;
      const decided = { ...kept };
      if (status === "won") chargeOf(dispute.payment_intent).disputed = false;
      await tells("charge.dispute.closed", decided);
      if (status === "won") await tells("charge.dispute.funds_reinstated", decided);
    },
    tells,

    async deliverDue() {
      api.closeOverdue();
      await Promise.all(underWay);
      await byRoad.deliverDue();
    },
    get onTheRoad() {
      return byRoad.underWay;
    },
    losesEvents: () => byRoad.lose(),
    async settled() {
      await Promise.allSettled(underWay);
    },
    async deliverHeld(pick = (all) => all) {
      for (const event of pick(held.splice(0))) await deliver(event);
    },
    deliver,
    signed,
    goesWrong: http.goesWrong,
    forgetsKeys: http.forgetsKeys,
    async close() {
      await Promise.allSettled(underWay);
      await http.close();
    },
  };
}
