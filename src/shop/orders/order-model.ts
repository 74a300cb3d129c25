import { model, Schema } from "mongoose";
import type { ProductImage } from "../catalog/product.ts";
import { localisedField } from "../core/localised-text.ts";
import type {
  Dispute,
  FailedRefund,
  KnownRefund,
  NotificationEntry,
  Order,
  OrderLine,
  Payment,
  StrayPayment,
  Task,
} from "./order.ts";
import { orderStates } from "./order-machine.ts";

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
    network: String,
    holdUntil: { type: Date, default: null },
    payment: new Schema<Payment>(
      {
        provider: text,
        session: text,
        url: text,
        expiresAt: date,
        live: { type: Boolean, required: true },
        testMoney: Boolean,
        reference: String,
        status: { type: String, enum: ["unpaid", "pending", "paid", "failed"], required: true },
        method: String,
        paid: number,
        currency: text,
        refunded: number,
        refund: String,
        refundsFailed: number,
        reconcileAt: Date,
        refunds: {
          type: [new Schema<KnownRefund>({ id: text, amount: number, status: text }, part)],
          default: undefined,
        },
        failedRefunds: {
          type: [
            new Schema<FailedRefund>(
              { id: text, amount: number, at: date, early: { type: Boolean, required: true } },
              part,
            ),
          ],
          default: undefined,
        },
      },
      part,
    ),
    strays: [
      new Schema<StrayPayment>(
        {
          session: text,
          amount: number,
          currency: text,
          refund: String,
          refused: Boolean,
          refundsFailed: Number,
          live: Boolean,
        },
        part,
      ),
    ],
    disputes: {
      type: [new Schema<Dispute>({ id: text, status: text, amount: number, reason: String, at: date }, part)],
      default: undefined,
    },
    tracking: new Schema({ carrier: text, number: text }, part),
    history: [new Schema({ state: text, at: date, by: text }, part)],
    tasks: [
      new Schema<Task>(
        { name: { type: String, required: true }, at: date, attempts: number, by: String },
        part,
      ),
    ],
    notices: [
      new Schema<NotificationEntry>(
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
schema.index({ "payment.reference": 1 });
schema.index({ "payment.reconcileAt": 1 });
schema.index({ "payment.live": 1, state: 1 });
// Open holds of a network.
schema.index({ shop: 1, network: 1 }, { partialFilterExpression: { network: { $exists: true } } });

/** The orders of all shops. Write them through `changeOrder`. */
export const OrderModel = model<Order>("Order", schema);
