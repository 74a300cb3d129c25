/**
 * A payment provider could not do what was asked.
 *
 * `retry`: it was unreachable, busy or broken, and the same call may be made again; `refused`: it
 * understood and said no, and repeating the call gives the same answer. The message carries the
 * provider's own code and request id, never a key or a person's details.
 */
export class PaymentError extends Error {
  readonly code = "PAYMENT_FAILED";
  readonly fate: "retry" | "refused";
  /** The provider's own error code, where it gave one. */
  readonly reason: string | undefined;
  constructor(
    fate: PaymentError["fate"],
    message: string,
    options: { reason?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "PaymentError";
    this.fate = fate;
    this.reason = options.reason;
  }
}
