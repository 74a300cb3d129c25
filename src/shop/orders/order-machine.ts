import { ShopError } from "../core/errors.ts";

/** Where an order stands. */
export const orderStates = [
  "draft",
  "awaiting_payment",
  "paid",
  "packed",
  "shipped",
  "delivered",
  "completed",
  "cancelled",
  "expired",
  "refunding",
  "refunded",
] as const;
export type OrderState = (typeof orderStates)[number];

/** What can happen to an order. */
export const orderEvents = [
  "place",
  "pay",
  "fail",
  "expire",
  "cancel",
  "pack",
  "ship",
  "deliver",
  "complete",
  "refund",
  "refunded",
] as const;
export type OrderEvent = (typeof orderEvents)[number];

/**
 * Every edge of an order's life; what is not here cannot happen.
 *
 * Money that arrives after the end (`cancelled`, `expired`) goes back, hence their edge to `refunding`; a payment that
 * does not match waits in `awaiting_payment` until the merchant takes it (`pay`) or gives it back (`refund`). An order
 * whose refund a bank sends back stays `refunded`, in quarantine until it is made again: its goods do not come back either.
 * What was paid is given back on its way from `paid` (`refund`); only where no real money was taken it is cancelled at once.
 */
export const transitions: Readonly<Record<OrderState, Readonly<Partial<Record<OrderEvent, OrderState>>>>> = {
  draft: { place: "awaiting_payment", cancel: "cancelled", expire: "expired" },
  awaiting_payment: {
    pay: "paid",
    fail: "cancelled",
    expire: "expired",
    cancel: "cancelled",
    refund: "refunding",
  },
  paid: { pack: "packed", ship: "shipped", refund: "refunding", cancel: "cancelled" },
  packed: { ship: "shipped", refund: "refunding", cancel: "cancelled" },
  shipped: { deliver: "delivered", complete: "completed" },
  delivered: { complete: "completed" },
  completed: {},
  cancelled: { refund: "refunding" },
  expired: { refund: "refunding" },
  refunding: { refunded: "refunded" },
  refunded: {},
};

/** The order cannot do this where it stands. */
export class IllegalTransition extends ShopError {
  readonly state: OrderState;
  readonly event: OrderEvent;
  constructor(state: OrderState, event: OrderEvent) {
    super("ILLEGAL_TRANSITION", `an order that is ${state} cannot ${event}`);
    this.state = state;
    this.event = event;
  }
}

/** The state after the event. @throws {IllegalTransition} */
export function next(state: OrderState, event: OrderEvent): OrderState {
  const target = transitions[state][event];
  if (target === undefined) throw new IllegalTransition(state, event);
  return target;
}

/** True where the event is possible. */
export const can = (state: OrderState, event: OrderEvent): boolean => transitions[state][event] !== undefined;
