import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Money } from "../../src/shop/core/money.ts";
import {
  BadSignature,
  type CapturedPayment,
  type DisputeState,
  type PaymentChange,
  PaymentError,
  type PaymentProvider,
  type PaymentSession,
  type ProviderEvent,
  type RefundState,
  type SessionRequest,
  type SessionState,
} from "../../src/shop/orders/payments/payment.ts";

/** The provider said no, as a real one would. */
export class Refused extends Error {
  readonly code = "REFUSED";
}

/** A connection that broke: thrown before the call reached the provider, or after it took effect. */
export class Broken extends Error {
  readonly code = "BROKEN";
}

type Call =
  | "createSession"
  | "readSession"
  | "expireSession"
  | "refund"
  | "readRefunds"
  | "readDisputes"
  | "orderOf";

type ChangeOf<Change> = Change extends PaymentChange ? Omit<Change, "reference" | "order" | "live"> : never;

interface Kept {
  state: SessionState;
  url: string;
  expiresAt: Date;
  refunded: number;
  /** By id, by whomever they were made. */
  ledger: ReadonlyMap<string, RefundState>;
  dispute?: DisputeState;
}

/** A webhook delivery, ready to be received any number of times. */
export interface Delivery {
  readonly raw: Buffer;
  readonly headers: Headers;
}

const SECRET = "whsec_double";

/**
 * A payment provider in memory that is as strict as a real one: idempotency keys answer the same and refuse other
 * parameters, a session only closes while it is open, refunds stay within what was captured, events are signed.
 * Every change of a session makes an event in `deliveries`, in the order they happened.
 */
export class PaymentDouble implements PaymentProvider {
  readonly name = "double";
  readonly deliveries: Delivery[] = [];
  /** Those that did not fail when they were made. */
  readonly refunds: { id: string; session: string; amount: Money; key: string }[] = [];
  readonly calls: Call[] = [];
  refundStatus: "succeeded" | "pending" | "failed" = "succeeded";
  readonly #sessions = new Map<string, Kept>();
  readonly #answers = new Map<string, { parameters: string; answer: unknown }>();
  readonly #faults: { call: Call; when: "before" | "after" }[] = [];
  /** Those that failed have ids too, and never one that another has. */
  #refundsMade = 0;
  #account = randomBytes(4).toString("hex");
  /** Whether events of refunds and disputes name their order; else it has to be asked for. */
  namesOrders = true;
  /** What each refund is refused with. */
  refusesRefunds: PaymentError | undefined;
  /** What createSession answers instead, once. */
  refuses: PaymentError | undefined;
  readonly #live: boolean;
  readonly #now: () => Date;

  constructor(options: { now: () => Date; live?: boolean }) {
    this.#now = options.now;
    this.#live = options.live ?? false;
  }

