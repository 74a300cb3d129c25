import { ShopError } from "../../core/errors.ts";
import { type Money, money } from "../../core/money.ts";
import type { Order } from "../order.ts";
import { PaymentError, type PaymentProvider } from "./payment.ts";

/** The provider could not make a payment page. The draft and its hold stay: place it again. */
export class PaymentUnavailable extends ShopError {
  constructor(cause: unknown) {
    super("PAYMENT_UNAVAILABLE", "the payment provider does not answer", { cause });
  }
}

/** The provider will not take this payment, however often it is asked: `fault` says who can mend that. The draft stays. */
export class PaymentRefused extends ShopError {
  readonly fault: "email" | "merchant";
  constructor(fault: PaymentRefused["fault"], cause: unknown) {
    super("PAYMENT_REFUSED", `the payment provider refuses this payment (${fault})`, { cause });
    this.fault = fault;
  }
}

/** The order costs less, or more, than the provider takes in one payment. */
export class AmountOutOfBounds extends ShopError {
  readonly bound: "too_small" | "too_large";
  /** The least or the most it takes, where that is known. */
  readonly limit: Money | undefined;
  constructor(bound: AmountOutOfBounds["bound"], options: { limit?: Money; cause?: unknown } = {}) {
    super("AMOUNT_OUT_OF_BOUNDS", `the total is ${bound.replace("_", " ")} to be paid`, {
      cause: options.cause,
    });
    this.bound = bound;
    this.limit = options.limit;
  }
}

/** Checks the total of a draft against what the provider publishes; one that costs nothing needs no provider. @throws {AmountOutOfBounds} */
export function assertPayable({ total, currency }: Order, provider: PaymentProvider): void {
  if (total === 0) return;
  const { least, most } = provider.limits?.(currency) ?? {};
  if (least !== undefined && total < least.amount) throw outOfBounds("too_small", least, total);
  if (most !== undefined && total > most.amount) throw outOfBounds("too_large", most, total);
}

/** As the provider itself would have said it, so that the log tells the same of both. */
function outOfBounds(bound: AmountOutOfBounds["bound"], limit: Money, total: number): AmountOutOfBounds {
  const cause = new PaymentError(
    "refused",
    `${total} ${limit.currency} is beyond the provider's published ${limit.amount}`,
    { reason: `amount_${bound}`, fault: bound },
  );
  return new AmountOutOfBounds(bound, { limit: money(limit.amount, limit.currency), cause });
}

/** What a failed try to open a payment page means for the order. */
export function refusalOf(cause: unknown): PaymentUnavailable | PaymentRefused | AmountOutOfBounds {
  if (!(cause instanceof PaymentError) || cause.fault === undefined) return new PaymentUnavailable(cause);
  switch (cause.fault) {
    case "too_small":
    case "too_large":
      return new AmountOutOfBounds(cause.fault, { cause });
    default:
      return new PaymentRefused(cause.fault, cause);
  }
}
