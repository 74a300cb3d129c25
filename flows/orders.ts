import {
  below,
  bold,
  type Card,
  type Control,
  joined,
  plain,
  type Reply,
  type Router,
  refresh,
  type Turn,
  type View,
  view,
} from "../src/engine/index.ts";
import { momentIn } from "../src/i18n/moment.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";
import { timeZoneOf } from "../src/shop/core/shop.ts";
import { addressLine } from "../src/shop/customers/addresses/address-lines.ts";
import { PaymentUnderWay } from "../src/shop/orders/cancel-order.ts";
import { addressOf } from "../src/shop/orders/checkout/order-address.ts";
import { listOrders } from "../src/shop/orders/find-order.ts";
import { type Obstacle, obstaclesOf } from "../src/shop/orders/obstacles.ts";
import type { Order } from "../src/shop/orders/order.ts";
import { can, IllegalTransition } from "../src/shop/orders/order-machine.ts";
import { reviewedSkus } from "../src/shop/reviews/review.ts";
import { actions } from "./actions.ts";
import { ownedOrder } from "./owned-order.ts";
import { mainMenu, pager, price, type Shopfront, visit } from "./shopfront.ts";

const PAGE_SIZE = 5;

/** Following an order: list, details, tracking, received, cancel. */
export function ordersFlow(router: Router, front: Shopfront): void {
  const orders = async (turn: Turn, page: number) => {
    const { shop, customer } = await visit(front, turn);
    const found = await listOrders(shop._id, customer.family, page, PAGE_SIZE);
    if (found.total === 0) return view({ text: plain(turn.say("orders.none")), controls: mainMenu(turn) });
    return view({
      text: bold(turn.say("orders.title")),
      cards: found.orders.map(
        (order): Card => ({
          title: turn.say("order.title", { number: order.number }),
          text: plain(`${turn.say(`state.${stateOf(order)}`)} · ${price(turn, order.total, order.currency)}`),
          controls: [turn.button(turn.say("order.view"), actions.order({ order: order._id }))],
        }),
      ),
      controls: [
        ...pager(turn, found, (to) => actions.orders({ page: to })),
        turn.button(turn.say("menu.home"), actions.home()),
      ],
    });
  };
  router.command("orders", "command.orders", async (turn) => below(await orders(turn, 1)));
  router.on(actions.orders, (turn, { page }) => orders(turn, page));

  const owned = (turn: Turn, id: string) => ownedOrder(front, turn, id);
  const gone = (turn: Turn) => view({ text: plain(turn.say("order.gone")), controls: mainMenu(turn) });

  const show = async (turn: Turn, id: string) => {
    const order = await owned(turn, id);
    return order ? orderView(turn, order) : gone(turn);
  };
  router.on(actions.order, (turn, { order }) => show(turn, order));

  router.on(actions.track, async (turn, { order: id }) => {
    const order = await owned(turn, id);
    if (!order) return gone(turn);
    const text = order.tracking
      ? turn.say("order.tracking", { carrier: order.tracking.carrier, tracking: order.tracking.number })
      : turn.say("order.no_tracking");
    const zone = timeZoneOf((await visit(front, turn)).shop);
    // A draft was a cart on its way to become an order; nothing had happened yet.
    const steps = order.history
      .filter((step) => step.state !== "draft")
      .map((step) => plain(`${momentIn(zone, turn.locale, step.at)} – ${turn.say(`state.${step.state}`)}`));
    return below(
      view({
        text: joined([bold(turn.say("order.title", { number: order.number })), plain(text), ...steps]),
        controls: [turn.button(turn.say("order.view"), actions.order({ order: id }))],
      }),
    );
  });

  router.on(actions.received, async (turn, { order: id }) => {
    const order = await owned(turn, id);
    if (!order) return gone(turn);
    const received = can(order.state, "complete")
      ? await front.commerce.confirmReceived(order, "customer")
      : order;
    const thanks = below(
      view({
        text: plain(turn.say("order.thanks_received")),
        controls: [
          turn.button(turn.say("order.review"), actions.chooseReview({ order: id }), { style: "primary" }),
        ],
      }),
    );
    return [thanks, ...(await orderCards(turn, received))];
  });

  router.on(actions.cancelOrder, async (turn, { order: id }) => {
    const order = await owned(turn, id);
    if (!order) return gone(turn);
    return below(
      view({
        text: plain(turn.say("order.cancel_sure", { number: order.number })),
        controls: [
          turn.button(turn.say("order.cancel_yes"), actions.reallyCancel({ order: id }), { style: "danger" }),
          turn.button(turn.say("order.cancel_no"), actions.order({ order: id })),
        ],
      }),
    );
  });
  router.on(actions.reallyCancel, async (turn, { order: id }) => {
    const order = await owned(turn, id);
    if (!order) return gone(turn);
    try {
      await front.commerce.cancelOrder(order, "customer");
    } catch (error) {
      const underWay = error instanceof PaymentUnderWay;
      if (!underWay && !(error instanceof IllegalTransition)) throw error;
      front.refused?.(error);
      return [
        view({ text: plain(turn.say(underWay ? "order.cancel_paying" : "order.cancel_late")) }),
        below(await show(turn, id)),
      ];
    }
    return show(turn, id);
  });
}

