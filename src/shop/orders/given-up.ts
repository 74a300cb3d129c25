import type { Order } from "./order.ts";

/** What a task leaves of its order, worked out on the order as it is by then. */
export type Outcome = (order: Order) => Order;

/** What a task came to that it is no use to try again: told of as an error is, and its outcome written. */
export class GivenUp extends Error {
  readonly code = "GIVEN_UP";
  readonly outcome: Outcome;
  constructor(what: string, outcome: Outcome, cause: unknown) {
    super(what, { cause });
    this.outcome = outcome;
  }
}
