import { below, bold, type Card, plain, type Router, view } from "../src/engine/index.ts";
import { readCart } from "../src/shop/cart/cart-view.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";
import { getShop } from "../src/shop/core/shop.ts";
import { listOrders } from "../src/shop/orders/find-order.ts";
import { actions } from "./actions.ts";
import { categoryButton, listCard, productPage } from "./browse.ts";
import { homeView } from "./home.ts";
import { findNamed, productOfStart, readAddress } from "./product-links.ts";
import { price, type Shopfront, visit } from "./shopfront.ts";

/** Orders shown on the front page. */
const ORDERS = 3;
/** Categories on the front page; the rest is a press on Browse away. */
const CATEGORIES = 12;

/** The ways into the shop: /start, the front page, and a product's address posted in a chat. */
export function frontFlow(router: Router, front: Shopfront): void {
  router.command("start", "command.start", async (turn, rest) => {
    const named = productOfStart(rest.trim());
    if (named === undefined) return below(await homeView(front, turn));
    const { shop } = await visit(front, turn);
    const product = await findNamed(shop._id, named, turn.now);
    return below(await productPage(front, turn, product?._id ?? ""));
  });

  router.front(async (turn) => {
    const { shop, customer } = await visit(front, turn);
    const [categories, cart, orders] = await Promise.all([
      front.search.categories(shop._id),
      readCart(shop._id, customer._id, turn.now),
      listOrders(shop._id, customer.family, 1, ORDERS),
    ]);
    const count = cart.lines.reduce((sum, line) => sum + line.quantity, 0);
    const cartCard: Card = {
      title: turn.say("cart.title"),
      text: plain(
        count === 0
          ? turn.say("cart.empty")
          : turn.say("cart.subtotal", { total: price(turn, cart.subtotal, shop.currency) }),
      ),
      controls:
        count === 0
          ? []
          : [
              turn.button(turn.say("menu.cart_count", { count }), actions.cart()),
              turn.button(turn.say("cart.checkout"), actions.checkout(), { style: "primary" }),
            ],
    };
    const orderCards = orders.orders.map(
      (order): Card => ({
        title: turn.say("order.title", { number: order.number }),
        text: plain(`${turn.say(`state.${order.state}`)} · ${price(turn, order.total, order.currency)}`),
        controls: [turn.button(turn.say("order.view"), actions.order({ order: order._id }))],
      }),
    );
    return view({
      text: bold(turn.say("home.title", { shop: inLanguage(shop.name, turn.locale) })),
      cards: [cartCard, ...orderCards],
      controls: [
        ...categories.slice(0, CATEGORIES).map((category) => categoryButton(turn, category)),
        turn.button(turn.say("menu.browse"), actions.browse()),
        turn.button(turn.say("menu.search"), actions.askSearch()),
        turn.button(turn.say("menu.orders"), actions.orders({ page: 1 })),
        turn.button(turn.say("menu.account"), actions.account()),
      ],
    });
  });

  router.preview(async (turn, url) => {
    const address = readAddress(url, front.publicUrl);
    if (address?.kind !== "product") return null;
    const product = await findNamed(front.shopOf(turn.address.connection), address.product, turn.now);
    if (!product) return null;
    const shop = await getShop(product.shop);
    const card = listCard(turn, shop, product);
    const open = turn.button(turn.say("list.view"), actions.product({ product: product._id }), {
      everyone: true,
    });
    return view({ cards: [{ ...card, controls: [open] }] });
  });
}
