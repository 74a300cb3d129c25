import type { Money } from "../../core/money.ts";

/** Payment of one order at a provider. The one port every provider implements; the shop knows no provider's name. */
export interface PaymentProvider {
  readonly name: string;
  /**
   * The least and the most that a session may be for, as the provider publishes it; a bound that is not known is absent.
   * What lies between may still be refused.
   */
  limits?(currency: string): AmountLimits;
  /**
   * Creates the hosted payment page of an order. The same `idempotencyKey` returns the same session.
   * @throws {PaymentError}
   */
  createSession(request: SessionRequest): Promise<PaymentSession>;
  /** The session as the provider knows it now. */
  readSession(id: string): Promise<SessionState>;
  /** Closes an open session. Returns the state it ended in: "expired", or "complete" if the shopper was faster. */
  expireSession(id: string): Promise<SessionState>;
  /**
   * Gives back `amount` of a paid session; the same key is the same refund.
   * @throws {PaymentError} `refused` with the reason "exceeds" where less is left, as refunds were made elsewhere, or
   * "disputed" where the payer's bank has asked for the money
   */
  refund(request: {
    session: string;
    amount: Money;
    idempotencyKey: string;
  }): Promise<{ id: string; status: "succeeded" | "pending" | "failed" }>;
  /** All refunds of a payment, by whomever they were made, as they stand now. Absent where every refund is told for sure. */
  readRefunds?(payment: CapturedPayment): Promise<readonly RefundState[]>;
  /** All disputes of a payment, as they stand now. Absent where every dispute is told for sure. */
  readDisputes?(payment: CapturedPayment): Promise<readonly DisputeState[]>;
  /** The order that a payment (`reference` of a session or a change) was made for; undefined where it is not the shop's. */
  orderOf?(reference: string): Promise<string | undefined>;
  /**
   * Verifies the signature over the raw body, then parses. Null for what is not about this shop.
   * @throws {BadSignature}
   * @throws {UnreadableEvent} for what the provider signed and nobody here can read
   */
  verifyEvent(raw: Buffer, headers: Headers): Promise<ProviderEvent | null>;
}

/** A payment by its session, and by the provider's own id of it where that is known. */
export interface CapturedPayment {
  readonly session: string;
  readonly reference?: string;
}

/** Bounds of an amount, both inclusive. */
export interface AmountLimits {
  readonly least?: Money;
  readonly most?: Money;
}

export interface SessionRequest {
  readonly order: string;
  readonly orderNumber: string;
  readonly amount: Money;
  readonly lines: readonly { readonly title: string; readonly quantity: number; readonly unitPrice: Money }[];
  readonly shipping: Money;
  readonly email?: string;
  readonly expiresAt: Date;
  readonly locale: string;
  readonly idempotencyKey: string;
}
export interface PaymentSession {
  readonly id: string;
  readonly url: string;
  readonly expiresAt: Date;
}
export interface SessionState {
  readonly id: string;
  readonly order: string;
  readonly status: "open" | "complete" | "expired";
  /** "pending": complete but the money is on its way (bank transfer); "failed": it did not come. */
  readonly payment: "unpaid" | "pending" | "paid" | "failed";
  /** What it is for. Not whole where the provider's minor units are finer than the currency's here: no order has that. */
  readonly amount: Money;
  readonly live: boolean;
  readonly method?: string;
  /** The provider's own id of the payment, which its refunds and disputes name. */
  readonly reference?: string;
  /** Minor units that were given back so far, by whomever; absent where nobody asked. */
  readonly refunded?: number;
}

/** One event, unique by `id` within its provider. */
export type ProviderEvent = SessionEvent | ChangeEvent;
interface EventOf {
  readonly id: string;
  readonly at: Date;
}
/** A session has moved on. */
export interface SessionEvent extends EventOf {
  readonly session: SessionState;
  readonly change?: never;
}
/** Something became of money that was captured. */
export interface ChangeEvent extends EventOf {
  readonly session?: never;
  readonly change: PaymentChange;
}

/** What becomes of captured money at the provider: by our own refunds, by the merchant's at the provider's pages, by banks. */
export type PaymentChange = PaymentAbout & (RefundedTotal | RefundState | DisputeState);
interface PaymentAbout {
  /** The provider's id of the payment. */
  readonly reference: string;
  /** Where the event itself says so. */
  readonly order?: string;
  readonly live: boolean;
}
/** So much of the payment was given back by now, all refunds together. */
export interface RefundedTotal {
  readonly what: "refunded";
  readonly total: Money;
}
/** One refund has come so far. One that succeeded may fail days later, when the bank sends it back. */
export interface RefundState {
  readonly what: "refund";
  readonly refund: string;
  readonly status: "succeeded" | "pending" | "failed";
  readonly amount: Money;
  /** Whether the shop itself made it; absent where the provider does not say. */
  readonly ours?: boolean;
}
/** The payer's bank asks for its money back. While it is open the money is withheld; a lost one is gone. */
export interface DisputeState {
  readonly what: "dispute";
  readonly dispute: string;
  readonly status: "open" | "won" | "lost";
  readonly amount: Money;
  /** The bank's reason, as the provider names it. */
  readonly reason?: string;
}

/** The signature of a webhook is missing, wrong or too old. */
export class BadSignature extends Error {
  readonly code = "BAD_SIGNATURE";
}

/** The provider did sign it, but it is not what its documentation says. Sending it again would not help. */
export class UnreadableEvent extends Error {
  readonly code = "UNREADABLE_EVENT";
}

/**
 * Whom a refusal is for: the amount is too small or too large, the payer's e-mail address is not taken, or (most others)
 * something that only the merchant can mend, such as a wrong key, a disabled account or a currency that is not enabled.
 */
export type RefusalFault = "too_small" | "too_large" | "email" | "merchant";

/**
 * A payment provider could not do what was asked.
 *
 * `retry`: it was unreachable, busy or broken, and the same call may be made again; `refused`: it understood and said
 * no, and repeating the call gives the same answer. A key that is not taken is `retry` with the fault "merchant": once it
 * is put right, what waits goes on. The message carries the provider's words and request id, never a key or a person's
 * details.
 */
export class PaymentError extends Error {
  readonly code = "PAYMENT_FAILED";
  readonly fate: "retry" | "refused";
  /** The provider's own error code, where it gave one. */
  readonly reason: string | undefined;
  /** Absent where nobody can mend it but by trying again. */
  readonly fault: RefusalFault | undefined;
  constructor(
    fate: PaymentError["fate"],
    message: string,
    options: { reason?: string; fault?: RefusalFault; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "PaymentError";
    this.fate = fate;
    this.reason = options.reason;
    this.fault = options.fault;
  }
}
