import { z } from "zod";
import {
  below,
  bold,
  type Card,
  joined,
  plain,
  type Reply,
  type Router,
  refresh,
  rich,
  type Turn,
  view,
} from "../src/engine/index.ts";
import { type CartView, type CartViewLine, readCart } from "../src/shop/cart/cart-view.ts";
import { acceptPrices, addToCart, removeLine, setQuantity } from "../src/shop/cart/change-cart.ts";
import { variantTitle } from "../src/shop/catalog/product.ts";
import { ShopError } from "../src/shop/core/errors.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";
import { multiply } from "../src/shop/core/money.ts";
import { OutOfStock } from "../src/shop/inventory/stock.ts";
import { actions } from "./actions.ts";
import { mainMenu, picture, price, type Shopfront, visit } from "./shopfront.ts";

/** The cart: add, change, remove, and the way to checkout. */
export function cartFlow(router: Router, front: Shopfront): void {
  const cart = (turn: Turn) => cartView(front, turn);
  /** The cart after a change, in the place of the one that was pressed. */
  const cartNow = async (turn: Turn) => {
    await tellLinked(front, turn);
    return cart(turn);
  };
  router.signal("cart.changed", z.strictObject({}), (turn) => cardsHere(front, turn));
  router.command("cart", "command.cart", async (turn) => below(await cart(turn)));
  router.on(actions.cart, cart);

  /** Makes a change; where a rule of the shop says no, tells why and shows the cart as it is. */
  const changed = async (turn: Turn, change: () => Promise<CartView>): Promise<CartView | Reply[]> => {
    try {
      return await change();
    } catch (error) {
      const why = error instanceof ShopError ? refusal(turn, error) : undefined;
      if (why === undefined || !(error instanceof Error)) throw error;
      front.refused?.(error);
      return [below(view({ text: plain(why) })), below(await cart(turn))];
    }
  };

  router.on(actions.addToCart, async (turn, { sku, price: seenPrice }) => {
    const { shop, customer } = await visit(front, turn);
    const after = await changed(turn, () =>
      addToCart(shop._id, customer._id, sku, 1, turn.key("add"), { seenPrice }, turn.now),
    );
    if (!("lines" in after)) return after;
    const count = after.lines.reduce((sum, line) => sum + line.quantity, 0);
    const line = after.lines.find((one) => one.sku === sku);
    const again = line?.product
      ? actions.category({ category: line.product.category, page: 1 })
      : actions.browse();
    const added = below(
      view({
        text: rich`✓ ${turn.say("cart.added", { title: line ? lineTitle(turn, line) : sku })}`,
        controls: [
          turn.button(turn.say("menu.cart_count", { count }), actions.cart(), { style: "primary" }),
          turn.button(turn.say("cart.checkout"), actions.checkout()),
          turn.button(turn.say("menu.browse"), again),
        ],
      }),
    );
    return [added, ...(await cartCards(front, turn))];
  });

  router.on(actions.setQuantity, async (turn, { sku, quantity }) => {
    const { shop, customer } = await visit(front, turn);
    const after = await changed(turn, () =>
      setQuantity(shop._id, customer._id, sku, Math.max(0, quantity), turn.key("quantity"), turn.now),
    );
    return "lines" in after ? cartNow(turn) : after;
  });
  router.on(actions.removeLine, async (turn, { sku }) => {
    const { shop, customer } = await visit(front, turn);
    await removeLine(shop._id, customer._id, sku, turn.now);
    return cartNow(turn);
  });
  router.on(actions.acceptCart, async (turn, { prices }) => {
    const { shop, customer } = await visit(front, turn);
    await acceptPrices(shop._id, customer._id, prices, turn.now);
    return cartNow(turn);
  });
}

/** The sentence for a rule that said no; undefined if it is not one of the cart's. */
function refusal(turn: Turn, error: ShopError): string | undefined {
  if (error instanceof OutOfStock) return turn.say("cart.too_many", { available: error.available });
  switch (error.code) {
    case "CART_FULL":
      return turn.say("cart.full");
    case "BAD_QUANTITY":
      return turn.say("cart.quantity");
    case "NOT_ON_SALE":
      return turn.say("product.gone");
    default:
      return undefined;
  }
}

