import { LRUCache } from "lru-cache";
import { model, Schema, trusted } from "mongoose";
import { asPhoto, Undecodable } from "../../pictures/decoder.ts";
import { fingerprint, openBytes, type Place, sealBytes } from "../../store/secret-box.ts";
import { BadMedia, MEDIA_MAX } from "../catalog/media.ts";
import { isDuplicateKey } from "../core/errors.ts";
import { contentId } from "../core/ids.ts";
import { type Identity, identityKey } from "../customers/customer-record.ts";
import { countPicture, PICTURE_LIMITS, PictureQuota } from "./picture-quota.ts";

/** What is known of a picture that a person sent. Its bytes stand apart, so that counting and sweeping load none. */
export interface SentPicture {
  /** Made from shop, sender and what was sent: the same picture sent again is the same one. */
  _id: string;
  shop: string;
  /** `identityKey` of who sent it. */
  owner: string;
  /** Bytes as it is kept. */
  size: number;
  sentAt: Date;
  /** When to look whether anything refers to it; if nothing does, it goes. */
  checkAt: Date;
  /** It is being thrown away and counts as gone. */
  going?: boolean;
}

interface SealedBytes {
  _id: string;
  sealed: Buffer;
}

const required = { type: String, required: true } as const;
const schema = new Schema<SentPicture>(
  {
    _id: required,
    shop: required,
    owner: required,
    size: { type: Number, required: true },
    sentAt: { type: Date, required: true },
    checkAt: { type: Date, required: true },
    going: Boolean,
  },
  { strict: "throw", versionKey: false, id: false, collection: "sent_pictures" },
);
schema.index({ shop: 1, owner: 1, sentAt: 1 });
schema.index({ checkAt: 1 });

/** The pictures that people sent, of all shops. Write through `keepSentPicture`. */
export const SentPictureModel = model<SentPicture>("SentPicture", schema);

/** Their bytes, sealed. */
export const SentBytesModel = model<SealedBytes>(
  "SentPictureBytes",
  new Schema<SealedBytes>(
    { _id: required, sealed: { type: Buffer, required: true } },
    { strict: "throw", versionKey: false, id: false, collection: "sent_picture_bytes" },
  ),
);

const PREFIX = "p_";
const DAY_MS = 24 * 3600 * 1000;
/** How long a picture is kept that nothing refers to: as long as somebody may take to fill in a form. */
export const UNUSED_MS = DAY_MS;
/** What all pictures of a shop take is looked up once in so long, in milliseconds, by each process. */
const TOTAL_FRESH_MS = 60_000;

/** Whether an id is that of a picture a person sent, and not of the catalog's. */
export const isSentPicture = (id: string): boolean => id.startsWith(PREFIX);

/** Everything kept of pictures that people sent is JPEG. */
export const SENT_TYPE = "image/jpeg";

const place = (id: string): Place => ({ collection: "sent_picture_bytes", field: "sealed", id });

/**
 * Keeps a picture that a person sent, and returns its id: encoded anew (so that it is a picture, and tells neither where
 * nor when it was taken), sealed, theirs, and for a day unless something comes to refer to it. Repeating the call changes
 * nothing, counts nothing and decodes nothing.
 *
 * @param network the address of the net it came from, or its network, where there is one
 * @throws {BadMedia} it is too large, or no picture
 * @throws {PictureQuota} too many came, or are kept
 * @throws {DecoderBusy} not now
 */
export async function keepSentPicture(
  shop: string,
  sender: Identity,
  bytes: Uint8Array,
  network?: string,
  now: Date = new Date(),
): Promise<string> {
  if (bytes.byteLength > MEDIA_MAX) throw new BadMedia("too-large", "a picture may have at most 5 MB");
  const owner = identityKey(shop, sender);
  const { _id } = newSentPicture(shop, owner, bytes, 0, now);
  if (await keepLonger(_id, [owner], now)) if (await SentBytesModel.exists({ _id })) return _id;
  await countPicture(
    shop,
    { person: owner, ...(network !== undefined && { network }) },
    bytes.byteLength,
    now,
  );
  await refuseWhenFull(shop, owner);
  const photo = await asPhoto(bytes).catch((error: unknown) => {
    if (error instanceof Undecodable) throw new BadMedia(error.reason, error.message, { cause: error });
    throw error;
  });
  await writeSentPicture(newSentPicture(shop, owner, bytes, photo.bytes.byteLength, now), photo.bytes);
  await refuseBeyond(shop, owner, _id);
  return _id;
}

/**
 * Counts once more with the picture that is kept by now, as many may have come at once: of several that pass the limit
 * together rather all go than one too many stays.
 */
