import mongoose from "mongoose";
import { ShopError } from "../../core/errors.ts";
import { contentId } from "../../core/ids.ts";
import { inLanguage } from "../../core/localised-text.ts";
import { money } from "../../core/money.ts";
import { linkedAccountIds } from "../../customers/linked-accounts.ts";
import { OutOfStock } from "../../inventory/stock.ts";
import { changeOrder, moved, withNotification, withoutTasks, withTask } from "../change-order.ts";
import { endHolding, endWithoutHold } from "../end-holding.ts";
import { getOrder, ownedBy } from "../find-order.ts";
import type { Order } from "../order.ts";
import type { OrderContext } from "../order-context.ts";
import { IllegalTransition, type OrderState } from "../order-machine.ts";
import { OrderModel } from "../order-model.ts";
import { HoldEnded, linesBefore, releaseAll, takeAll } from "../order-stock.ts";
import type { PaymentProvider, PaymentSession, SessionRequest } from "../payments/payment.ts";
import { expiredDraft } from "../payments/payment-outcome.ts";
import { AmountOutOfBounds, assertPayable, refusalOf } from "../payments/payment-refusal.ts";
import { CartChanged, holding, pricesHold } from "./checkout.ts";
import { holdTime, LARGE_HOLD_MS, unitsOf } from "./hold-time.ts";
import { addressOf } from "./order-address.ts";

export { PaymentUnavailable } from "../payments/payment-refusal.ts";
export { HOLD_MS } from "./hold-time.ts";

const { trusted } = mongoose;

/** At most so many orders of one customer hold stock at a time. */
export const OPEN_HOLDS_MAX = 5;

/** At most so many orders from one network hold stock at a time, whoever they are of. */
export const NETWORK_HOLDS_MAX = 8;

/** A second unpaid order from one network may bring what the network holds of one SKU to so many units. */
export const NETWORK_UNITS_MAX = 10;

/** The customer, or all who come from the same network, have so much waiting for payment already. */
export class TooManyOpenOrders extends ShopError {
  readonly max = OPEN_HOLDS_MAX;
  readonly of: "customer" | "network";
  constructor(of: TooManyOpenOrders["of"] = "customer") {
    super("TOO_MANY_OPEN_ORDERS", `too many orders of one ${of} are waiting for payment already`);
    this.of = of;
  }
}

/** The draft lacks an address or a way of shipping. */
export class OrderIncomplete extends ShopError {
  readonly missing: "address" | "shipping";
  constructor(missing: OrderIncomplete["missing"]) {
    super("ORDER_INCOMPLETE", `the order has no ${missing}`);
    this.missing = missing;
  }
}

/**
 * Places a draft: writes down that it holds, holds its stock, opens its payment session, and only then lets it wait
 * for payment. Each step can be repeated, so a run that died is finished by the next; a draft nobody comes back to
 * lets go of its stock when the hold is over, since that was written down first.
 *
 * When the order can no longer be had as it was shown, the draft ends: the shopper goes back to the cart. One that costs
 * nothing is placed and paid at once, without a session.
 *
 * @throws {OrderIncomplete | TooManyOpenOrders | PaymentUnavailable | PaymentRefused} and the draft stays
 * @throws {AmountOutOfBounds} before anything is held, or, where only the provider knew, and the draft is cancelled
 * @throws {CartChanged | OutOfStock} and the draft is cancelled
 * @throws {IllegalTransition} when the order has ended
 */
export async function placeOrder(
  context: OrderContext,
  { shop, _id }: Order,
  network?: string,
): Promise<Order> {
  const order = await getOrder(shop, _id);
  if (order.state !== "draft") return assertPlaced(order);
  if (order.address === undefined) throw new OrderIncomplete("address");
  if (order.shipping === undefined) throw new OrderIncomplete("shipping");
  if (order.holdUntil === null) assertPayable(order, context.provider());
  if (order.holdUntil !== null && order.holdUntil <= context.now())
    return assertPlaced(await expire(context, order));
  const held = await enforceOpenOrderLimit(
    context,
    order.holdUntil === null ? await beginHold(context, order, network) : order,
  );
  if (held.state !== "draft") return assertPlaced(held);
  try {
    await takeAll(shop, _id, held.lines, held.holdUntil ?? context.now());
  } catch (error) {
    if (!(error instanceof OutOfStock || error instanceof HoldEnded)) throw error;
    return notHad(context, held, error);
  }
  return openSession(context, held);
}

