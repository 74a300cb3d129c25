import { model, Schema, trusted } from "mongoose";
import { z } from "zod";
import { pageOf } from "../catalog/catalog.ts";
import { ProductModel } from "../catalog/product.ts";
import { isDuplicateKey, NotFound, ShopError } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { textSchema } from "../core/text-schemas.ts";
import { CustomerModel, type StoredCustomer } from "../customers/customer-record.ts";
import { getOrder } from "../orders/find-order.ts";
import { isSentPicture, keepLonger } from "./sent-picture.ts";

/** What a customer says of one thing they bought and received. */
export interface Review {
  _id: string;
  shop: string;
  /** Ids. */
  product: string;
  order: string;
  sku: string;
  /** `ANONYMOUS` once they were erased. */
  customer: string;
  rating: number;
  text?: string;
  /** Id of a picture its writer sent. */
  photo?: string;
  at: Date;
}

const required = { type: String, required: true } as const;
const schema = new Schema<Review>(
  {
    _id: required,
    shop: required,
    product: required,
    order: required,
    sku: required,
    customer: required,
    rating: { type: Number, required: true },
    text: String,
    photo: String,
    at: { type: Date, required: true },
  },
  { strict: "throw", versionKey: false, id: false },
);
schema.index({ order: 1, sku: 1 }, { unique: true });
schema.index({ shop: 1, product: 1, at: -1, _id: 1 });
schema.index({ shop: 1, customer: 1, at: -1 });
// Whether a picture is in use.
schema.index({ photo: 1 }, { sparse: true });

/** The reviews of all shops. Write through `writeReview`. */
export const ReviewModel = model<Review>("Review", schema);

/** Stands for the customer of a review whose writer was erased. */
export const ANONYMOUS = "anonymous";

/** Only what was bought and has arrived can be reviewed, by whoever bought it. */
export class NotReviewable extends ShopError {
  readonly reason: "not-yours" | "not-delivered" | "not-bought";
  constructor(reason: NotReviewable["reason"], order: string) {
    super("NOT_REVIEWABLE", `order ${order} cannot be reviewed: ${reason}`);
    this.reason = reason;
  }
}

/** What a person fills in. */
export const reviewSchema = z.strictObject({
  rating: z.coerce.number().int().min(1).max(5),
  text: textSchema(1000)
    .transform((text) => text || undefined)
    .optional(),
  photo: z.string().max(40).optional(),
});

/**
 * Writes the review of one item of an order and brings the rating of its product up to date.
 *
 * An item has one review: the first stands, and writing again answers it unchanged, so a repeated turn is safe. With
 * the customer's `family`, what any of their accounts bought can be reviewed. A picture that is gone by now, or that
 * somebody else sent, is left out.
 *
 * @throws {NotReviewable}
 * @throws {NotFound} when there is no such order
 * @throws {z.ZodError}
 */
export async function writeReview(
  input: Omit<Review, "_id" | "product" | "at">,
  now: Date = new Date(),
  family: readonly string[] = [input.customer],
): Promise<{ review: Review; isNew: boolean }> {
  const { shop, order: orderId, sku, customer, ...words } = input;
  const { photo, ...said } = reviewSchema.parse(words);
  const order = await getOrder(shop, orderId);
  if (!family.includes(order.customer)) throw new NotReviewable("not-yours", orderId);
  if (order.state !== "delivered" && order.state !== "completed")
    throw new NotReviewable("not-delivered", orderId);
  const line = order.lines.find((bought) => bought.sku === sku);
  if (line === undefined) throw new NotReviewable("not-bought", orderId);

  const wanted = {
    _id: newId("r"),
    shop,
    product: line.product,
    order: orderId,
    sku,
    customer,
    ...said,
    ...(photo !== undefined && (await isTheirs(photo, family, now)) && { photo }),
    at: now,
  };
  const isNew = await ReviewModel.create(wanted).then(
    () => true,
    (error: unknown) => {
      if (isDuplicateKey(error)) return false;
      throw error;
    },
  );
  const review = isNew ? wanted : await ReviewModel.findOne({ order: orderId, sku }).lean<Review>();
  if (review === null) throw new NotFound("review", `${orderId}/${sku}`);
  // Also when it was there already: the process that wrote it may have died before this.
  await rate(shop, review.product);
  return { review, isNew };
}

/** Whether a picture is there and was sent by one of these accounts; then it stays for another day at least. */
async function isTheirs(photo: string, family: readonly string[], now: Date): Promise<boolean> {
  if (!isSentPicture(photo)) return true;
  const accounts = await CustomerModel.find(
    { _id: trusted({ $in: [...family] }) },
    { "identities.key": 1 },
  ).lean<Pick<StoredCustomer, "identities">[]>();
  const owners = accounts.flatMap(({ identities }) => identities.map(({ key }) => key));
  return await keepLonger(photo, owners, now);
}

/** The review of an item of an order, or null. */
export const getReview = async (order: string, sku: string): Promise<Review | null> =>
  ReviewModel.findOne({ order, sku }).lean<Review>();

/** The SKUs of an order that have been reviewed. */
export const reviewedSkus = async (order: string): Promise<ReadonlySet<string>> =>
  new Set((await ReviewModel.find({ order }, { sku: 1 }).lean()).map(({ sku }) => sku));

/**
 * Works the rating out from all reviews of the product. Of two that do so at a time, the one that counted fewer may come
 * last; since reviews are never taken away, the smaller count is the older and is not written over the larger.
 */
async function rate(shop: string, product: string): Promise<void> {
  const [sum] = await ReviewModel.aggregate<{ count: number; stars: number }>([
    { $match: { shop, product } },
    { $group: { _id: "$product", count: { $sum: 1 }, stars: { $sum: "$rating" } } },
  ]);
  if (sum === undefined) return;
  const { count, stars } = sum;
  await ProductModel.updateOne(
    { _id: product, shop, "rating.count": trusted({ $lt: count }) },
    { $set: { rating: { average: stars / count, count } } },
  );
}

/** A page (from 1) of the reviews of a product, the latest first. */
export async function listReviews(
  shop: string,
  product: string,
  wanted = 1,
  entries = 5,
): Promise<{ reviews: Review[]; total: number; page: number; pages: number }> {
  const total = await ReviewModel.countDocuments({ shop, product });
  const { page, pages, size, skip } = pageOf(total, { page: wanted, size: entries });
  const reviews = await ReviewModel.find({ shop, product })
    .sort({ at: -1, _id: 1 })
    .skip(skip)
    .limit(size)
    .lean<Review[]>();
  return { reviews, total, page, pages };
}

/** Everything a customer's accounts have written, the latest first. */
export const reviewsBy = async (shop: string, family: readonly string[]): Promise<Review[]> =>
  ReviewModel.find({ shop, customer: trusted({ $in: [...family] }) })
    .sort({ at: -1 })
    .lean<Review[]>();

/** Takes the writer's id and pictures off all reviews of a customer's accounts; the words and stars stay. */
export async function anonymiseReviews(shop: string, family: readonly string[]): Promise<void> {
  await ReviewModel.updateMany(
    { shop, customer: trusted({ $in: [...family] }) },
    { $set: { customer: ANONYMOUS }, $unset: { photo: 1 } },
  );
}
