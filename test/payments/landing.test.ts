import { expect, test } from "vitest";
import { landingOf } from "../../src/payments/landing.ts";
import type { Order, Payment } from "../../src/shop/orders/order.ts";
import { type OrderState, orderStates } from "../../src/shop/orders/order-machine.ts";

const anOrder = (state: OrderState, status: Payment["status"], more: Partial<Order> = {}) =>
  ({
    state,
    number: "H-1",
    strays: [],
    payment: { session: "cs_1", status },
    ...more,
  }) as Partial<Order> as Order;
const told = (order: Order, session?: string) => landingOf(order, session)?.outcome;

test.each<[OrderState, Payment["status"], string]>([
  ["awaiting_payment", "unpaid", "open"],
  ["awaiting_payment", "pending", "pending"],
  ["paid", "paid", "paid"],
  ["shipped", "paid", "paid"],
  ["cancelled", "failed", "failed"],
  ["cancelled", "unpaid", "closed"],
  ["expired", "unpaid", "closed"],
  ["refunding", "paid", "refunded"],
])("an order that is %s with its payment %s is told as such", (state, status, outcome) => {
  expect(told(anOrder(state, status), "cs_1")).toBe(outcome);
  expect(told(anOrder(state, status))).toBe(outcome);
});

test("there is something to say in every state", () => {
  for (const state of orderStates) expect(told(anOrder(state, "paid"))).toBeDefined();
});

test("a payment that waits for the merchant's decision is not told as paid", () => {
  expect(told(anOrder("awaiting_payment", "paid", { quarantine: "amount" }))).toBe("checking");
});

test("a second session that was paid is told to go back, a stranger's is not known", () => {
  const order = anOrder("paid", "paid", { strays: [{ session: "cs_2", amount: 1, currency: "EUR" }] });
  expect(told(order, "cs_2")).toBe("refunded");
  expect(landingOf(order, "cs_3")).toBeNull();
});
