import type { PaymentProvider } from "./payments/payment.ts";

/** What the commands of the shop need from outside. */
export interface OrderContext {
  /** The provider of an order, by the name kept in the order; without one, the provider of new orders. @throws {UnknownProvider} */
  provider(name?: string): PaymentProvider;
  /** Whether new orders are paid with real money. A payment of the other kind does not count. */
  readonly live: boolean;
  /** How long an order holds most of what there is of a SKU, in milliseconds; default ten minutes. */
  readonly largeHoldMs?: number;
  now(): Date;
}

/** An order names a provider that is not set up any more. */
export class UnknownProvider extends Error {
  readonly code = "UNKNOWN_PROVIDER";
  constructor(name: string) {
    super(`no payment provider ${name} is set up`);
  }
}
