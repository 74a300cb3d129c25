import type { Money } from "../core/money.ts";
import type { Order } from "./order.ts";

/** Why an order should not be sent without another look. */
export type Obstacle =
  | { readonly kind: "test-money" }
  | { readonly kind: "disputed"; readonly amount: Money; readonly reason?: string }
  | { readonly kind: "dispute-lost"; readonly amount: Money; readonly reason?: string }
  | { readonly kind: "refunded"; readonly amount: Money }
  | { readonly kind: "refund-failed"; readonly amount: Money };

/**
 * What is to be known about an order's money, for as long as it matters: none where all is as it should be. `live`: the shop
 * takes real money, so that test money is none even before the order has been ended for it.
 */
export function obstaclesOf(
  { payment, disputes = [] }: Pick<Order, "payment" | "disputes">,
  { live = false }: { readonly live?: boolean } = {},
): Obstacle[] {
  if (payment === undefined) return [];
  const { currency, refunded, failedRefunds = [] } = payment;
  const money = (amount: number): Money => ({ amount, currency });
  return [
    ...(payment.status === "paid" && (payment.testMoney || (live && !payment.live))
      ? [{ kind: "test-money" } as const]
      : []),
    ...disputes.flatMap(({ status, amount, reason }): Obstacle[] => {
      if (status === "won") return [];
      const kind = status === "lost" ? "dispute-lost" : "disputed";
      return [{ kind, amount: money(amount), ...(reason === undefined ? {} : { reason }) }];
    }),
    ...(refunded > 0 ? [{ kind: "refunded", amount: money(refunded) } as const] : []),
    ...(failedRefunds.length > 0
      ? [{ kind: "refund-failed", amount: money(failedRefunds.at(-1)?.amount ?? 0) } as const]
      : []),
  ];
}
