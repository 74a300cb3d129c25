import mongoose, { model, type QueryFilter, Schema } from "mongoose";
import { open, seal } from "../store/secret-box.ts";
import type { Address } from "./address.ts";
import { isDuplicateKey, NotFound } from "./errors.ts";
import { type OrderState, orderStates } from "./order-machine.ts";
import type { ProductImage } from "./product.ts";
import { type Localised, localisedField } from "./shop.ts";

const { trusted } = mongoose;

/** What is bought, as it was called and priced when the order was drafted. Prices in minor units. */
export interface OrderLine {
  sku: string;
  product: string;
  title: Localised;
  /** The words that tell the variant from its siblings. */
  values: Localised[];
  unitPrice: number;
  quantity: number;
  image?: ProductImage;
}

/** The payment of an order at its provider. Amounts in minor units. */
export interface Payment {
  provider: string;
  session: string;
  url: string;
  expiresAt: Date;
  /** Whether real money is expected. */
  live: boolean;
  status: "unpaid" | "pending" | "paid" | "failed";
  method?: string;
  /** What was captured, in `currency`: that of the order, unless the order is in quarantine. */
  paid: number;
  currency: string;
  refunded: number;
  /** Id of the refund at the provider. */
  refund?: string;
  /** Refunds that came to nothing; the next one is another refund, not a repeat. */
  refundsFailed: number;
}

/** A paid session that is not the order's own; its money goes back. */
export interface StrayPayment {
  session: string;
  amount: number;
  currency: string;
  refund?: string;
  /** Refunds of it that came to nothing. */
  refundsFailed?: number;
}

/** What can be due for an order. */
export type TaskName =
  | "discard"
  | "expire"
  | "cancel"
  | "check"
  | "cart"
  | "commit"
  | "release"
  | "restock"
  | "shipped"
  | "refund"
  | "refund-strays"
  | "invite"
  | "complete";

/** Something that is to be done for the order at a time; it stays until it is done. */
export interface Task {
  name: TaskName;
  at: Date;
  attempts: number;
  by?: string;
}

/** What a customer is told of an order. */
export type NoticeName =
  | "order.paid"
  | "order.shipped"
  | "order.delivered"
  | "order.expired"
  | "order.cancelled"
  | "order.refunded"
  | "order.payment_failed"
  | "order.quarantined"
  | "review.invite";

/** News about an order that somebody must hear; stays in the order until it was handed over. */
export interface NoticeEntry {
  /** Unique over all orders and the same over retries: receivers tell repeats by it. */
  id: string;
  name: NoticeName;
  data: Record<string, unknown>;
  /** When it happened. */
  at: Date;
  /** When it is to be handed over (again). */
  due: Date;
  attempts: number;
}

/**
 * An order: what was bought, where it stands, and what is still to be done for it. The document is its own saga log
 * (`tasks`) and outbox (`notices`), written in the same write as the state they follow from.
 */
export interface Order {
  _id: string;
  shop: string;
  /** What people call it: "H-1042". */
  number: string;
  customer: string;
  /** Idempotency key of the checkout that made it. */
  key: string;
  /** Counts the writes; each write names the revision it has seen. */
  revision: number;
  lines: OrderLine[];
  buyNow: boolean;
  locale: string;
  currency: string;
  /** Minor units of `currency`; `total` includes shipping once chosen. */
  subtotal: number;
  total: number;
  /** Sealed; read it with `addressOf`. */
  address?: string;
  /** ISO 3166 alpha-2, kept beside the sealed address to offer shipping. */
  country?: string;
  shipping?: { id: string; name: Localised; price: number };
  state: OrderState;
  /** When the hold on its stock may end; null while nothing is held. */
  holdUntil: Date | null;
  payment?: Payment;
  strays: StrayPayment[];
  tracking?: { carrier: string; number: string };
  history: { state: OrderState; at: Date; by: string }[];
  tasks: Task[];
  notices: NoticeEntry[];
  /** The earliest time a task or notice is due; null when all is done. */
  attendAt: Date | null;
  /** Why its payment does not count. */
  quarantine?: string;
  createdAt: Date;
}

const part = { _id: false, id: false, strict: "throw" } as const;
const text = { type: String, required: true } as const;
const number = { type: Number, required: true } as const;
const date = { type: Date, required: true } as const;

const imageField = new Schema<ProductImage>(
  { media: String, url: String, alt: { type: localisedField, required: true } },
  part,
);

