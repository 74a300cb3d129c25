import { trusted } from "mongoose";
import { ReviewModel } from "./review.ts";
import { SentPictureModel, throwAway } from "./sent-picture.ts";

const AT_A_TIME = 200;
const DAY_MS = 24 * 3600 * 1000;
/** A picture in use is looked at again so often, so that one whose review is gone in whatever way goes too. */
const IN_USE_MS = 30 * DAY_MS;

/**
 * Throws away the pictures that nothing refers to: those sent a day ago for a form that was left, and those of reviews that
 * are no more. Returns how many went. May be repeated, and run by several processes at once.
 */
export async function sweepPictures(now: Date): Promise<number> {
  for (let gone = 0; ; ) {
    const due = await SentPictureModel.find({ checkAt: trusted({ $lte: now }) }, { _id: 1 })
      .sort({ checkAt: 1 })
      .limit(AT_A_TIME)
      .lean<{ _id: string }[]>();
    for (const { _id } of due) if (await sweepOne(_id, now)) gone += 1;
    if (due.length < AT_A_TIME) return gone;
  }
}

async function sweepOne(_id: string, now: Date): Promise<boolean> {
  const still = { _id, checkAt: trusted({ $lte: now }) };
  if (await ReviewModel.exists({ photo: _id })) {
    await SentPictureModel.updateOne(still, { $set: { checkAt: new Date(now.getTime() + IN_USE_MS) } });
    return false;
  }
  // From here on nobody can come to use it; whoever began to just now has put off the check.
  const { matchedCount } = await SentPictureModel.updateOne(still, { $set: { going: true } });
  if (matchedCount > 0) await throwAway([_id]);
  return matchedCount > 0;
}

/** Throws away all pictures of these owners, used or not. May be repeated. */
export async function erasePictures(shop: string, owners: readonly string[]): Promise<void> {
  const theirs = { shop, owner: trusted({ $in: [...owners] }) };
  const pictures = await SentPictureModel.find(theirs, { _id: 1 }).lean<{ _id: string }[]>();
  await throwAway(pictures.map(({ _id }) => _id));
}