async function refuseBeyond(shop: string, owner: string, _id: string): Promise<void> {
  const { person } = PICTURE_LIMITS.kept;
  const total = await totalOf({ shop, owner });
  if (total.count <= person.count && total.bytes <= person.bytes) return;
  await SentPictureModel.updateOne({ _id }, { $set: { going: true } });
  await throwAway([_id]);
  throw new PictureQuota("person", "kept");
}

/** What is known of a picture; `sent` is what makes its id, `size` the bytes of what is kept of it. */
export const newSentPicture = (
  shop: string,
  owner: string,
  sent: Uint8Array,
  size: number,
  now: Date,
): SentPicture => ({
  // The fingerprint keeps those who know a picture and its sender from telling its address.
  _id: PREFIX + contentId(fingerprint(owner, "sender of a picture"), sent),
  shop,
  owner,
  size,
  sentAt: now,
  checkAt: later(now),
});

/** Keeps a picture, encoded anew. First what finds it again, then the bytes: a crash in between leaves nothing that no sweep finds. */
export async function writeSentPicture(picture: SentPicture, bytes: Uint8Array): Promise<void> {
  const { _id } = picture;
  await SentPictureModel.updateOne({ _id }, { $set: picture, $unset: { going: 1 } }, { upsert: true }).catch(
    (error: unknown) => {
      if (!isDuplicateKey(error)) throw error; // else the same picture came twice at once
    },
  );
  await SentBytesModel.updateOne(
    { _id },
    { $set: { sealed: sealBytes(bytes, place(_id)) } },
    { upsert: true },
  );
}

const later = (now: Date): Date => new Date(now.getTime() + UNUSED_MS);

/**
 * Keeps a picture of one of these owners for another day at least, for what is about to refer to it; false if it is gone,
 * or somebody else's.
 */
export async function keepLonger(_id: string, owners: readonly string[], now: Date): Promise<boolean> {
  const { matchedCount } = await SentPictureModel.updateOne(
    { _id, owner: trusted({ $in: [...owners] }), going: trusted({ $exists: false }) },
    { $max: { checkAt: later(now) } },
  );
  return matchedCount > 0;
}

/** The picture of this id as JPEG, opened; null if there is none. */
export async function readSentPicture(_id: string): Promise<{ bytes: Buffer; contentType: string } | null> {
  const kept = await SentBytesModel.findById(_id).lean<{
    // What `lean` answers is the driver's own Binary.
    sealed: Buffer | { buffer: Uint8Array };
  }>();
  if (kept === null) return null;
  const sealed = Buffer.isBuffer(kept.sealed) ? kept.sealed : kept.sealed.buffer;
  return { bytes: openBytes(sealed, place(_id)), contentType: SENT_TYPE };
}

/** The pictures of these owners, the oldest first. */
export const picturesOf = async (shop: string, owners: readonly string[]): Promise<SentPicture[]> =>
  SentPictureModel.find({
    shop,
    owner: trusted({ $in: [...owners] }),
    going: trusted({ $exists: false }),
  })
    .sort({ sentAt: 1 })
    .lean<SentPicture[]>();

interface Total {
  readonly count: number;
  readonly bytes: number;
}
const totals = new LRUCache<string, Promise<Total>>({ max: 1_000, ttl: TOTAL_FRESH_MS });

/** Deletes pictures: the bytes first, as they are found by what is known of them. May be repeated. */
export async function throwAway(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const those = { _id: trusted({ $in: [...ids] }) };
  await SentBytesModel.deleteMany(those);
  await SentPictureModel.deleteMany(those);
}

/** What is kept of a shop may be passed by what comes at the same moment: at most by what a day allows. */
async function refuseWhenFull(shop: string, owner: string): Promise<void> {
  const { kept } = PICTURE_LIMITS;
  const over = (total: Total, limit: Total) => total.count >= limit.count || total.bytes >= limit.bytes;
  if (over(await totalOf({ shop, owner }), kept.person)) throw new PictureQuota("person", "kept");
  const known = totals.get(shop) ?? totalOf({ shop });
  totals.set(shop, known);
  known.catch(() => totals.delete(shop));
  if (over(await known, kept.shop)) throw new PictureQuota("shop", "kept");
}

async function totalOf(filter: { shop: string; owner?: string }): Promise<Total> {
  const [total] = await SentPictureModel.aggregate<Total>([
    { $match: filter },
    { $group: { _id: null, count: { $sum: 1 }, bytes: { $sum: "$size" } } },
  ]);
  return total ?? { count: 0, bytes: 0 };
}
