import { type Stock, StockModel } from "../../../src/shop/inventory/stock.ts";
import type { Order } from "../../../src/shop/orders/order.ts";
import type { OrderState } from "../../../src/shop/orders/order-machine.ts";
import { OrderModel } from "../../../src/shop/orders/order-model.ts";
import { isDisputed, lostTo } from "../../../src/shop/orders/payments/captured.ts";
import { PaymentEventModel } from "../../../src/shop/orders/payments/payment-events.ts";
import type { StripeDouble } from "../../doubles/stripe.ts";
import type { History } from "./history.ts";
import { MUGS, QUANTITY } from "./house.ts";

const bought = new Set<OrderState>(["paid", "packed", "shipped", "delivered", "completed"]);
const rest = new Set<OrderState>([...bought, "cancelled", "expired", "refunded"]);

/** Complaints about a shop that has come to rest; none if everything converged. */
export async function complaints(history: History): Promise<string[]> {
  const orders = await OrderModel.find().lean<Order[]>();
  const known = new Set(orders.map(({ _id }) => _id));
  return [
    ...orders.flatMap((order) => [...ofMoney(order, history), ...ofNews(order, history), ...ofRest(order)]),
    ...history.modes
      .flatMap((stripe) => stripe.sessions())
      .filter((one) => one.payment_status === "paid" && !known.has(String(one.metadata.order)))
      .map(({ id }) => `${id} was paid for an order that is no more`),
    ...(history.live !== undefined && history.test.requests.length > history.testRequests
      ? ["a live shop has asked for test money"]
      : []),
    ...(await ofStock(orders)),
    ...((await PaymentEventModel.countDocuments({ appliedAt: null })) > 0
      ? ["an event was not applied"]
      : []),
  ];
}

function ofRest({ state, tasks, notices, quarantine, attendAt }: Order): string[] {
  return [
    ...(rest.has(state) ? [] : [`an order is still ${state}`]),
    ...tasks.map(({ name }) => `${name} is still to be done`),
    ...notices.map(({ name }) => `${name} is still to be told`),
    ...(quarantine === undefined ? [] : [`still in quarantine: ${quarantine}`]),
    ...(attendAt === null ? [] : ["is still to be attended to"]),
  ];
}

/** Where an order's payment is: in a live shop what is not known there is none. */
const booksOf = ({ payment }: Order, history: History): StripeDouble =>
  payment?.live === false ? history.test : history.stripe;

/** Test money in a shop that takes real money by now. */
const isTest = ({ payment }: Order, { live }: History): boolean =>
  live !== undefined && payment?.live === false;

const left = new Set<OrderState>(["shipped", "delivered", "completed"]);

/** What Stripe kept for an order, and whether its books and the order's agree. */
function ofMoney(order: Order, history: History): string[] {
  // It pays for nothing, so what became of it does not matter; but nothing is sent for it any more.
  if (isTest(order, history)) {
    return bought.has(order.state) && !left.has(order.state)
      ? [`an order is ${order.state} for test money`]
      : [];
  }
  const stripe = booksOf(order, history);
  const paid = stripe
    .sessions()
    .filter(({ metadata, payment_status }) => metadata.order === order._id && payment_status === "paid");
  const ofPaid = ({ payment_intent }: { payment_intent: string }) =>
    paid.some((one) => one.payment_intent === payment_intent);
  const refunds = stripe.refunds.filter((one) => one.status === "succeeded" && ofPaid(one));
  const captured = paid.reduce((sum, { amount_total }) => sum + amount_total, 0);
  const refunded = refunds.reduce((sum, { amount }) => sum + amount, 0);
  const lost = stripe.disputed
    .filter((one) => one.status === "lost" && ofPaid(one))
    .reduce((sum, { amount }) => sum + amount, 0);
  // What the merchant gave back of an order that goes on, or a bank took: the goods stay the shopper's.
  const elsewhere = refunds.filter(({ metadata }) => metadata.hawker_key === undefined);
  const given = elsewhere.reduce((sum, { amount }) => sum + amount, 0);
  const owed = bought.has(order.state) ? order.total - given - lost : 0;
  const { payment } = order;
  return [
    ...ofPages(order, stripe),
    ...(paid.length > 1 ? [`${paid.length} charges for one order`] : []),
    ...(captured - refunded - lost === owed
      ? []
      : [
          `an order over ${order.total} is ${order.state}, ${captured} captured, ${refunded} refunded, ${lost} lost`,
        ]),
    ...(bought.has(order.state) && refunds.length > elsewhere.length ? ["fulfilled and refunded"] : []),
    ...(captured < refunded + lost ? ["more was given back than came in"] : []),
    ...(payment === undefined || (payment.paid === captured && payment.refunded === refunded)
      ? []
      : [
          `the order says ${payment.paid} paid and ${payment.refunded} refunded, Stripe ${captured} and ${refunded}`,
        ]),
    ...(payment === undefined || lostTo(order) === lost
      ? []
      : [`the order says ${lostTo(order)} lost to a bank, Stripe ${lost}`]),
    ...(isDisputed(order) ? ["the order says that it is still disputed"] : []),
  ];
}

/** One page to pay at; one more for each failure of Stripe's own, which may have made a page that nobody knows. */
function ofPages({ _id }: Order, stripe: StripeDouble): string[] {
  const isOurs = (metadata: unknown): boolean =>
    typeof metadata === "object" && metadata !== null && "order" in metadata && metadata.order === _id;
  const pages = stripe.sessions().filter(({ metadata }) => isOurs(metadata)).length;
  const failures = stripe.requests.filter(
    ({ params, status = 0 }) => isOurs(params.metadata) && params.mode === "payment" && status >= 500,
  ).length;
  return pages > 1 + failures ? [`${pages} pages to pay at for one order`] : [];
}

const news: readonly (readonly [OrderState, string])[] = [
  ["paid", "order.paid"],
  ["shipped", "order.shipped"],
  ["delivered", "order.delivered"],
  ["refunded", "order.refunded"],
];

/** Whether the shopper was told of each thing that happened, and of nothing that did not. */
function ofNews(order: Order, whole: History): string[] {
  const { _id, history, state: now } = order;
  const told = whole.news;
  const names = [...told.values()].filter(({ order }) => order === _id).map(({ name }) => name);
  return news.flatMap(([state, name]) => {
    // Of an order that goes on, all may have been given back as well.
    if (state === "refunded" && bought.has(now)) return [];
    // What a bank took is told as such, and the end of test money as that.
    if (state === "refunded" && (lostTo(order) > 0 || names.includes("order.test_ended"))) return [];
    const happened = history.some((step) => step.state === state);
    return happened === names.includes(name) ? [] : [`${name} was ${happened ? "not " : ""}told`];
  });
}

async function ofStock(orders: readonly Order[]): Promise<string[]> {
  const [stock] = await StockModel.find().lean<Stock[]>();
  if (stock === undefined) return ["there is no stock"];
  const sold = orders.filter(({ state }) => bought.has(state)).length * QUANTITY;
  const { available, holds, adjustments } = stock;
  return holds.length === 0 && stock.sold === sold && available === MUGS - sold && adjustments === MUGS
    ? []
    : [
        `of ${MUGS} mugs ${sold} are sold; the stock says ${available} free, ${holds.length} holds, ${stock.sold} sold`,
      ];
}
