import { type CartView, readCart } from "../../cart/cart-view.ts";
import { BadQuantity, QUANTITY_MAX } from "../../cart/change-cart.ts";
import type { OfferedProduct, OfferedVariant } from "../../catalog/offer.ts";
import { NotOnSale, onSale } from "../../catalog/on-sale.ts";
import { variantValues } from "../../catalog/product.ts";
import { isDuplicateKey, NotFound, ShopError } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import { money } from "../../core/money.ts";
import { getShop } from "../../core/shop.ts";
import { type Address, normalAddress } from "../../customers/addresses/address.ts";
import { getCustomer } from "../../customers/customer.ts";
import { SOLD_OUT } from "../../inventory/availability.ts";
import { OutOfStock, stockOf } from "../../inventory/stock.ts";
import { changeOrder, withTask } from "../change-order.ts";
import type { Order, OrderLine } from "../order.ts";
import { IllegalTransition } from "../order-machine.ts";
import { OrderModel } from "../order-model.ts";
import { sealAddress } from "./order-address.ts";
import { nextOrderNumber } from "./order-number.ts";
import { shippingOptions } from "./shipping.ts";

/** A draft that nobody places is thrown away after two days. */
export const DRAFT_MS = 48 * 60 * 60_000;

/** There is nothing in the cart. */
export class EmptyCart extends ShopError {
  constructor() {
    super("EMPTY_CART", "the cart is empty");
  }
}

/** A price or what is left of something is not what the customer was shown. Show the cart and let them accept it. */
export class CartChanged extends ShopError {
  /** The cart as it is now; absent where something is bought without the cart. */
  readonly cart: CartView | undefined;
  constructor(cart?: CartView) {
    super("CART_CHANGED", "prices or stock are not what was shown");
    this.cart = cart;
  }
}

/** Something bought at once, past the cart. `seenPrice` (minor units) is what the customer was shown, where known. */
export interface BuyNow {
  readonly sku: string;
  readonly quantity: number;
  readonly seenPrice?: number;
}

/**
 * Drafts an order of the cart, or of one thing bought at once, with the prices of now copied into it.
 * The same `key` returns the same order, however it stands.
 *
 * @throws {EmptyCart}
 * @throws {CartChanged} while a line of the cart has a problem the customer has not settled
 * @throws {NotOnSale | OutOfStock} for `buyNow`
 */
export async function startCheckout(
  shop: string,
  customer: string,
  key: string,
  options: { buyNow?: BuyNow; locale?: string } = {},
  now: Date = new Date(),
): Promise<Order> {
  const known = () => OrderModel.findOne({ shop, customer, key }).lean<Order>().exec();
  const before = await known();
  if (before !== null) return before;
  let lines: OrderLine[];
  try {
    lines =
      options.buyNow === undefined
        ? await cartLines(shop, customer, now)
        : [await oneLine(shop, options.buyNow, now)];
  } catch (error) {
    // The same press, run at the same time, may have bought what is missing now.
    const other = await known();
    if (other === null) throw error;
    return other;
  }
  const { currency } = await getShop(shop);
  const subtotal = lines.reduce((total, { unitPrice, quantity }) => total + unitPrice * quantity, 0);
  const at = new Date(now.getTime() + DRAFT_MS);
  const draft: Order = {
    _id: newId("o"),
    shop,
    number: await nextOrderNumber(shop),
    customer,
    key,
    revision: 1,
    lines,
    buyNow: options.buyNow !== undefined,
    locale: options.locale ?? (await getCustomer(shop, customer)).language,
    currency,
    subtotal,
    total: subtotal,
    state: "draft",
    holdUntil: null,
    strays: [],
    history: [{ state: "draft", at: now, by: customer }],
    tasks: [{ name: "discard", at, attempts: 0 }],
    notices: [],
    attendAt: at,
    createdAt: now,
  };
  try {
    await OrderModel.create(draft);
    return draft;
  } catch (error) {
    const other = isDuplicateKey(error) ? await known() : null;
    if (other === null) throw error;
    return other;
  }
}

