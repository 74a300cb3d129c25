import type Stripe from "stripe";
import { cut } from "../i18n/graphemes.ts";
import type { SessionRequest } from "../shop/orders/payments/payment.ts";
import { toStripe } from "./stripe-amount.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

/** The longest name of a line that Stripe takes, in UTF-16 units. */
const NAME_MAX = 250;

/** Stripe wants 30 minutes from the moment it creates the session; the shop's own hold is often just as long. */
const shortest = 30 * minute;

/**
 * When Stripe closes the session by itself: half an hour after the hold, in seconds, or undefined for
 * Stripe's default of 24 hours where that would be out of its range (30 minutes to 24 hours from now).
 *
 * Counted from the hold and not from now, because a repeated call must send the same parameters: Stripe
 * refuses an idempotency key that comes back with others. The hold itself is ended by `expireSession`.
 */
export function stripeExpiry(holdUntil: Date, now: Date): number | undefined {
  const at = holdUntil.getTime() + shortest;
  const ahead = at - now.getTime();
  return ahead >= shortest && ahead <= day - minute ? Math.ceil(at / 1000) : undefined;
}

/**
 * The parameters of an order's Checkout Session.
 *
 * No payment methods are named: Stripe offers what the merchant switched on in the dashboard and what
 * fits currency, amount and place (cards, Alipay, WeChat Pay, ...). Since API version 2026-09-30 it takes
 * no list any more, and WeChat Pay chosen this way needs no `client` option.
 *
 * @see https://docs.stripe.com/changelog/endive/2026-09-30/remove-payment-method-types-checkout-sessions
 * @see https://docs.stripe.com/payments/wechat-pay
 */
export function sessionParameters(
  request: SessionRequest,
  options: { publicUrl: string; expiresAt: number | undefined },
): Stripe.Checkout.SessionCreateParams {
  const { order, orderNumber } = request;
  const language = request.locale.toLowerCase().startsWith("zh") ? "zh" : "en";
  const back = `${options.publicUrl}/pay/return?order=${encodeURIComponent(order)}&lang=${language}`;
  return {
    mode: "payment",
    client_reference_id: order,
    metadata: { order, order_number: orderNumber },
    payment_intent_data: { metadata: { order, order_number: orderNumber }, description: orderNumber },
    line_items: lineItems(request),
    // Stripe replaces the braces; it must see them unescaped.
    success_url: `${back}&session={CHECKOUT_SESSION_ID}`,
    cancel_url: `${back}&cancelled=1`,
    locale: stripeLocale(request.locale),
    // The order's own currency and no other is charged, whatever the dashboard says.
    adaptive_pricing: { enabled: false },
    ...(request.email === undefined ? {} : { customer_email: request.email }),
    ...(options.expiresAt === undefined ? {} : { expires_at: options.expiresAt }),
  };
}

/** The order's lines and its shipping; one line for the whole where they do not add up to the order's amount. */
function lineItems(request: SessionRequest): Stripe.Checkout.SessionCreateParams.LineItem[] {
  const zh = request.locale.toLowerCase().startsWith("zh");
  const currency = request.amount.currency.toLowerCase();
  const item = (name: string, unit: number, quantity: number) => ({
    quantity,
    price_data: {
      currency,
      unit_amount: toStripe({ amount: unit, currency }),
      product_data: { name: cut(name.trim(), NAME_MAX) || request.orderNumber },
    },
  });
  const lines = request.lines.reduce((sum, line) => sum + line.unitPrice.amount * line.quantity, 0);
  if (lines + request.shipping.amount !== request.amount.amount)
    return [
      item(zh ? `订单 ${request.orderNumber}` : `Order ${request.orderNumber}`, request.amount.amount, 1),
    ];
  return [
    ...request.lines.map((line) => item(line.title, line.unitPrice.amount, line.quantity)),
    ...(request.shipping.amount > 0 ? [item(zh ? "运费" : "Shipping", request.shipping.amount, 1)] : []),
  ];
}

function stripeLocale(locale: string): Stripe.Checkout.SessionCreateParams.Locale {
  const lower = locale.toLowerCase();
  if (lower.startsWith("zh")) return /hk|mo/.test(lower) ? "zh-HK" : /tw|hant/.test(lower) ? "zh-TW" : "zh";
  return lower.startsWith("en") ? "en" : "auto";
}
