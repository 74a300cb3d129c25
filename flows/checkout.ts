import { type Answer, below, plain, type Router, type Turn, type View, view } from "../src/engine/index.ts";
import { findVariant } from "../src/shop/catalog/catalog.ts";
import { ShopError } from "../src/shop/core/errors.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";
import { type Address, isComplete } from "../src/shop/customers/addresses/address.ts";
import { addressLine } from "../src/shop/customers/addresses/address-lines.ts";
import { countryName } from "../src/shop/customers/addresses/countries.ts";
import { saveAddress } from "../src/shop/customers/customer.ts";
import { OutOfStock } from "../src/shop/inventory/stock.ts";
import { type BuyNow, setAddress, setShipping, startCheckout } from "../src/shop/orders/checkout/checkout.ts";
import { addressOf } from "../src/shop/orders/checkout/order-address.ts";
import { TooManyOpenOrders } from "../src/shop/orders/checkout/place-order.ts";
import { shippingOptions } from "../src/shop/orders/checkout/shipping.ts";
import { getOrder } from "../src/shop/orders/find-order.ts";
import { IllegalTransition } from "../src/shop/orders/order-machine.ts";
import { AmountOutOfBounds, PaymentRefused } from "../src/shop/orders/payments/payment-refusal.ts";
import { actions } from "./actions.ts";
import { addressForm, known } from "./address-form.ts";
import { productPage } from "./browse.ts";
import { cartCards, cartView } from "./cart.ts";
import { orderView } from "./orders.ts";
import { ownedOrder } from "./owned-order.ts";
import { mainMenu, price, type Shopfront, visit } from "./shopfront.ts";

