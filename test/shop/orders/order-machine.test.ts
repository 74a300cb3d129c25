import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  can,
  IllegalTransition,
  next,
  type OrderState,
  orderEvents,
  orderStates,
  transitions,
} from "../../../src/shop/orders/order-machine.ts";

const edges = new Set([
  "draft>awaiting_payment",
  "draft>cancelled",
  "draft>expired",
  "awaiting_payment>paid",
  "awaiting_payment>cancelled",
  "awaiting_payment>expired",
  "awaiting_payment>refunding",
  "paid>packed",
  "paid>shipped",
  "paid>refunding",
  "paid>cancelled",
  "packed>shipped",
  "packed>refunding",
  "packed>cancelled",
  "shipped>delivered",
  "shipped>completed",
  "delivered>completed",
  "cancelled>refunding",
  "expired>refunding",
  "refunding>refunded",
]);

describe("the order's state machine", () => {
  test("has these edges and no others", () => {
    const found = orderStates.flatMap((state) =>
      orderEvents.filter((event) => can(state, event)).map((event) => `${state}>${next(state, event)}`),
    );
    expect(new Set(found)).toEqual(edges);
  });

  test("refuses every event that has no edge, and any sequence of events only walks edges", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...orderEvents), { maxLength: 40 }), (events) => {
        let state: OrderState = "draft";
        for (const event of events) {
          if (!can(state, event)) {
            const at = state;
            expect(() => next(at, event)).toThrow(IllegalTransition);
            continue;
          }
          const after: OrderState = next(state, event);
          expect(edges.has(`${state}>${after}`)).toBe(true);
          state = after;
        }
      }),
    );
  });

  test("no order is shipped that was never paid, and none that is refunded comes back", () => {
    const paths = (state: OrderState, before: OrderState[]): OrderState[][] => {
      const targets = Object.values(transitions[state]);
      return targets.length === 0
        ? [[...before, state]]
        : targets.flatMap((to) => paths(to, [...before, state]));
    };
    const all = paths("draft", []);
    expect(all.length).toBeGreaterThan(10);
    for (const path of all) {
      if (path.includes("shipped")) expect(path.indexOf("paid")).toBeLessThan(path.indexOf("shipped"));
      if (path.includes("shipped")) expect(path).not.toContain("refunding");
      if (path.includes("shipped")) expect(path).toContain("paid");
      if (path.includes("refunding")) expect(path.slice(-2)).toEqual(["refunding", "refunded"]);
    }
  });
});