  /** The same provider as it stands now, with a clock of its own; what happens to one leaves the other alone. */
  copy(now: () => Date): PaymentDouble {
    const other = new PaymentDouble({ now, live: this.#live });
    other.#account = this.#account;
    other.#events = this.#events;
    other.#refundsMade = this.#refundsMade;
    other.refundStatus = this.refundStatus;
    other.deliveries.push(...this.deliveries);
    other.refunds.push(...this.refunds);
    for (const [id, kept] of this.#sessions) other.#sessions.set(id, { ...kept });
    for (const [key, answer] of this.#answers) other.#answers.set(key, answer);
    return other;
  }

  /** The next such call breaks: before it has an effect, or after, when only the answer is lost. */
  breakOnce(call: Call, when: "before" | "after"): void {
    this.#faults.push({ call, when });
  }

  async createSession(request: SessionRequest): Promise<PaymentSession> {
    return this.#call("createSession", () => {
      const refusal = this.refuses;
      this.refuses = undefined;
      if (refusal !== undefined) throw refusal;
      return this.#once(request.idempotencyKey, request, () => {
        const { amount, lines, shipping, order, expiresAt } = request;
        const total = lines.reduce(
          (sum, line) => sum + line.unitPrice.amount * line.quantity,
          shipping.amount,
        );
        if (total !== amount.amount) throw new Refused(`the lines come to ${total}, not ${amount.amount}`);
        if (amount.amount <= 0) throw new Refused("nothing to pay");
        if (expiresAt <= this.#now()) throw new Refused("expires_at lies in the past");
        const id = `cs_${this.#account}_${this.#sessions.size + 1}`;
        const url = `https://pay.example/${id}`;
        const state = { id, order, status: "open", payment: "unpaid", amount, live: this.#live } as const;
        this.#sessions.set(id, { state, url, expiresAt, refunded: 0, ledger: new Map() });
        return { id, url, expiresAt };
      });
    });
  }

  async readSession(id: string): Promise<SessionState> {
    return this.#call("readSession", () => this.#stateOf(id));
  }

  async expireSession(id: string): Promise<SessionState> {
    return this.#call("expireSession", () => {
      if (this.#kept(id).state.status === "open") this.#change(id, { status: "expired" });
      return this.#stateOf(id);
    });
  }

  async refund(request: { session: string; amount: Money; idempotencyKey: string }) {
    return this.#call("refund", () =>
      this.#once(request.idempotencyKey, request, () => {
        const kept = this.#kept(request.session);
        const { amount } = request;
        if (this.refusesRefunds !== undefined) throw this.refusesRefunds;
        if (kept.dispute !== undefined && kept.dispute.status !== "won")
          throw new PaymentError("refused", "the payment is disputed", { reason: "disputed" });
        if (kept.state.payment !== "paid") throw new Refused("there is no payment to refund");
        if (amount.currency !== kept.state.amount.currency)
          throw new Refused("another currency was captured");
        if (amount.amount <= 0 || kept.refunded + amount.amount > kept.state.amount.amount)
          throw new PaymentError("refused", "the refund exceeds what was captured", { reason: "exceeds" });
        this.#refundsMade += 1;
        const id = `re_${this.#refundsMade}`;
        const status = this.refundStatus;
        this.#note(request.session, { what: "refund", refund: id, status, amount, ours: true });
        if (status !== "failed") {
          kept.refunded += amount.amount;
          this.refunds.push({ id, session: request.session, amount, key: request.idempotencyKey });
          this.#tell(request.session, this.#total(request.session));
        }
        return { id, status };
      }),
    );
  }

  async verifyEvent(raw: Buffer, headers: Headers): Promise<ProviderEvent | null> {
    const given = Buffer.from(headers.get("x-double-signature") ?? "");
    const right = Buffer.from(sign(raw));
    if (given.length !== right.length || !timingSafeEqual(given, right))
      throw new BadSignature("not signed by us");
    const { at, ...event } = JSON.parse(raw.toString());
    return event.session === undefined && event.change === undefined ? null : { ...event, at: new Date(at) };
  }

  async readRefunds({ session }: CapturedPayment): Promise<readonly RefundState[]> {
    return this.#call("readRefunds", () => [...this.#kept(session).ledger.values()]);
  }

  async readDisputes({ session }: CapturedPayment): Promise<readonly DisputeState[]> {
    return this.#call("readDisputes", () => {
      const { dispute } = this.#kept(session);
      return dispute === undefined ? [] : [dispute];
    });
  }

  async orderOf(reference: string): Promise<string | undefined> {
    return this.#call("orderOf", () => this.#sessions.get(reference.replace("pi_", ""))?.state.order);
  }

  /** The merchant gives money back at the provider's own pages: all that is left unless said. */
  givesBack(session: string, amount?: number): Delivery {
    const kept = this.#kept(session);
    const left = kept.state.amount.amount - kept.refunded;
    const given = amount ?? left;
    if (kept.state.payment !== "paid" || given <= 0 || given > left) throw new Refused("so much is not left");
    kept.refunded += given;
    const made = [...kept.ledger.keys()].filter((id) => id.startsWith("re_page")).length;
    const refund = made === 0 ? "re_page" : `re_page_${made + 1}`;
    const { currency } = kept.state.amount;
    this.#note(session, {
      what: "refund",
      refund,
      status: "succeeded",
      amount: { amount: given, currency },
      ours: false,
    });
    return this.#tell(session, this.#total(session));
  }
  /** The payer's bank sends a refund back, perhaps long after it succeeded. */
  refundFails(session: string, amount: number, refund = this.refunds.at(-1)?.id ?? ""): Delivery {
    const kept = this.#kept(session);
    if (amount > kept.refunded) throw new Refused("so much was not refunded");
    const made = kept.ledger.get(refund);
    if (made?.status !== "succeeded" || made.amount.amount !== amount)
      throw new Refused(`no refund ${refund} over ${amount} has succeeded`);
    kept.refunded -= amount;
    const failed = { ...made, status: "failed" } as const;
    this.#note(session, failed);
    return this.#tell(session, failed);
  }
  /** The payer's bank disputes the payment, all that is left of it unless said, or decides about it. */
  disputes(session: string, status: "open" | "won" | "lost", part?: number): Delivery {
    const kept = this.#kept(session);
    const { currency, amount: captured } = kept.state.amount;
    // What was refunded before cannot be asked for again.
    const amount = kept.dispute?.amount ?? { amount: part ?? captured - kept.refunded, currency };
    if (amount.amount <= 0) throw new Refused("there is nothing left to dispute");
    const dispute = `dp_${session}`;
    kept.dispute = { what: "dispute", dispute, status, amount, reason: "fraudulent" };
    return this.#tell(session, kept.dispute);
  }

  #note(session: string, refund: RefundState): void {
    const kept = this.#kept(session);
    kept.ledger = new Map([...kept.ledger, [refund.refund, refund]]);
  }

  #total(session: string): ChangeOf<PaymentChange> {
    const { refunded, state } = this.#kept(session);
    return { what: "refunded", total: { amount: refunded, currency: state.amount.currency } };
  }

  #tell(session: string, change: ChangeOf<PaymentChange>): Delivery {
    const { order } = this.#kept(session).state;
    const about = { reference: `pi_${session}`, live: this.#live, ...(this.namesOrders ? { order } : {}) };
    const delivery = this.#signed({ change: { ...change, ...about } });
    this.deliveries.push(delivery);
    return delivery;
  }

  /** What people do on the payment page, and banks afterwards. */
  pay(session: string): Delivery {
    return this.#finish(session, "paid");
  }
  /** The shopper chose a bank transfer: complete, the money is on its way. */
  promise(session: string): Delivery {
    return this.#finish(session, "pending");
  }
  /** The transfer arrived, or did not. */
  settle(session: string, payment: "paid" | "failed"): Delivery {
    if (this.#kept(session).state.payment !== "pending") throw new Refused("no transfer is on its way");
    return this.#change(session, { payment });
  }
  /** Ends an open session at the provider's own time. */
  lapse(session: string): Delivery {
    if (this.#kept(session).state.status !== "open") throw new Refused("not open");
    return this.#change(session, { status: "expired" });
  }
  /** Something a real provider would not do: a delivery that says what it likes, properly signed. */
  forge(session: string, change: Partial<SessionState>): Delivery {
    return this.#deliver({ ...this.#kept(session).state, ...change });
  }
  /** Turns what the provider has itself into something else, as after a mistake in its dashboard. */
  distort(session: string, change: Partial<SessionState>): void {
    this.#kept(session).state = { ...this.#kept(session).state, ...change };
  }
  state(session: string): SessionState & { refunded: number } {
    const { state, refunded } = this.#kept(session);
    return { ...state, refunded };
  }
  /** What the merchant gave back of a session elsewhere, and what a bank took of it for good. */
  taken(session: string): { elsewhere: number; lost: number } {
    const { ledger, dispute } = this.#kept(session);
    const elsewhere = [...ledger.values()]
      .filter(({ ours, status }) => ours === false && status !== "failed")
      .reduce((sum, { amount }) => sum + amount.amount, 0);
    return { elsewhere, lost: dispute?.status === "lost" ? dispute.amount.amount : 0 };
  }
  get sessions(): (SessionState & { refunded: number })[] {
    return [...this.#sessions.keys()].map((id) => this.state(id));
  }

  #finish(session: string, payment: "paid" | "pending"): Delivery {
    if (this.#kept(session).state.status !== "open") throw new Refused("the session is not open");
    return this.#change(session, {
      status: "complete",
      payment,
      method: payment === "paid" ? "card" : "transfer",
    });
  }

  #change(id: string, change: Partial<SessionState>): Delivery {
    this.distort(id, change);
    const delivery = this.#deliver(this.#kept(id).state);
    this.deliveries.push(delivery);
    return delivery;
  }

  #events = 0;
  #deliver(session: SessionState): Delivery {
    const reference = `pi_${session.id}`;
    return this.#signed({ session: session.payment === "paid" ? { ...session, reference } : session });
  }
  #signed(about: object): Delivery {
    this.#events += 1;
    const raw = Buffer.from(
      JSON.stringify({ id: `evt_${this.#account}_${this.#events}`, at: this.#now(), ...about }),
    );
    return { raw, headers: new Headers({ "x-double-signature": sign(raw) }) };
  }

  #stateOf(id: string): SessionState {
    const { state, refunded } = this.#kept(id);
    return state.payment === "paid" ? { ...state, reference: `pi_${id}`, refunded } : state;
  }

  #kept(id: string): Kept {
    const kept = this.#sessions.get(id);
    if (kept === undefined) throw new Refused(`no session ${id}`);
    return kept;
  }

  #once<T>(key: string, parameters: unknown, act: () => T): T {
    if (key === "" || key.length > 255) throw new Refused("an idempotency key has 1 to 255 characters");
    const text = JSON.stringify(parameters);
    const known = this.#answers.get(key);
    if (known !== undefined) {
      if (known.parameters !== text) throw new Refused(`key ${key} was used with other parameters`);
      return known.answer as T;
    }
    const answer = act();
    this.#answers.set(key, { parameters: text, answer });
    return answer;
  }

  async #call<T>(call: Call, act: () => T): Promise<T> {
    this.calls.push(call);
    // A real call takes a moment, in which others go on.
    await new Promise((resolve) => setImmediate(resolve));
    const fault = this.#faults.findIndex((one) => one.call === call);
    const when = fault < 0 ? undefined : this.#faults.splice(fault, 1)[0]?.when;
    if (when === "before") throw new Broken(`${call} did not get through`);
    const answer = act();
    if (when === "after") throw new Broken(`the answer of ${call} was lost`);
    return answer;
  }
}

const sign = (raw: Buffer): string => createHmac("sha256", SECRET).update(raw).digest("hex");