/** Says where a draft goes. Shipping chosen before stays only where it is offered there at the same price. @throws {z.ZodError | NotFound | IllegalTransition} */
export async function setAddress(order: Order, address: Address): Promise<Order> {
  const { id: _, ...typed } = address;
  const valid = normalAddress(typed);
  const options = await shippingOptions(order.shop, valid.country, money(order.subtotal, order.currency));
  return changeDraft(order, (draft) => {
    const { shipping, ...rest } = draft;
    const kept = options.find(({ id, price }) => id === shipping?.id && price.amount === shipping.price);
    return {
      ...rest,
      ...(kept === undefined ? {} : { shipping }),
      total: draft.subtotal + (kept?.price.amount ?? 0),
      address: sealAddress(draft._id, valid),
      country: valid.country,
    };
  });
}

/** Chooses how a draft is sent, among the options for its address. @throws {NotFound | IllegalTransition} */
export async function setShipping(order: Order, option: string): Promise<Order> {
  const now = await changeDraft(order, () => null);
  const { country, shop, subtotal, currency } = now;
  const options =
    country === undefined ? [] : await shippingOptions(shop, country, money(subtotal, currency));
  const chosen = options.find(({ id }) => id === option);
  if (chosen === undefined) throw new NotFound("shipping option", option);
  const { id, name, price } = chosen;
  return changeDraft(now, (draft) => {
    if (draft.country !== country) throw new NotFound("shipping option", option);
    return { ...draft, shipping: { id, name, price: price.amount }, total: draft.subtotal + price.amount };
  });
}

const changeDraft = (read: Order, decide: (draft: Order) => Order | null): Promise<Order> =>
  changeOrder(read, (order) => {
    if (order.state !== "draft") throw new IllegalTransition(order.state, "place");
    return decide(order);
  });

/** Whether every line of the draft can be bought `now` at the price that was copied into it. */
export async function pricesHold(order: Order, now: Date): Promise<boolean> {
  const found = await onSale(
    order.shop,
    order.lines.map(({ sku }) => sku),
    now,
  );
  return order.lines.every(({ sku, unitPrice }) => found.get(sku)?.variant.price === unitPrice);
}

/** The draft with its hold begun, to be let go at `until` whatever becomes of the process that places it. */
export const holding = (order: Order, until: Date): Order => ({
  ...withTask({ ...order, tasks: order.tasks.filter(({ name }) => name !== "discard") }, "expire", until),
  holdUntil: until,
});

async function cartLines(shop: string, customer: string, now: Date): Promise<OrderLine[]> {
  const cart = await readCart(shop, customer, now);
  if (cart.lines.length === 0) throw new EmptyCart();
  if (cart.changed) throw new CartChanged(cart);
  return cart.lines.map(({ product, variant, quantity, sku }) => {
    if (product === null || variant === null) throw new NotOnSale(sku);
    return orderLine(product, variant, quantity);
  });
}

async function oneLine(shop: string, { sku, quantity, seenPrice }: BuyNow, now: Date): Promise<OrderLine> {
  if (!Number.isSafeInteger(quantity) || quantity < 1 || quantity > QUANTITY_MAX)
    throw new BadQuantity(quantity);
  const known = (await onSale(shop, [sku], now)).get(sku);
  if (known === undefined) throw new NotOnSale(sku);
  if (seenPrice !== undefined && seenPrice !== known.variant.price) throw new CartChanged();
  const stock = (await stockOf(shop, [sku])).get(sku) ?? SOLD_OUT;
  if (stock.kind === "counted" && quantity > stock.units) throw new OutOfStock(sku, stock.units);
  return orderLine(known.product, known.variant, quantity);
}

function orderLine(product: OfferedProduct, variant: OfferedVariant, quantity: number): OrderLine {
  const { sku, price } = variant;
  const values = variantValues(product, variant);
  const image = product.images[variant.image ?? 0];
  const line = { sku, product: product._id, title: product.title, values, unitPrice: price, quantity };
  return image === undefined ? line : { ...line, image };
}