/** Ends a draft that cannot be had as a whole; what was taken before the SKU that falls short goes back. */
async function notHad(context: OrderContext, held: Order, error: OutOfStock | HoldEnded): Promise<Order> {
  const { shop, _id, lines } = held;
  const took = linesBefore(error.sku, lines);
  const order = error instanceof OutOfStock ? held : await getOrder(shop, _id);
  // One that has ended its hold is no draft any more, unless a run was refused and died before it wrote that down.
  const mayEnd = order.state === "draft";
  const ended = mayEnd ? await end(context, order, took.length > 0) : order;
  if (!keepsUnits.has(ended.state)) await releaseAll(shop, _id, took);
  if (mayEnd) throw new OutOfStock(error.sku, error.available);
  return assertPlaced(ended);
}

/**
 * States in which an order may hold or have bought units that it can still give back. One that has left them while this run
 * was behind, perhaps so long ago that the stock no longer remembers it, let go before this run took: once more, then.
 */
const keepsUnits: ReadonlySet<OrderState> = new Set(["draft", "awaiting_payment", "paid", "packed"]);

// Somebody has asked before: the order as it stands, unless it came to nothing.
function assertPlaced(order: Order): Order {
  if (order.state === "cancelled" || order.state === "expired" || order.state === "draft") {
    throw new IllegalTransition(order.state, "place");
  }
  return order;
}

async function beginHold(context: OrderContext, order: Order, network: string | undefined): Promise<Order> {
  if ((await openHolds(order)) >= OPEN_HOLDS_MAX) throw new TooManyOpenOrders();
  const from: Order = network === undefined ? order : { ...order, network };
  if (await fillsNetwork(from)) throw new TooManyOpenOrders("network");
  if (!(await pricesHold(order, context.now()))) {
    await end(context, order);
    throw new CartChanged();
  }
  const until = new Date(
    context.now().getTime() + (await holdTime(from, context.largeHoldMs ?? LARGE_HOLD_MS)),
  );
  return changeOrder(order, (draft) =>
    draft.state === "draft" && draft.holdUntil === null
      ? { ...holding(draft, until), ...(network !== undefined && { network }) }
      : null,
  );
}

// Counted once it holds, itself included, by each run that goes on with it: of several at the same time none slips
// through, nor one whose first run died before it counted.
async function enforceOpenOrderLimit(context: OrderContext, held: Order): Promise<Order> {
  if (held.state !== "draft") return held;
  const of =
    (await openHolds(held)) > OPEN_HOLDS_MAX ? "customer" : (await fillsNetwork(held)) ? "network" : null;
  if (of === null) return held;
  const ended = await end(context, held);
  if (ended.state === "cancelled") throw new TooManyOpenOrders(of);
  return ended;
}

// Counted over all accounts of the customer: who links five has no more holds than who has one.
const openHolds = async ({ shop, customer }: Order): Promise<number> =>
  OrderModel.countDocuments({
    shop,
    customer: ownedBy(await linkedAccountIds(shop, customer)),
    state: trusted({ $in: ["draft", "awaiting_payment"] }),
    holdUntil: trusted({ $ne: null }),
  }).exec();

/**
 * Whether an order asks for more than its network may hold unpaid beside what it holds already. One order may be as large as
 * it likes: somebody buys for a party. What this is against is many small buyers of one person who hold all there is.
 */
async function fillsNetwork({ shop, _id, network, lines }: Order): Promise<boolean> {
  if (network === undefined) return false;
  const others = await OrderModel.find(
    {
      shop,
      network,
      _id: trusted({ $ne: _id }),
      state: trusted({ $in: ["draft", "awaiting_payment"] }),
      holdUntil: trusted({ $ne: null }),
    },
    { lines: 1 },
  )
    .limit(NETWORK_HOLDS_MAX)
    .lean<Pick<Order, "lines">[]>();
  if (others.length >= NETWORK_HOLDS_MAX) return true;
  const theirs = others.flatMap((other) => other.lines);
  return lines.some(({ sku }) => {
    const held = unitsOf(sku, theirs);
    return held > 0 && held + unitsOf(sku, lines) > NETWORK_UNITS_MAX;
  });
}

