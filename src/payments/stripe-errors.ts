import type Stripe from "stripe";
import { PaymentError, type RefusalFault } from "../shop/orders/payments/payment.ts";

type StripeError = InstanceType<typeof Stripe.errors.StripeError>;

/**
 * What an error of Stripe's means for the shop. It does not keep the SDK's error as its cause, which holds headers and
 * body; Stripe's request id finds them in the dashboard.
 */
export function paymentError(error: StripeError): PaymentError {
  const status = error.statusCode ?? 0;
  // A wrong key can be put right; until then the job waits instead of being given up.
  const fate = status === 0 || status >= 500 || [401, 403, 409, 429].includes(status) ? "retry" : "refused";
  const fault = faultOf(error, fate);
  return new PaymentError(
    fate,
    `Stripe: ${withoutSecrets(error.message)} (${error.type}, request ${error.requestId ?? "unknown"})`,
    { reason: error.code ?? error.type, ...(fault && { fault }) },
  );
}

/**
 * Stripe's codes for what a payer can mend (https://docs.stripe.com/error-codes); the rest of what it refuses is for the
 * merchant: keys, the account, currencies and whatever else of our request it does not take.
 */
function faultOf(error: StripeError, fate: PaymentError["fate"]): RefusalFault | undefined {
  if (error.code === "amount_too_small") return "too_small";
  if (error.code === "amount_too_large") return "too_large";
  if (error.code === "email_invalid" || error.param === "customer_email") return "email";
  if (error.statusCode === 401 || error.statusCode === 403) return "merchant";
  return fate === "refused" ? "merchant" : undefined;
}

/** Stripe repeats keys and what was sent to it; neither goes into a log. */
const withoutSecrets = (message: string): string =>
  message.replace(/\b(?:sk|rk|pk|whsec)_\S+/g, "[key]").replace(/\S+@\S+/g, "[e-mail]");
