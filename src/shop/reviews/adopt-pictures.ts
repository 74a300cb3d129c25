import { trusted } from "mongoose";
import { asPhoto } from "../../pictures/decoder.ts";
import { MediaModel, readMedia } from "../catalog/media.ts";
import { ProductModel } from "../catalog/product.ts";
import { CustomerModel, type StoredCustomer } from "../customers/customer-record.ts";
import { type Review, ReviewModel } from "./review.ts";
import { newSentPicture, SentPictureModel, writeSentPicture } from "./sent-picture.ts";

/**
 * Takes over the pictures of reviews that versions before 0.2 kept among the catalog's, open and as they were sent: each is
 * encoded anew, sealed and its writer's. One that is no picture, or whose writer is erased, goes. Run at start; what is
 * taken over is not found again, so that it costs one look at an index.
 */
export async function adoptPictures(now: Date = new Date()): Promise<number> {
  // Ids of the catalog's pictures begin with a digit or a small letter; "p_" sorts among them, so it is left out below.
  const old = await ReviewModel.find({ photo: trusted({ $gte: "0", $lt: "p_" }) }).lean<Review[]>();
  const later = await ReviewModel.find({ photo: trusted({ $gte: "p`" }) }).lean<Review[]>();
  const reviews = [...old, ...later];
  for (const review of reviews) await adopt(review, now);
  return reviews.length;
}

async function adopt({ _id, shop, customer, photo = "" }: Review, now: Date): Promise<void> {
  const kept = await readMedia(photo);
  const writer = await CustomerModel.findOne({ _id: customer, shop }).lean<StoredCustomer>();
  const owner = writer?.identities[0]?.key;
  const encoded = kept && owner !== undefined && (await asPhoto(kept.bytes).catch(() => null));
  if (encoded && kept && owner !== undefined) {
    const picture = newSentPicture(shop, owner, kept.bytes, encoded.bytes.byteLength, now);
    if (!(await SentPictureModel.exists({ _id: picture._id })))
      await writeSentPicture(picture, encoded.bytes);
    await ReviewModel.updateOne({ _id, photo }, { $set: { photo: picture._id } });
  } else await ReviewModel.updateOne({ _id, photo }, { $unset: { photo: 1 } });
  const used =
    (await ReviewModel.exists({ photo })) ?? (await ProductModel.exists({ shop, "images.media": photo }));
  if (!used) await MediaModel.deleteOne({ _id: photo });
}