/** Ends a draft; where nothing is held for it and nothing ever will be, there is nothing to let go of either. */
const end = (context: OrderContext, draft: Order, holds = true): Promise<Order> =>
  changeOrder(draft, (order) => {
    if (order.state !== "draft") return null;
    const ended = moved(order, "cancel", "shop", context.now());
    return holds ? endHolding(ended, context.now()) : endWithoutHold(ended);
  });

// Its first run died and nobody came back in time: a page opened now would only have to be closed again.
const expire = (context: OrderContext, draft: Order): Promise<Order> =>
  changeOrder(draft, (order) => (order.state === "draft" ? expiredDraft(order, context.now()) : null));

async function openSession(context: OrderContext, held: Order): Promise<Order> {
  const provider = context.provider();
  const { shop, _id } = held;
  for (let order = held; ; order = await getOrder(shop, _id)) {
    if (order.state !== "draft") {
      if (!keepsUnits.has(order.state)) await releaseAll(shop, _id, order.lines);
      return assertPlaced(order);
    }
    if (order.total === 0) {
      const given = await changeOrder(order, (draft) => free(draft, context.now()));
      if (given.state !== "draft") return assertPlaced(given);
      continue;
    }
    const request = sessionRequest(order);
    const session = await createSession(context, provider, order, request);
    const changed = await changeOrder(order, (draft) => {
      // The session is for what the draft was a moment ago.
      if (draft.state !== "draft" || sessionRequest(draft).idempotencyKey !== request.idempotencyKey)
        return null;
      return awaiting(draft, provider.name, session, context);
    });
    if (changed.payment?.session === session.id) return assertPlaced(changed);
    await provider.expireSession(session.id);
  }
}

async function createSession(
  context: OrderContext,
  provider: PaymentProvider,
  order: Order,
  request: SessionRequest,
): Promise<PaymentSession> {
  try {
    return await provider.createSession(request);
  } catch (cause) {
    const refusal = refusalOf(cause);
    // Nothing that can be done about the draft would change its amount: the cart can.
    if (refusal instanceof AmountOutOfBounds) {
      const ended = await end(context, order);
      if (!keepsUnits.has(ended.state)) await releaseAll(order.shop, order._id, order.lines);
    }
    throw refusal;
  }
}

/** A draft with nothing to pay, placed and settled in one step; null where it is none any more. */
function free(draft: Order, now: Date): Order | null {
  if (draft.state !== "draft" || draft.total !== 0) return null;
  const settled = moved(moved(draft, "place", draft.customer, now), "pay", "shop", now);
  const order = withTask({ ...withoutTasks(settled, "expire"), holdUntil: null }, "commit", now);
  return withNotification(draft.buyNow ? order : withTask(order, "cart", now), "order.paid", now);
}

function awaiting(
  draft: Order,
  provider: string,
  session: PaymentSession,
  { live, now }: OrderContext,
): Order {
  const placing = moved(draft, "place", draft.customer, now());
  const payment = {
    provider,
    session: session.id,
    url: session.url,
    expiresAt: session.expiresAt,
    live,
    status: "unpaid" as const,
    paid: 0,
    currency: draft.currency,
    refunded: 0,
    refundsFailed: 0,
  };
  const order = { ...placing, payment };
  return draft.buyNow ? order : withTask(order, "cart", now());
}

/**
 * What the provider is asked for. The key is made of the contents, so that a repeated call gets the same session and
 * a draft that was changed after a failed attempt gets a new one.
 */
export function sessionRequest(order: Order): SessionRequest {
  const { _id, number, currency, locale } = order;
  const request = {
    order: _id,
    orderNumber: number,
    amount: money(order.total, currency),
    lines: order.lines.map(({ title, values, quantity, unitPrice }) => ({
      title: [inLanguage(title, locale), ...values.map((value) => inLanguage(value, locale))].join(" / "),
      quantity,
      unitPrice: money(unitPrice, currency),
    })),
    shipping: money(order.shipping?.price ?? 0, currency),
    email: addressOf(order)?.email,
    expiresAt: order.holdUntil ?? order.createdAt,
    locale,
  };
  return { ...request, idempotencyKey: `session-${_id}-${contentId(JSON.stringify(request))}` };
}