/** Where an order stands, to its customer: one that cost nothing has nothing to refund. */
const stateOf = ({ state, payment, total }: Order): Order["state"] =>
  payment === undefined && total === 0 && (state === "refunding" || state === "refunded")
    ? "cancelled"
    : state;

/** What became of the money of an order, beside its state. */
const moneyFacts = (turn: Turn, order: Order): [string, string][] =>
  obstaclesOf(order).map((one) => moneyFact(turn, one));

function moneyFact(turn: Turn, one: Obstacle): [string, string] {
  const amount = "amount" in one ? price(turn, one.amount, one.amount.currency) : "";
  switch (one.kind) {
    case "test-money":
      return [turn.say("order.payment"), turn.say("order.test_money")];
    case "disputed":
      return [turn.say("order.payment"), turn.say("order.disputed", { amount })];
    case "dispute-lost":
      return [turn.say("order.payment"), turn.say("order.dispute_lost", { amount })];
    case "refunded":
      return [turn.say("order.refunded"), amount];
    case "refund-failed":
      return [turn.say("order.payment"), turn.say("order.refund_failed", { amount })];
  }
}

/** What the cards of an order show, wherever they stand: see `View.subject`. */
export const orderSubject = (order: string): string => `order:${order}`;

/** Makes the cards of an order true that stand in this chat; nothing where there are none. */
export const orderCards = async (turn: Turn, order: Order): Promise<Reply[]> =>
  turn.stands(orderSubject(order._id)) ? [refresh(await orderView(turn, order))] : [];

/** Whether something of an order can be reviewed and has not been. Only of what has arrived the store is asked. */
async function isToReview({ _id, state, lines }: Order): Promise<boolean> {
  if (state !== "delivered" && state !== "completed") return false;
  const reviewed = await reviewedSkus(_id);
  return lines.some(({ sku }) => !reviewed.has(sku));
}

/** One order as its customer sees it, with what they can do next. */
export async function orderView(turn: Turn, order: Order): Promise<View> {
  const cost = (amount: number) => price(turn, amount, order.currency);
  const address = addressOf(order);
  const items = order.lines.map((line) => {
    const title = [line.title, ...line.values].map((word) => inLanguage(word, turn.locale)).join(", ");
    return plain(`${line.quantity} × ${title} · ${cost(line.unitPrice * line.quantity)}`);
  });
  const facts: [string, string][] = [[turn.say("order.state"), turn.say(`state.${stateOf(order)}`)]];
  if (order.shipping)
    facts.push([
      turn.say("checkout.shipping_fact"),
      `${inLanguage(order.shipping.name, turn.locale)} · ${cost(order.shipping.price)}`,
    ]);
  facts.push([turn.say("checkout.total"), cost(order.total)]);
  facts.push(...moneyFacts(turn, order));
  if (address) facts.push([turn.say("checkout.deliver_to"), addressLine(address, turn.locale)]);
  if (order.tracking)
    facts.push([turn.say("order.tracking_number"), `${order.tracking.carrier} ${order.tracking.number}`]);
  const id = order._id;
  const reviewable = await isToReview(order);
  const awaiting = order.state === "awaiting_payment";
  const controls: Control[] = [
    ...(awaiting && order.payment
      ? [
          {
            kind: "link",
            label: turn.say("checkout.pay", { total: cost(order.total) }),
            url: order.payment.url,
          } as const,
        ]
      : []),
    ...(["paid", "packed", "shipped", "delivered"].includes(order.state)
      ? [turn.button(turn.say("order.track"), actions.track({ order: id }))]
      : []),
    ...(can(order.state, "complete")
      ? [turn.button(turn.say("order.received"), actions.received({ order: id }))]
      : []),
    ...(reviewable
      ? [turn.button(turn.say("order.review"), actions.chooseReview({ order: id }), { style: "primary" })]
      : []),
    ...(awaiting || order.state === "paid" || order.state === "packed"
      ? [turn.button(turn.say("order.cancel"), actions.cancelOrder({ order: id }))]
      : []),
    turn.button(turn.say("menu.orders"), actions.orders({ page: 1 })),
    turn.button(turn.say("menu.home"), actions.home()),
  ];
  const waiting =
    awaiting && order.holdUntil
      ? [plain(turn.say("checkout.hold", { minutes: minutesUntil(turn, order.holdUntil) }))]
      : [];
  return view({
    subject: orderSubject(id),
    cards: [
      {
        title: turn.say("order.title", { number: order.number }),
        text: joined([...items, ...waiting]),
        facts,
      },
    ],
    controls,
  });
}

/** Whole minutes that are surely left, at least one. People abroad know no other way of telling when. */
const minutesUntil = (turn: Turn, at: Date): number =>
  Math.max(1, Math.floor((at.getTime() - turn.now.getTime()) / 60_000));