/** What the cards of a cart show, wherever they stand: see `View.subject`. */
const cartSubject = (customer: string): string => `cart:${customer}`;

/** Makes the cards of the cart true after a change, in this chat and in those of linked accounts. */
export async function cartCards(front: Shopfront, turn: Turn): Promise<Reply[]> {
  await tellLinked(front, turn);
  return await cardsHere(front, turn);
}

/** In the chats of linked accounts. Who has one account costs no look for others. */
async function tellLinked(front: Shopfront, turn: Turn): Promise<void> {
  const { customer } = await visit(front, turn);
  if (customer.family.length > 1)
    await front.tellCards(cartSubject(customer._id), turn.key("cards"), "cart.changed", {}, turn.address);
}

/** In this chat; nothing where there are none. */
async function cardsHere(front: Shopfront, turn: Turn): Promise<Reply[]> {
  const { customer } = await visit(front, turn);
  return turn.stands(cartSubject(customer._id)) ? [refresh(await cartView(front, turn))] : [];
}

/** The cart as it is now, with what changed since things were put in. `notice` is said first. */
export async function cartView(front: Shopfront, turn: Turn, notice?: string) {
  const { shop, customer } = await visit(front, turn);
  const cart = await readCart(shop._id, customer._id, turn.now);
  const subject = cartSubject(customer._id);
  // Who was buying past the cart must hear why it did not work; that the cart is empty is no answer to them.
  if (cart.lines.length === 0)
    return view({
      subject,
      text: plain(notice ?? turn.say("cart.empty")),
      controls: mainMenu(turn),
    });
  return view({
    subject,
    text: joined([
      ...(notice ? [plain(notice)] : []),
      bold(turn.say("cart.title")),
      ...(cart.changed && !notice ? [plain(turn.say("cart.changed"))] : []),
      plain(turn.say("cart.subtotal", { total: price(turn, cart.subtotal, shop.currency) })),
    ]),
    cards: cart.lines.map((line) => lineCard(turn, shop.currency, line)),
    controls: [
      cart.changed
        ? turn.button(turn.say("cart.accept"), actions.acceptCart({ prices: cart.prices }), {
            style: "primary",
          })
        : turn.button(turn.say("cart.checkout"), actions.checkout(), { style: "primary" }),
      turn.button(turn.say("menu.browse"), actions.browse()),
    ],
  });
}

const lineTitle = (turn: Turn, { title, product, variant }: CartViewLine): string => {
  const options = product && variant ? variantTitle(product, variant, turn.locale) : "";
  return [inLanguage(title, turn.locale), options].filter((part) => part !== "").join(", ");
};

function lineCard(turn: Turn, currency: string, line: CartViewLine): Card {
  const { product, variant, quantity, sku } = line;
  const problem =
    line.problem === "price-changed" && line.was
      ? turn.say("cart.price_changed", {
          was: price(turn, line.was, currency),
          price: price(turn, line.price, currency),
        })
      : line.problem === "sold-out"
        ? turn.say("cart.sold_out_line")
        : line.problem === "too-many" && line.stock.kind === "counted"
          ? turn.say("cart.too_many", { available: line.stock.units })
          : line.problem === "gone"
            ? turn.say("cart.gone_line")
            : undefined;
  const total = price(turn, multiply(line.price, quantity), currency);
  return {
    title: lineTitle(turn, line),
    text: joined([
      plain(turn.say("cart.line", { quantity, price: price(turn, line.price, currency), total })),
      ...(problem ? [plain(`⚠ ${problem}`)] : []),
    ]),
    ...(product ? picture(product, turn, variant?.image) : {}),
    controls: [
      turn.button(turn.say("cart.less"), actions.setQuantity({ sku, quantity: quantity - 1 })),
      turn.button(turn.say("cart.more"), actions.setQuantity({ sku, quantity: quantity + 1 })),
      turn.button(turn.say("cart.remove"), actions.removeLine({ sku })),
    ],
  };
}
