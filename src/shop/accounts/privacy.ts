import { readCart } from "../cart/cart-view.ts";
import { getCustomer } from "../customers/customer.ts";
import { identityKey } from "../customers/customer-record.ts";
import { addressOf } from "../orders/checkout/order-address.ts";
import { ownedBy } from "../orders/find-order.ts";
import type { Order } from "../orders/order.ts";
import { OrderModel } from "../orders/order-model.ts";
import { reviewsBy } from "../reviews/review.ts";
import { picturesOf, SENT_TYPE } from "../reviews/sent-picture.ts";

/**
 * Everything the shop knows of a person, over all their accounts, as plain values for a JSON file. Money is in minor
 * units of its currency, times are in UTC. `pictures` names files of their own: the pictures of these ids.
 *
 * @throws {NotFound}
 */
export async function exportCustomer(shop: string, id: string, now: Date = new Date()) {
  const { family, addresses, _id, ...person } = await getCustomer(shop, id);
  const orders = await OrderModel.find({ shop, customer: ownedBy(family) })
    .sort({ createdAt: -1 })
    .lean<Order[]>();
  const cart = await readCart(shop, _id, now);
  const owners = person.identities.map((identity) => identityKey(shop, identity));
  const pictures = await picturesOf(shop, owners);
  return {
    exportedAt: now,
    customer: { ...person, accounts: family },
    addresses: addresses.map(({ id: _, ...address }) => address),
    cart: cart.lines.map(({ sku, title, quantity, price }) => ({ sku, title, quantity, price })),
    orders: orders.map(exported),
    reviews: (await reviewsBy(shop, family)).map(({ order, product, sku, rating, text, photo, at }) => ({
      order,
      product,
      sku,
      rating,
      text,
      photo,
      at,
    })),
    pictures: pictures.map((picture, index) => ({
      id: picture._id,
      file: `picture-${index + 1}.jpg`,
      contentType: SENT_TYPE,
      bytes: picture.size,
      sentAt: picture.sentAt,
    })),
  };
}

/** An order without what the shop's own machinery keeps in it. */
function exported(order: Order) {
  const { number, state, createdAt, currency, subtotal, total, shipping, tracking, country, locale } = order;
  return {
    id: order._id,
    number,
    state,
    createdAt,
    locale,
    items: order.lines.map(({ sku, title, values, unitPrice, quantity }) => ({
      sku,
      title,
      values,
      unitPrice,
      quantity,
    })),
    currency,
    subtotal,
    shipping,
    total,
    country,
    address: addressOf(order) ?? undefined,
    tracking,
    payment: order.payment && {
      provider: order.payment.provider,
      session: order.payment.session,
      status: order.payment.status,
      method: order.payment.method,
      paid: order.payment.paid,
      refunded: order.payment.refunded,
      currency: order.payment.currency,
    },
    history: order.history.map(({ state: reached, at }) => ({ state: reached, at })),
  };
}
