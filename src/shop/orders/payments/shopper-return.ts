import { LRUCache } from "lru-cache";
import { NotFound } from "../../core/errors.ts";
import { findOrder } from "../find-order.ts";
import type { Order } from "../order.ts";
import type { OrderContext } from "../order-context.ts";

/** A session is read at most once in so long, whoever comes back to it and however often, in milliseconds. */
export const READ_EVERY_MS = 5_000;

/** Orders whose reading is remembered; the one forgotten first may be read twice. */
const REMEMBERED = 10_000;

/**
 * What happens when somebody comes back from a payment page: the order as it stands, after a look at the provider where
 * that can tell anything new.
 *
 * The page has no password, so it must not be a way to make the shop call its provider: an unknown order or session, and
 * an order whose payment is settled, cause no call, and any other one call in `READ_EVERY_MS`. That is counted in each
 * process by itself: processes are as many as the operator starts, and a count they share would cost a write for each
 * call it saves.
 */
export function createReturn(
  { now }: Pick<OrderContext, "now">,
  reconcile: (order: string) => Promise<Order>,
): (order: string, session: string | undefined) => Promise<Order> {
  const readings = new LRUCache<string, { at: number; reading: Promise<Order> }>({ max: REMEMBERED });
  return async (id, session) => {
    const order = await findOrder(id);
    if (order === null) throw new NotFound("order", id);
    const { payment, state, quarantine } = order;
    if (payment === undefined || state !== "awaiting_payment" || quarantine !== undefined) return order;
    if (session !== undefined && session !== payment.session) return order;
    const at = now().getTime();
    const known = readings.get(id);
    if (known !== undefined && Math.abs(at - known.at) < READ_EVERY_MS) {
      await known.reading;
      return (await findOrder(id)) ?? order;
    }
    const reading = reconcile(id);
    readings.set(id, { at, reading });
    return reading;
  };
}
