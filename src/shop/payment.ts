import type { Money } from "./money.ts";

/** Payment of one order at a provider. The one port every provider implements; the shop knows no provider's name. */
export interface PaymentProvider {
  readonly name: string;
  /** Creates the hosted payment page of an order. The same `idempotencyKey` answers the same session. */
  createSession(request: SessionRequest): Promise<PaymentSession>;
  /** The session as the provider knows it now. */
  readSession(id: string): Promise<SessionState>;
  /** Closes an open session. Answers the state it ended in: "expired", or "complete" if the shopper was faster. */
  expireSession(id: string): Promise<SessionState>;
  /** Gives back `amount` of a paid session; the same key is the same refund. */
  refund(request: {
    session: string;
    amount: Money;
    idempotencyKey: string;
  }): Promise<{ id: string; status: "succeeded" | "pending" | "failed" }>;
  /** Verifies the signature over the raw body, then parses. @throws {BadSignature} */
  verifyEvent(raw: Buffer, headers: Headers): Promise<ProviderEvent | null>;
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
  readonly amount: Money;
  readonly live: boolean;
  readonly method?: string;
}
/** One event, unique by `id` within its provider. */
export interface ProviderEvent {
  readonly id: string;
  readonly at: Date;
  readonly session: SessionState;
}
/** The signature of a webhook is missing, wrong or too old. */
export class BadSignature extends Error {
  readonly code = "BAD_SIGNATURE";
}
