import { model, Schema, trusted } from "mongoose";
import { fingerprint } from "../../store/secret-box.ts";
import { isDuplicateKey, ShopError } from "../core/errors.ts";

const MB = 1024 * 1024;

/**
 * How many pictures, and how many bytes of them, may be sent: a UTC day by one person, from one address of the net (a
 * household, a mobile network's gateway) and to one shop, whatever becomes of them; and kept in all of one person and of
 * one shop. Bytes of a day are those that came, bytes kept are those of the pictures as they were made here (at most
 * 600 KB each).
 */
export const PICTURE_LIMITS = {
  day: {
    person: { count: 30, bytes: 60 * MB },
    network: { count: 120, bytes: 240 * MB },
    shop: { count: 5_000, bytes: 5_000 * MB },
  },
  kept: {
    person: { count: 60, bytes: 30 * MB },
    shop: { count: 50_000, bytes: 10_000 * MB },
  },
} as const;

/** Whose quota of pictures it is. */
export type QuotaOf = "person" | "network" | "shop";

/** A quota of pictures is used up: of the day (tomorrow is another) or of what is kept. */
export class PictureQuota extends ShopError {
  readonly of: QuotaOf;
  readonly period: "day" | "kept";
  constructor(of: QuotaOf, period: PictureQuota["period"]) {
    super(
      "PICTURE_QUOTA",
      `the ${period === "day" ? "day's pictures" : "pictures kept"} of the ${of} are used up`,
    );
    this.of = of;
    this.period = period;
  }
}

/** What came on one day, of one person, address or shop. `_id` is a fingerprint: it is known again and tells nobody. */
interface PictureCount {
  _id: string;
  count: number;
  bytes: number;
  at: Date;
}

const schema = new Schema<PictureCount>(
  {
    _id: { type: String, required: true },
    count: { type: Number, required: true },
    bytes: { type: Number, required: true },
    at: { type: Date, required: true },
  },
  { strict: "throw", versionKey: false, id: false, collection: "picture_counts" },
);
schema.index({ at: 1 }, { expireAfterSeconds: 2 * 24 * 3600 });
const PictureCountModel = model<PictureCount>("PictureCount", schema);

/**
 * Counts a picture that came, before it is looked at, so that what is no picture costs as well. The one that would pass a
 * limit is not counted.
 *
 * @throws {PictureQuota}
 */
export async function countPicture(
  shop: string,
  from: { readonly person: string; readonly network?: string },
  bytes: number,
  now: Date,
): Promise<void> {
  const { day } = PICTURE_LIMITS;
  // Those that one person can use up come first, so that what is refused them takes nothing from the shop.
  await count([shop, "person", from.person], "person", day.person, bytes, now);
  if (from.network !== undefined)
    await count([shop, "network", from.network], "network", day.network, bytes, now);
  await count([shop, "shop"], "shop", day.shop, bytes, now);
}

async function count(
  key: readonly string[],
  of: QuotaOf,
  limit: { readonly count: number; readonly bytes: number },
  bytes: number,
  now: Date,
): Promise<void> {
  const date = now.toISOString().slice(0, 10);
  const _id = fingerprint(JSON.stringify([date, ...key]), "picture count");
  const below = { _id, count: trusted({ $lt: limit.count }), bytes: trusted({ $lte: limit.bytes - bytes }) };
  const more = { $inc: { count: 1, bytes }, $setOnInsert: { at: now } };
  try {
    await PictureCountModel.updateOne(below, more, { upsert: true });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    // It is no longer below the limit, or another came first at the same moment: then this one counts beside it.
    const { matchedCount } = await PictureCountModel.updateOne(below, more);
    if (matchedCount === 0) throw new PictureQuota(of, "day");
  }
}
