import { z } from "zod";
import { type Answer, below, plain, type Router, type Turn, view } from "../src/engine/index.ts";
import { languageOf } from "../src/i18n/index.ts";
import { getCustomer } from "../src/shop/customers/customer.ts";
import { getOrder } from "../src/shop/orders/find-order.ts";
import type { Order } from "../src/shop/orders/order.ts";
import { actions } from "./actions.ts";
import { orderCards, orderSubject } from "./orders.ts";
import { price, type Shopfront } from "./shopfront.ts";

/** What the news is about beside its order; not told by versions before this one. */
const about = z.object({ amount: z.number().optional(), currency: z.string().optional() });
const notice = z.object({ shop: z.string(), order: z.string(), data: about.optional() });

/** News of an order, told in the chat it was bought in. */
export function noticesFlow(router: Router, _front: Shopfront): void {
  const tell = (
    name: string,
    words: (turn: Turn, order: Order, data: z.infer<typeof about>) => string,
    review = false,
  ) =>
    router.signal(name, notice, async (turn, { shop, order: id, data = {} }): Promise<Answer> => {
      const order = await getOrder(shop, id);
      // The chat may never have been used before: it speaks as the customer does.
      const { language } = await getCustomer(shop, order.customer);
      if (languageOf(language)) turn.speak(language);
      const news = below(
        view({
          text: plain(words(turn, order, data)),
          controls: [
            ...(review
              ? [
                  turn.button(turn.say("order.review"), actions.chooseReview({ order: id }), {
                    style: "primary",
                  }),
                ]
              : []),
            turn.button(turn.say("order.view"), actions.order({ order: id })),
          ],
        }),
      );
      return [news, ...(await orderCards(turn, order))];
    });
  // The order has changed, which is told elsewhere or is no news: only its cards here are to be true.
  router.signal("order.changed", notice, async (turn, { shop, order: id }): Promise<Answer> => {
    if (!turn.stands(orderSubject(id))) return undefined;
    const order = await getOrder(shop, id);
    const { language } = await getCustomer(shop, order.customer);
    if (languageOf(language)) turn.speak(language);
    return orderCards(turn, order);
  });
  const number = (order: Order) => ({ number: order.number });
  const tracking = ({ tracking }: Order) => ({
    carrier: tracking?.carrier ?? "",
    tracking: tracking?.number ?? "",
  });

  const amount = (turn: Turn, order: Order, { amount, currency }: z.infer<typeof about>) => ({
    ...number(order),
    amount: price(turn, amount ?? order.payment?.refunded ?? 0, currency ?? order.currency),
  });

  tell("order.paid", (turn, order) =>
    turn.say(order.total === 0 ? "notice.placed_free" : "notice.paid", number(order)),
  );
  tell("order.shipped", (turn, order) =>
    turn.say("notice.shipped", { ...number(order), ...tracking(order) }),
  );
  tell("order.delivered", (turn, order) => turn.say("notice.delivered", number(order)), true);
  tell("order.expired", (turn, order) => turn.say("notice.expired", number(order)));
  tell("order.cancelled", (turn, order) => turn.say("notice.cancelled", number(order)));
  tell("order.refunded", (turn, order) =>
    turn.say("notice.refunded", {
      ...number(order),
      amount: price(turn, order.payment?.refunded ?? order.total, order.payment?.currency ?? order.currency),
    }),
  );
  tell("order.refunded_part", (turn, order, data) =>
    turn.say("notice.refunded_part", amount(turn, order, data)),
  );
  tell("order.refund_failed", (turn, order, data) =>
    turn.say("notice.refund_failed", amount(turn, order, data)),
  );
  tell("order.disputed", (turn, order) => turn.say("notice.disputed", number(order)));
  tell("order.dispute_won", (turn, order) => turn.say("notice.dispute_won", number(order)));
  tell("order.dispute_lost", (turn, order) => turn.say("notice.dispute_lost", number(order)));
  tell("order.test_ended", (turn, order) => turn.say("notice.test_ended", number(order)));
  tell("order.payment_failed", (turn, order) => turn.say("notice.payment_failed", number(order)));
  tell("order.quarantined", (turn, order) =>
    turn.say(
      order.state === "refunding" || order.state === "refunded"
        ? "notice.refund_stuck"
        : "notice.quarantined",
      number(order),
    ),
  );
  tell("review.invite", (turn, order) => turn.say("notice.review_invite", number(order)), true);
}
