import type { SessionRequest } from "../../src/shop/orders/payments/payment.ts";

/** Two mugs and something with a hostile name, 42.50 with shipping, held for half an hour. */
export const anOrder = (now: () => Date, changes: Partial<SessionRequest> = {}): SessionRequest => {
  const order = changes.order ?? "order1";
  return {
    order,
    orderNumber: "H-1042",
    amount: { amount: 4250, currency: "EUR" },
    lines: [
      { title: "Mug", quantity: 2, unitPrice: { amount: 1450, currency: "EUR" } },
      { title: "<b>*@everyone*</b>", quantity: 1, unitPrice: { amount: 900, currency: "EUR" } },
    ],
    shipping: { amount: 450, currency: "EUR" },
    expiresAt: new Date(now().getTime() + 30 * 60_000),
    locale: "en",
    idempotencyKey: `pay-${order}`,
    ...changes,
  };
};
