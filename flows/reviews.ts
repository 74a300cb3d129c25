import { z } from "zod";
import {
  type Answer,
  below,
  type Card,
  form,
  plain,
  type Reply,
  type Router,
  type Turn,
  view,
} from "../src/engine/index.ts";
import { dayIn } from "../src/i18n/moment.ts";
import { getProduct } from "../src/shop/catalog/catalog.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";
import { timeZoneOf } from "../src/shop/core/shop.ts";
import { getReview, listReviews, NotReviewable, writeReview } from "../src/shop/reviews/review.ts";
import { actions } from "./actions.ts";
import { orderCards, orderSubject } from "./orders.ts";
import { ownedOrder } from "./owned-order.ts";
import { mainMenu, pager, type Shopfront, stars, visit } from "./shopfront.ts";

const PAGE_SIZE = 5;

const reviewInput = z.object({
  rating: z.enum(["5", "4", "3", "2", "1"]),
  text: z.string().max(1000).optional(),
  photo: z.string().max(40).optional(),
});

/** Reading reviews, and writing one for what was delivered. */
export function reviewsFlow(router: Router, front: Shopfront): void {
  router.on(actions.reviews, async (turn, { product: id, page }) => {
    const { shop } = await visit(front, turn);
    const product = await getProduct(shop._id, id, turn.now);
    if (!product) return view({ text: plain(turn.say("product.gone")), controls: mainMenu(turn) });
    const found = await listReviews(shop._id, id, page, PAGE_SIZE);
    const zone = timeZoneOf(shop);
    const cards = found.reviews.map(
      (review): Card => ({
        title: `${stars(review.rating)} ${dayIn(zone, turn.locale, review.at)}`,
        ...(review.text !== undefined && { text: plain(review.text) }),
        ...(review.photo !== undefined && { image: { id: review.photo, alt: turn.say("review.photo") } }),
      }),
    );
    return view({
      text: plain(
        found.total === 0
          ? turn.say("reviews.none")
          : turn.say("reviews.title", { product: inLanguage(product.title, turn.locale) }),
      ),
      cards,
      controls: [
        ...pager(turn, found, (to) => actions.reviews({ product: id, page: to })),
        turn.button(turn.say("back"), actions.product({ product: id })),
      ],
    });
  });

  /** What can be reviewed of an order is shown by its cards: here, and in the chats of linked accounts. */
  const reviewed = async (turn: Turn, id: string): Promise<Reply[]> => {
    const order = await ownedOrder(front, turn, id);
    if (!order) return [];
    const { shop, customer } = await visit(front, turn);
    if (customer.family.length > 1) {
      const about = { shop: shop._id, order: id };
      await front.tellCards(orderSubject(id), turn.key("cards"), "order.changed", about, turn.address);
    }
    return await orderCards(turn, order);
  };

  const review = form({
    name: "review",
    title: "review.form",
    submit: "review.submit",
    schema: reviewInput,
    fields: {
      rating: {
        label: "review.rating",
        problem: "problem.rating",
        input: "choice",
        options: () =>
          ["5", "4", "3", "2", "1"].map((value) => ({ value, label: `${value} ${stars(Number(value))}` })),
      },
      text: {
        label: "review.text",
        hint: "review.text_hint",
        problem: "problem.review",
        input: "long",
        maxLength: 1000,
      },
      photo: {
        label: "review.photo",
        hint: "review.photo_hint",
        problem: "problem.photo",
        input: "photo",
        maxLength: 40,
      },
    },
    submitted: async (turn, { rating, text, photo }, { order = "", sku = "" }) => {
      const { shop, customer } = await visit(front, turn);
      const said = {
        rating: Number(rating),
        ...(text !== undefined && { text }),
        ...(photo !== undefined && { photo }),
      };
      const menu = [
        turn.button(turn.say("order.view"), actions.order({ order })),
        turn.button(turn.say("menu.browse"), actions.browse()),
      ];
      try {
        const written = { shop: shop._id, order, sku, customer: customer._id, ...said };
        await writeReview(written, turn.now, customer.family);
      } catch (error) {
        if (!(error instanceof NotReviewable)) throw error;
        front.refused?.(error);
        return view({ text: plain(turn.say("review.not_yet")), controls: menu });
      }
      return [
        view({ text: plain(turn.say("review.thanks")), controls: menu }),
        ...(await reviewed(turn, order)),
      ];
    },
  });

  const write = async (turn: Turn, orderId: string, sku: string) => {
    const order = await ownedOrder(front, turn, orderId);
    const line = order?.lines.find((bought) => bought.sku === sku);
    const back = [turn.button(turn.say("order.view"), actions.order({ order: orderId }))];
    if (!order || !line)
      return below(view({ text: plain(turn.say("order.gone")), controls: mainMenu(turn) }));
    if (order.state !== "delivered" && order.state !== "completed")
      return below(view({ text: plain(turn.say("review.not_yet")), controls: back }));
    if (await getReview(orderId, sku))
      return below(view({ text: plain(turn.say("review.already")), controls: back }));
    const title = turn.say("review.title", { product: inLanguage(line.title, turn.locale) });
    return turn.open(review, { args: { order: orderId, sku }, title });
  };
  const choose = async (turn: Turn, id: string): Promise<Answer> => {
    const order = await ownedOrder(front, turn, id);
    if (!order) return below(view({ text: plain(turn.say("order.gone")), controls: mainMenu(turn) }));
    const [only, ...others] = order.lines;
    if (only && others.length === 0) return write(turn, id, only.sku);
    return below(
      view({
        text: plain(turn.say("order.review")),
        controls: order.lines.map((line) =>
          turn.button(
            turn.say("order.review_item", { title: inLanguage(line.title, turn.locale) }),
            actions.writeReview({ order: id, sku: line.sku }),
          ),
        ),
      }),
    );
  };
  router.private(() => {
    router.form(review);
    router.on(actions.writeReview, (turn, { order, sku }) => write(turn, order, sku));
    router.on(actions.chooseReview, (turn, { order }) => choose(turn, order));
  });
}