/** From the cart to the payment link: address, shipping, summary. */
export function checkoutFlow(router: Router, front: Shopfront): void {
  const { commerce } = front;

  const start = async (turn: Turn, buyNow?: BuyNow): Promise<Answer> => {
    const { shop, customer } = await visit(front, turn);
    try {
      const order = await startCheckout(
        shop._id,
        customer._id,
        turn.key("checkout"),
        {
          locale: turn.locale,
          ...(buyNow && { buyNow }),
        },
        turn.now,
      );
      return await askAddress(turn, order._id);
    } catch (error) {
      if (buyNow && error instanceof ShopError && error.code === "CART_CHANGED") {
        front.refused?.(error);
        return askAgain(turn, buyNow.sku);
      }
      return refused(turn, error);
    }
  };
  /** What was to be bought at once costs something else now: the product is shown again. */
  const askAgain = async (turn: Turn, sku: string): Promise<Answer> => {
    const { shop } = await visit(front, turn);
    const found = await findVariant(shop._id, sku, turn.now);
    const text = below(view({ text: plain(turn.say(found ? "product.changed" : "product.gone")) }));
    return found ? [text, below(await productPage(front, turn, found.product._id, sku))] : text;
  };
  /** What was ordered costs something else now: the cart is shown again or, of what was bought past it, the product. */
  const changedSince = async (turn: Turn, id: string): Promise<Answer> => {
    const { shop } = await visit(front, turn);
    const { buyNow, lines } = await getOrder(shop._id, id);
    const [line] = lines;
    return buyNow && line ? askAgain(turn, line.sku) : below(await cartView(front, turn));
  };
  router.on(actions.checkout, (turn) => start(turn));
  router.on(actions.buyNow, (turn, { sku, price: seenPrice }) =>
    start(turn, { sku, quantity: 1, seenPrice }),
  );

  const askAddress = async (turn: Turn, order: string): Promise<Answer> => {
    const { customer } = await visit(front, turn);
    if (customer.addresses.length === 0) return turn.open(address, { args: { order } });
    inCheckout(turn, order);
    return below(
      view({
        text: plain(turn.say("checkout.address")),
        controls: [
          ...customer.addresses.map((saved) =>
            turn.button(addressLine(saved, turn.locale), actions.useAddress({ order, address: saved.id })),
          ),
          turn.button(turn.say("checkout.new_address"), actions.newAddress({ order })),
        ],
      }),
    );
  };

  const address = addressForm("address", async (turn, given, { order = "" }) => {
    const { shop, customer } = await visit(front, turn);
    await saveAddress(shop._id, customer._id, given);
    return askShipping(turn, order, given);
  });
  router.form(address);
  router.on(actions.newAddress, async (turn, { order }) =>
    turn.open(address, { args: { order }, initial: known((await visit(front, turn)).customer.addresses[0]) }),
  );
  router.on(actions.useAddress, async (turn, { order, address: id }) => {
    const { customer } = await visit(front, turn);
    const saved = customer.addresses.find((one) => one.id === id);
    if (!saved) return askAddress(turn, order);
    if (!isComplete(saved)) return turn.open(address, { args: { order }, initial: known(saved) });
    return askShipping(turn, order, saved);
  });

  const askShipping = async (turn: Turn, id: string, to: Omit<Address, "id">): Promise<Answer> => {
    const { shop } = await visit(front, turn);
    try {
      const current = await ownedOrder(front, turn, id);
      if (!current) return orderGone(turn);
      const order = await setAddress(current, to);
      const options = await shippingOptions(shop._id, order.country ?? "", {
        amount: order.subtotal,
        currency: order.currency,
      });
      if (options.length === 0) {
        const country = countryName(order.country ?? "", turn.locale);
        return view({
          text: plain(turn.say("checkout.no_shipping", { country })),
          controls: [turn.button(turn.say("checkout.new_address"), actions.newAddress({ order: id }))],
        });
      }
      inCheckout(turn, id);
      return view({
        text: plain(turn.say("checkout.shipping")),
        controls: options.map((option) =>
          turn.button(
            turn.say("checkout.option", {
              name: inLanguage(option.name, turn.locale),
              price:
                option.price.amount === 0
                  ? turn.say("checkout.free")
                  : price(turn, option.price, shop.currency),
              days: days(turn, option.days),
            }),
            actions.shipping({ order: id, option: option.id }),
          ),
        ),
      });
    } catch (error) {
      return refused(turn, error, id);
    }
  };

  /** What is written from here on is said in the middle of a checkout. */
  const inCheckout = (turn: Turn, order: string) =>
    turn.begin({ title: turn.say("task.checkout"), goOn: actions.goOn({ order }) });
  router.on(actions.goOn, async (turn, { order: id }) => {
    try {
      const order = await ownedOrder(front, turn, id);
      if (!order) return orderGone(turn);
      if (order.state !== "draft") return orderView(turn, order);
      const to = addressOf(order);
      return to ? await askShipping(turn, id, to) : await askAddress(turn, id);
    } catch (error) {
      return refused(turn, error, id);
    }
  });

  /** Takes the hold and opens the payment page; the summary carries the payment link. */
  const place = async (turn: Turn, id: string): Promise<Answer> => {
    const order = await ownedOrder(front, turn, id);
    if (!order) return orderGone(turn);
    const placed = await orderView(turn, await commerce.placeOrder(order, turn.inbound.network));
    // What was ordered is in the cart no more.
    return [placed, ...(await cartCards(front, turn))];
  };
  router.on(actions.shipping, async (turn, { order: id, option }) => {
    try {
      const order = await ownedOrder(front, turn, id);
      if (!order) return orderGone(turn);
      if (order.state === "draft")
        await setShipping(order, option).catch((error: unknown) => {
          // A run that lost its lease may have placed it just now; whether it can be had, placing it tells.
          if (!(error instanceof IllegalTransition)) throw error;
        });
      return await place(turn, id);
    } catch (error) {
      return refused(turn, error, id);
    }
  });
  router.on(actions.place, async (turn, { order }) => {
    try {
      return await place(turn, order);
    } catch (error) {
      return refused(turn, error, order);
    }
  });

  const orderGone = (turn: Turn): Answer =>
    view({ text: plain(turn.say("order.gone")), controls: mainMenu(turn) });

  /** Why it can not go on, in words, with a way on. Errors the shop did not foresee pass through. */
  const refused = async (turn: Turn, error: unknown, order?: string): Promise<Answer> => {
    if (!(error instanceof ShopError)) throw error;
    // What a payment provider says is logged where it is asked.
    if (error.cause === undefined) front.refused?.(error);
    if (error instanceof OutOfStock) {
      const { shop } = await visit(front, turn);
      const found = await findVariant(shop._id, error.sku, turn.now);
      const title = found ? inLanguage(found.product.title, turn.locale) : error.sku;
      return below(
        await cartView(front, turn, turn.say("checkout.sold_out", { title, available: error.available })),
      );
    }
    if (error instanceof AmountOutOfBounds)
      return below(await cartView(front, turn, boundWords(turn, error)));
    if (error instanceof PaymentRefused) return below(view(refusedPayment(turn, error, order)));
    switch (error.code) {
      case "CART_CHANGED":
        return order ? changedSince(turn, order) : below(await cartView(front, turn));
      case "EMPTY_CART":
        return below(view({ text: plain(turn.say("cart.empty")), controls: mainMenu(turn) }));
      case "TOO_MANY_OPEN_ORDERS":
        return below(
          view({
            text: plain(
              turn.say(
                error instanceof TooManyOpenOrders && error.of === "network"
                  ? "checkout.holds_network"
                  : "checkout.holds",
              ),
            ),
            controls: [turn.button(turn.say("menu.orders"), actions.orders({ page: 1 }))],
          }),
        );
      case "PAYMENT_UNAVAILABLE":
        return below(
          view({
            text: plain(turn.say("checkout.failed")),
            controls: order
              ? [turn.button(turn.say("checkout.retry"), actions.place({ order }), { style: "primary" })]
              : mainMenu(turn),
          }),
        );
      case "NOT_ON_SALE":
        return below(await cartView(front, turn, turn.say("product.gone")));
      case "ILLEGAL_TRANSITION":
        return below(await cartView(front, turn, turn.say("checkout.ended")));
      case "ORDER_INCOMPLETE":
        return order ? askAddress(turn, order) : orderGone(turn);
      case "NOT_FOUND":
        return orderGone(turn);
      default:
        throw error;
    }
  };
}

/** Why an amount is not taken, with the bound where it is known. */
function boundWords(turn: Turn, { bound, limit: most }: AmountOutOfBounds): string {
  if (most === undefined)
    return turn.say(bound === "too_small" ? "checkout.too_small_unknown" : "checkout.too_large_unknown");
  const limit = price(turn, most, most.currency);
  return turn.say(bound === "too_small" ? "checkout.too_small" : "checkout.too_large", { limit });
}

function refusedPayment(turn: Turn, { fault }: PaymentRefused, order?: string): Partial<View> {
  const retry = order ? [turn.button(turn.say("checkout.retry"), actions.place({ order }))] : [];
  if (fault === "email")
    return {
      text: plain(turn.say("checkout.bad_email")),
      controls: order
        ? [
            turn.button(turn.say("checkout.new_address"), actions.newAddress({ order }), {
              style: "primary",
            }),
            ...retry,
          ]
        : mainMenu(turn),
    };
  return { text: plain(turn.say("checkout.not_taken")), controls: [...retry, ...mainMenu(turn)] };
}

/** "2–3 days", or "1 day" where the first and the last are the same. */
const days = (turn: Turn, [min, max]: readonly [number, number]): string =>
  min === max ? turn.say("checkout.day", { days: min }) : turn.say("checkout.days", { min, max });