const schema = new Schema<Order>(
  {
    _id: text,
    shop: text,
    number: text,
    customer: text,
    key: text,
    revision: number,
    lines: [
      new Schema<OrderLine>(
        {
          sku: text,
          product: text,
          title: { type: localisedField, required: true },
          values: [localisedField],
          unitPrice: number,
          quantity: number,
          image: imageField,
        },
        part,
      ),
    ],
    buyNow: { type: Boolean, required: true },
    locale: text,
    currency: text,
    subtotal: number,
    total: number,
    address: String,
    country: String,
    shipping: new Schema({ id: text, name: { type: localisedField, required: true }, price: number }, part),
    state: { type: String, enum: orderStates, required: true },
    holdUntil: { type: Date, default: null },
    payment: new Schema<Payment>(
      {
        provider: text,
        session: text,
        url: text,
        expiresAt: date,
        live: { type: Boolean, required: true },
        status: { type: String, enum: ["unpaid", "pending", "paid", "failed"], required: true },
        method: String,
        paid: number,
        currency: text,
        refunded: number,
        refund: String,
        refundsFailed: number,
      },
      part,
    ),
    strays: [
      new Schema<StrayPayment>(
        { session: text, amount: number, currency: text, refund: String, refundsFailed: Number },
        part,
      ),
    ],
    tracking: new Schema({ carrier: text, number: text }, part),
    history: [new Schema({ state: text, at: date, by: text }, part)],
    tasks: [
      new Schema<Task>(
        { name: { type: String, required: true }, at: date, attempts: number, by: String },
        part,
      ),
    ],
    notices: [
      new Schema<NoticeEntry>(
        {
          id: text,
          name: { type: String, required: true },
          data: Schema.Types.Mixed,
          at: date,
          due: date,
          attempts: number,
        },
        { ...part, minimize: false },
      ),
    ],
    attendAt: { type: Date, default: null },
    quarantine: String,
    createdAt: date,
  },
  { strict: "throw", versionKey: false, id: false, minimize: false },
);
schema.index({ shop: 1, number: 1 }, { unique: true });
schema.index({ shop: 1, customer: 1, key: 1 }, { unique: true });
schema.index({ shop: 1, customer: 1, createdAt: -1 });
schema.index({ shop: 1, state: 1, createdAt: -1 });
schema.index({ attendAt: 1 });

/** The orders of all shops. Write them through `changeOrder`. */
export const OrderModel = model<Order>("Order", schema);

const Counter = model<{ _id: string; count: number }>(
  "Counter",
  new Schema({ _id: text, count: number }, { strict: "throw", versionKey: false, id: false }),
);

/** The next order number of the shop; numbers are never given twice, but may be left out. */
export async function nextOrderNumber(shop: string): Promise<string> {
  const _id = `orders/${shop}`;
  for (;;) {
    const counter = await Counter.findOneAndUpdate(
      { _id },
      { $inc: { count: 1 } },
      { returnDocument: "after" },
    ).lean<{ count: number }>();
    if (counter !== null) return `H-${counter.count}`;
    // Made apart from the counting: an upsert of two at a time may clash, and not every store answers what it made.
    await Counter.create({ _id, count: 1000 }).catch((error: unknown) => {
      if (!isDuplicateKey(error)) throw error;
    });
  }
}

/** The order of this id, whatever its shop; for what providers and timers bring. */
export const findOrder = (id: string): Promise<Order | null> => OrderModel.findById(id).lean<Order>().exec();

/** The order of this id in this shop. @throws {NotFound} */
export async function getOrder(shop: string, id: string): Promise<Order> {
  const order = await findOrder(id);
  if (order === null || order.shop !== shop) throw new NotFound("order", id);
  return order;
}

/** The order with this number ("H-1042", in any case, the "H-" may be left out). @throws {NotFound} */
export async function getOrderByNumber(shop: string, number: string): Promise<Order> {
  const digits = /^\s*#?(?:h-?)?(\d+)\s*$/i.exec(number)?.[1] ?? "";
  const order = await OrderModel.findOne({ shop, number: `H-${digits}` }).lean<Order>();
  if (order === null) throw new NotFound("order", number);
  return order;
}

/** One page of orders, newest first. */
export interface OrderPage {
  readonly orders: Order[];
  readonly total: number;
  readonly page: number;
  readonly pages: number;
}

/** The orders of a customer, or of all accounts of one, drafts left out. Pages count from 1. */
export function listOrders(
  shop: string,
  customer: string | readonly string[],
  page = 1,
  size = 10,
): Promise<OrderPage> {
  return pageOf(
    {
      shop,
      customer: ownedBy(customer),
      state: trusted({ $in: orderStates.filter((state) => state !== "draft") }),
    },
    page,
    size,
  );
}

/** What orders are asked for by: their customer, or the accounts of one. */
export const ownedBy = (customer: string | readonly string[]) =>
  typeof customer === "string" ? customer : trusted({ $in: [...customer] });

/** The orders of a shop that are in one of these states. */
export function listShopOrders(
  shop: string,
  states: readonly OrderState[],
  page = 1,
  size = 20,
): Promise<OrderPage> {
  return pageOf({ shop, state: trusted({ $in: [...states] }) }, page, size);
}

async function pageOf(filter: QueryFilter<Order>, page: number, size: number): Promise<OrderPage> {
  const total = await OrderModel.countDocuments(filter);
  const pages = Math.max(1, Math.ceil(total / size));
  const at = Math.min(Math.max(1, Math.trunc(page) || 1), pages);
  const orders = await OrderModel.find(filter)
    .sort({ createdAt: -1 })
    .skip((at - 1) * size)
    .limit(size)
    .lean<Order[]>();
  return { orders, total, page: at, pages };
}

const addressPlace = (order: string) => ({ collection: "orders", field: "address", id: order });

/** Where the order goes, or null while nobody has said. */
export const addressOf = (order: Order): Address | null =>
  order.address === undefined ? null : (JSON.parse(open(order.address, addressPlace(order._id))) as Address);

/** Seals an address for this order. */
export const sealAddress = (order: string, address: Address): string =>
  seal(JSON.stringify(address), addressPlace(order));
