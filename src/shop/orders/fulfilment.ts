import { ShopError } from "../core/errors.ts";
import { changeOrder, moved, withNotification, withoutTasks, withTask } from "./change-order.ts";
import { type Obstacle, obstaclesOf } from "./obstacles.ts";
import type { Order } from "./order.ts";
import { can, type OrderState } from "./order-machine.ts";
import { liveSince } from "./payments/live-switch.ts";

const DAY = 24 * 60 * 60_000;

/** A review is asked for a day after delivery. */
export const INVITE_MS = DAY;

/** An order nobody confirms counts as received two weeks after delivery. */
export const COMPLETE_MS = 14 * DAY;

/** How a parcel travels. */
export interface Parcel {
  readonly carrier: string;
  readonly tracking: string;
}

// A step that was taken before changes nothing; one that is not possible throws.
const step = (
  order: Order,
  reached: readonly OrderState[],
  decide: (order: Order) => Order,
): Promise<Order> =>
  changeOrder(order._id, (current) => (reached.includes(current.state) ? null : decide(current)));

/** The paid order lies packed. Safe to repeat. @throws {IllegalTransition} */
export const pack = (order: Order, by = "shop", now: Date = new Date()): Promise<Order> =>
  step(order, ["packed", "shipped", "delivered", "completed"], (paid) =>
    withNotification(moved(paid, "pack", by, now), "order.packed", now),
  );

/** Something about the order's money asks for a second look before it leaves the house. */
export class HeldBack extends ShopError {
  readonly order: Order;
  readonly obstacles: readonly Obstacle[];
  constructor(order: Order, obstacles: readonly Obstacle[]) {
    super("HELD_BACK", `order ${order.number} is held back: ${obstacles.map(({ kind }) => kind).join(", ")}`);
    this.order = order;
    this.obstacles = obstacles;
  }
}

/**
 * The parcel is on its way. Safe to repeat: the first carrier and number stand. With `anyway` it goes though the order is
 * disputed, partly refunded or, in a shop that takes real money (`live`, or noted in the store), paid with test money.
 *
 * @throws {IllegalTransition}
 * @throws {HeldBack} with the reasons
 */
export async function ship(
  order: Order,
  parcel: Parcel,
  by = "shop",
  now: Date = new Date(),
  { anyway = false, live = false }: { anyway?: boolean; live?: boolean } = {},
): Promise<Order> {
  // Whoever ships may have no key, or an old one. Only of a test order it need be known.
  const takesReal = live || (order.payment?.live === false && (await liveSince()) !== null);
  return step(order, ["shipped", "delivered", "completed"], (paid) => {
    const obstacles = obstaclesOf(paid, { live: takesReal });
    if (obstacles.length > 0 && !anyway && can(paid.state, "ship")) throw new HeldBack(paid, obstacles);
    const tracking = { carrier: parcel.carrier, number: parcel.tracking };
    const shipped = withTask({ ...moved(paid, "ship", by, now), tracking }, "shipped", now);
    return withNotification(shipped, "order.shipped", now, {
      carrier: parcel.carrier,
      tracking: parcel.tracking,
    });
  });
}

/** The parcel has arrived. Safe to repeat. @throws {IllegalTransition} */
export const deliver = (order: Order, by = "shop", now: Date = new Date()): Promise<Order> =>
  step(order, ["delivered", "completed"], (shipped) =>
    withNotification(arrived(moved(shipped, "deliver", by, now), now), "order.delivered", now),
  );

/** The customer has it, whether or not anyone said it was delivered. Safe to repeat. @throws {IllegalTransition} */
export const confirmReceived = (
  order: Order,
  by: string = order.customer,
  now: Date = new Date(),
): Promise<Order> =>
  step(order, ["completed"], (received) => {
    const completed = withNotification(
      withoutTasks(moved(received, "complete", by, now), "complete"),
      "order.completed",
      now,
    );
    return received.state === "delivered" ? completed : withoutTasks(arrived(completed, now), "complete");
  });

const arrived = (order: Order, now: Date): Order =>
  withTask(
    withTask(order, "invite", new Date(now.getTime() + INVITE_MS)),
    "complete",
    new Date(now.getTime() + COMPLETE_MS),
  );
